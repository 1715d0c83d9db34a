-- What a name stands for: its kind as in pg_class and the partition key, if any. No row: nothing.
select c.relkind, coalesce(pg_get_partkeydef(c.oid), ''), c.oid::bigint
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = $1
   and c.relname = $2
