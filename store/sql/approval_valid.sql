select exists (select from loadguard.approval
                where load_id = $1 and lapsed_at is null and evidence_digest = $2);
