#include "guard/gate.h"

#include "tests/unit/guard/site.h"

static void an_unknown_feed_is_wrong_usage(void **state)
{
    struct site site;
    struct error err = {0};
    site_open(&site, *state, NULL);
    struct gate gate = {0};
    assert_fails(ERR_USAGE, gate_open(&site.config, site.pg->store, "scors", &gate, &err));
    assert_contains(err.hint, "scores");
    gate_release(&gate);
    site_close(&site);
}

static void indexes_are_quoted_for_the_store(void **state)
{
    struct site site;
    const struct site_options options = {
        .feed = "    indexes: [score, {columns: [score, profile_id], unique: true}]"};
    site_open(&site, *state, &options);
    assert_int_equal(site.gate.table.n_indexes, 2);
    assert_string_equal(site.gate.table.indexes[0], "(\"score\")");
    assert_string_equal(site.gate.table.indexes[1], "unique (\"score\", \"profile_id\")");
    site_close(&site);
}

static void opening_touches_no_table_and_takes_no_lock(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    assert_false(site.gate.locked);
    assert_int_equal(pg_int(site.pg->store, "select count(*) from loadguard.feed"), 0);
    site_close(&site);
}

static void entering_makes_the_feed_and_may_be_repeated_by_the_next_process(void **state)
{
    struct site site;
    struct error err;
    site_open(&site, *state, NULL);
    assert_ok(gate_enter(&site.gate, &err));
    assert_ok(gate_check_lock(&site.gate, &err));
    assert_string_equal(site_readers_see(&site), "0 rows of nothing");
    assert_ok(site_restart(&site));
    site_close(&site);
}

static void a_second_run_is_told_who_has_the_lock(void **state)
{
    struct site site;
    struct error err = {0};
    site_open(&site, *state, NULL);
    assert_ok(gate_enter(&site.gate, &err));
    CLEANUP(store_closep) struct store *other = pg_open(site.pg);
    struct gate second = {0};
    assert_ok(gate_open(&site.config, other, "scores", &second, &err));
    assert_fails(ERR_BUSY, gate_enter(&second, &err));
    assert_contains(err.detail, "test");
    assert_false(second.locked);
    gate_leave(&site.gate);
    assert_ok(gate_enter(&second, &err));
    gate_release(&second);
    site_close(&site);
}

static void a_lost_connection_is_a_lost_lock(void **state)
{
    struct site site;
    struct error err = {0};
    site_open(&site, *state, NULL);
    assert_ok(gate_enter(&site.gate, &err));
    site_lose_connection(&site);
    assert_fails(ERR_STORE, gate_check_lock(&site.gate, &err));
    assert_ok(store_reconnect(site.pg->store, &err));
    assert_fails(ERR_CONFLICT, gate_check_lock(&site.gate, &err));
    assert_contains(err.message, "lock of 'scores' was lost");
    site_close(&site);
}

static void leaving_twice_and_releasing_what_was_never_opened_is_harmless(void **state)
{
    struct site site;
    struct error err;
    struct gate never = {0};
    site_open(&site, *state, NULL);
    assert_ok(gate_enter(&site.gate, &err));
    gate_leave(&site.gate);
    gate_leave(&site.gate);
    gate_release(&never);
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test(an_unknown_feed_is_wrong_usage),
        pg_unit_test(indexes_are_quoted_for_the_store),
        pg_unit_test(opening_touches_no_table_and_takes_no_lock),
        pg_unit_test(entering_makes_the_feed_and_may_be_repeated_by_the_next_process),
        pg_unit_test(a_second_run_is_told_who_has_the_lock),
        pg_unit_test(a_lost_connection_is_a_lost_lock),
        pg_unit_test(leaving_twice_and_releasing_what_was_never_opened_is_harmless),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
