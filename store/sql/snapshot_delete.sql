-- Not while it is attached, whatever was read before.
delete from loadguard.snapshot where feed = $1 and load_id = $2 and state in ('staging', 'staged')
