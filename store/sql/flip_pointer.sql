-- No row: the world has moved since the load was judged.
update loadguard.live set load_id = $2 where feed = $1 and load_id is not distinct from nullif($3, 0) and epoch = $4
