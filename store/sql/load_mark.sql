update loadguard.load
   set marked_bad = $2::boolean,
       marked_by = $3,
       marked_reason = $4,
       marked_at = clock_timestamp()
 where id = $1;
