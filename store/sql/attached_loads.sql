-- Loads that plans know, or that are on their way out, the longest unused first.
select s.load_id,
       s.state,
       coalesce(l.load_id = s.load_id, false),
       s.left_at is not null,
       loadguard.load_attachment(s.feed, s.table_name, s.load_id) is not distinct from 'attached'
  from loadguard.snapshot s
  join loadguard.live l using (feed)
 where s.feed = $1
   and s.state in ('attached', 'ready', 'detaching')
 order by s.left_at nulls first, s.load_id
