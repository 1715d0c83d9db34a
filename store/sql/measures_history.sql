select l.id, l.as_of, b.as_of as baseline_as_of, m.measure, m.segment, m.value
  from (select id, as_of, baseline_load
          from loadguard.load
         where feed = $1
           and published_at is not null
           and state in ('published', 'superseded')
           and not marked_bad
           and id <> $2
         order by as_of desc, id desc
         limit $3) l
  left join loadguard.load b on b.id = l.baseline_load
  join loadguard.measure m on m.load_id = l.id and m.trains
 order by l.as_of desc, l.id desc, m.measure collate "C", m.segment collate "C";
