select sequence, at, actor, action, load_id, details::text
  from loadguard.audit
 where load_id = $1
 order by sequence;
