update loadguard.snapshot set verified_identity = null where load_id = $1
