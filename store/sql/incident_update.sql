-- Without a state of its own a later message leaves the incident in the state it has.
update loadguard.incident
   set state = coalesce($2, state), updated_at = clock_timestamp()
 where feed = $1 and resolved_at is null
returning id;
