#include "guard/recovery.h"

#include <stdio.h>

#include "guard/life.h"
#include "store/ledger.h"
#include "tests/unit/guard/site.h"

static void set_state(struct site *site, int64_t load, const char *name)
{
    char sql[160];
    (void)snprintf(sql, sizeof(sql), "update loadguard.load set state = '%s' where id = %lld", name,
                   (long long)load);
    pg_run(site->pg->store, sql);
}

static void run_with_load(struct site *site, const char *format, int64_t load)
{
    char sql[256];
    const char *percent = strstr(format, "%lld");
    (void)snprintf(sql, sizeof(sql), "%.*s%lld%s", (int)(percent - format), format, (long long)load,
                   percent + 4);
    struct store *superuser = pg_open_superuser(site->pg);
    pg_run(superuser, sql);
    store_close(superuser);
}

static void loads_of_a_process_that_died_are_abandoned_and_told(void **state)
{
    static const char *const names[] = {"waiting", "running", "staged", "judged"};
    struct site site;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        int64_t load = site_load(&site, 5, 5, LOAD_HELD);
        set_state(&site, load, names[i]);
        assert_int_equal(site_restart(&site), OK);
        assert_string_equal(site_state(&site, load), "abandoned");
        assert_string_equal(site_events(&site, load), "load.held,load.failed");
        assert_string_equal(site_audit(&site, load), "held,abandoned");
        assert_false(site_has_rows(&site, load));
    }
    assert_string_equal(site_readers_see(&site), "10 rows of 5");
    site_close(&site);
}

static void several_loads_are_dealt_with_in_one_start(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    int64_t one = site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t two = site_load(&site, 5, 5, LOAD_HELD);
    int64_t three = site_load(&site, 4, 5, LOAD_HELD);
    set_state(&site, two, "staged");
    set_state(&site, three, "running");
    assert_int_equal(site_restart(&site), OK);
    assert_string_equal(site_state(&site, one), "published");
    assert_string_equal(site_state(&site, two), "abandoned");
    assert_string_equal(site_state(&site, three), "abandoned");
    site_close(&site);
}

static void a_release_is_finished(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    int64_t first = site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t load = site_load(&site, 5, 5, LOAD_HELD);
    set_state(&site, load, "releasing");
    assert_int_equal(site_restart(&site), OK);
    assert_string_equal(site_state(&site, load), "published");
    assert_string_equal(site_state(&site, first), "superseded");
    assert_string_equal(site_readers_see(&site), "5 rows of 5");
    site_close(&site);
}

static void a_release_that_was_overtaken_is_abandoned(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    int64_t first = site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t load = site_load(&site, 5, 5, LOAD_HELD);
    pg_run(site.pg->store,
           "update loadguard.load set as_of = as_of + interval '1 day' where state = 'held'");
    (void)site_load(&site, 11, 5, LOAD_PUBLISHED);
    set_state(&site, load, "releasing");
    assert_int_equal(site_restart(&site), OK);
    assert_string_equal(site_state(&site, load), "abandoned");
    assert_string_equal(site_state(&site, first), "superseded");
    assert_string_equal(site_readers_see(&site), "11 rows of 5");
    assert_contains(pg_text(site.pg->store, "select error from loadguard.load where state = "
                                            "'abandoned'"),
                    "another load went live");
    site_close(&site);
}

static void a_release_whose_rows_are_lost_does_not_lock_the_feed(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t load = site_load(&site, 5, 5, LOAD_HELD);
    set_state(&site, load, "releasing");
    run_with_load(&site, "drop table loadguard_data.scores__%lld", load);
    assert_int_equal(site_restart(&site), OK);
    assert_string_equal(site_state(&site, load), "abandoned");
    assert_int_equal(site_restart(&site), OK);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    site_close(&site);
}

static void rows_of_a_load_that_ended_are_removed(void **state)
{
    static const char *const names[] = {"failed", "abandoned", "rejected", "expired"};
    struct site site;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        int64_t load = site_load(&site, 5, 5, LOAD_HELD);
        set_state(&site, load, names[i]);
        assert_int_equal(site_restart(&site), OK);
        assert_false(site_has_rows(&site, load));
        assert_string_equal(site_state(&site, load), names[i]);
    }
    site_close(&site);
}

static void rows_that_wait_for_a_person_or_were_live_stay(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    int64_t first = site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t second = site_load(&site, 11, 5, LOAD_PUBLISHED);
    int64_t held = site_load(&site, 5, 5, LOAD_HELD);
    int64_t blocked = site_load(&site, 10, 1, LOAD_BLOCKED);
    assert_int_equal(site_restart(&site), OK);
    const int64_t kept[] = {first, second, held, blocked};
    for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
        assert_true(site_has_rows(&site, kept[i]));
    site_close(&site);
}

static void somebody_who_reads_a_leftover_does_not_stop_the_feed(void **state)
{
    struct site site;
    char sql[128];
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t load = site_load(&site, 5, 5, LOAD_HELD);
    set_state(&site, load, "failed");
    (void)snprintf(sql, sizeof(sql), "begin; select count(*) from loadguard_data.scores__%lld",
                   (long long)load);
    struct store *reader = pg_open(site.pg);
    pg_run(reader, sql);
    assert_int_equal(site_restart(&site), OK);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    store_close(reader);
    assert_int_equal(site_restart(&site), OK);
    assert_false(site_has_rows(&site, load));
    site_close(&site);
}

static void a_recovery_that_is_interrupted_by_a_lost_connection_is_done_by_the_next(void **state)
{
    struct site site;
    struct error err;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t load = site_load(&site, 5, 5, LOAD_HELD);
    set_state(&site, load, "releasing");
    site_lose_connection(&site);
    assert_fails(ERR_STORE, recover_loads(&site.gate, &err));
    assert_ok(store_reconnect(site.pg->store, &err));
    assert_int_equal(site_restart(&site), OK);
    assert_string_equal(site_state(&site, load), "published");
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test(loads_of_a_process_that_died_are_abandoned_and_told),
        pg_unit_test(several_loads_are_dealt_with_in_one_start),
        pg_unit_test(a_release_is_finished),
        pg_unit_test(a_release_that_was_overtaken_is_abandoned),
        pg_unit_test(a_release_whose_rows_are_lost_does_not_lock_the_feed),
        pg_unit_test(rows_of_a_load_that_ended_are_removed),
        pg_unit_test(rows_that_wait_for_a_person_or_were_live_stay),
        pg_unit_test(somebody_who_reads_a_leftover_does_not_stop_the_feed),
        pg_unit_test(a_recovery_that_is_interrupted_by_a_lost_connection_is_done_by_the_next),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
