-- What readers see of each feed, and what the store knows about the rows of each load.

-- Every load's rows are a table of their own in here, and so is each feed's partitioned parent.
create schema loadguard_data;

-- One row per feed: publishing and rolling back are an update of it. Room is left on the page, so
-- that an update stays on it and readers find the newest version at once.
create table loadguard.live (
    feed text primary key,
    load_id bigint,
    epoch bigint not null default 0
) with (fillfactor = 20);

comment on table loadguard.live is 'the load that readers of a feed see; null: none yet';
comment on column loadguard.live.epoch is 'counts rollbacks: a verdict holds for the epoch it was reached under';

create table loadguard.snapshot (
    load_id bigint primary key,
    feed text not null references loadguard.live,
    table_name text not null unique,
    state text not null check (state in ('staging', 'staged', 'attached', 'ready', 'detaching')),
    rows bigint check (rows >= 0),
    fingerprint text,
    staging_at timestamptz not null default clock_timestamp(),
    attached_at timestamptz,
    left_at timestamptz,
    verified_at timestamptz,
    verified_identity text,
    old_snapshots text[],
    old_snapshots_server timestamptz,
    old_snapshots_before xid8,
    constraint counted_unless_staging check (state = 'staging' or (rows is not null and fingerprint is not null))
);

create index snapshot_feed on loadguard.snapshot (feed);

comment on table loadguard.snapshot is 'loads whose rows are in schema loadguard_data, or are on their way there';
comment on column loadguard.snapshot.state is
    'staging: rows arrive; staged: whole, not attached; attached: readers not waited for yet; ready: may be live; detaching: on its way to staged';
comment on column loadguard.snapshot.fingerprint is 'order-free fingerprint of the rows';
comment on column loadguard.snapshot.left_at is 'when readers last left it; null: never live, or live now';
comment on column loadguard.snapshot.verified_identity is 'load_identity() of the table whose rows were last found equal to rows and fingerprint';
comment on column loadguard.snapshot.old_snapshots is
    'transactions that may still read this load although the pointer has left it; of the server that started at old_snapshots_server';
comment on column loadguard.snapshot.old_snapshots_before is 'standbys that hold snapshots older than this may still read this load';

-- The tables that hold rows of a load: its parts, or the one table itself. Empty if there is none.
create function loadguard.load_leaves(table_name text, out leaf oid, out name text) returns setof record
language sql stable
begin atomic
    select c.oid, c.relname::text
      from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      left join pg_catalog.pg_inherits i on i.inhrelid = c.oid
      left join pg_catalog.pg_class p on p.oid = i.inhparent
     where n.nspname = 'loadguard_data'
       and c.relkind = 'r'
       and (c.relname = $1 or (p.relname = $1 and p.relnamespace = c.relnamespace));
end;

-- Which very files hold a load: another text after a restore, a rewrite, a truncate or a swap. Null
-- without such a load.
create function loadguard.load_identity(table_name text) returns text
language sql stable
begin atomic
    select pg_catalog.string_agg(pg_catalog.format('%s:%s', l.leaf, pg_catalog.pg_relation_filenode(l.leaf)), ' ' order by l.leaf)
      from loadguard.load_leaves($1) l;
end;

-- How a load's table stands to a feed's parent: 'attached', 'pending' (a detach that was not
-- finished), 'other' (attached elsewhere or for another load) or 'none'.
create function loadguard.load_attachment(parent_name text, table_name text, load_id bigint) returns text
language sql stable
begin atomic
    select case
             when i.inhrelid is null then 'none'
             when p.relname <> $1
               or p.relnamespace <> c.relnamespace
               or pg_catalog.pg_get_expr(c.relpartbound, c.oid) <> pg_catalog.format('FOR VALUES IN (''%s'')', $3) then 'other'
             when i.inhdetachpending then 'pending'
             else 'attached'
           end
      from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      left join pg_catalog.pg_inherits i on i.inhrelid = c.oid
      left join pg_catalog.pg_class p on p.oid = i.inhparent
     where n.nspname = 'loadguard_data'
       and c.relname = $2;
end;
