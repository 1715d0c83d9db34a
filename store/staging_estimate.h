/* How much room a load will take in the store. */
#ifndef LG_STORE_STAGING_ESTIMATE_H
#define LG_STORE_STAGING_ESTIMATE_H

#include <stdint.h>

#include "snapshot/schema.h"

/*
 * Bytes of the table and of the index on its key, the index's sort included, for rows whose texts
 * have some 32 bytes. Source: PostgreSQL documentation, "Database Page Layout".
 */
uint64_t staging_estimate_bytes(const struct schema *schema, uint64_t rows);

#endif
