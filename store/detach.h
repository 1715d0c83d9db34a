/* Taking a load away from the feed's parent, without any reader noticing; for this folder. */
#ifndef LG_STORE_DETACH_H
#define LG_STORE_DETACH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "store/publish.h"

/* Who is in the way of a detach, and why. */
struct obstacle {
    bool exists;
    const char *reason;
    struct buffer transactions; /* array literal; may be empty, "{}" */
};

void obstacle_init(struct obstacle *obstacle);
void obstacle_release(struct obstacle *obstacle);

struct detach_options {
    int64_t standby_grace_us; /* stay attached so long after readers have left */
    int64_t patience_us;      /* for readers of the feed, while the detach is under way */
};

#define DETACH_PATIENCE_US INT64_C(2000000) /* for a try that should wait for nobody */

/*
 * One try. Afterwards the load is `staged`, or obstacle says what is in the way. Only readers that
 * have begun before it are waited for, within patience. ERR_REFUSED: it is live.
 */
enum error_code detach_try(struct store *store, const char *feed, int64_t load_id,
                           const struct detach_options *options, struct obstacle *obstacle,
                           struct error *err) MUST_CHECK;

/* Tries, with endless patience, until it is done. */
enum error_code detach_load(struct store *store, const char *feed, int64_t load_id,
                            int64_t standby_grace_us, const struct wait_options *wait,
                            struct error *err) MUST_CHECK;

#endif
