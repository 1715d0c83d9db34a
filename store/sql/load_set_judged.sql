update loadguard.load
   set baseline_load = nullif($2::bigint, 0), live_load = nullif($3::bigint, 0), epoch = $4, verdict = $5,
       releasable = $6, summary = $7, rules_digest = $8, evidence_digest = $9, report = $10::jsonb
 where id = $1;
