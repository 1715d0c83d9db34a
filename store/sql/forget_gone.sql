-- A load whose table somebody has dropped.
delete from loadguard.snapshot where load_id = $1 and state = $2
