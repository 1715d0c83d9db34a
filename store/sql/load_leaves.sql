-- The tables of a load, and whether each has $2 indexes and the planner's statistics.
select l.name,
       (select count(*) from pg_index i where i.indrelid = l.leaf and i.indisvalid) >= $2
       and exists (select from pg_stats s where s.schemaname = 'loadguard_data' and s.tablename = l.name)
  from loadguard.load_leaves($1) l
 order by l.name
