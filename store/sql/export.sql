copy (select {columns} from loadguard_data.{table}) to stdout (format binary)
