-- Feeds, loads, verdicts, messages: what Loadguard knows and decided.

-- The key of an advisory lock, from what is locked and its name.
create function loadguard.lock_key(kind text, name text) returns bigint
language sql immutable strict
return pg_catalog.int8(('x' || pg_catalog.encode(pg_catalog.substr(
    pg_catalog.sha256(pg_catalog.convert_to('loadguard ' || kind || ' ' || name, 'UTF8')), 1, 8), 'hex'))::bit(64));
comment on function loadguard.lock_key is
    'Key of the advisory lock on something: the first 64 bits of a SHA-256 digest.';
