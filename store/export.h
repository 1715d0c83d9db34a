/* Reading a load back from the store: to verify it, or to rebuild its packed file. */
#ifndef LG_STORE_EXPORT_H
#define LG_STORE_EXPORT_H

#include <stdint.h>

#include "snapshot/packed.h"
#include "store/conn.h"
#include "store/feed_table.h"

/*
 * Copies the rows of a load, attached or kept, into a packer, which the caller finishes.
 * ERR_CORRUPT if their number or fingerprint is not what was recorded when it was staged,
 * ERR_NOT_FOUND without such a load, ERR_CANCELLED. Opens no transaction that lasts beyond the
 * call.
 */
enum error_code load_export(struct store *store, const struct feed_table *feed, int64_t load_id,
                            struct packer *packer, struct error *err) MUST_CHECK;

/*
 * Reads the whole load back, compares count and fingerprint with the record, and notes that this
 * very table was verified. Errors as load_export.
 */
enum error_code load_verify(struct store *store, const struct feed_table *feed, int64_t load_id,
                            struct error *err) MUST_CHECK;

#endif
