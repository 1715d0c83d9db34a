#include <math.h>

#include "tests/unit/store/pg.h"

static struct store *session(void **state)
{
    const struct pg_test *test = *state;
    return test->store;
}

static void a_query_gives_true_or_false(void **state)
{
    struct error err;
    bool value = false;
    struct store *store = session(state);
    assert_ok(store_query_bool(store, "select 1 < 2", STORE_QUICK_MS, &value, &err));
    assert_true(value);
    assert_ok(store_query_bool(store, "select 1 > 2", STORE_QUICK_MS, &value, &err));
    assert_false(value);
    assert_false(store_in_transaction(store));
}

static void tables_are_found_as_the_role_finds_them(void **state)
{
    struct error err;
    bool value = false;
    struct store *store = session(state);
    pg_run(store, "create table public.inputs (done boolean); insert into public.inputs values "
                  "(true)");
    assert_ok(store_query_bool(store, "select done from inputs", STORE_QUICK_MS, &value, &err));
    assert_true(value);
    assert_string_equal("pg_catalog, pg_temp", pg_text(store, "show search_path"));
}

static void anything_but_one_boolean_is_an_error(void **state)
{
    struct error err;
    bool value = false;
    struct store *store = session(state);
    assert_fails(ERR_DATA, store_query_bool(store, "select null::boolean", 1000, &value, &err));
    assert_contains(err.message, "null");
    assert_fails(ERR_DATA, store_query_bool(store, "select 't'::text", 1000, &value, &err));
    assert_contains(err.message, "boolean");
    assert_fails(ERR_DATA, store_query_bool(store, "select true where false", 1000, &value, &err));
    assert_contains(err.message, "no row");
    assert_fails(ERR_DATA, store_query_bool(store, "select true, false", 1000, &value, &err));
    assert_contains(err.message, "2 columns");
    assert_fails(ERR_DATA,
                 store_query_bool(store, "select true from pg_class a, pg_class b, pg_class c",
                                  STORE_QUICK_MS, &value, &err));
    assert_contains(err.message, "more than one row");
    assert_fails(ERR_DATA, store_query_bool(store, "", 1000, &value, &err));
    assert_fails(ERR_SQL, store_query_bool(store, "select true; select true", 1000, &value, &err));
    assert_int_equal(1, pg_int(store, "select 1"));
}

static void a_mistake_in_a_query_is_told_with_its_place(void **state)
{
    struct error err;
    bool value = false;
    assert_fails(ERR_SQL, store_query_bool(session(state), "select dnoe", 1000, &value, &err));
    assert_contains(err.message, "column \"dnoe\" does not exist");
    assert_contains(err.detail, "character 8");
}

static void a_query_cannot_write(void **state)
{
    struct error err;
    bool value = false;
    struct store *store = session(state);
    pg_run(store, "create table public.t (a int)");
    assert_fails(ERR_SQL, store_query_bool(store, "insert into public.t values (1) returning true",
                                           1000, &value, &err));
    assert_string_equal("25006", err.sqlstate);
    assert_int_equal(0, pg_int(store, "select count(*) from public.t"));
}

static void what_a_query_sets_is_undone(void **state)
{
    struct error err;
    bool value = false;
    struct store *store = session(state);
    assert_ok(store_query_bool(store,
                               "select set_config('search_path', 'public', false) is not null",
                               1000, &value, &err));
    assert_string_equal("pg_catalog, pg_temp", pg_text(store, "show search_path"));
}

static void a_query_that_ends_its_transaction_does_no_harm(void **state)
{
    struct error err;
    bool value = false;
    struct store *store = session(state);
    assert_fails(ERR_DATA, store_query_bool(store, "commit", 1000, &value, &err));
    assert_fails(ERR_DATA,
                 store_query_bool(store, "copy (select 1) to stdout", 1000, &value, &err));
    assert_fails(ERR_SQL, store_query_bool(store, "copy pg_class from stdin", 1000, &value, &err));
    assert_false(store_in_transaction(store));
    assert_int_equal(1, pg_int(store, "select 1"));
    assert_string_equal("pg_catalog, pg_temp", pg_text(store, "show search_path"));
}

static void a_query_that_takes_too_long_is_stopped(void **state)
{
    struct error err;
    bool value = false;
    struct store *store = session(state);
    assert_fails(ERR_TIMEOUT,
                 store_query_bool(store, "select pg_sleep(60) is not null", 50, &value, &err));
    assert_contains(err.message, "longer than 50 ms");
    assert_int_equal(1, pg_int(store, "select 1"));
}

static void numbers_of_every_type_are_read(void **state)
{
    struct error err;
    double value = 0;
    bool is_null = true;
    struct store *store = session(state);
    assert_ok(store_query_number(store, "select count(*) from pg_class where false", STORE_QUICK_MS,
                                 &value, &is_null, &err));
    assert_true(value == 0 && !is_null);
    assert_ok(
        store_query_number(store, "select 0.1::numeric", STORE_QUICK_MS, &value, &is_null, &err));
    assert_true(value == 0.1);
    assert_ok(
        store_query_number(store, "select 'nan'::real", STORE_QUICK_MS, &value, &is_null, &err));
    assert_true(isnan(value));
    assert_ok(store_query_number(store, "select '-infinity'::float8", STORE_QUICK_MS, &value,
                                 &is_null, &err));
    assert_true(isinf(value) && value < 0);
    assert_ok(store_query_number(store, "select avg(1) where false", STORE_QUICK_MS, &value,
                                 &is_null, &err));
    assert_true(is_null);
    assert_fails(ERR_DATA, store_query_number(store, "select '1'::text", STORE_QUICK_MS, &value,
                                              &is_null, &err));
}

static void a_text_longer_than_allowed_is_refused(void **state)
{
    struct error err;
    struct buffer out CLEANUP(buffer_release);
    bool is_null = true;
    struct store *store = session(state);
    buffer_init(&out, 10);
    assert_ok(
        store_query_text(store, "select date '2011-05-23'", STORE_QUICK_MS, &out, &is_null, &err));
    assert_string_equal("2011-05-23", buffer_string(&out));
    assert_false(is_null);
    buffer_clear(&out);
    assert_fails(ERR_LIMIT, store_query_text(store, "select repeat('x', 11)", STORE_QUICK_MS, &out,
                                             &is_null, &err));
    assert_ok(store_query_text(store, "select null", STORE_QUICK_MS, &out, &is_null, &err));
    assert_true(is_null);
    assert_string_equal("", buffer_string(&out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test_empty(a_query_gives_true_or_false),
        pg_unit_test_empty(tables_are_found_as_the_role_finds_them),
        pg_unit_test_empty(anything_but_one_boolean_is_an_error),
        pg_unit_test_empty(a_mistake_in_a_query_is_told_with_its_place),
        pg_unit_test_empty(a_query_cannot_write),
        pg_unit_test_empty(what_a_query_sets_is_undone),
        pg_unit_test_empty(a_query_that_ends_its_transaction_does_no_harm),
        pg_unit_test_empty(a_query_that_takes_too_long_is_stopped),
        pg_unit_test_empty(numbers_of_every_type_are_read),
        pg_unit_test_empty(a_text_longer_than_allowed_is_refused),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
