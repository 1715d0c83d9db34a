create unique index if not exists {index} on loadguard_data.{table} ({keys})
