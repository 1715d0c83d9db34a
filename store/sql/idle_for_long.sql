select set_config('idle_in_transaction_session_timeout', '0', false)
