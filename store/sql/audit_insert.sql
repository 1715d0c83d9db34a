with entry as (
    insert into loadguard.audit (feed, sequence, at, actor, action, load_id, details, previous_hash, hash)
    values ($1, $2, $3::timestamptz, $4, $5, $6, $7::jsonb, $8, $9)
    returning feed, sequence, hash
)
update loadguard.audit_head h set sequence = e.sequence, hash = e.hash
  from entry e
 where h.feed = e.feed;
