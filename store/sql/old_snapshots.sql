-- Transactions that have to end before the next step with load $1. After the pointer has left it:
-- those that had a snapshot when this was first asked, as long as they have one; whatever begins
-- later sees the new pointer. While it is being detached ($3): all that ran when this was first
-- asked, because whatever begins later has heard of the detach before it uses a cached plan; but not
-- Loadguard's own sessions, which do not read feeds. The list belongs to one run of the server. No
-- row: the pointer has moved to or from the load meanwhile, so ask again.
with older as (
    select v.virtualtransaction as id
      from pg_locks v
      join pg_stat_activity a on a.pid = v.pid
     where v.locktype = 'virtualxid'
       and v.virtualxid = v.virtualtransaction
       and v.granted
       and a.datname = current_database()
       and a.pid <> pg_backend_pid()
       and a.pid <> all ($4::int[])
       and case
             when $3 then a.backend_type = 'client backend'
                          and not (a.usename = current_user and a.application_name like 'loadguard%')
             else a.backend_xmin is not null
           end
), known as (
    select s.load_id, s.left_at, coalesce(s.old_snapshots_server = pg_postmaster_start_time(), false) as listed
      from loadguard.snapshot s
     where s.load_id = $1
)
update loadguard.snapshot s
   set old_snapshots = array(select o.id from older o where not k.listed or o.id = any (s.old_snapshots)),
       old_snapshots_server = pg_postmaster_start_time(),
       old_snapshots_before = case when k.listed then s.old_snapshots_before else pg_snapshot_xmax(pg_current_snapshot()) end
  from known k
 where s.load_id = k.load_id
   and s.left_at is not distinct from k.left_at
returning old_snapshots::text,
          exists (select
                    from pg_stat_activity a
                   where a.backend_type = 'walsender'
                     and a.backend_xmin is not null
                     and age(a.backend_xmin) > age(s.old_snapshots_before::xid))
          or exists (select
                       from pg_replication_slots r
                      where r.xmin is not null
                        and age(r.xmin) > age(s.old_snapshots_before::xid)),
          coalesce(s.left_at + $2 * interval '1 microsecond' > clock_timestamp(), false)
