select coalesce(load_id, 0), epoch from loadguard.live where feed = $1
