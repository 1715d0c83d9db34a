copy loadguard_data.{table} ({columns}) from stdin (format binary, freeze)
