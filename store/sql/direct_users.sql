-- Who would be in the way of detaching $2 from $1: transactions that use the table without going
-- through the feed, prepared ones that have used either, and unless $3 is null those that have used
-- the feed, or have had a snapshot, for more than $3 microseconds.
with held as (
    select l.virtualtransaction as id,
           bool_or(c.relname = $1) as parent,
           bool_or(c.relname <> $1) as direct,
           bool_or(l.pid is null) as prepared
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
  from (select id from held where (direct and not parent) or prepared
        union
        select v.virtualtransaction
          from pg_locks v
          join pg_stat_activity a on a.pid = v.pid
          left join held h on h.id = v.virtualtransaction
         where v.locktype = 'virtualxid'
           and v.virtualxid = v.virtualtransaction
           and a.datname = current_database()
           and a.pid <> pg_backend_pid()
           and (h.parent or a.backend_xmin is not null)
           and a.xact_start < clock_timestamp() - $3::bigint * interval '1 microsecond') h
