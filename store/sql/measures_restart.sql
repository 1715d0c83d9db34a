update loadguard.measure m set trains = false
  from loadguard.load l
 where l.feed = (select feed from loadguard.load where id = $1) and l.id < $1
   and m.load_id = l.id and m.measure = any ($2::text[]) and m.trains;
