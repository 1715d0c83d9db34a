drop table loadguard_data.{name}
