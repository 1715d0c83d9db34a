/* Indexes and statistics of one table that holds rows of a load. */
#ifndef LG_STORE_LOAD_INDEX_H
#define LG_STORE_LOAD_INDEX_H

#include "store/conn.h"
#include "store/feed_table.h"

/*
 * Builds what is missing of the unique index on the key and the feed's other indexes. ERR_DATA:
 * duplicates under a unique index. ERR_SQL: a definition that the server does not accept.
 */
enum error_code load_index_leaf(struct store *store, const struct feed_table *feed,
                                const char *leaf, struct error *err) MUST_CHECK;

/* Gathers the planner's statistics of a table in schema loadguard_data. */
enum error_code load_analyze(struct store *store, const char *table, struct error *err) MUST_CHECK;

#endif
