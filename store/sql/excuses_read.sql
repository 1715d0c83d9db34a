select a.load_id, a.new_normal, m.measure
  from loadguard.approval a
  join loadguard.load l on l.id = a.load_id
  left join lateral unnest(a.measures) as m (measure) on true
 where l.feed = $1
   and l.id >= $2
   and l.published_at is not null
   and l.state in ('published', 'superseded')
   and not l.marked_bad
   and a.lapsed_at is null
 order by a.load_id, a.id;
