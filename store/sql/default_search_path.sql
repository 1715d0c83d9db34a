-- Users write their queries for the path that their role and database define.
set local search_path to default;
