select l.id, l.as_of, m.measure, m.segment, m.value, m.trains, l.approved
  from (select id, as_of,
               exists (select from loadguard.approval a
                        where a.load_id = load.id and a.lapsed_at is null) as approved
          from loadguard.load
         where feed = $1
           and published_at is not null
           and state in ('published', 'superseded')
           and not marked_bad
           and id <> $2
         order by as_of desc, id desc
         limit $3) l
  join loadguard.measure m on m.load_id = l.id
 order by l.as_of desc, l.id desc, m.measure collate "C", m.segment collate "C";
