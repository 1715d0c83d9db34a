update loadguard.snapshot
   set state = 'staged', rows = $2, fingerprint = $3, verified_identity = loadguard.load_identity(table_name)
 where load_id = $1
   and state = 'staging'
