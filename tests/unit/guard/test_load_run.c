#include "guard/load_run.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "store/ledger.h"
#include "store/rollback.h"
#include "tests/unit/guard/site.h"

static void a_good_night_is_published(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    int64_t load = site_load(&site, 10, 5, LOAD_PUBLISHED);
    assert_string_equal(site_readers_see(&site), "10 rows of 5");
    assert_string_equal(site.result.record.completeness, "manifest");
    assert_string_equal(site.result.record.source, "command sh");
    assert_int_equal(site.result.record.pid, getpid());
    assert_string_equal(site_events(&site, load), "load.published");
    site_close(&site);
}

static void a_bad_night_keeps_the_last_good_one_live_with_its_rows_for_a_person(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t blocked = site_load(&site, 10, 1, LOAD_BLOCKED);
    int64_t held = site_load(&site, 5, 5, LOAD_HELD);
    assert_string_equal(site_readers_see(&site), "10 rows of 5");
    assert_true(site_has_rows(&site, blocked));
    assert_true(site_has_rows(&site, held));
    site_close(&site);
}

static void expect_failure(struct site *site, enum error_code code, const char *message,
                           const char *event)
{
    enum error_code got = site_run(site);
    if (got != code)
        error_print(&site->err, stderr);
    assert_int_equal(got, code);
    assert_contains(site->err.message, message);
    assert_string_equal(site_state(site, site->result.load_id), "failed");
    assert_string_equal(site_events(site, site->result.load_id), event);
    assert_false(site_has_rows(site, site->result.load_id));
    assert_string_equal(site_readers_see(site), "10 rows of 5");
    assert_false(store_in_transaction(site->pg->store));
}

static void a_night_that_fails_ends_failed_and_leaves_nothing(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    site_write(&site, "score", "echo profile_id,score; echo no input >&2; exit 3\n");
    expect_failure(&site, ERR_SCORER, "3", "load.failed");
    assert_contains(site.result.stderr_tail, "no input");
    site_write(&site, "score", "echo profile_id,score; printf '1,Z\\374rich\\n'\n");
    expect_failure(&site, ERR_DATA, "row", "load.failed");
    site_write(&site, "score",
               "cat night.csv; echo '{\"complete\": true, \"rows\": 9}' "
               ">&\"$LOADGUARD_MANIFEST_FD\"\n");
    expect_failure(&site, ERR_INCOMPLETE, "9", "load.not_ready");
    site_write(&site, "score", "kill -9 $$\n");
    expect_failure(&site, ERR_SCORER, "signal 9", "load.failed");
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    site_close(&site);
}

static void a_night_that_is_not_ready_never_starts_the_scorer(void **state)
{
    struct site site;
    const struct site_options options = {.scorer = "      ready: [select false]"};
    site_open(&site, *state, &options);
    site_write(&site, "score", "touch started\n");
    assert_int_equal(site_run(&site), ERR_NOT_READY);
    assert_string_equal(site_events(&site, site.result.load_id), "load.not_ready");
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/started", site.dir);
    assert_int_not_equal(access(path, F_OK), 0);
    site_close(&site);
}

static void a_night_of_a_schedule_is_done_once_but_a_failed_one_again(void **state)
{
    struct site site;
    struct error err;
    const struct load_run_options options = {.as_of_us = STORE_NO_TIME,
                                             .scheduled_for_us = INT64_C(1000000000000000)};
    site_open(&site, *state, NULL);
    assert_ok(gate_enter(&site.gate, &err));
    site_write(&site, "score", "exit 1\n");
    assert_fails(ERR_SCORER, load_run(&site.gate, &options, &site.result, &err));
    load_run_result_release(&site.result);
    site_night(&site, 10, 5);
    assert_ok(load_run(&site.gate, &options, &site.result, &err));
    assert_false(site.result.already_done);
    int64_t load = site.result.load_id;
    load_run_result_release(&site.result);
    assert_ok(load_run(&site.gate, &options, &site.result, &err));
    assert_true(site.result.already_done);
    assert_int_equal(site.result.load_id, load);
    assert_int_equal(site.result.state, LOAD_PUBLISHED);
    site_close(&site);
}

static void a_dry_run_judges_and_leaves_no_trace(void **state)
{
    struct site site;
    struct error err;
    const struct load_run_options options = {.as_of_us = STORE_NO_TIME,
                                             .scheduled_for_us = STORE_NO_TIME};
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    load_run_result_release(&site.result);
    site_night(&site, 10, 1);
    assert_ok(load_run_dry(&site.gate, &options, &site.result, &err));
    assert_int_equal(site.result.verdict.judged.judgement.verdict, VERDICT_BLOCK);
    assert_string_equal(site.result.record.completeness, "manifest");
    assert_int_equal(pg_int(site.pg->store, "select count(*) from loadguard.load"), 1);
    assert_int_equal(pg_int(site.pg->store, "select count(*) from loadguard.event"), 1);
    site_close(&site);
}

static void a_first_dry_run_needs_no_tables(void **state)
{
    struct site site;
    struct error err;
    const struct load_run_options options = {.as_of_us = STORE_NO_TIME,
                                             .scheduled_for_us = STORE_NO_TIME};
    site_open(&site, *state, NULL);
    site_night(&site, 10, 1);
    assert_ok(load_run_dry(&site.gate, &options, &site.result, &err));
    assert_int_equal(site.result.verdict.judged.judgement.verdict, VERDICT_PASS);
    site_close(&site);
}

/* Takes the pointer from the live load to another, as a rollback by somebody else does. */
static void roll_back_behind(struct site *site, int64_t from, int64_t to)
{
    struct error err;
    struct live live;
    CLEANUP(store_closep) struct store *other = pg_open(site->pg);
    assert_ok(store_begin(other, &err));
    assert_ok(rollback_flip(other, "scores", from, to, &live, &err));
    assert_ok(ledger_change_state(other, from, "published", "rolled_back", &err));
    assert_ok(ledger_change_state(other, to, "superseded", "published", &err));
    assert_ok(store_commit(other, &err));
}

static void a_load_that_was_overtaken_is_judged_anew_and_its_new_verdict_is_told(void **state)
{
    struct site site;
    struct error err;
    enum load_state after = LOAD_RELEASING;
    CLEANUP(load_verdict_release) struct load_verdict verdict = {0};
    site_open(&site, *state, NULL);
    int64_t first = site_load(&site, 20, 5, LOAD_PUBLISHED);
    int64_t second = site_load(&site, 18, 5, LOAD_PUBLISHED);
    /* fewer by two than the second, but by four than the first */
    int64_t third = site_load(&site, 14, 5, LOAD_HELD);
    pg_run(site.pg->store, "update loadguard.load set state = 'releasing' where state = 'held'");
    roll_back_behind(&site, second, first);
    assert_ok(load_publish(&site.gate, third, NULL, NULL, &verdict, &after, &err));
    assert_int_equal(after, LOAD_HELD);
    assert_int_equal(verdict.baseline.id, first);
    assert_int_equal(verdict.epoch, 1);
    assert_string_equal(site_state(&site, third), "held");
    assert_string_equal(site_events(&site, third), "load.held,load.held");
    assert_string_equal(site_readers_see(&site), "20 rows of 5");
    site_close(&site);
}

static void a_load_that_was_overtaken_and_still_passes_is_published(void **state)
{
    struct site site;
    struct error err;
    enum load_state after = LOAD_RELEASING;
    CLEANUP(load_verdict_release) struct load_verdict verdict = {0};
    site_open(&site, *state, NULL);
    int64_t first = site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t second = site_load(&site, 20, 5, LOAD_PUBLISHED);
    int64_t third = site_load(&site, 9, 5, LOAD_HELD);
    pg_run(site.pg->store, "update loadguard.load set state = 'releasing' where state = 'held'");
    roll_back_behind(&site, second, first);
    assert_ok(load_publish(&site.gate, third, NULL, NULL, &verdict, &after, &err));
    assert_int_equal(after, LOAD_PUBLISHED);
    assert_string_equal(site_readers_see(&site), "9 rows of 5");
    site_close(&site);
}

static void a_scorer_may_be_a_query(void **state)
{
    struct site site;
    const struct site_options options = {
        .no_command = true,
        .scorer = "      query: select g::bigint as profile_id, 5.0::float8 as score from "
                  "generate_series(1, 10) g\n      complete_when: {query: select true}"};
    site_open(&site, *state, &options);
    assert_int_equal(site_run(&site), OK);
    assert_string_equal(site_readers_see(&site), "10 rows of 5");
    site_close(&site);
}

static void a_query_that_hangs_is_ended_at_its_timeout(void **state)
{
    struct site site;
    const struct site_options options = {
        .no_command = true,
        .scorer = "      timeout: 1s\n      query: select 1::bigint as profile_id, 5.0::float8 as "
                  "score from pg_sleep(3600)"};
    site_open(&site, *state, &options);
    assert_int_equal(site_run(&site), ERR_TIMEOUT);
    assert_string_equal(site_state(&site, site.result.load_id), "failed");
    site_close(&site);
}

static void a_run_that_lost_its_session_before_it_published_changes_nothing(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    site_night(&site, 11, 6);
    char script[512];
    (void)snprintf(script, sizeof(script),
                   "psql -XAtq '%s' -c \"select pg_terminate_backend(%d)\" >&2\n"
                   "cat night.csv; cat manifest.json >&\"$LOADGUARD_MANIFEST_FD\"\n",
                   site.pg->url, store_backend_pid(site.pg->store));
    site_write(&site, "score", script);
    assert_true(site_run(&site) != OK);
    assert_string_equal(site_state(&site, site.result.load_id), "failed");
    assert_string_equal(site_readers_see(&site), "10 rows of 5");
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test(a_good_night_is_published),
        pg_unit_test(a_bad_night_keeps_the_last_good_one_live_with_its_rows_for_a_person),
        pg_unit_test(a_night_that_fails_ends_failed_and_leaves_nothing),
        pg_unit_test(a_night_that_is_not_ready_never_starts_the_scorer),
        pg_unit_test(a_night_of_a_schedule_is_done_once_but_a_failed_one_again),
        pg_unit_test(a_dry_run_judges_and_leaves_no_trace),
        pg_unit_test(a_first_dry_run_needs_no_tables),
        pg_unit_test(a_load_that_was_overtaken_is_judged_anew_and_its_new_verdict_is_told),
        pg_unit_test(a_load_that_was_overtaken_and_still_passes_is_published),
        pg_unit_test(a_scorer_may_be_a_query),
        pg_unit_test(a_query_that_hangs_is_ended_at_its_timeout),
        pg_unit_test(a_run_that_lost_its_session_before_it_published_changes_nothing),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
