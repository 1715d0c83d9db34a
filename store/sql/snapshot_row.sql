-- What the store knows about a load, and what the catalog says about its table.
select s.state,
       s.table_name,
       coalesce(loadguard.load_attachment(s.feed, s.table_name, s.load_id), 'gone'),
       coalesce(loadguard.load_identity(s.table_name) = s.verified_identity, false),
       coalesce(l.load_id = s.load_id, false),
       coalesce(s.rows, 0),
       coalesce(s.fingerprint, ''),
       s.left_at is not null
  from loadguard.snapshot s
  join loadguard.live l using (feed)
 where s.feed = $1
   and s.load_id = $2
