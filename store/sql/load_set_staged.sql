update loadguard.load
   set rows = $2, fingerprint = $3, as_of = $4::timestamptz, completeness = $5, correction = $6
 where id = $1;
