/* Waiting for transactions of others, and telling who they are; for the files of this folder. */
#ifndef LG_STORE_WAITING_H
#define LG_STORE_WAITING_H

#include <stdint.h>

#include "store/publish.h"

#define WAITING_MAX_BLOCKERS 50
#define NO_TRANSACTIONS "{}"

struct waiting {
    struct store *store;
    const struct wait_options *options;
    const char *feed;
    const char *reason; /* may change between rounds */
    int64_t started_us; /* monotonic, as due_us */
    int64_t due_us;     /* when to report, end blockers or give up */
    int64_t pause_us;
};

void waiting_begin(struct waiting *waiting, struct store *store, const struct wait_options *options,
                   const char *feed, const char *reason);

/*
 * One round of waiting for transactions, an array literal of the server's names for them: reports
 * and ends them when it is time to, then sleeps a moment. ERR_TIMEOUT names them; ERR_CANCELLED;
 * what on_blocked returns.
 */
enum error_code waiting_round(struct waiting *waiting, const char *transactions,
                              struct error *err) MUST_CHECK;

/*
 * Appends, as an array literal, the transactions that hold a lock on a table in loadguard_data, or
 * with_parts also on its partitions; only those among `of` unless that is NULL.
 */
enum error_code lock_holders(struct store *store, const char *table, bool with_parts,
                             const char *of, struct buffer *out, struct error *err) MUST_CHECK;

#endif
