select id from loadguard.event where dedup_key = $1;
