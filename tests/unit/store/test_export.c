#include "store/export.h"

#include "store/rollback.h"
#include "tests/unit/store/loads.h"

static void a_load_comes_back_as_the_packed_rows_it_was(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct packer *packer CLEANUP(packer_cleanup) = NULL;
    struct packed *packed CLEANUP(packed_cleanup) = NULL;
    char text[FINGERPRINT_TEXT_BYTES];
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 20000);
    const struct packer_options options = {.directory = pg_folder()};
    assert_ok(packer_new(feed.table.schema, &options, &packer, &err));
    assert_ok(load_export(test->store, &feed.table, 1, packer, &err));
    assert_ok(packer_finish(packer, &packed, &err));
    assert_int_equal(20000, packed_rows(packed));
    struct fingerprint fingerprint = packed_fingerprint(packed);
    assert_string_equal(
        fingerprint_format(&fingerprint, text),
        pg_text(test->store, "select fingerprint from loadguard.snapshot where load_id = 1"));
}

static void a_load_in_parts_is_read_as_one(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct staging *staging CLEANUP(staging_cleanup) = NULL;
    struct fingerprint fingerprint = {0};
    uint64_t rows;
    const struct staging_options options = {.rows_per_part = 1000, .max_parts = 3};
    test_feed_make(&feed, test->store);
    assert_ok(staging_begin(test->store, &feed.table, 1, &options, &staging, &err));
    append_rows(staging, &feed, 1, 10000, 1, &fingerprint);
    assert_ok(staging_finish(staging, true, &rows, &err));
    assert_ok(staging_record(staging, test->store, rows, &fingerprint, &err));
    assert_ok(load_verify(test->store, &feed.table, 1, &err));
}

static void an_empty_load_verifies(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    test_feed_make(&feed, test->store);
    stage_load(test->store, &feed, 1, 0);
    assert_ok(load_verify(test->store, &feed.table, 1, &err));
}

static void verifying_is_noted_with_its_time(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    const char *verified =
        "select count(*) from loadguard.snapshot where verified_at > now() - interval '1 minute'";
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 100);
    assert_int_equal(0, pg_int(test->store, verified));
    assert_ok(load_verify(test->store, &feed.table, 1, &err));
    assert_int_equal(1, pg_int(test->store, verified));
}

static void assert_damage_is_found(struct pg_test *test, const char *sql)
{
    struct error err;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    enum rollback_need need;
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 100);
    pg_run(test->store, sql);
    assert_fails(ERR_CORRUPT, load_verify(test->store, &feed.table, 1, &err));
    assert_contains(err.message, "does not hold what was staged");
    assert_ok(rollback_check(test->store, "scores", 1, &need, &err));
    assert_int_equal(ROLLBACK_VERIFY, need);
}

static void a_changed_value_is_found(void **state)
{
    assert_damage_is_found(*state,
                           "update loadguard_data.scores__1 set score = 99 where profile_id = 7");
}

static void a_missing_row_is_found(void **state)
{
    assert_damage_is_found(*state, "delete from loadguard_data.scores__1 where profile_id = 7");
}

static void a_null_that_became_an_empty_text_is_found(void **state)
{
    assert_damage_is_found(*state,
                           "update loadguard_data.scores__1 set name = '' where profile_id = 10");
}

static void an_unknown_load_is_not_found(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct staging *staging CLEANUP(staging_cleanup) = NULL;
    const struct staging_options options = {0};
    test_feed_make(&feed, test->store);
    assert_fails(ERR_NOT_FOUND, load_verify(test->store, &feed.table, 1, &err));
    assert_ok(staging_begin(test->store, &feed.table, 2, &options, &staging, &err));
    assert_fails(ERR_NOT_FOUND, load_verify(test->store, &feed.table, 2, &err));
}

static void a_packer_that_fails_ends_the_reading(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct packer *packer CLEANUP(packer_cleanup) = NULL;
    test_feed_make(&feed, test->store);
    stage_load(test->store, &feed, 1, 100000);
    const struct packer_options options = {.path = "/nonexistent/folder/x", .directory = "/tmp"};
    if (packer_new(feed.table.schema, &options, &packer, &err) == OK)
        assert_int_not_equal(OK, load_export(test->store, &feed.table, 1, packer, &err));
    assert_int_equal(1, pg_int(test->store, "select 1"));
}

static void a_server_that_dies_while_reading_is_an_error_not_a_short_load(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *admin CLEANUP(store_closep) = pg_open_superuser(test);
    test_feed_make(&feed, test->store);
    stage_load(test->store, &feed, 1, 10);
    pg_run(test->store, "alter table loadguard_data.scores__1 rename to hidden");
    pg_run(test->store, "create function public.stop() returns bigint language plpgsql as $$ begin "
                        "perform pg_terminate_backend(pg_backend_pid()); return 1; end $$");
    pg_run(test->store, "create view loadguard_data.scores__1 as select public.stop() as "
                        "profile_id, score, name from loadguard_data.hidden");
    assert_int_not_equal(OK, load_verify(test->store, &feed.table, 1, &err));
    assert_int_not_equal(ERR_CORRUPT, err.code);
    assert_int_equal(1, pg_int(admin, "select 1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test(a_load_comes_back_as_the_packed_rows_it_was),
        pg_unit_test(a_load_in_parts_is_read_as_one),
        pg_unit_test(an_empty_load_verifies),
        pg_unit_test(verifying_is_noted_with_its_time),
        pg_unit_test(a_changed_value_is_found),
        pg_unit_test(a_missing_row_is_found),
        pg_unit_test(a_null_that_became_an_empty_text_is_found),
        pg_unit_test(an_unknown_load_is_not_found),
        pg_unit_test(a_packer_that_fails_ends_the_reading),
        pg_unit_test(a_server_that_dies_while_reading_is_an_error_not_a_short_load),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
