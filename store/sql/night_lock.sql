-- Others that claim the same night wait here until we commit, and then find it.
select pg_advisory_xact_lock(loadguard.lock_key('night', $1 || ' ' || extract(epoch from $2::timestamptz)::text));
