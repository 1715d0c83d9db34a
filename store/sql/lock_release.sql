select pg_advisory_unlock(loadguard.lock_key($1, $2));
