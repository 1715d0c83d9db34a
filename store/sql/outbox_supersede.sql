-- Only what was never attempted: a lease alone is no attempt, but somebody is about to begin one.
update loadguard.delivery
   set state = 'superseded', superseded_by = $1, finished_at = clock_timestamp(),
       lease_owner = null, leased_at = null, lease_until = null
 where incident_id = $2
   and endpoint = any ($3::text[])
   and event_id <> $1
   and attempts = 0
   and (state = 'pending' or (state = 'leased' and lease_until < clock_timestamp()));
