create table loadguard_data.{parent} ({definitions}, load_id bigint not null, load_part smallint not null) partition by list (load_id)
