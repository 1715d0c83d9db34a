alter table loadguard_data.{parent} detach partition loadguard_data.{table} concurrently
