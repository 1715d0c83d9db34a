insert into loadguard.event (feed, load_id, incident_id, sequence, effect, type, severity, payload, dedup_key)
values ($1, nullif($2::bigint, 0), $3, $4, $5, $6, $7, $8::jsonb, $9)
returning id;
