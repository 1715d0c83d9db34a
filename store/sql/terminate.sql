-- Only if it is still in the transaction that is in the way.
select pg_terminate_backend(pid) from pg_locks where locktype = 'virtualxid' and virtualxid = $1 and virtualtransaction = $1 and pid = $2
