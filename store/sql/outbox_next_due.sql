-- Only what could be claimed then: what waits for an earlier message of its incident is not due.
select (extract(epoch from min(case d.state when 'pending' then d.next_attempt_at else d.lease_until end)
                           - clock_timestamp()) * 1000000)::bigint
  from loadguard.delivery d
 where d.endpoint = any ($1::text[])
   and d.state in ('pending', 'leased')
   and not exists (select from loadguard.delivery b
                    where b.endpoint = d.endpoint
                      and b.incident_id = d.incident_id
                      and b.sequence < d.sequence
                      and b.state in ('pending', 'leased'));
