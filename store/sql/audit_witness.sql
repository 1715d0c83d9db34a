select exists (select from loadguard.audit where feed = $1 and hash = $2);
