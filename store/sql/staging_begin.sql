-- A load's trace, before there is anything to leave behind.
insert into loadguard.snapshot (load_id, feed, table_name, state) values ($1, $2, $3, 'staging') on conflict do nothing
