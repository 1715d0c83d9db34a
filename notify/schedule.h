/* When to try a delivery again. */
#ifndef LG_NOTIFY_SCHEDULE_H
#define LG_NOTIFY_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

enum schedule_kind {
    /* Waits 1, 2, 4, 8, 15 s and then 30 s each time, for about a day. */
    SCHEDULE_OPERATOR,
    /* Attempts at once and 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h after the one
     * before, each wait with ±20 % jitter, so that partners who failed together do not all come
     * back together. */
    SCHEDULE_PARTNER,
};

#define SCHEDULE_PARTNER_ATTEMPTS 10
#define SCHEDULE_OPERATOR_ATTEMPTS 2880

struct schedule_input {
    enum schedule_kind kind;
    unsigned attempts;      /* made so far, at least 1 */
    uint64_t seed;          /* of the jitter, e.g. the delivery's id: same input, same wait */
    int64_t retry_after_us; /* what the endpoint asked for, a floor of the wait; 0: nothing */
};

/*
 * Wait from now until the next attempt; false when the attempts are exhausted and the delivery is
 * dead.
 */
bool schedule_next(const struct schedule_input *input, int64_t *ret_wait_us);

#endif
