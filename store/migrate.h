/* Brings the tables of the store up to what this program knows. */
#ifndef LG_STORE_MIGRATE_H
#define LG_STORE_MIGRATE_H

#include "store/conn.h"

/*
 * Applies the migrations that the database has not seen (store/migrations/NNNN_*.sql), each in a
 * transaction of its own under an advisory lock, so any number of programs may start at once. Cheap
 * when there is nothing to do.
 *
 * ERR_REFUSED: the database is newer than this program, or a migration was applied there with
 * another text. Otherwise errors as store_exec.
 */
enum error_code store_migrate(struct store *store, struct error *err) MUST_CHECK;

/* The same, only up to that version; for tests of upgrades. */
enum error_code store_migrate_to(struct store *store, int wanted, struct error *err) MUST_CHECK;

/* The newest version that this program knows. */
int store_newest_version(void);

/* The version of the database; 0 before the first migration. */
enum error_code store_version(struct store *store, int *ret_version, struct error *err) MUST_CHECK;

#endif
