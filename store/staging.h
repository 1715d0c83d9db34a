/*
 * Staging: the rows of a load on their way into the store, by binary COPY into tables that nobody
 * else sees. Every step runs in sessions of its own, so that the caller's session stays free for
 * the ledger.
 *
 *   begin -> append... -> finish -> (judge) -> record -> index -> publish
 *
 * A large load is spread over two tables, which takes a third off COPY and index together. Each
 * then has its own unique index, so that a key is unique in the load is for the caller to see to.
 *
 * finish leaves the server at work (it adds and checks the column load_id, and builds the indexes
 * if asked to), so that judging overlaps with that.
 */
#ifndef LG_STORE_STAGING_H
#define LG_STORE_STAGING_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot/batch.h"
#include "snapshot/packed.h"
#include "store/conn.h"
#include "store/feed_table.h"

struct staging;

struct staging_options {
    uint64_t expected_rows; /* for the check of free space; 0: unknown, not checked */
    const char
        *data_directory;    /* of a server on this host; NULL: known for a private cluster only */
    unsigned max_parts;     /* tables filled side by side; 0: two */
    uint64_t rows_per_part; /* rows before a further one is begun; 0: a million */
};

/*
 * Starts a load. Its row in loadguard.snapshot is committed first, in state `staging`, so that a
 * crash at any moment leaves a trace; the tables themselves appear when finish commits, because a
 * table created in the transaction that fills it needs neither WAL (where wal_level permits) nor a
 * second write to freeze its rows. store is used during the call only.
 *
 * ERR_SPACE if the data directory has too little room for expected_rows; ERR_REFUSED if the load
 * was staged before.
 */
enum error_code staging_begin(struct store *store, const struct feed_table *feed, int64_t load_id,
                              const struct staging_options *options, struct staging **ret_staging,
                              struct error *err) MUST_CHECK;

/* Ends the connections; what was not finished is rolled back by the server. */
void staging_free(struct staging *staging);
DEFINE_POINTER_CLEANUP(struct staging, staging_cleanup, staging_free)

/*
 * Sends rows. Returns as soon as they are encoded and as much as fits is on its way, so that the
 * caller reads on while the server works; blocks when the server is slower than the caller.
 * ERR_STORE when the connection is lost, ERR_SQL or ERR_SPACE as the server says, ERR_CANCELLED on
 * interrupt.
 */
enum error_code staging_append(struct staging *staging, const struct batch *batch,
                               struct error *err) MUST_CHECK;

/*
 * Ends the COPY and compares the server's count of rows with what was appended. Afterwards the
 * server adds load_id on its own, and with index_early goes on to what staging_index does, which
 * pays if most loads pass. ERR_CORRUPT if the counts differ.
 */
enum error_code staging_finish(struct staging *staging, bool index_early, uint64_t *ret_rows,
                               struct error *err) MUST_CHECK;

/*
 * Waits for what finish left running, then records what the load holds and that it is staged whole:
 * from now on other processes can go on with it. store is the caller's session and may be in a
 * transaction. ERR_DATA if a unique index found duplicates.
 */
enum error_code staging_record(struct staging *staging, struct store *store, uint64_t rows,
                               const struct fingerprint *fingerprint, struct error *err) MUST_CHECK;

/*
 * Builds the unique index on the key and the feed's other indexes and gathers the planner's
 * statistics, for a recorded load that may be of an earlier process. What exists already is left
 * alone, so the step can be repeated. Opens sessions beside store. ERR_DATA if a unique index finds
 * duplicates.
 */
enum error_code staging_index(struct store *store, const struct feed_table *feed, int64_t load_id,
                              struct error *err) MUST_CHECK;

/*
 * Statistics over all attached loads, if there are none or the newest are older than max_age_us.
 * Never to be called during a publication. A lock that is not free at once is left for next time.
 */
enum error_code staging_analyze_parent(struct store *store, const struct feed_table *feed,
                                       int64_t max_age_us, struct error *err) MUST_CHECK;

/*
 * Drops the tables of a load that is not attached, and its row in loadguard.snapshot. OK if there
 * are none. ERR_REFUSED for an attached load, ERR_BUSY if somebody reads the table directly.
 */
enum error_code staging_drop(struct store *store, const char *feed, int64_t load_id,
                             struct error *err) MUST_CHECK;

#endif
