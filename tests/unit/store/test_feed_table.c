#include "tests/unit/store/loads.h"

#include <stdio.h>

static void a_new_feed_gets_a_parent_a_pointer_and_a_view(void **state)
{
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    test_feed_make(&feed, test->store);
    assert_string_equal("0 rows of nothing", readers_see(test->store));
    assert_int_equal(1, pg_int(test->store, "select count(*) from loadguard.live where feed = "
                                            "'scores' and load_id is null and epoch = 0"));
}

static void ensuring_again_changes_nothing(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    test_feed_make(&feed, test->store);
    const char *objects = "select string_agg(oid::text, ' ' order by oid) from pg_class where oid "
                          "> 16384";
    char before[4096];
    (void)snprintf(before, sizeof(before), "%s", pg_text(test->store, objects));
    assert_ok(feed_table_ensure(test->store, &feed.table, &err));
    assert_string_equal(before, pg_text(test->store, objects));
}

static void a_reader_needs_nothing_but_select_on_the_view(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *admin CLEANUP(store_closep) = pg_open_superuser(test);
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 7, 20);
    pg_run(admin, "create role reader_of_scores");
    pg_run(test->store, "grant select on public.scores_now to reader_of_scores");
    pg_run(admin, "set role reader_of_scores");
    assert_int_equal(20, pg_int(admin, "select count(*) from public.scores_now"));
    const struct store_query query = {"select * from loadguard_data.scores", STORE_ANY_ROWS, 0};
    assert_fails(ERR_SQL, store_exec(admin, &query, NULL, 0, NULL, &err));
    pg_run(admin, "reset role; drop owned by reader_of_scores; drop role reader_of_scores");
}

static void other_columns_are_refused_and_listed(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    static const struct schema_column other[] = {
        {.name = "profile_id", .type = TYPE_INTEGER},
        {.name = "score", .type = TYPE_DOUBLE, .not_null = true},
        {.name = "label", .type = TYPE_TEXT},
    };
    struct schema *schema;
    const char *key = "profile_id";
    test_feed_make(&feed, test->store);
    assert_ok(schema_make(&feed.arena, other, 3, &key, 1, &schema, &err));
    feed.table.schema = schema;
    assert_fails(ERR_REFUSED, feed_table_ensure(test->store, &feed.table, &err));
    assert_contains(err.detail, "column \"profile_id\" is bigint in the table and integer");
    assert_contains(err.detail, "column \"score\" can be null in the table and cannot be");
    assert_contains(err.detail, "column \"label\" text is not in the table");
    assert_contains(err.detail, "column \"name\" of the table is not in the configuration");
}

static void columns_in_another_order_are_refused(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    static const struct schema_column other[] = {
        {.name = "profile_id", .type = TYPE_BIGINT},
        {.name = "name", .type = TYPE_TEXT},
        {.name = "score", .type = TYPE_DOUBLE},
    };
    struct schema *schema;
    const char *key = "profile_id";
    test_feed_make(&feed, test->store);
    assert_ok(schema_make(&feed.arena, other, 3, &key, 1, &schema, &err));
    feed.table.schema = schema;
    assert_fails(ERR_REFUSED, feed_table_ensure(test->store, &feed.table, &err));
    assert_contains(err.detail, "column \"name\" is number 3 in the table and number 2");
}

static void a_view_that_is_something_else_is_refused_and_nothing_is_left(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    pg_run(test->store, "create table public.scores_now (x int)");
    static const struct schema_column columns[] = {{.name = "id", .type = TYPE_BIGINT}};
    struct schema *schema;
    const char *key = "id";
    assert_ok(schema_make(&feed.arena, columns, 1, &key, 1, &schema, &err));
    feed.table =
        (struct feed_table){.feed = "scores", .view = "public.scores_now", .schema = schema};
    assert_fails(ERR_REFUSED, feed_table_ensure(test->store, &feed.table, &err));
    pg_run(test->store, "drop table public.scores_now; create view public.scores_now as select 1");
    assert_fails(ERR_REFUSED, feed_table_ensure(test->store, &feed.table, &err));
    assert_contains(err.message, "a view 'public.scores_now' exists");
    assert_int_equal(0, pg_int(test->store, "select count(*) from loadguard.live"));
    assert_int_equal(0, pg_int(test->store, "select count(*) from pg_class c join pg_namespace n "
                                            "on n.oid = c.relnamespace where n.nspname = "
                                            "'loadguard_data'"));
}

static void a_parent_that_is_something_else_is_refused(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    test_feed_make(&feed, test->store);
    pg_run(test->store, "create table loadguard_data.other (load_id int)");
    feed.table.feed = "other";
    feed.table.view = "public.others_now";
    assert_fails(ERR_REFUSED, feed_table_ensure(test->store, &feed.table, &err));
    assert_contains(err.message, "is not the partitioned table of a feed");
}

static void names_that_cannot_be_are_refused(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    test_feed_make(&feed, test->store);
    static const char *const views[] = {"", ".x", "x.", "a.b.c",
                                        "x2345678901234567890123456789012345678901234567890123456"
                                        "789012345"};
    for (size_t i = 0; i < ARRAY_SIZE(views); i++) {
        feed.table.view = views[i];
        assert_fails(ERR_CONFIG, feed_table_ensure(test->store, &feed.table, &err));
    }
    static const char *const names[] = {"", "scores__12", "a__1b",
                                        "x2345678901234567890123456789012345678901234567890123456"
                                        "789012345"};
    feed.table.view = "fine";
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        feed.table.feed = names[i];
        assert_fails(ERR_CONFIG, feed_table_ensure(test->store, &feed.table, &err));
    }
}

static void a_column_that_the_store_adds_itself_is_refused(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    static const struct schema_column columns[] = {{.name = "load_id", .type = TYPE_BIGINT}};
    struct schema *schema;
    const char *key = "load_id";
    test_feed_make(&feed, test->store);
    assert_ok(schema_make(&feed.arena, columns, 1, &key, 1, &schema, &err));
    feed.table = (struct feed_table){.feed = "fresh", .view = "fresh", .schema = schema};
    assert_fails(ERR_CONFIG, feed_table_ensure(test->store, &feed.table, &err));
    assert_contains(err.message, "column 'load_id'");
}

static void a_mistake_in_an_index_is_found_before_any_load(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    static const char *const good[] = {"(score desc)", "using hash (name)",
                                       "unique (profile_id, score)"};
    static const char *const bad[] = {"(score desc)", "(skore)"};
    test_feed_make(&feed, test->store);
    feed.table.indexes = good;
    feed.table.n_indexes = ARRAY_SIZE(good);
    assert_ok(feed_table_ensure(test->store, &feed.table, &err));
    feed.table.indexes = bad;
    feed.table.n_indexes = ARRAY_SIZE(bad);
    assert_fails(ERR_CONFIG, feed_table_ensure(test->store, &feed.table, &err));
    assert_contains(err.message, "index '(skore)'");
}

static void strange_names_are_quoted(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    static const struct schema_column columns[] = {
        {.name = "a \"quoted\" column; drop table x", .type = TYPE_BIGINT},
        {.name = "{table}", .type = TYPE_TEXT},
    };
    struct schema *schema;
    const char *key = columns[0].name;
    assert_ok(schema_make(&feed.arena, columns, 2, &key, 1, &schema, &err));
    feed.table = (struct feed_table){
        .feed = "it's a \"feed\"", .view = "public.a view's \"name\"", .schema = schema};
    assert_ok(feed_table_ensure(test->store, &feed.table, &err));
    assert_ok(feed_table_ensure(test->store, &feed.table, &err));
    assert_int_equal(0,
                     pg_int(test->store, "select count(*) from public.\"a view's \"\"name\"\"\""));
}

static void long_feed_names_give_short_table_names_that_differ(void **state)
{
    (void)state;
    char a[LOAD_TABLE_NAME_BYTES];
    char b[LOAD_TABLE_NAME_BYTES];
    const char *feed = "a feed with a very long name indeed that ends in one";
    load_table_name(feed, INT64_MAX, a);
    load_table_name("a feed with a very long name indeed that ends in two", INT64_MAX, b);
    assert_true(strlen(a) <= 50);
    assert_string_not_equal(a, b);
    assert_string_equal("scores__12", load_table_name("scores", 12, a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test(a_new_feed_gets_a_parent_a_pointer_and_a_view),
        pg_unit_test(ensuring_again_changes_nothing),
        pg_unit_test(a_reader_needs_nothing_but_select_on_the_view),
        pg_unit_test(other_columns_are_refused_and_listed),
        pg_unit_test(columns_in_another_order_are_refused),
        pg_unit_test(a_view_that_is_something_else_is_refused_and_nothing_is_left),
        pg_unit_test(a_parent_that_is_something_else_is_refused),
        pg_unit_test(names_that_cannot_be_are_refused),
        pg_unit_test(a_column_that_the_store_adds_itself_is_refused),
        pg_unit_test(a_mistake_in_an_index_is_found_before_any_load),
        pg_unit_test(strange_names_are_quoted),
        cmocka_unit_test(long_feed_names_give_short_table_names_that_differ),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
