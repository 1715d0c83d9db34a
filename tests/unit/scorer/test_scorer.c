#include "tests/unit/scorer/fixture.h"

/* --- What is good ----------------------------------------------------------------------------- */

static void a_scorer_that_keeps_the_contract_is_complete(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, TWO_ROWS SAY_GOOD);
    struct completeness found;
    assert_ok(run(&f, &found));
    assert_int_equal(found.state, COMPLETENESS_COMPLETE);
    assert_string_equal(found.how, "manifest");
    assert_int_equal(found.as_of_us, INT64_C(1306148400000000));
    assert_int_equal(found.rows, 2);
    assert_int_equal(found.n_notes, 0);
    completeness_release(&found);
    fixture_release(&f);
}

static void the_manifest_may_come_through_the_file(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, TWO_ROWS "echo '" GOOD "' > $LOADGUARD_MANIFEST.new;"
                              "mv $LOADGUARD_MANIFEST.new $LOADGUARD_MANIFEST");
    struct completeness found;
    assert_ok(run(&f, &found));
    assert_string_equal(found.how, "manifest");
    completeness_release(&found);
    fixture_release(&f);
}

static void file_and_descriptor_may_say_the_same_but_not_contradict(void **state)
{
    (void)state;
    expect(OK, TWO_ROWS SAY_GOOD "echo '" GOOD "' > $LOADGUARD_MANIFEST", NULL);
    expect(ERR_INCOMPLETE,
           TWO_ROWS SAY_GOOD "echo '{\"complete\":true,\"rows\":3}' > $LOADGUARD_MANIFEST",
           "contradict");
}

static void the_scorer_is_told_what_it_runs_for(void **state)
{
    (void)state;
    expect(OK,
           "test \"$LOADGUARD_FEED/$LOADGUARD_LOAD_ID/$LOADGUARD_AS_OF\" = "
           "klout/7/2011-05-23T11:00:00Z && test $LOADGUARD_MANIFEST_FD = 3 && " TWO_ROWS SAY_GOOD,
           NULL);
}

static void without_anybody_who_vouches_completeness_is_unknown(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, TWO_ROWS);
    struct completeness found;
    assert_ok(run(&f, &found));
    assert_int_equal(found.state, COMPLETENESS_UNKNOWN);
    assert_string_equal(found.how, "none");
    completeness_release(&found);
    fixture_release(&f);
}

static void many_rows_pass_unchanged(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "seq 1 300000; echo '{\"complete\":true,\"rows\":300000,"
                     "\"as_of\":\"2011-05-23T11:00:00Z\"}' >&3");
    start(&f);
    FILE *rows = fdopen(dup(scorer_rows_fd(f.scorer)), "r");
    assert_non_null(rows);
    uint64_t n = 0;
    for (uint64_t value; fscanf(rows, "%" SCNu64, &value) == 1; n++)
        assert_int_equal(value, n + 1);
    assert_int_equal(fclose(rows), 0);
    struct scorer_progress progress;
    scorer_progress(f.scorer, &progress);
    assert_int_equal(progress.bytes, 1988895);
    struct completeness found;
    assert_ok(scorer_finish(f.scorer, n, &found, &err));
    assert_int_equal(found.rows, 300000);
    completeness_release(&found);
    fixture_release(&f);
}

static void progress_can_be_watched(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(
        &f, "echo '{\"progress\": 0.4, \"rows\": 30000000}' >&3; read line; " TWO_ROWS SAY_GOOD);
    char path[100];
    (void)snprintf(path, sizeof(path), "%s/go", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    char script[400];
    (void)snprintf(script, sizeof(script), "exec <%s; %s", path, f.argv[2]);
    f.argv[2] = script;
    start(&f);
    int go = open(path, O_WRONLY | O_CLOEXEC);
    struct scorer_progress progress = {0};
    for (int tries = 0; tries < 2000 && !progress.has_fraction; tries++) {
        (void)usleep(5000);
        scorer_progress(f.scorer, &progress);
    }
    assert_true(progress.fraction > 0.39 && progress.fraction < 0.41);
    assert_int_equal(progress.rows, 30000000);
    assert_int_equal(write(go, "\n", 1), 1);
    assert_int_equal(close(go), 0);
    read_rows(&f);
    struct completeness found;
    assert_ok(scorer_finish(f.scorer, f.rows, &found, &err));
    completeness_release(&found);
    assert_int_equal(unlink(path), 0);
    fixture_release(&f);
}

/* --- Ends that are none ----------------------------------------------------------------------- */

static void a_failing_scorer_is_reported_with_its_last_words(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, TWO_ROWS SAY_GOOD "echo 'no route to warehouse' >&2; exit 3");
    struct completeness found;
    assert_fails(ERR_SCORER, run(&f, &found));
    assert_string_equal(err.message, "the scorer ended with exit status 3");
    assert_contains(err.detail, "no route to warehouse");
    assert_string_equal(scorer_stderr_tail(f.scorer), "no route to warehouse\n");
    fixture_release(&f);
}

static void a_killed_scorer_failed_whatever_it_said(void **state)
{
    (void)state;
    expect(ERR_SCORER, TWO_ROWS SAY_GOOD "kill -9 $$", "signal 9 (SIGKILL)");
    expect(ERR_SCORER, TWO_ROWS SAY_GOOD "kill -15 $$", "signal 15 (SIGTERM)");
}

static void a_program_that_does_not_exist_is_an_error_at_the_start(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    f.argv[0] = "/no/such/scorer";
    assert_fails(ERR_SCORER, scorer_start(&f.spec, &f.context, &f.callbacks, &f.scorer, &err));
    assert_contains(err.message, "/no/such/scorer");
    fixture_release(&f);
}

static void half_the_rows_and_status_0_are_not_complete(void **state)
{
    (void)state;
    expect(ERR_INCOMPLETE, "echo 1,62; " SAY_GOOD, "counts 2 rows, but 1 were read");
}

static void too_many_rows_are_not_complete(void **state)
{
    (void)state;
    expect(ERR_INCOMPLETE, TWO_ROWS TWO_ROWS SAY_GOOD, "counts 2 rows, but 4 were read");
}

static void a_scorer_that_hangs_is_stopped_at_its_timeout(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, TWO_ROWS "echo waiting >&2; sleep 60");
    f.spec.timeout_us = 300000;
    struct completeness found;
    assert_fails(ERR_TIMEOUT, run(&f, &found));
    assert_contains(err.message, "longer than 300 ms");
    assert_contains(err.detail, "waiting");
    fixture_release(&f);
}

static void a_scorer_that_closes_its_output_and_sleeps_is_stopped_too(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, TWO_ROWS SAY_GOOD "exec >&- ; sleep 60");
    f.spec.timeout_us = 300000;
    struct completeness found;
    assert_fails(ERR_TIMEOUT, run(&f, &found));
    fixture_release(&f);
}

static void a_scorer_that_ignores_the_request_to_end_is_killed(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "trap '' TERM; echo $$ >&2; " TWO_ROWS "while :; do sleep 0.05; done");
    f.spec.timeout_us = 300000;
    f.spec.grace_us = 100000;
    struct completeness found;
    assert_fails(ERR_TIMEOUT, run(&f, &found));
    char path[64];
    char state_letter[2] = "";
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", atoi(scorer_stderr_tail(f.scorer)));
    FILE *file = fopen(path, "re");
    assert_non_null(file); /* ended, and kept until its group is of no more use */
    assert_int_equal(fscanf(file, "%*d %*s %1s", state_letter), 1);
    assert_int_equal(fclose(file), 0);
    assert_string_equal(state_letter, "Z");
    fixture_release(&f);
}

static void a_scorer_that_ends_well_only_because_it_was_stopped_timed_out(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "trap \"" SAY_GOOD "echo bye >&2; exit 0\" TERM; " TWO_ROWS
                     "while :; do sleep 0.05; done");
    f.spec.timeout_us = 300000;
    f.spec.grace_us = 20 * USEC_PER_SEC;
    struct completeness found;
    assert_fails(ERR_TIMEOUT, run(&f, &found));
    assert_contains(scorer_stderr_tail(f.scorer), "bye\n"); /* it was asked, not killed */
    fixture_release(&f);
}

/* --- Garbage on the manifest ------------------------------------------------------------------ */

static void garbage_on_the_manifest_is_quoted(void **state)
{
    (void)state;
    expect(ERR_INCOMPLETE, TWO_ROWS "echo 'all done, boss' >&3", "all done, boss");
    expect(ERR_INCOMPLETE, TWO_ROWS SAY_GOOD "echo oops > $LOADGUARD_MANIFEST", "oops");
    expect(ERR_INCOMPLETE, TWO_ROWS "head -c 100000 /dev/urandom >&3", "manifest");
    expect(ERR_INCOMPLETE, TWO_ROWS "head -c 70000 /dev/zero | tr '\\0' x >&3", "64 KiB");
}

static void a_manifest_that_says_complete_twice_is_refused(void **state)
{
    (void)state;
    expect(ERR_INCOMPLETE, TWO_ROWS SAY_GOOD SAY_GOOD, "comes after");
}

static void progress_without_an_end_is_not_complete(void **state)
{
    (void)state;
    expect(ERR_INCOMPLETE, TWO_ROWS "echo '{\"progress\": 0.99}' >&3", "never");
}

static void a_manifest_file_that_is_a_link_is_not_followed(void **state)
{
    (void)state;
    expect(ERR_INCOMPLETE, TWO_ROWS "ln -s /etc/passwd $LOADGUARD_MANIFEST", "cannot open");
    expect(ERR_INCOMPLETE, TWO_ROWS "mkfifo $LOADGUARD_MANIFEST", "plain file");
}

static void a_flood_of_progress_lines_is_no_trouble(void **state)
{
    (void)state;
    expect(OK,
           TWO_ROWS "yes '{\"progress\": 0.5}' | head -n 100000 >&3; yes '{\"progress\": 0.5}' | "
                    "head -n 100000 > $LOADGUARD_MANIFEST; " SAY_GOOD,
           NULL);
}

/* --- Files and queries ------------------------------------------------------------------------ */

static const char *write_file(const char *name, const char *text)
{
    static char paths[2][100];
    static unsigned n;
    char *path = paths[n++ % 2];
    (void)snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return path;
}

static void use_file(struct fixture *f, const char *path)
{
    fixture_init(f, "");
    f->spec.kind = SCORER_FILE;
    f->spec.path = path;
}

static void a_file_needs_somebody_who_vouches(void **state)
{
    (void)state;
    struct fixture f;
    struct completeness found;
    const char *path = write_file("rows.csv", "1,62\n2,50\n");
    use_file(&f, path);
    assert_ok(run(&f, &found));
    assert_int_equal(found.state, COMPLETENESS_UNKNOWN);
    completeness_release(&found);
    fixture_release(&f);
    use_file(&f, path);
    f.context.has_expected_rows = true;
    f.context.expected_rows = 2;
    assert_ok(run(&f, &found));
    assert_string_equal(found.how, "--rows");
    completeness_release(&found);
    fixture_release(&f);
    use_file(&f, path);
    f.context.has_expected_rows = true;
    f.context.expected_rows = 3;
    assert_fails(ERR_INCOMPLETE, run(&f, &found));
    fixture_release(&f);
    assert_int_equal(unlink(path), 0);
}

static void a_file_that_changes_while_it_is_read_is_not_complete(void **state)
{
    (void)state;
    struct fixture f;
    struct completeness found;
    const char *path = write_file("rows.csv", "1,62\n");
    use_file(&f, path);
    f.context.assume_complete = true;
    start(&f);
    read_rows(&f);
    (void)write_file("rows.csv", "1,62\n2,50\n");
    assert_fails(ERR_INCOMPLETE, scorer_finish(f.scorer, f.rows, &found, &err));
    assert_contains(err.message, "changed while it was read");
    fixture_release(&f);
    assert_int_equal(unlink(path), 0);
}

static void a_missing_file_or_marker_is_not_ready(void **state)
{
    (void)state;
    struct fixture f;
    use_file(&f, "/no/such/file");
    assert_fails(ERR_NOT_READY, scorer_check_ready(&f.spec, &f.callbacks, &err));
    assert_fails(ERR_NOT_READY, scorer_start(&f.spec, &f.context, &f.callbacks, &f.scorer, &err));
    fixture_release(&f);
    const char *path = write_file("rows.csv", "1,62\n");
    use_file(&f, path);
    f.spec.complete_when = (struct complete_when){COMPLETE_WHEN_MARKER_FILE, "/no/such/marker"};
    assert_fails(ERR_NOT_READY, scorer_check_ready(&f.spec, &f.callbacks, &err));
    assert_contains(err.message, "/no/such/marker");
    const char *marker = write_file("done", "");
    f.spec.complete_when.text = marker;
    assert_ok(scorer_check_ready(&f.spec, &f.callbacks, &err));
    fixture_release(&f);
    assert_int_equal(unlink(path) + unlink(marker), 0);
}

static void *write_to_fifo(void *argument)
{
    int fd = open(argument, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "1,62\n2,50\n", 10) != 10)
        return argument;
    return close(fd) == 0 ? NULL : argument;
}

static void a_named_pipe_is_read_to_its_end(void **state)
{
    (void)state;
    char path[100];
    (void)snprintf(path, sizeof(path), "%s/fifo", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    struct fixture f;
    use_file(&f, path);
    f.context.assume_complete = true;
    start(&f);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_to_fifo, path), 0);
    read_rows(&f);
    assert_int_equal(pthread_join(thread, NULL), 0);
    struct completeness found;
    assert_ok(scorer_finish(f.scorer, f.rows, &found, &err));
    assert_int_equal(found.rows, 2);
    assert_string_equal(found.how, "--assume-complete");
    completeness_release(&found);
    fixture_release(&f);
    assert_int_equal(unlink(path), 0);
}

static void a_named_pipe_that_nobody_writes_to_times_out(void **state)
{
    (void)state;
    char path[100];
    (void)snprintf(path, sizeof(path), "%s/fifo", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    struct fixture f;
    use_file(&f, path);
    f.spec.timeout_us = 100000;
    f.context.assume_complete = true;
    struct completeness found;
    assert_fails(ERR_TIMEOUT, run(&f, &found));
    fixture_release(&f);
    assert_int_equal(unlink(path), 0);
}

static void a_query_delivers_rows_and_says_whether_it_ended(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    f.spec.kind = SCORER_QUERY;
    f.spec.sql = "1,62\n2,50\n";
    f.answer = true;
    struct completeness found;
    assert_ok(run(&f, &found));
    assert_int_equal(found.state, COMPLETENESS_UNKNOWN);
    assert_int_equal(f.rows, 2);
    completeness_release(&found);
    fixture_release(&f);
    assert_int_equal(f.n_closed, 1);
    fixture_init(&f, "");
    f.spec.kind = SCORER_QUERY;
    f.spec.sql = "1,62\n";
    assert_fails(ERR_SQL, run(&f, &found));
    assert_contains(err.message, "canceling statement");
    fixture_release(&f);
    assert_int_equal(f.n_closed, 1);
}

static void ready_queries_have_to_be_true(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    static const char *const queries[] = {"select a", "select b"};
    f.spec.ready = queries;
    f.spec.n_ready = 2;
    f.answer = true;
    assert_ok(scorer_check_ready(&f.spec, &f.callbacks, &err));
    assert_string_equal(f.ask_sql, "select b");
    f.answer = false;
    assert_fails(ERR_NOT_READY, scorer_check_ready(&f.spec, &f.callbacks, &err));
    assert_contains(err.message, "select a");
    static const char *const broken[] = {"broken"};
    f.spec.ready = broken;
    f.spec.n_ready = 1;
    assert_fails(ERR_SQL, scorer_check_ready(&f.spec, &f.callbacks, &err));
    fixture_release(&f);
}

static void a_scorer_under_another_account_can_write_its_manifest(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(chmod(folder, 0711), 0);
    struct fixture f;
    fixture_init(&f, "test $(id -un) = nobody && test $USER = nobody && " TWO_ROWS "echo '" GOOD
                     "' > $LOADGUARD_MANIFEST");
    f.spec.run_as = "nobody";
    struct completeness found;
    assert_ok(run(&f, &found));
    assert_string_equal(found.how, "manifest");
    completeness_release(&found);
    fixture_release(&f);
    assert_int_equal(chmod(folder, 0700), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scorer_that_keeps_the_contract_is_complete),
        cmocka_unit_test(the_manifest_may_come_through_the_file),
        cmocka_unit_test(file_and_descriptor_may_say_the_same_but_not_contradict),
        cmocka_unit_test(the_scorer_is_told_what_it_runs_for),
        cmocka_unit_test(without_anybody_who_vouches_completeness_is_unknown),
        cmocka_unit_test(many_rows_pass_unchanged),
        cmocka_unit_test(progress_can_be_watched),
        cmocka_unit_test(a_failing_scorer_is_reported_with_its_last_words),
        cmocka_unit_test(a_killed_scorer_failed_whatever_it_said),
        cmocka_unit_test(a_program_that_does_not_exist_is_an_error_at_the_start),
        cmocka_unit_test(half_the_rows_and_status_0_are_not_complete),
        cmocka_unit_test(too_many_rows_are_not_complete),
        cmocka_unit_test(a_scorer_that_hangs_is_stopped_at_its_timeout),
        cmocka_unit_test(a_scorer_that_closes_its_output_and_sleeps_is_stopped_too),
        cmocka_unit_test(a_scorer_that_ignores_the_request_to_end_is_killed),
        cmocka_unit_test(a_scorer_that_ends_well_only_because_it_was_stopped_timed_out),
        cmocka_unit_test(garbage_on_the_manifest_is_quoted),
        cmocka_unit_test(a_manifest_that_says_complete_twice_is_refused),
        cmocka_unit_test(progress_without_an_end_is_not_complete),
        cmocka_unit_test(a_manifest_file_that_is_a_link_is_not_followed),
        cmocka_unit_test(a_flood_of_progress_lines_is_no_trouble),
        cmocka_unit_test(a_file_needs_somebody_who_vouches),
        cmocka_unit_test(a_file_that_changes_while_it_is_read_is_not_complete),
        cmocka_unit_test(a_missing_file_or_marker_is_not_ready),
        cmocka_unit_test(a_named_pipe_is_read_to_its_end),
        cmocka_unit_test(a_named_pipe_that_nobody_writes_to_times_out),
        cmocka_unit_test(a_query_delivers_rows_and_says_whether_it_ended),
        cmocka_unit_test(ready_queries_have_to_be_true),
        cmocka_unit_test(a_scorer_under_another_account_can_write_its_manifest),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
