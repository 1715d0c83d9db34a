-- $5: leave out endpoints that may know nothing of the incident, for an event that only says that
-- it is over. Anything but superseded was attempted or is still to be.
insert into loadguard.delivery (event_id, endpoint, incident_id, sequence)
select $1, e.endpoint, $2, $3
  from (select distinct unnest($4::text[]) as endpoint) e
 where not $5::boolean
    or exists (select from loadguard.delivery d
                where d.incident_id = $2 and d.endpoint = e.endpoint and d.state <> 'superseded');
