-- Ends a long statement soon after its client has died. Not every server's platform can do it.
set client_connection_check_interval = '10s';
