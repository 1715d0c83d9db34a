/*
 * Publication: how a staged load becomes the one that readers see, without any reader waiting or
 * seeing none or a part of it. Three steps, each of which may be repeated and resumed by another
 * process:
 *
 *   attach  alone in a transaction, with a short lock timeout and retries
 *   wait    until every transaction that ran at that commit and has the feed locked is over: a plan
 *           made before the attach does not know the partition, but may run with a snapshot that
 *           sees the new pointer, and would find nothing
 *   flip    one guarded update, inside the transaction in which the caller writes everything else
 *
 * A flip to a load that is `ready` (attached and waited for) needs neither of the first two: that
 * is how a rollback takes milliseconds.
 */
#ifndef LG_STORE_PUBLISH_H
#define LG_STORE_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>

#include "store/conn.h"
#include "store/feed_table.h"

/* A session, or a prepared transaction, that is in the way. */
struct blocker {
    int pid;                      /* 0 for a prepared transaction */
    char virtual_transaction[40]; /* the server's name of the transaction */
    char user[64];
    char application[64];
    int64_t age_us;       /* since its transaction began */
    char statement[1000]; /* the latest one, the gid of a prepared transaction, or why it is hidden
                           */
};

/* Whose waiting, for what, and for how long it has lasted. */
struct blockage {
    const char *feed;
    const char *reason; /* "transactions older than the attach", "snapshots older than the flip" */
    const struct blocker *blockers;
    size_t n_blockers;
    int64_t waited_us;
    bool terminated; /* the blockers were just ended because terminate_after_us has passed */
};

/*
 * How to wait. on_blocked is called when waiting has lasted report_after_us and after that every
 * report_every_us; anything but OK ends the waiting with that code. It may use the connection. An
 * interrupt ends any waiting with ERR_CANCELLED.
 */
struct wait_options {
    int64_t report_after_us;    /* default 60 s */
    int64_t report_every_us;    /* default 60 s */
    int64_t terminate_after_us; /* 0: never; else blockers are ended, where the role may */
    int64_t give_up_after_us;   /* 0: never; else ERR_TIMEOUT */
    enum error_code (*on_blocked)(void *context, const struct blockage *blockage,
                                  struct error *err);
    void *context;
};

/* The defaults; on_blocked is NULL. */
struct wait_options wait_options_default(void);

/* What readers of a feed see. */
struct live {
    int64_t load_id; /* 0: nothing was published yet */
    int64_t epoch;   /* counts rollbacks; a verdict holds for the epoch it was reached under */
};

/* ERR_NOT_FOUND if the feed has no pointer row. */
enum error_code publish_live(struct store *store, const char *feed, struct live *ret_live,
                             struct error *err) MUST_CHECK;

/* One feed's part of a publication. */
struct publication {
    const struct feed_table *feed;
    int64_t load_id;
    int64_t judged_against; /* the load that was live when it was judged; 0: none */
    int64_t epoch;          /* the epoch when it was judged */
};

/*
 * Step 1. Loads that are attached already are left alone; a detach that somebody left pending is
 * finalized first. Outside of any transaction. ERR_REFUSED: not staged, not indexed, or its rows
 * are unknown. ERR_TIMEOUT: after give_up_after_us something still holds a conflicting lock
 * (another DDL command, a vacuum); readers never do.
 */
enum error_code publish_attach(struct store *store, const struct publication *publications,
                               size_t n, const struct wait_options *options,
                               struct error *err) MUST_CHECK;

/* Step 2, outside of any transaction. Loads become `ready`. */
enum error_code publish_wait(struct store *store, const struct publication *publications, size_t n,
                             const struct wait_options *options, struct error *err) MUST_CHECK;

/*
 * Step 3, inside a READ COMMITTED transaction of the caller, as late in it as possible: from here
 * to the commit other flips of the feed wait. ERR_CONFLICT: another load is live or the epoch has
 * moved, so the load has to be judged again. ERR_REFUSED: a load is not ready. After any error the
 * transaction has to be rolled back.
 */
enum error_code publish_flip(struct store *store, const struct publication *publications, size_t n,
                             struct error *err) MUST_CHECK;

#endif
