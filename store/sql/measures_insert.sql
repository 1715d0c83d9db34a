insert into loadguard.measure (load_id, measure, segment, value, trains)
select $1, m.measure, m.segment, m.value, m.trains
  from unnest($2::text[], $3::text[], $4::double precision[], $5::boolean[])
    as m (measure, segment, value, trains);
