update loadguard.load
   set state = $3,
       started_at = case when $3 = 'running' then clock_timestamp() else started_at end,
       staged_at = case when $3 = 'staged' then clock_timestamp() else staged_at end,
       judged_at = case when $3 = 'judged' then clock_timestamp() else judged_at end,
       published_at = case when $3 = 'published' then coalesce(published_at, clock_timestamp()) else published_at end,
       -- When work on it ended; what happens to it afterwards is in the audit log.
       finished_at = case
           when $3 in ('published', 'held', 'blocked', 'failed', 'abandoned') and $2 <> 'superseded' then clock_timestamp()
           when $3 in ('waiting', 'running', 'staged', 'judged', 'releasing') then null
           else finished_at
       end
 where id = $1 and state = $2;
