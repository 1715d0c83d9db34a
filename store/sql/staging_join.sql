alter table loadguard_data.{table} attach partition loadguard_data.{part} for values in ({number})
