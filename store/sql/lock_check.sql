select exists (select from loadguard.lock_holder(loadguard.lock_key($1, $2)) h where h.pid = pg_backend_pid());
