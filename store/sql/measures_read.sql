select m.measure, m.segment, m.value, m.trains and not coalesce(b.marked_bad, false)
  from loadguard.load l
  left join loadguard.load b on b.id = l.baseline_load
  join loadguard.measure m on m.load_id = l.id
 where l.id = $1
 order by m.measure collate "C", m.segment collate "C";
