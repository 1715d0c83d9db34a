#include "store/rollback.h"

#include "store/export.h"
#include "store/retention.h"
#include "tests/unit/store/loads.h"

static enum error_code try_rollback(struct store *store, int64_t from, int64_t to,
                                    struct live *ret_live, struct error *err)
{
    TRY(store_begin(store, err));
    enum error_code code = rollback_flip(store, "scores", from, to, ret_live, err);
    if (code != OK)
        store_rollback(store);
    return code == OK ? store_commit(store, err) : code;
}

static enum rollback_need need(struct store *store, int64_t load_id)
{
    struct error err;
    enum rollback_need result = ROLLBACK_GONE;
    assert_ok(rollback_check(store, "scores", load_id, &result, &err));
    return result;
}

static void rolling_back_moves_the_pointer_and_begins_an_epoch(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct live live = {0};
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 100);
    publish_load(test->store, &feed, 2, 200);
    assert_int_equal(ROLLBACK_READY, need(test->store, 1));
    assert_ok(try_rollback(test->store, 2, 1, &live, &err));
    assert_int_equal(1, live.load_id);
    assert_int_equal(1, live.epoch);
    assert_string_equal("100 rows of 1", readers_see(test->store));
}

static void rolling_back_from_a_load_that_is_not_live_does_nothing(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct live live = {0};
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 100);
    publish_load(test->store, &feed, 2, 200);
    assert_fails(ERR_CONFLICT, try_rollback(test->store, 1, 2, &live, &err));
    assert_contains(err.message, "load 1 of feed 'scores' is not live");
    assert_fails(ERR_REFUSED, try_rollback(test->store, 2, 2, &live, &err));
    assert_ok(publish_live(test->store, "scores", &live, &err));
    assert_int_equal(0, live.epoch);
    assert_string_equal("200 rows of 2", readers_see(test->store));
}

static void what_was_judged_before_a_rollback_is_judged_again(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct live live = {0};
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 100);
    publish_load(test->store, &feed, 2, 200);
    stage_load(test->store, &feed, 3, 300);
    make_ready(test->store, &feed, 3);
    const struct publication judged = {
        .feed = &feed.table, .load_id = 3, .judged_against = 2, .epoch = 0};
    assert_ok(try_rollback(test->store, 2, 1, &live, &err));
    assert_ok(try_rollback(test->store, 1, 2, &live, &err));
    assert_ok(store_begin(test->store, &err));
    assert_fails(ERR_CONFLICT, publish_flip(test->store, &judged, 1, &err));
    store_rollback(test->store);
    assert_string_equal("200 rows of 2", readers_see(test->store));
}

static void rolling_back_does_not_wait_for_reports_or_for_a_publication(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct live live = {0};
    struct store *report CLEANUP(store_closep) = pg_open(test);
    struct store *ddl CLEANUP(store_closep) = pg_open(test);
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 100);
    publish_load(test->store, &feed, 2, 200);
    pg_run(report, "begin isolation level repeatable read; select * from public.scores_now");
    pg_run(ddl, "begin; lock table loadguard_data.scores in share update exclusive mode");
    pg_run(test->store, "set lock_timeout = '1ms'");
    assert_ok(try_rollback(test->store, 2, 1, &live, &err));
    assert_int_equal(200, pg_int(report, "select count(*) from public.scores_now"));
}

static void a_kept_load_is_attached_again_before_it_is_rolled_back_to(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct live live = {0};
    bool done;
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 100);
    publish_load(test->store, &feed, 2, 200);
    assert_ok(retention_detach(test->store, "scores", 1, &done, &err));
    assert_true(done);
    assert_int_equal(ROLLBACK_ATTACH, need(test->store, 1));
    assert_fails(ERR_REFUSED, try_rollback(test->store, 2, 1, &live, &err));
    make_ready(test->store, &feed, 1);
    assert_int_equal(ROLLBACK_READY, need(test->store, 1));
    assert_ok(try_rollback(test->store, 2, 1, &live, &err));
    assert_string_equal("100 rows of 1", readers_see(test->store));
}

static void a_table_that_was_rewritten_is_verified_before_it_is_rolled_back_to(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct live live = {0};
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 100);
    publish_load(test->store, &feed, 2, 200);
    pg_run(test->store, "cluster loadguard_data.scores__1 using scores__1_p0_key");
    assert_int_equal(ROLLBACK_VERIFY, need(test->store, 1));
    assert_fails(ERR_REFUSED, try_rollback(test->store, 2, 1, &live, &err));
    assert_ok(load_verify(test->store, &feed.table, 1, &err));
    assert_int_equal(ROLLBACK_READY, need(test->store, 1));
    assert_ok(try_rollback(test->store, 2, 1, &live, &err));
}

static void a_table_that_was_emptied_is_never_rolled_back_to(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct live live = {0};
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 100);
    publish_load(test->store, &feed, 2, 200);
    pg_run(test->store, "truncate loadguard_data.scores__1");
    assert_fails(ERR_REFUSED, try_rollback(test->store, 2, 1, &live, &err));
    assert_fails(ERR_CORRUPT, load_verify(test->store, &feed.table, 1, &err));
    assert_int_equal(ROLLBACK_VERIFY, need(test->store, 1));
    assert_string_equal("200 rows of 2", readers_see(test->store));
}

static void what_is_no_longer_kept_is_gone(void **state)
{
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    test_feed_make(&feed, test->store);
    assert_int_equal(ROLLBACK_GONE, need(test->store, 99));
    stage_load(test->store, &feed, 1, 10);
    assert_int_equal(ROLLBACK_ATTACH, need(test->store, 1));
    pg_run(test->store, "drop table loadguard_data.scores__1");
    assert_int_equal(ROLLBACK_GONE, need(test->store, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test(rolling_back_moves_the_pointer_and_begins_an_epoch),
        pg_unit_test(rolling_back_from_a_load_that_is_not_live_does_nothing),
        pg_unit_test(what_was_judged_before_a_rollback_is_judged_again),
        pg_unit_test(rolling_back_does_not_wait_for_reports_or_for_a_publication),
        pg_unit_test(a_kept_load_is_attached_again_before_it_is_rolled_back_to),
        pg_unit_test(a_table_that_was_rewritten_is_verified_before_it_is_rolled_back_to),
        pg_unit_test(a_table_that_was_emptied_is_never_rolled_back_to),
        pg_unit_test(what_is_no_longer_kept_is_gone),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
