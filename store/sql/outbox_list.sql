select e.id, e.type, d.endpoint, d.state, d.attempts, e.created_at, d.finished_at, coalesce(d.last_status, 0),
       d.last_error
  from loadguard.delivery d
  join loadguard.event e on e.id = d.event_id
 where e.load_id = $1
 order by d.id;
