-- Only if it is still the table that was read.
update loadguard.snapshot
   set verified_at = clock_timestamp(), verified_identity = $2
 where load_id = $1
   and loadguard.load_identity(table_name) = $2
