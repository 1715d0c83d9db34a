-- Whether two views say the same.
select pg_get_viewdef($1::bigint::oid) = pg_get_viewdef(c.oid)
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = 'loadguard_data'
   and c.relname = $2
