update loadguard.delivery
   set state = 'pending', next_attempt_at = clock_timestamp(), finished_at = null, last_error = null
 where id = $1 and state in ('dead', 'delivered')
returning id;
