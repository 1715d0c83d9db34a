-- Which server this is, where the database keeps its files, and whether prepared transactions may
-- own files that nobody sees.
select (select system_identifier from pg_control_system()),
       d.oid::bigint,
       d.dattablespace = (select oid from pg_tablespace where spcname = 'pg_default'),
       exists (select from pg_prepared_xacts where database = current_database())
  from pg_database d
 where d.datname = current_database()
