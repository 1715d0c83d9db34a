create role loadguard login
grant pg_monitor, pg_signal_backend to loadguard
grant execute on function pg_ls_dir(text), pg_ls_dir(text, boolean, boolean) to loadguard
grant execute on function pg_stat_file(text), pg_stat_file(text, boolean) to loadguard
create database loadguard owner loadguard
