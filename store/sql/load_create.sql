insert into loadguard.load (feed, scheduled_for, source, host, pid)
values ($1, $2::timestamptz, $3, $4, $5)
returning id;
