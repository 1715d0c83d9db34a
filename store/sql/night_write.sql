insert into loadguard.night as n (feed, scheduled_for, load_id)
values ($1, $2::timestamptz, $3)
on conflict (feed, scheduled_for) do update set load_id = excluded.load_id, claimed_at = clock_timestamp();
