select measure, segment, value, trains
  from loadguard.measure
 where load_id = $1
 order by measure collate "C", segment collate "C";
