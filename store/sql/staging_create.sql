-- Rows never change, so there is nothing to vacuum; statistics are gathered once, by us.
create table loadguard_data.{table} ({definitions}) with (autovacuum_enabled = false)
