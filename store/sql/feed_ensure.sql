insert into loadguard.feed (name) values ($1) on conflict (name) do nothing;
