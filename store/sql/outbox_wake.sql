select pg_notify('loadguard_outbox', '');
