select load_id from loadguard.snapshot where feed = $1 order by load_id
