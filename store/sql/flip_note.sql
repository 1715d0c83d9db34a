-- Readers go from $1 (0: nothing) to $2; from now on some may need $1 for a while.
update loadguard.snapshot
   set left_at = case when load_id = $1 then clock_timestamp() end,
       old_snapshots = null,
       old_snapshots_server = null,
       old_snapshots_before = null
 where load_id in ($1, $2)
