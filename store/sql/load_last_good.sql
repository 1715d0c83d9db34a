-- The live load first, then by the time that the rows describe.
select l.id
  from loadguard.load l
  left join loadguard.live p on p.feed = l.feed
  join loadguard.snapshot s on s.load_id = l.id and s.state <> 'staging'
 where l.feed = $1
   and not l.marked_bad
   and (l.published_at is not null or p.load_id = l.id)
 order by p.load_id is not distinct from l.id desc, l.as_of desc, l.id desc
 limit 1;
