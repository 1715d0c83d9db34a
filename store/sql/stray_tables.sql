-- Tables named as loads of a feed are, or as their parts, without a record; $1 is what all of them
-- begin with.
select c.relname
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = 'loadguard_data'
   and c.relkind in ('r', 'p')
   and not c.relispartition
   and left(c.relname, length($1)) = $1
   and substr(c.relname, length($1) + 1) ~ '^__[0-9]+(_p[0-9]+)?$'
   and not exists (select
                     from loadguard.snapshot s
                    where s.table_name = regexp_replace(c.relname, '_p[0-9]+$', ''))
 order by c.relname
 limit 1000
