update loadguard.snapshot
   set state = $3,
       attached_at = case when $3 = 'attached' then clock_timestamp() when $3 = 'staged' then null else attached_at end,
       old_snapshots = null,
       old_snapshots_server = null,
       old_snapshots_before = null
 where load_id = $1
   and state = $2
