select pg_backend_pid(), current_setting('server_version');
