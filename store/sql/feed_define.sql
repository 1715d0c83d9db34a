insert into loadguard.feed as f (name, definition) values ($1, $2::jsonb)
on conflict (name) do update set definition = excluded.definition
 where f.definition is distinct from excluded.definition;
