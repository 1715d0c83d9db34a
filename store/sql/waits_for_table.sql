-- Whether a session waits to lock the table $2 or a part of it, so that others queue behind it.
select exists (select
                 from pg_locks l
                 join pg_class c on c.oid = l.relation
                 join pg_namespace n on n.oid = c.relnamespace
                 left join pg_inherits i on i.inhrelid = c.oid
                 left join pg_class p on p.oid = i.inhparent and p.relnamespace = c.relnamespace
                where l.pid = $1
                  and l.locktype = 'relation'
                  and not l.granted
                  and n.nspname = 'loadguard_data'
                  and (c.relname = $2 or p.relname = $2))
