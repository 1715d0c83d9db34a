-- What was computed against a bad load says as little about ordinary nights as the bad load itself.
update loadguard.measure m set trains = false
  from loadguard.load l
 where l.baseline_load = $1 and m.load_id = l.id and m.trains;
