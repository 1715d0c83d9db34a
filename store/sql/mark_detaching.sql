-- Only if nobody has needed it since that was asked.
update loadguard.snapshot
   set state = 'detaching', old_snapshots = null, old_snapshots_server = null, old_snapshots_before = null
 where load_id = $1
   and state = $2
   and old_snapshots = '{}'
   and old_snapshots_server = pg_postmaster_start_time()
