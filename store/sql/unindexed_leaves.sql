-- Tables of a load without a valid unique index on the key.
select l.name
  from loadguard.load_leaves($1) l
 where not exists (select
                     from pg_index i
                     join pg_class c on c.oid = i.indexrelid
                    where i.indrelid = l.leaf
                      and i.indisunique
                      and i.indisvalid
                      and c.relname in (l.name || '_key', l.name || '_p0_key'))
 limit 1
