/* Sending what is due in the outbox. */
#ifndef LG_GUARD_DELIVER_H
#define LG_GUARD_DELIVER_H

#include "guard/config.h"

struct store;

struct deliver_options {
    int64_t for_us;   /* how long to wait for retries that fall due */
    const char *feed; /* only routes that this feed's events go to; NULL: all */
    bool verbose;     /* a line on standard output for each attempt */
};

struct deliver_result {
    uint64_t delivered;
    uint64_t failed_attempts;
    uint64_t dead;    /* given up for good */
    uint64_t waiting; /* routes that still have something to be sent */
    uint64_t broken;  /* routes that could not be worked on: no secret, no session */
};

/*
 * Sends to every route at once, each from a thread with a session of its own, so that a slow or
 * dead route delays no other. Returns when nothing is due any more, or after for_us and the batch
 * under way, or on interrupt. Failures of endpoints are no errors; what cannot be sent stays in the
 * outbox. Why a route is broken is printed on standard error.
 */
enum error_code deliver_due(const struct config *config, struct store *store,
                            const struct deliver_options *options,
                            struct deliver_result *ret_result, struct error *err) MUST_CHECK;

#endif
