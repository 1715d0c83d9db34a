analyze loadguard_data.{table}
