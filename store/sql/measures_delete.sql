delete from loadguard.measure where load_id = $1;
