select sequence, at, actor, action, load_id, details::text
  from loadguard.audit
 where feed = $1
 order by sequence desc
 limit $2;
