select exists (select from loadguard.delivery where id = $1);
