drop view loadguard_data.{name}
