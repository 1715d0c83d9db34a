#include "store/recover.h"

#include "store/export.h"
#include "tests/unit/store/loads.h"

static struct recover_result recover(struct pg_test *test)
{
    struct error err;
    struct recover_result result;
    assert_ok(recover_feed(test->store, "scores", &result, &err));
    return result;
}

static int64_t tables(struct store *store)
{
    return pg_int(store, "select count(*) from pg_class c join pg_namespace n on n.oid = "
                         "c.relnamespace where n.nspname = 'loadguard_data' and c.relkind in "
                         "('r', 'p')");
}

static void a_feed_in_order_is_left_alone(void **state)
{
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 100);
    publish_load(test->store, &feed, 2, 100);
    stage_load(test->store, &feed, 3, 100);
    struct recover_result result = recover(test);
    assert_int_equal(0, result.dropped + result.finalized + result.corrected + result.postponed);
    assert_string_equal("100 rows of 2", readers_see(test->store));
    assert_string_equal("ready", state_of(test->store, 1));
    assert_string_equal("staged", state_of(test->store, 3));
}

static void loads_are_listed_with_what_they_take(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct snapshot_info *infos;
    size_t n;
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 100);
    publish_load(test->store, &feed, 2, 200);
    stage_load(test->store, &feed, 3, 300);
    assert_ok(recover_list(test->store, "scores", &feed.arena, &infos, &n, &err));
    assert_int_equal(3, n);
    assert_int_equal(1, infos[0].load_id);
    assert_int_equal(SNAPSHOT_READY, infos[0].state);
    assert_false(infos[0].live);
    assert_true(infos[0].left_us > 0);
    assert_true(infos[1].live);
    assert_true(infos[1].attached_us > 0);
    assert_int_equal(0, infos[1].left_us);
    assert_int_equal(200, infos[1].rows);
    assert_int_equal(SNAPSHOT_STAGED, infos[2].state);
    assert_true(infos[2].bytes > 8192);
    assert_true(infos[2].verified);
    assert_int_equal(0, infos[2].attached_us);
}

static void a_load_that_was_still_staging_is_dropped_with_its_parts(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct staging *staging = NULL;
    struct fingerprint fingerprint = {0};
    uint64_t rows;
    const struct staging_options options = {.rows_per_part = 1000, .max_parts = 3};
    test_feed_make(&feed, test->store);
    assert_ok(staging_begin(test->store, &feed.table, 1, &options, &staging, &err));
    append_rows(staging, &feed, 1, 10000, 1, &fingerprint);
    assert_ok(staging_finish(staging, false, &rows, &err));
    staging_free(staging);
    assert_int_equal(4, tables(test->store));
    assert_int_equal(1, recover(test).dropped);
    assert_int_equal(1, tables(test->store));
    assert_string_equal("none", state_of(test->store, 1));
}

static void a_table_without_a_record_is_dropped_and_others_are_not(void **state)
{
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    test_feed_make(&feed, test->store);
    stage_load(test->store, &feed, 1, 10);
    pg_run(test->store, "create table loadguard_data.scores__77_p0 (x int);"
                        "create table loadguard_data.scores__78 (x int) partition by list (x);"
                        "create table loadguard_data.scores__x (x int);"
                        "create table loadguard_data.scores_of_others__79 (x int)");
    assert_int_equal(2, recover(test).dropped);
    assert_int_equal(4, tables(test->store));
    assert_string_equal("staged", state_of(test->store, 1));
}

static void what_somebody_still_uses_is_postponed(void **state)
{
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *reader CLEANUP(store_closep) = pg_open(test);
    test_feed_make(&feed, test->store);
    pg_run(test->store, "create table loadguard_data.scores__77_p0 (x int)");
    pg_run(reader, "begin; select * from loadguard_data.scores__77_p0");
    assert_int_equal(1, recover(test).postponed);
    pg_run(reader, "commit");
    assert_int_equal(1, recover(test).dropped);
}

static void records_follow_the_catalog(void **state)
{
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 10);
    publish_load(test->store, &feed, 2, 10);
    publish_load(test->store, &feed, 3, 10);
    stage_load(test->store, &feed, 4, 10);
    pg_run(test->store, "update loadguard.snapshot set state = 'detaching' where load_id = 1;"
                        "update loadguard.snapshot set state = 'ready' where load_id = 4;"
                        "update loadguard.snapshot set state = 'staged' where load_id = 3;"
                        "drop table loadguard_data.scores__2");
    assert_int_equal(4, recover(test).corrected);
    assert_string_equal("attached", state_of(test->store, 1));
    assert_string_equal("none", state_of(test->store, 2));
    assert_string_equal("ready", state_of(test->store, 3));
    assert_string_equal("staged", state_of(test->store, 4));
}

static void a_pending_detach_is_finalized(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *report CLEANUP(store_closep) = pg_open(test);
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 10);
    publish_load(test->store, &feed, 2, 10);
    pg_run(report, "begin; select * from public.scores_now");
    pg_run(test->store, "update loadguard.snapshot set state = 'detaching' where load_id = 1; set "
                        "lock_timeout = '50ms'");
    const struct store_query detach = {"alter table loadguard_data.scores detach partition "
                                       "loadguard_data.scores__1 concurrently",
                                       STORE_NO_ROWS, 0};
    assert_fails(ERR_BUSY, store_exec(test->store, &detach, NULL, 0, NULL, &err));
    assert_int_equal(1, recover(test).postponed);
    pg_run(report, "commit");
    assert_int_equal(1, recover(test).finalized);
    assert_string_equal("staged", state_of(test->store, 1));
    assert_ok(load_verify(test->store, &feed.table, 1, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test(a_feed_in_order_is_left_alone),
        pg_unit_test(loads_are_listed_with_what_they_take),
        pg_unit_test(a_load_that_was_still_staging_is_dropped_with_its_parts),
        pg_unit_test(a_table_without_a_record_is_dropped_and_others_are_not),
        pg_unit_test(what_somebody_still_uses_is_postponed),
        pg_unit_test(records_follow_the_catalog),
        pg_unit_test(a_pending_detach_is_finalized),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
