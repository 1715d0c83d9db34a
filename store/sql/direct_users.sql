-- Who would be in the way of detaching $2 from $1: transactions that use the table without going
-- through the feed, prepared ones that have used either, and unless $3 is null those that have used
-- the feed for more than $3 microseconds.
with held as (
    select l.virtualtransaction as id,
           bool_or(c.relname = $1) as parent,
           bool_or(c.relname <> $1) as direct
      from pg_locks l
      join pg_class c on c.oid = l.relation
      join pg_namespace n on n.oid = c.relnamespace
      left join pg_inherits i on i.inhrelid = c.oid
      left join pg_class p on p.oid = i.inhparent and p.relnamespace = c.relnamespace
     where l.locktype = 'relation'
       and l.database = (select oid from pg_database where datname = current_database())
       and l.granted
       and n.nspname = 'loadguard_data'
       and (c.relname in ($1, $2) or p.relname = $2)
       and l.pid is distinct from pg_backend_pid()
     group by l.virtualtransaction
)
select coalesce(array_agg(h.id), '{}')::text
  from held h
  left join pg_locks v on v.locktype = 'virtualxid' and v.virtualxid = h.id and v.virtualtransaction = h.id
  left join pg_stat_activity a on a.pid = v.pid
 where (h.direct and not h.parent)
    or h.id like '-1/%'
    or a.xact_start < clock_timestamp() - $3::bigint * interval '1 microsecond'
