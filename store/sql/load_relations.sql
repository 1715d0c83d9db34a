-- The relations that bear a load's name, the whole before its parts.
select c.relname
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = 'loadguard_data'
   and c.relkind in ('r', 'p')
   and not c.relispartition
   and c.relname = any (array(select $1::text union all select format('%s_p%s', $1::text, part) from generate_series(0, 7) part))
 order by length(c.relname), c.relname
