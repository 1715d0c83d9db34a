select n.load_id, l.state in ('failed', 'abandoned') as free
  from loadguard.night n
  join loadguard.load l on l.id = n.load_id
 where n.feed = $1 and n.scheduled_for = $2::timestamptz;
