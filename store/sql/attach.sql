alter table loadguard_data.{parent} attach partition loadguard_data.{table} for values in ({load})
