-- Loads before the oldest that history still looks at, and one more window in case some of those
-- are marked bad; each time the newest few, so that it costs the same however many there were.
with in_use as (
    select id
      from loadguard.load
     where feed = $1
       and published_at is not null
       and state in ('published', 'superseded')
       and not marked_bad
     order by as_of desc, id desc
     limit $2
), old as (
    select id
      from loadguard.load
     where feed = $1
       and id < (select min(id) from in_use)
       and (select count(*) from in_use) = $2
     order by id desc
     limit $3
), oldest as (
    select id
      from loadguard.load
     where feed = $1
     order by id desc
    offset $4
     limit $3
)
delete from loadguard.measure m
 where m.load_id in (select id from oldest)
    or (m.load_id in (select id from old) and m.segment <> '');
