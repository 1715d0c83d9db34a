create table loadguard_data.{table} (like loadguard_data.{parent})
