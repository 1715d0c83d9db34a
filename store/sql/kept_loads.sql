-- Loads that readers have left and that are not attached, the latest first, without the first $2.
select load_id
  from loadguard.snapshot
 where feed = $1
   and state = 'staged'
   and left_at is not null
   and load_id <> all ($3::bigint[])
 order by left_at desc
offset $2
