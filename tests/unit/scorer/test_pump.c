#include "tests/unit/scorer/fixture.h"

/* --- Standard error --------------------------------------------------------------------------- */

static off_t log_size(const struct fixture *f)
{
    struct stat info;
    assert_int_equal(stat(f->log_path, &info), 0);
    return info.st_size;
}

static void standard_error_goes_to_the_log(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "echo one >&2; " TWO_ROWS SAY_GOOD "printf 'two\\033[2J\\377' >&2");
    struct completeness found;
    assert_ok(run(&f, &found));
    assert_int_equal(log_size(&f), 12);
    assert_string_equal(scorer_stderr_tail(f.scorer), "one\ntwo?[2J\xEF\xBF\xBD");
    completeness_release(&found);
    fixture_release(&f);
}

static void a_flood_on_standard_error_neither_blocks_nor_fills_the_disk(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "yes 'a line that says nothing at all' | head -c 100000000 >&2; "
                     "echo 'the last line' >&2; " TWO_ROWS SAY_GOOD);
    f.spec.max_log_bytes = 1000000;
    struct completeness found;
    assert_ok(run(&f, &found));
    assert_in_range(log_size(&f), 1000000, 1000100);
    assert_int_equal(found.n_notes, 1);
    assert_contains(found.notes[0], "cut");
    const char *tail = scorer_stderr_tail(f.scorer);
    assert_true(strlen(tail) <= SCORER_TAIL_BYTES);
    assert_int_equal(strncmp(tail, "a line", 6), 0);
    assert_contains(tail, "the last line\n");
    completeness_release(&found);
    fixture_release(&f);
}

static void a_log_that_cannot_be_opened_is_an_error_at_the_start(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    f.context.log_path = "/no/such/folder/log";
    assert_fails(ERR_IO, scorer_start(&f.spec, &f.context, &f.callbacks, &f.scorer, &err));
    fixture_release(&f);
}

static void a_full_disk_under_the_log_does_not_stop_the_load(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "echo words >&2; " TWO_ROWS SAY_GOOD);
    f.context.log_path = "/dev/full";
    struct completeness found;
    assert_ok(run(&f, &found));
    assert_int_equal(found.n_notes, 1);
    assert_contains(found.notes[0], "could not be logged");
    assert_string_equal(scorer_stderr_tail(f.scorer), "words\n");
    completeness_release(&found);
    fixture_release(&f);
}

/* --- Grandchildren ---------------------------------------------------------------------------- */

static void a_grandchild_in_the_group_that_holds_the_rows_makes_them_incomplete(void **state)
{
    (void)state;
    expect(ERR_INCOMPLETE, TWO_ROWS SAY_GOOD "sleep 60 2>&- 3>&- &", "left behind");
}

static void a_grandchild_that_left_the_group_cannot_hold_the_rows_for_ever(void **state)
{
    (void)state;
    expect(ERR_INCOMPLETE, TWO_ROWS SAY_GOOD "setsid sleep 5 &", "left behind");
}

static void a_grandchild_that_writes_its_rows_in_time_is_waited_for(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "{ sleep 0.1; " TWO_ROWS "} & " SAY_GOOD);
    f.spec.drain_us = 20 * USEC_PER_SEC;
    struct completeness found;
    assert_ok(run(&f, &found));
    completeness_release(&found);
    fixture_release(&f);
}

static void a_grandchild_that_trickles_rows_is_cut_off(void **state)
{
    (void)state;
    expect(ERR_INCOMPLETE, TWO_ROWS SAY_GOOD "{ while :; do echo 3,4; sleep 0.02; done; } &",
           "left behind");
}

static void a_grandchild_that_only_holds_standard_error_is_noted(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, TWO_ROWS SAY_GOOD "sleep 60 >&- &");
    struct completeness found;
    assert_ok(run(&f, &found));
    assert_int_equal(found.n_notes, 1);
    assert_contains(found.notes[0], "left a process behind");
    completeness_release(&found);
    fixture_release(&f);
}

static void a_slow_reader_is_not_held_against_the_scorer(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "head -c 2000000 /dev/zero; echo '{\"complete\":true,\"rows\":0,"
                     "\"as_of\":\"2011-05-23T11:00:00Z\"}' >&3");
    f.spec.drain_us = 20000;
    start(&f);
    /* Each pause is longer than the time to drain, and the scorer has long ended. */
    for (int i = 0; i < 5; i++) {
        char chunk[65536];
        assert_true(read(scorer_rows_fd(f.scorer), chunk, sizeof(chunk)) > 0);
        (void)usleep(50000);
    }
    read_rows(&f);
    struct scorer_progress progress;
    scorer_progress(f.scorer, &progress);
    assert_int_equal(progress.bytes, 2000000);
    struct completeness found;
    assert_ok(scorer_finish(f.scorer, 0, &found, &err));
    completeness_release(&found);
    fixture_release(&f);
}

/* --- Stopping --------------------------------------------------------------------------------- */

static void *raise_soon(void *argument)
{
    (void)usleep(100000);
    (void)kill(getpid(), SIGTERM);
    return argument;
}

static void what_is_left_of_a_stopped_scorer_has_no_longer_than_its_grace(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "sh -c \"trap '' TERM; while :; do sleep 0.05; done\" & " TWO_ROWS "sleep 60");
    f.spec.timeout_us = 300000;
    f.spec.drain_us = INT64_C(3600) * USEC_PER_SEC;
    struct completeness found;
    assert_fails(ERR_TIMEOUT, run(&f, &found));
    fixture_release(&f);
}

static void an_interrupt_stops_the_scorer_and_ends_its_rows(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, TWO_ROWS "sleep 60");
    start(&f);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, raise_soon, NULL), 0);
    read_rows(&f);
    struct completeness found;
    assert_fails(ERR_CANCELLED, scorer_finish(f.scorer, f.rows, &found, &err));
    assert_int_equal(pthread_join(thread, NULL), 0);
    fixture_release(&f);
}

static void a_broken_row_of_a_scorer_that_died_is_explained_by_its_death(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "printf '1,6'; exec >&-; sleep 0.1; echo 'out of disk' >&2; exit 5");
    start(&f);
    read_rows(&f);
    (void)error_set(&err, ERR_DATA, "the last row is broken");
    assert_fails(ERR_SCORER, scorer_fail(f.scorer, &err));
    assert_contains(err.message, "exit status 5");
    assert_contains(err.detail, "out of disk");
    fixture_release(&f);
}

static void a_broken_row_of_a_scorer_that_runs_on_stays_the_reason(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "while echo x; do :; done");
    start(&f);
    char chunk[10];
    assert_true(read(scorer_rows_fd(f.scorer), chunk, sizeof(chunk)) > 0);
    (void)error_set(&err, ERR_DATA, "row 1 is broken");
    assert_fails(ERR_DATA, scorer_fail(f.scorer, &err));
    assert_string_equal(err.message, "row 1 is broken");
    fixture_release(&f);
}

static void freeing_stops_a_running_scorer(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, TWO_ROWS "sleep 60");
    start(&f);
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standard_error_goes_to_the_log),
        cmocka_unit_test(a_flood_on_standard_error_neither_blocks_nor_fills_the_disk),
        cmocka_unit_test(a_log_that_cannot_be_opened_is_an_error_at_the_start),
        cmocka_unit_test(a_full_disk_under_the_log_does_not_stop_the_load),
        cmocka_unit_test(a_grandchild_in_the_group_that_holds_the_rows_makes_them_incomplete),
        cmocka_unit_test(a_grandchild_that_left_the_group_cannot_hold_the_rows_for_ever),
        cmocka_unit_test(a_grandchild_that_writes_its_rows_in_time_is_waited_for),
        cmocka_unit_test(a_grandchild_that_trickles_rows_is_cut_off),
        cmocka_unit_test(a_grandchild_that_only_holds_standard_error_is_noted),
        cmocka_unit_test(a_slow_reader_is_not_held_against_the_scorer),
        cmocka_unit_test(what_is_left_of_a_stopped_scorer_has_no_longer_than_its_grace),
        cmocka_unit_test(an_interrupt_stops_the_scorer_and_ends_its_rows),
        cmocka_unit_test(a_broken_row_of_a_scorer_that_died_is_explained_by_its_death),
        cmocka_unit_test(a_broken_row_of_a_scorer_that_runs_on_stays_the_reason),
        cmocka_unit_test(freeing_stops_a_running_scorer),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
