-- What is lost in a crash is done again; locks are held for a shorter time.
select set_config('synchronous_commit', 'off', $1)
