update loadguard.delivery
   set attempts = attempts + 1, attempt_began_at = clock_timestamp(),
       -- The full lease again, so that it covers this attempt however late it begins.
       leased_at = clock_timestamp(), lease_until = clock_timestamp() + (lease_until - leased_at)
 where id = $1
   and state = 'leased'
   and lease_owner = current_setting('application_name')
   and lease_until >= clock_timestamp()
   and attempt_began_at is null;
