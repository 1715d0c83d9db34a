-- $2: delivered, retry or dead. Somebody else may have taken over after our lease ran out; that the
-- endpoint has the message is true all the same.
with before as (
    select id, attempts, attempt_began_at, lease_owner
      from loadguard.delivery
     where id = $1
       and attempts > 0
       and ((state = 'leased' and lease_owner = current_setting('application_name') and attempt_began_at is not null)
            or ($2 = 'delivered' and state in ('pending', 'leased')))
       for update
), ended as (
    update loadguard.delivery d
       set state = case $2 when 'retry' then 'pending' else $2 end,
           next_attempt_at = case $2 when 'retry' then clock_timestamp() + $3::bigint * interval '1 microsecond'
                             else next_attempt_at end,
           finished_at = case $2 when 'retry' then null else clock_timestamp() end,
           last_status = nullif($4::integer, 0),
           last_error = case $2 when 'delivered' then null else $5 end,
           lease_owner = null, leased_at = null, lease_until = null, attempt_began_at = null
      from before b
     where d.id = b.id
)
insert into loadguard.delivery_attempt (delivery_id, attempt, began_at, duration_us, outcome, status, reason, owner)
select id, attempts, coalesce(attempt_began_at, clock_timestamp()), $6, $2, nullif($4::integer, 0), $5,
       current_setting('application_name')
  from before
on conflict (delivery_id, attempt) do update
   set duration_us = excluded.duration_us, outcome = excluded.outcome, status = excluded.status, reason = excluded.reason;
