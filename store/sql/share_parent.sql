lock table loadguard_data.{parent} in access share mode
