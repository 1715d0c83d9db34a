-- Others that add the same event wait here until we commit, and then find it.
select pg_advisory_xact_lock(loadguard.lock_key('event', $1));
