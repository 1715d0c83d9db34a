-- The key is "lgmigrat" in ASCII. Held to the end of the transaction.
select pg_advisory_xact_lock(7811332378171957620);
