select sequence, at, actor, action, load_id, details::text, previous_hash, hash
  from loadguard.audit
 where feed = $1 and sequence > $2
 order by sequence
 limit 1000;
