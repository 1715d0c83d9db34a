do $$
begin
    -- Not "create schema if not exists", which wants the right to create even if there is nothing
    -- to do: an administrator may have made the schema for us.
    if to_regnamespace('loadguard') is null then
        create schema loadguard;
        comment on schema loadguard is 'Loadguard: loads, verdicts, messages, and what is live.';
    end if;
    if to_regclass('loadguard.migration') is null then
        create table loadguard.migration (
            version integer primary key check (version > 0),
            name text not null,
            applied_at timestamptz not null default now(),
            checksum text not null check (checksum ~ '^[0-9a-f]{64}$')
        );
        comment on table loadguard.migration is
            'Changes to the tables of schema loadguard, in the order they were applied.';
        comment on column loadguard.migration.checksum is 'SHA-256 of the text that was applied.';
    end if;
end
$$;
