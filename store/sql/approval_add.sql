insert into loadguard.approval (load_id, person, reason, override, evidence_digest, measures, new_normal)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (load_id, person) where lapsed_at is null do update
   set reason = excluded.reason, override = excluded.override,
       evidence_digest = excluded.evidence_digest, measures = excluded.measures,
       new_normal = excluded.new_normal, at = clock_timestamp();
