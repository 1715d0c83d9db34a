-- Microseconds since the statistics over all attached loads were gathered; null: never.
select (extract(epoch from clock_timestamp() - greatest(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid))) * 1000000)::bigint
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = 'loadguard_data'
   and c.relname = $1
