select count(*) filter (where d.state in ('pending', 'leased')),
       count(*) filter (where d.state = 'delivered'),
       count(*) filter (where d.state = 'superseded'),
       count(*) filter (where d.state = 'dead')
  from loadguard.delivery d
  join loadguard.event e on e.id = d.event_id
 where $1::bigint = 0 or e.load_id = $1;
