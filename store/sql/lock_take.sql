-- A session that has it already must not take it twice: it would have to give it back twice.
select case
         when exists (select from loadguard.lock_holder(loadguard.lock_key($1, $2)) h where h.pid = pg_backend_pid())
         then false
         else pg_try_advisory_lock(loadguard.lock_key($1, $2))
       end;
