select state from loadguard.load where id = $1;
