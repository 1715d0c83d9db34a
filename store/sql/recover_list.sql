select s.load_id,
       s.state,
       coalesce(l.load_id = s.load_id, false),
       coalesce(loadguard.load_identity(s.table_name) = s.verified_identity, false),
       coalesce(s.rows, 0),
       coalesce((select sum(pg_total_relation_size(leaf)) from loadguard.load_leaves(s.table_name)), 0)::bigint,
       s.attached_at,
       s.left_at
  from loadguard.snapshot s
  join loadguard.live l using (feed)
 where s.feed = $1
 order by s.load_id
