create view {schema}.{view} as
select {columns}
  from loadguard_data.{parent}
 where load_id = (select load_id from loadguard.live where feed = {feed})
