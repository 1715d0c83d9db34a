select sequence, hash from loadguard.audit_head where feed = $1;
