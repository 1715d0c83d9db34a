select pg_advisory_xact_lock(loadguard.lock_key('position', ''));
