-- Constants that no row stores. The checks spare the attach a scan.
alter table loadguard_data.{table}
  add column load_id bigint not null default {load},
  add column load_part smallint not null default {part},
  add constraint load_id_check check (load_id = {load}),
  add constraint load_part_check check (load_part = {part})
