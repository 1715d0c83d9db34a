-- Transactions of this database but ours; of those in $1, unless that is null.
select coalesce(array_agg(v.virtualtransaction), '{}')::text
  from pg_locks v
  join pg_stat_activity a on a.pid = v.pid
 where v.locktype = 'virtualxid'
   and v.virtualxid = v.virtualtransaction
   and v.granted
   and a.pid <> pg_backend_pid()
   and (a.datname = current_database() or a.datname is null)
   and ($1::text[] is null or v.virtualtransaction = any ($1::text[]))
