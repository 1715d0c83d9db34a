update loadguard.delivery
   set state = 'pending', lease_owner = null, leased_at = null, lease_until = null
 where id = any ($1::bigint[])
   and state = 'leased'
   and lease_owner = current_setting('application_name')
   and attempt_began_at is null;
