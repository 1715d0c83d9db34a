select report::text from loadguard.load where id = $1;
