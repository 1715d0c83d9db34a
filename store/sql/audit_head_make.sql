insert into loadguard.audit_head (feed) values ($1) on conflict (feed) do nothing;
