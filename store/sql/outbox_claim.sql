-- A lease that has run out is claimed again: its holder died, or takes too long and will not be
-- able to begin.
with due as (
    select d.id
      from loadguard.delivery d
     where d.endpoint = any ($1::text[])
       and ((d.state = 'pending' and d.next_attempt_at <= clock_timestamp())
            or (d.state = 'leased' and d.lease_until < clock_timestamp()))
       and not exists (select from loadguard.delivery b
                        where b.endpoint = d.endpoint
                          and b.incident_id = d.incident_id
                          and b.sequence < d.sequence
                          and b.state in ('pending', 'leased'))
     order by d.next_attempt_at, d.id
     limit $2
       for update of d skip locked
), claimed as (
    update loadguard.delivery d
       set state = 'leased', lease_owner = current_setting('application_name'), leased_at = clock_timestamp(),
           lease_until = clock_timestamp() + $3::bigint * interval '1 microsecond', attempt_began_at = null
      from due
     where d.id = due.id
    returning d.id, d.event_id, d.endpoint, d.incident_id, d.sequence, d.attempts, d.next_attempt_at
)
select c.id, c.event_id, c.endpoint, e.type, e.created_at, e.payload::text, coalesce(c.incident_id, 0),
       coalesce(c.sequence, 0), c.attempts
  from claimed c
  join loadguard.event e on e.id = c.event_id
 order by c.next_attempt_at, c.id;
