/* Small feeds and loads for the tests of staging, publication and what follows. */
#ifndef LG_TESTS_UNIT_STORE_LOADS_H
#define LG_TESTS_UNIT_STORE_LOADS_H

#include "base/arena.h"
#include "store/publish.h"
#include "store/staging.h"
#include "tests/unit/store/pg.h"

/* A feed of (profile_id bigint, score double precision, name text) with key profile_id. */
struct test_feed {
    struct arena arena;
    struct feed_table table;
};

/* Named scores, with view public.scores_now; ensured in the store. */
void test_feed_make(struct test_feed *feed, struct store *store);
void test_feed_release(struct test_feed *feed);

/* Adds rows with keys first … first + n - 1, all with one score. */
void append_rows(struct staging *staging, const struct test_feed *feed, int64_t first, size_t n,
                 double score, struct fingerprint *fingerprint);

/* The same where nothing may be asserted: in a process that a test has forked. */
enum error_code send_rows(struct staging *staging, const struct test_feed *feed, int64_t first,
                          size_t n, double score, struct fingerprint *fingerprint,
                          struct error *err) MUST_CHECK;

/*
 * Stages, records and indexes a load with rows rows, each with the score `load_id`, so that a sum
 * over them tells which load it was.
 */
void stage_load(struct store *store, const struct test_feed *feed, int64_t load_id, size_t rows);

/*
 * Kills a server process, whereupon the server ends all the others without any clean-up, recovers
 * and comes back. The test's session is connected again afterwards.
 */
void crash_server(struct pg_test *test);

/* Waits at most for a second, asks nobody. */
struct wait_options quick_wait(void);

/* Attaches a staged load and waits for older transactions. */
void make_ready(struct store *store, const struct test_feed *feed, int64_t load_id);

/* Publishes a ready load against whatever is live. */
void flip_to(struct store *store, const struct test_feed *feed, int64_t load_id);

/* All of it. */
void publish_load(struct store *store, const struct test_feed *feed, int64_t load_id, size_t rows);

/* Text of loadguard.snapshot.state; "none" without a row. */
const char *state_of(struct store *store, int64_t load_id);

/* Rows and the one score that readers see: "1000 rows of 7". */
const char *readers_see(struct store *store);

#endif
