#include "guard/release.h"

#include <stdio.h>

#include "base/text.h"
#include "guard/life.h"
#include "store/ledger.h"
#include "tests/unit/guard/site.h"

/* A held load that may now be published, with its record. */
static struct load_record releasing(struct site *site, int rows)
{
    struct error err;
    struct load_record record;
    int64_t load = site_load(site, rows, 5, LOAD_HELD);
    assert_ok(life_change(site->pg->store, load, LOAD_HELD, LOAD_RELEASING, &err));
    assert_ok(ledger_read_load(site->pg->store, load, &site->arena, &record, &err));
    return record;
}

static const struct release_order by_rules = {0};

static void a_release_flips_states_pointer_and_messages_together(void **state)
{
    struct site site;
    struct error err;
    const struct release_order order = {.actor = "joe", .reason = "announced"};
    site_open(&site, *state, NULL);
    int64_t first = site_load(&site, 10, 5, LOAD_PUBLISHED);
    struct load_record record = releasing(&site, 5);
    assert_ok(release_load(&site.gate, &record, &order, &err));
    assert_string_equal(site_state(&site, first), "superseded");
    assert_string_equal(site_state(&site, record.id), "published");
    assert_string_equal(site_readers_see(&site), "5 rows of 5");
    assert_string_equal(site_events(&site, record.id), "load.held,load.published");
    assert_string_equal(pg_text(site.pg->store,
                                "select actor || (details->>'reason') from loadguard.audit "
                                "where action = 'published' order by sequence desc limit 1"),
                        "joeannounced");
    site_close(&site);
}

static void a_release_may_be_repeated_from_any_step(void **state)
{
    struct site site;
    struct error err;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    struct load_record record = releasing(&site, 5);
    pg_run(site.pg->store, "alter table loadguard.event rename to event_away");
    assert_true(release_load(&site.gate, &record, &by_rules, &err) != OK);
    assert_false(store_in_transaction(site.pg->store));
    assert_string_equal(site_state(&site, record.id), "releasing");
    assert_string_equal(site_readers_see(&site), "10 rows of 5");
    pg_run(site.pg->store, "alter table loadguard.event_away rename to event");
    assert_ok(release_load(&site.gate, &record, &by_rules, &err));
    assert_string_equal(site_readers_see(&site), "5 rows of 5");
    site_close(&site);
}

static void a_load_judged_against_another_one_is_not_published(void **state)
{
    struct site site;
    struct error err = {0};
    site_open(&site, *state, NULL);
    int64_t first = site_load(&site, 11, 5, LOAD_PUBLISHED);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    struct load_record record = releasing(&site, 5);
    struct load_record stale = record;
    stale.epoch = 7;
    assert_fails(ERR_CONFLICT, release_load(&site.gate, &stale, &by_rules, &err));
    stale = record;
    stale.live_load = first;
    assert_fails(ERR_CONFLICT, release_load(&site.gate, &stale, &by_rules, &err));
    assert_string_equal(site_state(&site, record.id), "releasing");
    assert_string_equal(site_readers_see(&site), "10 rows of 5");
    site_close(&site);
}

static void without_the_lock_nothing_is_published(void **state)
{
    struct site site;
    struct error err = {0};
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    struct load_record record = releasing(&site, 5);
    site_lose_connection(&site);
    assert_fails(ERR_STORE, release_load(&site.gate, &record, &by_rules, &err));
    assert_ok(store_reconnect(site.pg->store, &err));
    assert_fails(ERR_CONFLICT, release_load(&site.gate, &record, &by_rules, &err));
    assert_string_equal(site_readers_see(&site), "10 rows of 5");
    site_close(&site);
}

static void who_is_in_the_way_is_told_once_and_then_terminated_if_so_configured(void **state)
{
    struct site site;
    struct error err;
    const struct site_options options = {.feed =
                                             "    publish_wait: 100ms\n    terminate_blockers: 1s"};
    site_open(&site, *state, &options);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    struct load_record record = releasing(&site, 5);
    struct store *reader = site_old_reader(&site);
    assert_ok(release_load(&site.gate, &record, &by_rules, &err));
    assert_string_equal(site_events(&site, record.id), "load.held,load.waiting,load.published");
    assert_contains(pg_text(site.pg->store, "select payload->>'summary' from loadguard.event "
                                            "where type = 'load.waiting'"),
                    "select count(*) from public.scores_now");
    store_close(reader);
    site_close(&site);
}

/* The server gives statements whole; half a character makes no message. */
static void a_blocker_with_a_statement_in_any_script_can_be_told(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (size_t padding = 0; padding < 4; padding++) {
        struct blocker blocker = {.pid = 7, .user = "joe", .application = "psql"};
        memset(blocker.statement, 'x', padding);
        for (size_t i = padding; i + 4 < sizeof(blocker.statement); i += 3)
            memcpy(blocker.statement + i, "\xe2\x82\xac", 4);
        const struct blockage blockage = {.feed = "scores",
                                          .reason = "transactions older than the attach",
                                          .blockers = &blocker,
                                          .n_blockers = 1,
                                          .waited_us = 300000000};
        const char *summary = release_blocked_summary(&blockage, &arena);
        assert_true(text_is_utf8(summary, strlen(summary)));
        assert_contains(summary, "pid 7 of joe (psql)");
    }
    arena_release(&arena);
}

static void a_statement_over_several_lines_is_told_in_one(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct blocker blocker = {.statement = "select 1,\n\t2\r\n"};
    const struct blockage blockage = {.reason = "x", .blockers = &blocker, .n_blockers = 1};
    const char *summary = release_blocked_summary(&blockage, &arena);
    assert_null(strpbrk(summary, "\n\t\r"));
    const struct blockage nobody = {.reason = "locks"};
    assert_contains(release_blocked_summary(&nobody, &arena), "for locks");
    arena_release(&arena);
}

static void tidying_ends_loads_that_a_newer_one_has_overtaken(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t held = site_load(&site, 5, 5, LOAD_HELD);
    int64_t blocked = site_load(&site, 10, 1, LOAD_BLOCKED);
    (void)site_load(&site, 11, 5, LOAD_PUBLISHED);
    assert_string_equal(site_state(&site, held), "expired");
    assert_string_equal(site_state(&site, blocked), "expired");
    assert_false(site_has_rows(&site, held));
    assert_false(site_has_rows(&site, blocked));
    site_close(&site);
}

static void tidying_leaves_a_load_of_a_later_time_for_a_person(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t held = site_load(&site, 5, 5, LOAD_HELD);
    pg_run(site.pg->store,
           "update loadguard.load set as_of = as_of + interval '1 day' where state = 'held'");
    (void)site_load(&site, 11, 5, LOAD_PUBLISHED);
    assert_string_equal(site_state(&site, held), "held");
    assert_true(site_has_rows(&site, held));
    site_close(&site);
}

static void tidying_keeps_as_many_loads_as_configured(void **state)
{
    struct site site;
    const struct site_options options = {.feed = "    keep: 2"};
    int64_t loads[5];
    site_open(&site, *state, &options);
    for (int i = 0; i < 5; i++)
        loads[i] = site_load(&site, 10 + i, 5, LOAD_PUBLISHED);
    for (int i = 0; i < 5; i++)
        assert_int_equal(site_has_rows(&site, loads[i]), i >= 3);
    site_close(&site);
}

static void a_tidying_that_fails_is_left_for_the_next_time(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t held = site_load(&site, 5, 5, LOAD_HELD);
    char sql[128];
    (void)snprintf(sql, sizeof(sql), "begin; lock table loadguard_data.scores__%lld",
                   (long long)held);
    struct store *reader = pg_open_superuser(site.pg);
    pg_run(reader, sql);
    (void)site_load(&site, 11, 5, LOAD_PUBLISHED);
    assert_false(store_in_transaction(site.pg->store));
    store_close(reader);
    (void)site_load(&site, 12, 5, LOAD_PUBLISHED);
    assert_string_equal(site_state(&site, held), "expired");
    assert_int_equal(site_restart(&site), OK);
    assert_false(site_has_rows(&site, held));
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test(a_release_flips_states_pointer_and_messages_together),
        pg_unit_test(a_release_may_be_repeated_from_any_step),
        pg_unit_test(a_load_judged_against_another_one_is_not_published),
        pg_unit_test(without_the_lock_nothing_is_published),
        pg_unit_test(who_is_in_the_way_is_told_once_and_then_terminated_if_so_configured),
        cmocka_unit_test(a_blocker_with_a_statement_in_any_script_can_be_told),
        cmocka_unit_test(a_statement_over_several_lines_is_told_in_one),
        pg_unit_test(tidying_ends_loads_that_a_newer_one_has_overtaken),
        pg_unit_test(tidying_leaves_a_load_of_a_later_time_for_a_person),
        pg_unit_test(tidying_keeps_as_many_loads_as_configured),
        pg_unit_test(a_tidying_that_fails_is_left_for_the_next_time),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
