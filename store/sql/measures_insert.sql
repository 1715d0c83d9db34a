insert into loadguard.measure (load_id, measure, segment, value)
select $1, m.measure, m.segment, m.value
  from unnest($2::text[], $3::text[], $4::double precision[]) as m (measure, segment, value);
