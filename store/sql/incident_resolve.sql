update loadguard.incident
   set state = 'resolved', updated_at = clock_timestamp(), resolved_at = clock_timestamp()
 where feed = $1 and resolved_at is null
returning id;
