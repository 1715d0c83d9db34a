-- The details as they will read when they are read back, for the hash.
select h.sequence, h.hash, clock_timestamp() as at, $2::jsonb::text as details
  from loadguard.audit_head h
 where h.feed = $1
   for update;
