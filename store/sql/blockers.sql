-- Who the transactions are that the server names so.
select coalesce(a.pid, 0),
       w.id,
       coalesce(a.usename, x.owner, ''),
       coalesce(a.application_name, ''),
       coalesce((extract(epoch from clock_timestamp() - coalesce(a.xact_start, x.prepared)) * 1000000)::bigint, 0),
       case
         when x.gid is not null then format('prepared transaction %L', x.gid)
         when a.query = '<insufficient privilege>' then 'hidden; members of pg_read_all_stats see it'
         else coalesce(a.query, '')
       end
  from unnest($1::text[]) w (id)
  left join pg_locks v on v.locktype = 'virtualxid' and v.virtualxid = w.id and v.virtualtransaction = w.id
  left join pg_stat_activity a on a.pid = v.pid
  left join pg_locks t on t.locktype = 'transactionid' and t.pid is null and t.virtualtransaction = w.id
  left join pg_prepared_xacts x on x.transaction = t.transactionid
 where a.pid is not null
    or x.gid is not null
 order by 5 desc
 limit 50
