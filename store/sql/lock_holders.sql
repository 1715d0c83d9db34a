-- Transactions, other than this session's, that have a lock on the table $1 and, if $2, on its
-- parts. Of those in $3, unless that is null.
select coalesce(array_agg(distinct l.virtualtransaction), '{}')::text
  from pg_locks l
  join pg_class c on c.oid = l.relation
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_inherits i on i.inhrelid = c.oid
  left join pg_class p on p.oid = i.inhparent and p.relnamespace = c.relnamespace
 where l.locktype = 'relation'
   and l.database = (select oid from pg_database where datname = current_database())
   and l.granted
   and n.nspname = 'loadguard_data'
   and (c.relname = $1 or ($2 and p.relname = $1))
   and ($3::text[] is null or l.virtualtransaction = any ($3::text[]))
   and l.pid is distinct from pg_backend_pid()
