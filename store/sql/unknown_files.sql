-- Those of the file numbers $1 that belong to no relation.
select f.number
  from unnest($1::bigint[]) f (number)
 where not exists (select from pg_class c where pg_relation_filenode(c.oid)::bigint = f.number)
 order by 1
