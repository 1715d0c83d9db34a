-- What was computed against a bad load says as little about ordinary nights as the bad load itself.
select l.id, l.as_of, m.measure, m.segment, m.value, m.trains and not l.misled
  from (select loads.id, loads.as_of, coalesce(b.marked_bad, false) as misled
          from loadguard.load loads
          left join loadguard.load b on b.id = loads.baseline_load
         where loads.feed = $1
           and loads.published_at is not null
           and loads.state in ('published', 'superseded')
           and not loads.marked_bad
           and loads.id <> $2
         order by loads.as_of desc, loads.id desc
         limit $3) l
  join loadguard.measure m on m.load_id = l.id
 where m.measure = any ($4::text[])
 order by l.as_of desc, l.id desc, m.measure collate "C", m.segment collate "C";
