-- Opens the feed's incident or joins the open one; either way its row is locked until the end of the
-- transaction, so that sequences are given in the order of commits.
insert into loadguard.incident as i (feed, opened_by_load, impact)
values ($1, nullif($2::bigint, 0), case $3 when 'critical' then 'major' else 'minor' end)
on conflict (feed) where resolved_at is null do update
   set state = 'investigating', updated_at = clock_timestamp(),
       impact = case when i.impact in ('major', 'critical') then i.impact else excluded.impact end
returning id;
