-- Details of sessions of another role are hidden from a role that may not see them.
select h.pid,
       coalesce(nullif(a.application_name, ''), 'an unknown program'),
       a.usename,
       host(a.client_addr),
       a.backend_start
  from loadguard.lock_holder(loadguard.lock_key($1, $2)) h
  left join pg_stat_activity a on a.pid = h.pid
 limit 1;
