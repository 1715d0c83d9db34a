create table loadguard_data.{table} (like loadguard_data.{parent}) partition by list (load_part)
