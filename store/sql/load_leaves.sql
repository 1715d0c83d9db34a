select name from loadguard.load_leaves($1) order by name
