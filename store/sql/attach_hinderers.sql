-- Transactions, other than this session's, whose locks keep the table $2 from being attached to $1:
-- any on the table or its parts, and those of other DDL and of vacuum on the parent.
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
   and (c.relname = $2
        or p.relname = $2
        or (c.relname = $1 and l.mode not in ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')))
   and l.pid is distinct from pg_backend_pid()
