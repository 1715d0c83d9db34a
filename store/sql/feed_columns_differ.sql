-- How the columns of a feed's parent ($1) differ from the configured ones: names, types and not null
-- flags in $2, $3, $4. No rows: not at all.
select case
         when a.attname is null then format('column "%s" %s is not in the table', w.name, w.type)
         when w.name is null then format('column "%s" of the table is not in the configuration', a.attname)
         when to_regtype(w.type) is distinct from a.atttypid::regtype or a.atttypmod <> -1 then
           format('column "%s" is %s in the table and %s in the configuration', w.name, format_type(a.atttypid, a.atttypmod), w.type)
         when w.not_null <> a.attnotnull then
           format('column "%s" %s null in the table and %s in the configuration', w.name,
                  case when a.attnotnull then 'cannot be' else 'can be' end,
                  case when w.not_null then 'cannot be' else 'can be' end)
         else format('column "%s" is number %s in the table and number %s in the configuration', w.name, a.place, w.place)
       end
  from unnest($2::text[], $3::text[], $4::bool[]) with ordinality w (name, type, not_null, place)
  full join (select attname, atttypid, atttypmod, attnotnull, row_number() over (order by attnum) as place
               from pg_attribute
              where attrelid = (select c.oid
                                  from pg_class c
                                  join pg_namespace n on n.oid = c.relnamespace
                                 where n.nspname = 'loadguard_data'
                                   and c.relname = $1)
                and attnum > 0
                and not attisdropped) a on a.attname = w.name
 where a.attname is null
    or w.name is null
    or to_regtype(w.type) is distinct from a.atttypid::regtype
    or a.atttypmod <> -1
    or w.not_null <> a.attnotnull
    or w.place <> a.place
 order by coalesce(w.place, a.place)
 limit 5
