#include "tests/unit/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "scorer/scorer.h"

#define GOOD "{\"complete\": true, \"rows\": 2, \"as_of\": \"2011-05-23T04:00:00-07:00\"}"
#define SAY_GOOD "echo '" GOOD "' >&3; "
#define TWO_ROWS "echo 1,62; echo 2,50; "

static struct error err;
static char folder[] = "/tmp/loadguard-scorer-XXXXXX";

/* One scorer in a test: a shell script, with short times. */
struct fixture {
    const char *argv[4];
    struct scorer_spec spec;
    struct scorer_context context;
    struct scorer_callbacks callbacks;
    struct scorer *scorer;
    uint64_t rows; /* lines that were read */
    char log_path[100];
    const char *ask_sql;
    bool answer;
    int query_fd;
    unsigned n_closed;
};

static enum error_code ask(void *context, const char *sql, bool *ret_answer, struct error *e)
{
    struct fixture *f = context;
    if (strcmp(sql, "broken") == 0)
        return error_set(e, ERR_SQL, "no such table");
    f->ask_sql = sql;
    *ret_answer = f->answer;
    return OK;
}

static enum error_code open_rows(void *context, const char *sql, int *ret_fd, struct error *e)
{
    struct fixture *f = context;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set_errno(e, ERR_IO, errno, "no pipe");
    assert_int_equal(write(ends[1], sql, strlen(sql)), (ssize_t)strlen(sql));
    assert_int_equal(close(ends[1]), 0);
    f->query_fd = ends[0];
    *ret_fd = ends[0];
    return OK;
}

static enum error_code close_rows(void *context, struct error *e)
{
    struct fixture *f = context;
    f->n_closed++;
    assert_int_equal(close(f->query_fd), 0);
    return f->answer ? OK : error_set(e, ERR_SQL, "canceling statement");
}

static void fixture_init(struct fixture *f, const char *script)
{
    *f = (struct fixture){.argv = {"/bin/sh", "-c", script, NULL}};
    scorer_spec_init(&f->spec);
    f->spec.argv = f->argv;
    f->spec.drain_us = 100000;
    f->spec.grace_us = 300000;
    f->spec.timeout_us = 20 * USEC_PER_SEC;
    (void)snprintf(f->log_path, sizeof(f->log_path), "%s/log", folder);
    (void)unlink(f->log_path);
    f->context = (struct scorer_context){.feed = "klout",
                                         .load_id = 7,
                                         .as_of_us = INT64_C(1306148400000000),
                                         .log_path = f->log_path,
                                         .temp_dir = folder};
    f->callbacks = (struct scorer_callbacks){f, ask, open_rows, close_rows};
}

static void start(struct fixture *f)
{
    assert_ok(scorer_start(&f->spec, &f->context, &f->callbacks, &f->scorer, &err));
}

/* Counts lines to the end of the rows, as a reader would. */
static void read_rows(struct fixture *f)
{
    char chunk[65536];
    ssize_t got;
    while ((got = read(scorer_rows_fd(f->scorer), chunk, sizeof(chunk))) > 0 ||
           (got < 0 && errno == EINTR))
        for (ssize_t i = 0; i < got; i++)
            f->rows += chunk[i] == '\n';
    assert_int_equal(got, 0);
}

static enum error_code run(struct fixture *f, struct completeness *ret_completeness)
{
    start(f);
    read_rows(f);
    return scorer_finish(f->scorer, f->rows, ret_completeness, &err);
}

/* Nothing may remain: no child, no folder of the manifest. */
static void fixture_release(struct fixture *f)
{
    scorer_free(f->scorer);
    interrupt_reset();
    errno = 0;
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;)
        assert_null(strstr(entry->d_name, "manifest"));
    assert_int_equal(closedir(entries), 0);
}

static void expect(enum error_code code, const char *script, const char *words)
{
    struct fixture f;
    fixture_init(&f, script);
    struct completeness found = {0};
    assert_int_equal(run(&f, &found), code);
    if (words != NULL)
        assert_contains(err.message, words);
    completeness_release(&found);
    fixture_release(&f);
}

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

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL && interrupt_install(&err) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    char path[100];
    (void)snprintf(path, sizeof(path), "%s/log", folder);
    (void)unlink(path);
    return rmdir(folder);
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
        cmocka_unit_test(standard_error_goes_to_the_log),
        cmocka_unit_test(a_flood_on_standard_error_neither_blocks_nor_fills_the_disk),
        cmocka_unit_test(a_log_that_cannot_be_opened_is_an_error_at_the_start),
        cmocka_unit_test(a_full_disk_under_the_log_does_not_stop_the_load),
        cmocka_unit_test(garbage_on_the_manifest_is_quoted),
        cmocka_unit_test(a_manifest_that_says_complete_twice_is_refused),
        cmocka_unit_test(progress_without_an_end_is_not_complete),
        cmocka_unit_test(a_manifest_file_that_is_a_link_is_not_followed),
        cmocka_unit_test(a_flood_of_progress_lines_is_no_trouble),
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
