/*
 * How many loads stay: a few attached, so that a rollback is one update and planning stays cheap,
 * and more kept beside them. A load is detached only when no reader can need it any more.
 */
#ifndef LG_STORE_RETENTION_H
#define LG_STORE_RETENTION_H

#include <stdbool.h>
#include <stdint.h>

#include "store/conn.h"
#include "store/publish.h"

#define RETENTION_ATTACHED_MAX 3

struct retention_options {
    unsigned attached_max;    /* the live load included; 0: RETENTION_ATTACHED_MAX; at least 2 */
    unsigned keep;            /* loads that were live once, to keep beyond the attached ones */
    int64_t standby_grace_us; /* how long loads stay attached after readers have left, for queries
                                 on hot standbys */
    const int64_t *pinned;    /* loads never to be detached or dropped, e.g. the one a watch would
                                 roll back to; may be NULL */
    size_t n_pinned;
};

struct retention_result {
    unsigned detached;
    unsigned dropped;
    unsigned waiting; /* loads that would go, but somebody may still need them */
};

/*
 * One round, outside of any transaction; waits for nobody. Detaches loads beyond attached_max,
 * longest unused first, and drops those beyond keep. Loads that were never live (held, blocked) are
 * not its business: see staging_drop. To be called after every flip and from time to time.
 */
enum error_code retention_step(struct store *store, const char *feed,
                               const struct retention_options *options,
                               struct retention_result *ret_result, struct error *err) MUST_CHECK;

/*
 * One try to detach a load that is attached and will not be published after all. *ret_done is false
 * if somebody may still need it; then try again later. ERR_REFUSED if it is live.
 */
enum error_code retention_detach(struct store *store, const char *feed, int64_t load_id,
                                 bool *ret_done, struct error *err) MUST_CHECK;

/*
 * Before an attach, by the holder of the feed's lock: waits until fewer than attached_max loads are
 * attached, and tells on_blocked who is in the way. Loads that were attached and never live go
 * first, so the caller pins the one that it is publishing. ERR_REFUSED if all of them are live or
 * pinned.
 */
enum error_code retention_make_room(struct store *store, const char *feed,
                                    const struct retention_options *options,
                                    const struct wait_options *wait, struct error *err) MUST_CHECK;

#endif
