#include <stdio.h>
#include <unistd.h>

#include "store/locks.h"
#include "tests/unit/store/pg.h"

static struct store *session(void **state)
{
    const struct pg_test *test = *state;
    return test->store;
}

static void a_second_run_learns_who_holds_the_lock(void **state)
{
    struct error err;
    char expected[80];
    struct store *store = session(state);
    struct store *other CLEANUP(store_closep) = pg_open(*state);
    assert_ok(feed_lock_take(store, "klout", &err));
    assert_fails(ERR_BUSY, feed_lock_take(other, "klout", &err));
    assert_string_equal("another run of 'klout' is under way", err.message);
    (void)snprintf(expected, sizeof(expected), "\"test, pid %ld on ", (long)getpid());
    assert_contains(err.detail, expected);
    (void)snprintf(expected, sizeof(expected), "server process %d) since 2",
                   store_backend_pid(store));
    assert_contains(err.detail, expected);
}

static void locks_of_different_feeds_do_not_meet(void **state)
{
    struct error err;
    struct store *store = session(state);
    struct store *other CLEANUP(store_closep) = pg_open(*state);
    assert_ok(feed_lock_take(store, "klout", &err));
    assert_ok(feed_lock_take(other, "klout2", &err));
    assert_ok(service_lock_take(other, &err));
    assert_fails(ERR_BUSY, service_lock_take(store, &err));
}

static void a_session_cannot_take_its_lock_twice(void **state)
{
    struct error err;
    struct store *store = session(state);
    struct store *other CLEANUP(store_closep) = pg_open(*state);
    assert_ok(feed_lock_take(store, "klout", &err));
    assert_fails(ERR_BUSY, feed_lock_take(store, "klout", &err));
    feed_lock_release(store, "klout");
    assert_ok(feed_lock_take(other, "klout", &err));
}

static void a_lock_is_checked_on_the_server(void **state)
{
    struct error err;
    struct store *store = session(state);
    struct store *other CLEANUP(store_closep) = pg_open(*state);
    assert_fails(ERR_CONFLICT, feed_lock_check(store, "klout", &err));
    assert_ok(feed_lock_take(store, "klout", &err));
    assert_ok(feed_lock_check(store, "klout", &err));
    assert_fails(ERR_CONFLICT, feed_lock_check(other, "klout", &err));
    pg_run(store, "select pg_advisory_unlock_all()");
    assert_fails(ERR_CONFLICT, feed_lock_check(store, "klout", &err));
}

static void a_lock_is_lost_with_its_session(void **state)
{
    struct error err;
    struct store *store = session(state);
    assert_ok(feed_lock_take(store, "klout", &err));
    assert_ok(store_reconnect(store, &err));
    assert_fails(ERR_CONFLICT, feed_lock_check(store, "klout", &err));
    assert_string_equal("the lock of 'klout' was lost", err.message);
    assert_true(error_retryable(err.code));
}

static void giving_a_lock_back_needs_no_connection(void **state)
{
    struct error err;
    struct store *store = session(state);
    char sql[80];
    struct store *other CLEANUP(store_closep) = pg_open(*state);
    assert_ok(feed_lock_take(store, "klout", &err));
    (void)snprintf(sql, sizeof(sql), "select pg_terminate_backend(%d, 5000)",
                   store_backend_pid(store));
    pg_run(other, sql);
    feed_lock_release(store, "klout");
    feed_lock_release(store, "klout");
    assert_ok(feed_lock_take(other, "klout", &err));
}

static void the_key_of_a_lock_never_changes(void **state)
{
    /* Two versions of the program have to keep each other out. */
    struct store *store = session(state);
    assert_true(pg_int(store, "select loadguard.lock_key('feed', 'klout')") ==
                pg_int(store, "select ('x' || left(encode(sha256('loadguard feed klout'), 'hex'), "
                              "16))::bit(64)::bigint"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test(a_second_run_learns_who_holds_the_lock),
        pg_unit_test(locks_of_different_feeds_do_not_meet),
        pg_unit_test(a_session_cannot_take_its_lock_twice),
        pg_unit_test(a_lock_is_checked_on_the_server),
        pg_unit_test(a_lock_is_lost_with_its_session),
        pg_unit_test(giving_a_lock_back_needs_no_connection),
        pg_unit_test(the_key_of_a_lock_never_changes),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
