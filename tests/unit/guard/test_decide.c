#include "guard/decide.h"

#include <stdio.h>

#include "guard/life.h"
#include "guard/load_history.h"
#include "store/ledger.h"
#include "tests/unit/guard/site.h"

static const struct decider joe = {.actor = "joe", .reason = "because"};

static enum error_code approve(struct site *site, int64_t load, bool override,
                               enum load_state *after)
{
    const struct approval_wish wish = {.override = override};
    return decide_approve(&site->gate, load, &wish, &joe, after, &site->err);
}

static void a_held_load_is_published_by_a_person(void **state)
{
    struct site site;
    enum load_state after = LOAD_HELD;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t held = site_load(&site, 5, 5, LOAD_HELD);
    assert_int_equal(approve(&site, held, false, &after), OK);
    assert_int_equal(after, LOAD_PUBLISHED);
    assert_string_equal(site_readers_see(&site), "5 rows of 5");
    assert_string_equal(site_audit(&site, held), "held,approved,published");
    assert_string_equal(pg_text(site.pg->store, "select payload->>'by' from loadguard.event where "
                                                "type = 'load.published' and load_id = 2"),
                        "joe");
    site_close(&site);
}

/* Loads whose number of removed rows later ones are judged against: a bit for each. */
static unsigned training(struct site *site)
{
    struct arena arena = {0};
    struct judge_context context = {0};
    const struct load_record none = {.as_of_us = STORE_NO_TIME};
    unsigned loads = 0;
    assert_int_equal(load_history_read(&site->gate, site->gate.rules, &none, &none, &arena,
                                       &context, &site->err),
                     OK);
    const struct history_series *removed = history_find(context.history, "removed", "");
    for (size_t i = 0; i < context.history->n_loads; i++)
        loads |= (removed->trains >> i & 1U) << context.history->loads[i].load;
    arena_release(&arena);
    return loads;
}

#define FIRST 2U  /* load 1 */
#define SECOND 4U /* load 2 */

static void what_an_approved_load_had_findings_on_is_no_history(void **state)
{
    struct site site;
    enum load_state after = LOAD_HELD;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t held = site_load(&site, 5, 5, LOAD_HELD);
    assert_int_equal(training(&site), FIRST);
    assert_int_equal(approve(&site, held, false, &after), OK);
    assert_int_equal(training(&site), FIRST);
    site_close(&site);
}

static void approve_as_new_normal(struct site *site, int64_t held)
{
    enum load_state after = LOAD_HELD;
    const struct approval_wish wish = {.new_normal = true};
    assert_int_equal(decide_approve(&site->gate, held, &wish, &joe, &after, &site->err), OK);
    assert_int_equal(after, LOAD_PUBLISHED);
}

static void a_new_normal_begins_history_with_the_approved_load(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    approve_as_new_normal(&site, site_load(&site, 5, 5, LOAD_HELD));
    assert_int_equal(training(&site), SECOND);
    site_close(&site);
}

static void a_new_normal_ends_with_the_load_that_it_came_with(void **state)
{
    struct site site;
    int64_t from = 0;
    int64_t to = 0;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    approve_as_new_normal(&site, site_load(&site, 5, 5, LOAD_HELD));
    assert_int_equal(decide_rollback(&site.gate, 0, &joe, &from, &to, &site.err), OK);
    assert_int_equal(training(&site), FIRST);
    site_close(&site);
}

static void a_new_normal_ends_with_its_approval(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    approve_as_new_normal(&site, site_load(&site, 5, 5, LOAD_HELD));
    pg_run(site.pg->store, "update loadguard.approval set lapsed_at = now()");
    assert_int_equal(training(&site), FIRST | SECOND);
    site_close(&site);
}

/* The stored report of a load is given an error on what is measured of removed rows. */
static void what_could_not_be_told_of_an_approved_load_is_no_history(void **state)
{
    struct site site;
    enum load_state after = LOAD_HELD;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t held = site_load(&site, 5, 5, LOAD_HELD);
    pg_run(site.pg->store,
           "update loadguard.load set report = jsonb_set(jsonb_set(report::jsonb, '{findings}', "
           "'[]'), '{outcomes}', '[{\"outcome\": \"error\", \"measures\": [{\"measure\": "
           "\"removed\"}]}, {\"outcome\": \"pass\", \"measures\": [{\"measure\": "
           "\"rows\"}]}]') where id = 2");
    assert_int_equal(approve(&site, held, false, &after), OK);
    assert_int_equal(training(&site), FIRST);
    assert_string_equal(pg_text(site.pg->store, "select measures::text from loadguard.approval"),
                        "{removed}");
    site_close(&site);
}

static void an_approval_counts_once(void **state)
{
    struct site site;
    enum load_state after = LOAD_HELD;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t held = site_load(&site, 5, 5, LOAD_HELD);
    assert_int_equal(approve(&site, held, false, &after), OK);
    assert_int_equal(approve(&site, held, false, &after), ERR_REFUSED);
    assert_contains(site.err.message, "published");
    assert_int_equal(pg_int(site.pg->store, "select count(*) from loadguard.approval"), 1);
    site_close(&site);
}

static void a_blocked_load_needs_an_override(void **state)
{
    struct site site;
    enum load_state after = LOAD_BLOCKED;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t blocked = site_load(&site, 10, 1, LOAD_BLOCKED);
    assert_int_equal(approve(&site, blocked, false, &after), ERR_REFUSED);
    assert_contains(site.err.hint, "--override");
    assert_string_equal(site_state(&site, blocked), "blocked");
    assert_int_equal(approve(&site, blocked, true, &after), OK);
    assert_string_equal(site_readers_see(&site), "10 rows of 1");
    site_close(&site);
}

static void duplicate_keys_are_released_by_nobody(void **state)
{
    struct site site;
    enum load_state after = LOAD_BLOCKED;
    site_open(&site, *state, NULL);
    site_write(&site, "score",
               "printf 'profile_id,score\\n1,2\\n1,3\\n'; "
               "echo '{\"complete\": true, \"rows\": 2}' >&\"$LOADGUARD_MANIFEST_FD\"\n");
    assert_int_equal(site_run(&site), OK);
    assert_int_equal(approve(&site, site.result.load_id, true, &after), ERR_REFUSED);
    assert_contains(site.err.message, "nobody can release");
    site_close(&site);
}

static void only_loads_that_wait_can_be_decided_about(void **state)
{
    struct site site;
    enum load_state after = LOAD_HELD;
    site_open(&site, *state, NULL);
    int64_t live = site_load(&site, 10, 5, LOAD_PUBLISHED);
    assert_int_equal(approve(&site, live, true, &after), ERR_REFUSED);
    assert_int_equal(decide_reject(&site.gate, live, &joe, &site.err), ERR_REFUSED);
    assert_int_equal(approve(&site, 999, true, &after), ERR_NOT_FOUND);
    assert_contains(site.err.message, "999");
    assert_int_equal(decide_reject(&site.gate, 999, &joe, &site.err), ERR_NOT_FOUND);
    site_close(&site);
}

static void an_approval_lapses_when_the_live_load_has_changed(void **state)
{
    struct site site;
    enum load_state after = LOAD_HELD;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t held = site_load(&site, 5, 5, LOAD_HELD);
    pg_run(site.pg->store,
           "update loadguard.load set as_of = as_of + interval '1 day' where state = 'held'");
    int64_t newer = site_load(&site, 11, 5, LOAD_PUBLISHED);
    assert_int_equal(approve(&site, held, false, &after), OK);
    assert_int_equal(after, LOAD_HELD);
    assert_string_equal(site_readers_see(&site), "11 rows of 5");
    assert_int_equal(
        pg_int(site.pg->store, "select count(*) from loadguard.approval where lapsed_at is null"),
        0);
    char sql[128];
    (void)snprintf(sql, sizeof(sql), "select live_load from loadguard.load where id = %lld",
                   (long long)held);
    assert_int_equal(pg_int(site.pg->store, sql), newer);
    assert_int_equal(approve(&site, held, false, &after), OK);
    assert_int_equal(after, LOAD_PUBLISHED);
    site_close(&site);
}

static void an_approval_whose_publication_fails_leaves_the_load_to_be_approved_again(void **state)
{
    struct site site;
    enum load_state after = LOAD_HELD;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t held = site_load(&site, 5, 5, LOAD_HELD);
    int64_t blocked = site_load(&site, 10, 1, LOAD_BLOCKED);
    const int64_t loads[] = {held, blocked};
    for (size_t i = 0; i < ARRAY_SIZE(loads); i++) {
        pg_run(site.pg->store, "alter table loadguard.event rename to event_away");
        assert_true(approve(&site, loads[i], true, &after) != OK);
        assert_contains(site.err.hint, "approve it again");
        assert_string_equal(site_state(&site, loads[i]), i == 0 ? "held" : "blocked");
        assert_true(site_has_rows(&site, loads[i]));
        pg_run(site.pg->store, "alter table loadguard.event_away rename to event");
    }
    assert_string_equal(site_audit(&site, held), "held,approved,not published");
    assert_int_equal(
        pg_int(site.pg->store, "select count(*) from loadguard.approval where lapsed_at is null"),
        0);
    assert_int_equal(approve(&site, held, false, &after), OK);
    assert_string_equal(site_readers_see(&site), "5 rows of 5");
    site_close(&site);
}

static void a_rejected_load_is_over_and_its_rows_are_gone(void **state)
{
    struct site site;
    enum load_state after = LOAD_HELD;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t held = site_load(&site, 5, 5, LOAD_HELD);
    assert_int_equal(decide_reject(&site.gate, held, &joe, &site.err), OK);
    assert_string_equal(site_state(&site, held), "rejected");
    assert_string_equal(site_events(&site, held), "load.held,load.rejected");
    assert_false(site_has_rows(&site, held));
    assert_int_equal(decide_reject(&site.gate, held, &joe, &site.err), ERR_REFUSED);
    assert_int_equal(approve(&site, held, true, &after), ERR_REFUSED);
    site_close(&site);
}

static void a_rejection_stands_while_somebody_reads_the_rows(void **state)
{
    struct site site;
    char sql[128];
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t held = site_load(&site, 5, 5, LOAD_HELD);
    (void)snprintf(sql, sizeof(sql), "begin; select count(*) from loadguard_data.scores__%lld",
                   (long long)held);
    CLEANUP(store_closep) struct store *reader = pg_open(site.pg);
    pg_run(reader, sql);
    assert_int_equal(decide_reject(&site.gate, held, &joe, &site.err), OK);
    assert_string_equal(site_state(&site, held), "rejected");
    site_close(&site);
}

static enum error_code roll_back(struct site *site, int64_t to)
{
    int64_t from = 0;
    int64_t went_to = 0;
    return decide_rollback(&site->gate, to, &joe, &from, &went_to, &site->err);
}

static void a_rollback_makes_the_load_before_live_and_the_bad_one_is_marked(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    int64_t first = site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t second = site_load(&site, 10, 6, LOAD_PUBLISHED);
    assert_int_equal(roll_back(&site, 0), OK);
    assert_string_equal(site_readers_see(&site), "10 rows of 5");
    assert_string_equal(site_state(&site, first), "published");
    assert_string_equal(site_state(&site, second), "rolled_back");
    assert_string_equal(site_events(&site, second), "load.published,load.rolled_back");
    assert_int_equal(pg_int(site.pg->store, "select count(*) from loadguard.load where marked_bad"),
                     1);
    assert_true(site_has_rows(&site, second));
    site_close(&site);
}

static void a_rollback_needs_no_lock_of_the_feed(void **state)
{
    struct site site;
    struct error err;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    (void)site_load(&site, 10, 6, LOAD_PUBLISHED);
    CLEANUP(store_closep) struct store *other = pg_open(site.pg);
    struct gate gate = {0};
    int64_t from = 0;
    int64_t to = 0;
    assert_ok(gate_open(&site.config, other, "scores", &gate, &err));
    assert_ok(decide_rollback(&gate, 0, &joe, &from, &to, &err));
    gate_release(&gate);
    assert_string_equal(site_readers_see(&site), "10 rows of 5");
    site_close(&site);
}

static void there_has_to_be_something_to_go_back_to(void **state)
{
    struct site site;
    struct error err;
    site_open(&site, *state, NULL);
    assert_int_equal(roll_back(&site, 0), ERR_REFUSED);
    assert_contains(site.err.message, "nothing of 'scores' was published");
    assert_ok(gate_enter(&site.gate, &err));
    assert_int_equal(roll_back(&site, 0), ERR_REFUSED);
    int64_t first = site_load(&site, 10, 5, LOAD_PUBLISHED);
    assert_int_equal(roll_back(&site, 0), ERR_REFUSED);
    assert_contains(site.err.message, "no earlier load");
    assert_int_equal(roll_back(&site, first), ERR_REFUSED);
    assert_contains(site.err.message, "live already");
    assert_string_equal(site_readers_see(&site), "10 rows of 5");
    site_close(&site);
}

static void a_load_that_was_rolled_back_does_not_come_back(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t second = site_load(&site, 10, 6, LOAD_PUBLISHED);
    assert_int_equal(roll_back(&site, 0), OK);
    assert_int_equal(roll_back(&site, second), ERR_REFUSED);
    assert_contains(site.err.message, "rolled_back");
    assert_int_equal(roll_back(&site, 0), ERR_REFUSED);
    assert_string_equal(site_readers_see(&site), "10 rows of 5");
    site_close(&site);
}

static void a_load_that_never_was_live_is_no_target(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t held = site_load(&site, 5, 5, LOAD_HELD);
    assert_int_equal(roll_back(&site, held), ERR_REFUSED);
    assert_contains(site.err.message, "held");
    assert_int_equal(roll_back(&site, 999), ERR_NOT_FOUND);
    site_close(&site);
}

static void a_load_of_another_feed_is_no_target(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    pg_run(site.pg->store, "insert into loadguard.feed (name) values ('other'); "
                           "insert into loadguard.load (id, feed, state) "
                           "values (900, 'other', 'superseded')");
    assert_int_equal(roll_back(&site, 900), ERR_REFUSED);
    assert_contains(site.err.message, "other");
    site_close(&site);
}

static void a_load_marked_bad_is_passed_over(void **state)
{
    struct site site;
    struct error err;
    site_open(&site, *state, NULL);
    int64_t first = site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t second = site_load(&site, 10, 6, LOAD_PUBLISHED);
    (void)site_load(&site, 10, 7, LOAD_PUBLISHED);
    assert_ok(decide_mark(&site.gate, second, true, &joe, &err));
    assert_int_equal(roll_back(&site, 0), OK);
    assert_string_equal(site_state(&site, first), "published");
    site_close(&site);
}

static void a_kept_load_that_is_not_attached_can_be_gone_back_to(void **state)
{
    struct site site;
    const struct site_options options = {.feed = "    attached: 2\n    keep: 5"};
    site_open(&site, *state, &options);
    int64_t first = site_load(&site, 10, 5, LOAD_PUBLISHED);
    (void)site_load(&site, 10, 6, LOAD_PUBLISHED);
    (void)site_load(&site, 10, 7, LOAD_PUBLISHED);
    char sql[128];
    (void)snprintf(sql, sizeof(sql), "select state from loadguard.snapshot where load_id = %lld",
                   (long long)first);
    assert_string_equal(pg_text(site.pg->store, sql), "staged");
    /* as after a restore: the table is not the one that was verified */
    (void)snprintf(sql, sizeof(sql),
                   "update loadguard.snapshot set verified_identity = 'x' where load_id = %lld",
                   (long long)first);
    pg_run(site.pg->store, sql);
    assert_int_equal(roll_back(&site, first), OK);
    assert_string_equal(site_readers_see(&site), "10 rows of 5");
    site_close(&site);
}

static void a_load_whose_rows_are_gone_is_refused(void **state)
{
    struct site site;
    const struct site_options options = {.feed = "    attached: 2\n    keep: 2"};
    site_open(&site, *state, &options);
    int64_t first = site_load(&site, 10, 5, LOAD_PUBLISHED);
    for (int i = 0; i < 3; i++)
        (void)site_load(&site, 10, 6 + i, LOAD_PUBLISHED);
    assert_int_equal(roll_back(&site, first), ERR_REFUSED);
    assert_contains(site.err.message, "no longer kept");
    site_close(&site);
}

static void a_rollback_that_cannot_be_written_changes_nothing(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t second = site_load(&site, 10, 6, LOAD_PUBLISHED);
    pg_run(site.pg->store, "alter table loadguard.event rename to event_away");
    assert_true(roll_back(&site, 0) != OK);
    pg_run(site.pg->store, "alter table loadguard.event_away rename to event");
    assert_string_equal(site_readers_see(&site), "10 rows of 6");
    assert_string_equal(site_state(&site, second), "published");
    assert_int_equal(pg_int(site.pg->store, "select count(*) from loadguard.load where marked_bad"),
                     0);
    site_close(&site);
}

static void marks_are_set_and_taken_back_with_an_entry_each(void **state)
{
    struct site site;
    struct error err = {0};
    site_open(&site, *state, NULL);
    int64_t load = site_load(&site, 10, 5, LOAD_PUBLISHED);
    assert_ok(decide_mark(&site.gate, load, true, &joe, &err));
    assert_ok(decide_mark(&site.gate, load, false, &joe, &err));
    assert_int_equal(pg_int(site.pg->store, "select count(*) from loadguard.load where marked_bad"),
                     0);
    assert_string_equal(site_audit(&site, load), "published,marked bad,marked good");
    assert_fails(ERR_NOT_FOUND, decide_mark(&site.gate, 999, true, &joe, &err));
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test(a_held_load_is_published_by_a_person),
        pg_unit_test(what_an_approved_load_had_findings_on_is_no_history),
        pg_unit_test(a_new_normal_begins_history_with_the_approved_load),
        pg_unit_test(a_new_normal_ends_with_the_load_that_it_came_with),
        pg_unit_test(a_new_normal_ends_with_its_approval),
        pg_unit_test(what_could_not_be_told_of_an_approved_load_is_no_history),
        pg_unit_test(an_approval_counts_once),
        pg_unit_test(a_blocked_load_needs_an_override),
        pg_unit_test(duplicate_keys_are_released_by_nobody),
        pg_unit_test(only_loads_that_wait_can_be_decided_about),
        pg_unit_test(an_approval_lapses_when_the_live_load_has_changed),
        pg_unit_test(an_approval_whose_publication_fails_leaves_the_load_to_be_approved_again),
        pg_unit_test(a_rejected_load_is_over_and_its_rows_are_gone),
        pg_unit_test(a_rejection_stands_while_somebody_reads_the_rows),
        pg_unit_test(a_rollback_makes_the_load_before_live_and_the_bad_one_is_marked),
        pg_unit_test(a_rollback_needs_no_lock_of_the_feed),
        pg_unit_test(there_has_to_be_something_to_go_back_to),
        pg_unit_test(a_load_that_was_rolled_back_does_not_come_back),
        pg_unit_test(a_load_that_never_was_live_is_no_target),
        pg_unit_test(a_load_of_another_feed_is_no_target),
        pg_unit_test(a_load_marked_bad_is_passed_over),
        pg_unit_test(a_kept_load_that_is_not_attached_can_be_gone_back_to),
        pg_unit_test(a_load_whose_rows_are_gone_is_refused),
        pg_unit_test(a_rollback_that_cannot_be_written_changes_nothing),
        pg_unit_test(marks_are_set_and_taken_back_with_an_entry_each),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
