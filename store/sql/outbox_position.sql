with fresh as (
    select id, row_number() over (order by created_at, id) as n
      from (select id, created_at from loadguard.event where position is null order by created_at, id limit 10000) e
)
update loadguard.event e
   set position = f.n + (select coalesce(max(position), 0) from loadguard.event)
  from fresh f
 where e.id = f.id;
