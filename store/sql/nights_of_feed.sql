select as_of
  from (select distinct as_of
          from loadguard.load
         where feed = $1
           and verdict is not null
           and isfinite(as_of)
         order by as_of desc
         limit $2) recent
 order by as_of;
