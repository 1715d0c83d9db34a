-- What every session relies on, whatever the role or the database set as defaults.
set client_min_messages = warning;
set search_path = pg_catalog, pg_temp;
set timezone = 'UTC';
set datestyle = 'ISO, YMD';
set extra_float_digits = 1;
set bytea_output = 'hex';
set standard_conforming_strings = on;
set default_transaction_isolation = 'read committed';
set default_transaction_deferrable = off;
set transform_null_equals = off;
-- Fail rather than read or count only the rows that a policy shows.
set row_security = off;
set statement_timeout = 0;
set lock_timeout = 0;
-- A program that was stopped within a transaction must not block readers' cleanup for ever.
set idle_in_transaction_session_timeout = '10min';
-- A server behind a dead network must not keep the locks of a session that nobody uses.
set tcp_keepalives_idle = 60;
set tcp_keepalives_interval = 10;
set tcp_keepalives_count = 6;
set jit = off;
