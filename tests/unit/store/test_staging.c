#include <signal.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "store/staging_estimate.h"
#include "tests/unit/store/loads.h"

#define MANY_ROWS 20000 /* enough for a second part of 5,000 at least */
#define PART_ROWS 5000

static int64_t relations(struct store *store)
{
    return pg_int(store, "select count(*) from pg_class c join pg_namespace n on n.oid = "
                         "c.relnamespace where n.nspname = 'loadguard_data'");
}

static void rows_arrive_as_they_were_sent(void **state)
{
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    test_feed_make(&feed, test->store);
    stage_load(test->store, &feed, 12, 20000);
    assert_string_equal("20000 2000 1 20000 12 12 12 0 0",
                        pg_text(test->store,
                                "select concat_ws(' ', count(*), count(*) - count(name), "
                                "min(profile_id), max(profile_id), min(score), max(score), "
                                "max(load_id), min(load_part), max(load_part)) from "
                                "loadguard_data.scores__12"));
    assert_string_equal("staged", state_of(test->store, 12));
}

static void a_load_without_rows_is_a_load(void **state)
{
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    test_feed_make(&feed, test->store);
    stage_load(test->store, &feed, 12, 0);
    assert_int_equal(0, pg_int(test->store, "select count(*) from loadguard_data.scores__12"));
    assert_string_equal("staged", state_of(test->store, 12));
}

static void nobody_sees_a_load_before_it_is_recorded(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct staging *staging = NULL;
    struct fingerprint fingerprint = {0};
    uint64_t rows;
    test_feed_make(&feed, test->store);
    int64_t before = relations(test->store);
    const struct staging_options options = {0};
    assert_ok(staging_begin(test->store, &feed.table, 12, &options, &staging, &err));
    append_rows(staging, &feed, 1, 1000, 1, &fingerprint);
    assert_string_equal("staging", state_of(test->store, 12));
    assert_int_equal(before, relations(test->store));
    assert_ok(staging_finish(staging, false, &rows, &err));
    assert_string_equal("staging", state_of(test->store, 12));
    staging_free(staging);
}

static void leaving_half_way_leaves_a_trace_and_no_table(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct staging *staging = NULL;
    struct fingerprint fingerprint = {0};
    const struct staging_options options = {0};
    test_feed_make(&feed, test->store);
    int64_t before = relations(test->store);
    assert_ok(staging_begin(test->store, &feed.table, 12, &options, &staging, &err));
    append_rows(staging, &feed, 1, 1000, 1, &fingerprint);
    staging_free(staging);
    assert_string_equal("staging", state_of(test->store, 12));
    assert_int_equal(before, relations(test->store));
    assert_fails(ERR_REFUSED,
                 staging_begin(test->store, &feed.table, 12, &options, &staging, &err));
    assert_contains(err.message, "load 12 was staged before");
    assert_ok(staging_drop(test->store, "scores", 12, &err));
    assert_string_equal("none", state_of(test->store, 12));
}

static void the_constant_columns_are_added_without_a_rewrite(void **state)
{
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    test_feed_make(&feed, test->store);
    stage_load(test->store, &feed, 12, 1000);
    /* A rewrite would have stored the constants in the rows and forgotten that they were missing.
     */
    assert_int_equal(2, pg_int(test->store,
                               "select count(*) from pg_attribute where attrelid = "
                               "'loadguard_data.scores__12'::regclass and atthasmissing"));
}

static void rows_are_frozen_so_that_no_reader_writes(void **state)
{
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *admin CLEANUP(store_closep) = pg_open_superuser(test);
    test_feed_make(&feed, test->store);
    stage_load(test->store, &feed, 12, 1000);
    pg_run(admin, "create extension pg_visibility with schema public");
    assert_int_equal(1, pg_int(admin, "select (all_frozen > 0)::int from "
                                      "public.pg_visibility_map_summary('loadguard_data.scores__12'"
                                      ")"));
}

static void a_large_load_is_spread_over_two_tables_under_one_name(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct staging *staging CLEANUP(staging_cleanup) = NULL;
    struct fingerprint fingerprint = {0};
    uint64_t rows;
    const struct staging_options options = {.rows_per_part = PART_ROWS};
    test_feed_make(&feed, test->store);
    assert_ok(staging_begin(test->store, &feed.table, 12, &options, &staging, &err));
    append_rows(staging, &feed, 1, MANY_ROWS, 12, &fingerprint);
    assert_ok(staging_finish(staging, true, &rows, &err));
    assert_int_equal(MANY_ROWS, rows);
    assert_ok(staging_record(staging, test->store, rows, &fingerprint, &err));
    assert_int_equal(MANY_ROWS, pg_int(test->store, "select count(distinct profile_id) from "
                                                    "loadguard_data.scores__12"));
    assert_int_equal(2, pg_int(test->store,
                               "select count(*) from loadguard.load_leaves('scores__12') l where "
                               "exists (select from pg_index where indrelid = leaf)"));
    make_ready(test->store, &feed, 12);
    flip_to(test->store, &feed, 12);
    assert_string_equal("20000 rows of 12", readers_see(test->store));
}

static void a_unique_index_of_the_users_keeps_a_load_in_one_table(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct staging *staging CLEANUP(staging_cleanup) = NULL;
    struct fingerprint fingerprint = {0};
    uint64_t rows;
    static const char *const unique[] = {"unique (name, profile_id)"};
    const struct staging_options options = {.max_parts = 4, .rows_per_part = PART_ROWS};
    test_feed_make(&feed, test->store);
    feed.table.indexes = unique;
    feed.table.n_indexes = 1;
    assert_ok(staging_begin(test->store, &feed.table, 12, &options, &staging, &err));
    append_rows(staging, &feed, 1, MANY_ROWS, 12, &fingerprint);
    assert_ok(staging_finish(staging, false, &rows, &err));
    assert_ok(staging_record(staging, test->store, rows, &fingerprint, &err));
    assert_int_equal(
        1, pg_int(test->store, "select count(*) from loadguard.load_leaves('scores__12')"));
}

static void duplicate_keys_fail_the_index_and_are_called_data(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct staging *staging CLEANUP(staging_cleanup) = NULL;
    struct fingerprint fingerprint = {0};
    uint64_t rows;
    const struct staging_options options = {0};
    test_feed_make(&feed, test->store);
    assert_ok(staging_begin(test->store, &feed.table, 12, &options, &staging, &err));
    append_rows(staging, &feed, 1, 10, 12, &fingerprint);
    append_rows(staging, &feed, 5, 10, 12, &fingerprint);
    assert_ok(staging_finish(staging, false, &rows, &err));
    assert_ok(staging_record(staging, test->store, rows, &fingerprint, &err));
    assert_fails(ERR_DATA, staging_index(test->store, &feed.table, 12, &err));
    assert_contains(err.message, "rows of scores__12 are not unique");
}

static void duplicate_keys_are_found_by_an_early_index_too(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct staging *staging CLEANUP(staging_cleanup) = NULL;
    struct fingerprint fingerprint = {0};
    uint64_t rows;
    const struct staging_options options = {0};
    test_feed_make(&feed, test->store);
    assert_ok(staging_begin(test->store, &feed.table, 12, &options, &staging, &err));
    append_rows(staging, &feed, 1, 10, 12, &fingerprint);
    append_rows(staging, &feed, 5, 10, 12, &fingerprint);
    assert_ok(staging_finish(staging, true, &rows, &err));
    assert_fails(ERR_DATA, staging_record(staging, test->store, rows, &fingerprint, &err));
    assert_string_equal("staging", state_of(test->store, 12));
}

static void indexes_are_built_once_and_with_statistics(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    static const char *const extra[] = {"(score desc)", "using hash (name)"};
    test_feed_make(&feed, test->store);
    feed.table.indexes = extra;
    feed.table.n_indexes = 2;
    stage_load(test->store, &feed, 12, 1000);
    const char *indexes = "select count(*) from pg_index where indrelid = "
                          "'loadguard_data.scores__12'::regclass";
    assert_int_equal(3, pg_int(test->store, indexes));
    assert_ok(staging_index(test->store, &feed.table, 12, &err));
    assert_int_equal(3, pg_int(test->store, indexes));
    assert_int_equal(5, pg_int(test->store, "select count(*) from pg_stats where tablename = "
                                            "'scores__12'"));
    static const char *const more[] = {"(score desc)", "using hash (name)", "(name)"};
    feed.table.indexes = more;
    feed.table.n_indexes = 3;
    assert_ok(staging_index(test->store, &feed.table, 12, &err));
    assert_int_equal(4, pg_int(test->store, indexes));
}

static void a_record_of_other_rows_than_were_staged_is_refused(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct staging *staging CLEANUP(staging_cleanup) = NULL;
    struct fingerprint fingerprint = {0};
    uint64_t rows;
    const struct staging_options options = {0};
    test_feed_make(&feed, test->store);
    assert_ok(staging_begin(test->store, &feed.table, 12, &options, &staging, &err));
    append_rows(staging, &feed, 1, 10, 12, &fingerprint);
    assert_ok(staging_finish(staging, false, &rows, &err));
    assert_fails(ERR_CORRUPT, staging_record(staging, test->store, 11, &fingerprint, &err));
}

static void recording_can_be_part_of_a_transaction_that_is_rolled_back(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct staging *staging CLEANUP(staging_cleanup) = NULL;
    struct fingerprint fingerprint = {0};
    uint64_t rows;
    const struct staging_options options = {0};
    test_feed_make(&feed, test->store);
    assert_ok(staging_begin(test->store, &feed.table, 12, &options, &staging, &err));
    append_rows(staging, &feed, 1, 10, 12, &fingerprint);
    assert_ok(staging_finish(staging, false, &rows, &err));
    assert_ok(store_begin(test->store, &err));
    assert_ok(staging_record(staging, test->store, rows, &fingerprint, &err));
    store_rollback(test->store);
    assert_string_equal("staging", state_of(test->store, 12));
    assert_ok(staging_record(staging, test->store, rows, &fingerprint, &err));
    assert_string_equal("staged", state_of(test->store, 12));
}

static void a_disk_without_room_is_noticed_before_the_first_row(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct staging *staging = NULL;
    test_feed_make(&feed, test->store);
    const struct staging_options options = {.expected_rows = UINT64_C(1) << 50,
                                            .data_directory = pg_data_directory()};
    assert_fails(ERR_SPACE, staging_begin(test->store, &feed.table, 12, &options, &staging, &err));
    assert_contains(err.message, "MiB left");
    assert_string_equal("none", state_of(test->store, 12));
}

static void the_estimate_of_room_is_near_what_a_load_takes(void **state)
{
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    test_feed_make(&feed, test->store);
    stage_load(test->store, &feed, 12, 100000);
    uint64_t estimate = staging_estimate_bytes(feed.table.schema, 100000);
    uint64_t real =
        (uint64_t)pg_int(test->store, "select pg_total_relation_size('loadguard_data.scores__12')");
    assert_in_range(estimate, real, 2 * real);
}

static void an_attached_load_is_not_dropped(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 12, 10);
    assert_fails(ERR_REFUSED, staging_drop(test->store, "scores", 12, &err));
    assert_string_equal("10 rows of 12", readers_see(test->store));
}

static void a_load_that_somebody_reads_is_dropped_later(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *reader CLEANUP(store_closep) = pg_open(test);
    test_feed_make(&feed, test->store);
    stage_load(test->store, &feed, 12, 10);
    pg_run(reader, "begin; select count(*) from loadguard_data.scores__12");
    assert_fails(ERR_BUSY, staging_drop(test->store, "scores", 12, &err));
    assert_string_equal("staged", state_of(test->store, 12));
    pg_run(reader, "commit");
    assert_ok(staging_drop(test->store, "scores", 12, &err));
    assert_ok(staging_drop(test->store, "scores", 12, &err));
    assert_string_equal("none", state_of(test->store, 12));
    assert_int_equal(1, relations(test->store));
}

static void an_interrupt_ends_staging_and_nothing_remains(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct staging *staging = NULL;
    struct fingerprint fingerprint = {0};
    const struct staging_options options = {0};
    struct batch_builder *builder CLEANUP(batch_builder_cleanup) = NULL;
    test_feed_make(&feed, test->store);
    assert_ok(batch_builder_new(feed.table.schema, &builder, &err));
    assert_ok(batch_builder_put_text(builder, 0, "1", 1, &err));
    assert_ok(batch_builder_put_null(builder, 1, &err));
    assert_ok(batch_builder_put_null(builder, 2, &err));
    batch_builder_end_row(builder);
    assert_ok(staging_begin(test->store, &feed.table, 12, &options, &staging, &err));
    append_rows(staging, &feed, 1, 100, 12, &fingerprint);
    assert_ok(interrupt_install(&err));
    (void)raise(SIGTERM);
    assert_fails(ERR_CANCELLED, staging_append(staging, batch_builder_batch(builder), &err));
    interrupt_reset();
    staging_free(staging);
    assert_int_equal(1, relations(test->store));
}

static void statistics_of_the_whole_are_gathered_when_they_are_old(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *other CLEANUP(store_closep) = pg_open(test);
    const char *known = "select count(*) from pg_stats where tablename = 'scores' and inherited";
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 12, 100);
    pg_run(other, "begin; lock table loadguard_data.scores in share update exclusive mode");
    assert_ok(staging_analyze_parent(test->store, &feed.table, USEC_PER_DAY, &err));
    assert_int_equal(0, pg_int(test->store, known));
    pg_run(other, "rollback");
    assert_ok(staging_analyze_parent(test->store, &feed.table, USEC_PER_DAY, &err));
    assert_int_equal(5, pg_int(test->store, known));
    assert_ok(staging_analyze_parent(test->store, &feed.table, USEC_PER_DAY, &err));
}

static void every_type_survives_the_way(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct staging *staging CLEANUP(staging_cleanup) = NULL;
    struct batch_builder *builder CLEANUP(batch_builder_cleanup) = NULL;
    struct fingerprint fingerprint = {0};
    uint64_t rows;
    const struct staging_options options = {0};
    static const struct schema_column columns[] = {
        {.name = "a", .type = TYPE_UUID},        {.name = "b", .type = TYPE_INTEGER},
        {.name = "c", .type = TYPE_REAL},        {.name = "d", .type = TYPE_NUMERIC},
        {.name = "e", .type = TYPE_BOOLEAN},     {.name = "f", .type = TYPE_DATE},
        {.name = "g", .type = TYPE_TIMESTAMPTZ},
    };
    static const char *const values[] = {"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
                                         "-5",
                                         "1.5",
                                         "-12.500",
                                         "true",
                                         "2011-05-23",
                                         "2011-05-23 04:00:00-07"};
    struct schema *schema;
    const char *key = "a";
    assert_ok(schema_make(&feed.arena, columns, 7, &key, 1, &schema, &err));
    feed.table = (struct feed_table){.feed = "types", .view = "types_now", .schema = schema};
    assert_ok(feed_table_ensure(test->store, &feed.table, &err));
    assert_ok(batch_builder_new(schema, &builder, &err));
    for (size_t i = 0; i < ARRAY_SIZE(values); i++)
        assert_ok(batch_builder_put_text(builder, i, values[i], strlen(values[i]), &err));
    batch_builder_end_row(builder);
    assert_ok(staging_begin(test->store, &feed.table, 1, &options, &staging, &err));
    assert_ok(staging_append(staging, batch_builder_batch(builder), &err));
    fingerprint_add(&fingerprint, batch_builder_batch(builder));
    assert_ok(staging_finish(staging, false, &rows, &err));
    assert_ok(staging_record(staging, test->store, rows, &fingerprint, &err));
    assert_string_equal("(a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,-5,1.5,-12.500,t,2011-05-23,"
                        "\"2011-05-23 11:00:00+00\",1,0)",
                        pg_text(test->store, "select t::text from loadguard_data.types__1 t"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test(rows_arrive_as_they_were_sent),
        pg_unit_test(a_load_without_rows_is_a_load),
        pg_unit_test(nobody_sees_a_load_before_it_is_recorded),
        pg_unit_test(leaving_half_way_leaves_a_trace_and_no_table),
        pg_unit_test(the_constant_columns_are_added_without_a_rewrite),
        pg_unit_test(rows_are_frozen_so_that_no_reader_writes),
        pg_unit_test(a_large_load_is_spread_over_two_tables_under_one_name),
        pg_unit_test(a_unique_index_of_the_users_keeps_a_load_in_one_table),
        pg_unit_test(duplicate_keys_fail_the_index_and_are_called_data),
        pg_unit_test(duplicate_keys_are_found_by_an_early_index_too),
        pg_unit_test(indexes_are_built_once_and_with_statistics),
        pg_unit_test(a_record_of_other_rows_than_were_staged_is_refused),
        pg_unit_test(recording_can_be_part_of_a_transaction_that_is_rolled_back),
        pg_unit_test(a_disk_without_room_is_noticed_before_the_first_row),
        pg_unit_test(the_estimate_of_room_is_near_what_a_load_takes),
        pg_unit_test(an_attached_load_is_not_dropped),
        pg_unit_test(a_load_that_somebody_reads_is_dropped_later),
        pg_unit_test(an_interrupt_ends_staging_and_nothing_remains),
        pg_unit_test(statistics_of_the_whole_are_gathered_when_they_are_old),
        pg_unit_test(every_type_survives_the_way),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
