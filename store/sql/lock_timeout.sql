-- For the rest of the transaction, in milliseconds.
select set_config('lock_timeout', $1, true)
