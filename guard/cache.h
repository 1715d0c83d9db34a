/*
 * Packed snapshots of loads under the state directory, so that judging reads memory-speed columns.
 * They are a cache: a file that is missing, damaged or not the recorded load is made anew from the
 * store.
 */
#ifndef LG_GUARD_CACHE_H
#define LG_GUARD_CACHE_H

#include "guard/config.h"
#include "snapshot/packed.h"
#include "store/feed_table.h"

struct store;

/* What the ledger says about a load's rows. */
struct cache_identity {
    int64_t load_id;
    uint64_t rows;
    struct fingerprint fingerprint;
};

/* Path of a load's file; its directory is created. */
enum error_code cache_path(const struct config *config, const char *feed, int64_t load_id,
                           struct arena *arena, const char **ret_path,
                           struct error *err) MUST_CHECK;

/*
 * Opens the packed snapshot of a load. *ret_rebuilt (may be NULL) says whether it had to be made
 * from the store. ERR_CORRUPT only if the store itself does not hold what the ledger says.
 */
enum error_code cache_open(const struct config *config, struct store *store,
                           const struct feed_table *table, const struct cache_identity *identity,
                           struct packed **ret_packed, bool *ret_rebuilt,
                           struct error *err) MUST_CHECK;

/* Removes a load's file and opens a fresh one made from the store. */
enum error_code cache_rebuild(const struct config *config, struct store *store,
                              const struct feed_table *table, const struct cache_identity *identity,
                              struct packed **ret_packed, struct error *err) MUST_CHECK;

/* Removes the files of a feed's loads that are not in the list, and unfinished ones. */
void cache_keep_only(const struct config *config, const char *feed, const int64_t *loads, size_t n);

#endif
