update loadguard.approval set lapsed_at = clock_timestamp()
 where load_id = $1 and lapsed_at is null and evidence_digest <> $2;
