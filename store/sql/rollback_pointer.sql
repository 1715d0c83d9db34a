-- No row: the bad load is not live any more.
update loadguard.live set load_id = $3, epoch = epoch + 1 where feed = $1 and load_id = $2 returning load_id, epoch
