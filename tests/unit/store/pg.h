/*
 * A real PostgreSQL for the tests of store/: one throw-away cluster for a test binary, a database
 * of its own for every test. Works as root and as an ordinary user. When the test binary ends,
 * however it does, the cluster is stopped and removed.
 */
#ifndef LG_TESTS_UNIT_STORE_PG_H
#define LG_TESTS_UNIT_STORE_PG_H

#include <stdint.h>

#include "store/conn.h"
#include "tests/unit/test.h"

/* What *state points to in a test. */
struct pg_test {
    struct store *store; /* a session as the role that Loadguard uses, not a superuser */
    char url[512];
    char name[64]; /* of the database */
};

/* Group setup and teardown: for cmocka_run_group_tests(tests, pg_start, pg_stop). */
int pg_start(void **state);
int pg_stop(void **state);

/* Test setup with all migrations applied, or with an empty database; and the teardown of both. */
int pg_setup(void **state);
int pg_setup_empty(void **state);
int pg_teardown(void **state);

#define pg_unit_test(test) cmocka_unit_test_setup_teardown(test, pg_setup, pg_teardown)
#define pg_unit_test_empty(test) cmocka_unit_test_setup_teardown(test, pg_setup_empty, pg_teardown)

/* Another session to the test's database, or one as superuser; the caller closes it. */
struct store *pg_open(const struct pg_test *test);
struct store *pg_open_superuser(const struct pg_test *test);

/* Runs statements that must succeed. */
void pg_run(struct store *store, const char *sql);

/* The one value that a query returns; text is copied into a buffer of the function. */
int64_t pg_int(struct store *store, const char *sql);
const char *pg_text(struct store *store, const char *sql);

/* Kills the server with SIGKILL, or starts it again (and waits until it answers). */
void pg_kill_server(void);
void pg_start_server(void);

/* Folder of the test binary's own, removed at the end; state_dir of the cluster is inside. */
const char *pg_folder(void);

/* Data directory of the cluster. */
const char *pg_data_directory(void);

#endif
