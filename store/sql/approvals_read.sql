select person, reason, override, evidence_digest, at, lapsed_at is not null
  from loadguard.approval
 where load_id = $1
 order by id;
