alter table loadguard_data.{part} rename to {table}
