/*
 * A run is killed, or the server under it, at every place that has a name. Afterwards readers see
 * the old load or the new one, whole; what was left is put in order; and the next run succeeds.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/recover.h"
#include "store/retention.h"
#include "store/rollback.h"
#include "tests/unit/store/loads.h"

#define MAX_LABELS 64
#define ROWS 3000

static const struct retention_options keep = {.attached_max = 2, .keep = 1};

struct labels {
    char names[MAX_LABELS][64];
    size_t n;
};

struct scene {
    struct pg_test *test;
    struct test_feed feed;
    int64_t next_load;
    char log_path[200];
};

static enum error_code stage(struct store *store, const struct test_feed *feed, int64_t load_id,
                             struct error *err)
{
    struct staging *staging CLEANUP(staging_cleanup) = NULL;
    const struct staging_options options = {.rows_per_part = 1000};
    struct fingerprint fingerprint = {0};
    uint64_t rows;
    TRY(staging_begin(store, &feed->table, load_id, &options, &staging, err));
    TRY(send_rows(staging, feed, 1, ROWS, (double)load_id, &fingerprint, err));
    TRY(staging_finish(staging, false, &rows, err));
    TRY(staging_record(staging, store, rows, &fingerprint, err));
    return staging_index(store, &feed->table, load_id, err);
}

static enum error_code flip(struct store *store, const struct publication *publication,
                            struct error *err)
{
    struct store *open CLEANUP(store_rollbackp) = store;
    TRY(store_begin(store, err));
    TRY(publish_flip(store, publication, 1, err));
    return store_commit(open, err);
}

/* A night as a run has it, in the order that the guard will keep. */
static enum error_code run(const char *url, const struct test_feed *feed, int64_t load_id,
                           struct error *err)
{
    struct store *store CLEANUP(store_closep) = NULL;
    struct live live;
    struct retention_result result;
    const struct store_options options = {.url = url, .application_name = "run"};
    const struct wait_options wait = {.give_up_after_us = 20000000, .report_after_us = 20000000};
    TRY(store_open(&options, &store, err));
    TRY(feed_table_ensure(store, &feed->table, err));
    TRY(publish_live(store, "scores", &live, err));
    const struct publication publication = {.feed = &feed->table,
                                            .load_id = load_id,
                                            .judged_against = live.load_id,
                                            .epoch = live.epoch};
    TRY(stage(store, feed, load_id, err));
    TRY(retention_make_room(store, "scores", &keep, &wait, err));
    TRY(publish_attach(store, &publication, 1, &wait, err));
    TRY(publish_wait(store, &publication, 1, &wait, err));
    TRY(flip(store, &publication, err));
    return retention_step(store, "scores", &keep, &result, err);
}

/* A run in a process of its own, with a fault at a label. */
static pid_t start_run(struct scene *scene, const char *fault, int64_t load_id)
{
    struct error err;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    (void)setenv("LOADGUARD_FAULT", fault, 1);
    (void)setenv("LOADGUARD_FAULT_LOG", scene->log_path, 1);
    _exit(run(scene->test->url, &scene->feed, load_id, &err) == OK ? 0 : 1);
}

static void read_labels(const char *path, struct labels *labels)
{
    char line[64];
    FILE *log = fopen(path, "r");
    assert_non_null(log);
    labels->n = 0;
    while (fgets(line, sizeof(line), log) != NULL) {
        bool known = false;
        line[strcspn(line, "\n")] = '\0';
        for (size_t i = 0; i < labels->n; i++)
            known |= strcmp(labels->names[i], line) == 0;
        if (known || labels->n == MAX_LABELS)
            continue;
        memcpy(labels->names[labels->n++], line, sizeof(line));
    }
    (void)fclose(log);
    (void)unlink(path);
}

static bool has_label(const struct labels *labels, const char *name)
{
    for (size_t i = 0; i < labels->n; i++) {
        if (strcmp(labels->names[i], name) == 0)
            return true;
    }
    return false;
}

/* Sessions of a process that was killed end by themselves, a moment later. */
static void wait_for_sessions_to_end(struct scene *scene)
{
    const char *others = "select count(*) from pg_stat_activity where datname = current_database() "
                         "and pid <> pg_backend_pid() and backend_type = 'client backend'";
    for (int i = 0; i < 1000 && pg_int(scene->test->store, others) > 0; i++)
        (void)usleep(5000);
    assert_int_equal(0, pg_int(scene->test->store, others));
}

static void assert_readers_see(struct scene *scene, int64_t old_load, int64_t new_load)
{
    char old_rows[60];
    char new_rows[60];
    const char *seen = readers_see(scene->test->store);
    (void)snprintf(old_rows, sizeof(old_rows), "%d rows of %lld", ROWS, (long long)old_load);
    (void)snprintf(new_rows, sizeof(new_rows), "%d rows of %lld", ROWS, (long long)new_load);
    if (strcmp(seen, old_rows) != 0 && strcmp(seen, new_rows) != 0)
        fail_msg("readers see %s instead of load %lld or %lld", seen, (long long)old_load,
                 (long long)new_load);
}

/* What the guard does with loads of a run that is gone: never live, so abandoned. */
static void abandon(struct scene *scene, const struct snapshot_info *info)
{
    struct error err;
    bool done = false;
    if (info->live || info->left_us != 0)
        return;
    for (int i = 0; i < 100 && !done; i++)
        assert_ok(retention_detach(scene->test->store, "scores", info->load_id, &done, &err));
    assert_true(done);
    assert_ok(staging_drop(scene->test->store, "scores", info->load_id, &err));
}

static void put_in_order(struct scene *scene)
{
    struct error err;
    struct recover_result result;
    struct snapshot_info *infos;
    size_t n;
    assert_ok(recover_feed(scene->test->store, "scores", &result, &err));
    assert_int_equal(0, result.postponed);
    assert_ok(recover_list(scene->test->store, "scores", &scene->feed.arena, &infos, &n, &err));
    for (size_t i = 0; i < n; i++)
        abandon(scene, &infos[i]);
    assert_int_equal(0, pg_int(scene->test->store,
                               "select count(*) from pg_class c join pg_namespace n on n.oid = "
                               "c.relnamespace where n.nspname = 'loadguard_data' and c.relkind in "
                               "('r', 'p') and c.relname <> 'scores' and not exists (select from "
                               "loadguard.snapshot where c.relname in (table_name, table_name || "
                               "'_p0', table_name || '_p1'))"));
    assert_int_equal(0, pg_int(scene->test->store,
                               "select count(*) from loadguard.snapshot where "
                               "loadguard.load_identity(table_name) is null or state = 'staging'"));
}

static int64_t live_load(struct scene *scene)
{
    struct error err;
    struct live live;
    assert_ok(publish_live(scene->test->store, "scores", &live, &err));
    return live.load_id;
}

static void next_run_succeeds(struct scene *scene)
{
    struct error err;
    int64_t load_id = scene->next_load++;
    assert_ok(run(scene->test->url, &scene->feed, load_id, &err));
    assert_readers_see(scene, load_id, load_id);
}

/* A feed with two loads published, and the labels that the third run passes. */
static void set_the_scene(struct scene *scene, struct pg_test *test, struct labels *labels)
{
    int status;
    *scene = (struct scene){.test = test, .next_load = 1};
    (void)snprintf(scene->log_path, sizeof(scene->log_path), "%s/labels", pg_folder());
    test_feed_make(&scene->feed, test->store);
    next_run_succeeds(scene);
    next_run_succeeds(scene);
    pid_t pid = start_run(scene, "none", scene->next_load++);
    assert_int_equal(pid, waitpid(pid, &status, 0));
    assert_int_equal(0, status);
    read_labels(scene->log_path, labels);
    assert_true(has_label(labels, "staging.copying"));
    assert_true(has_label(labels, "publish.attached"));
    assert_true(has_label(labels, "publish.flipped"));
    assert_true(has_label(labels, "detach.begun"));
    assert_true(labels->n >= 20);
}

static void killed_at_every_step_a_run_leaves_old_or_new(void **state)
{
    struct scene scene;
    struct labels labels;
    size_t killed = 0;
    set_the_scene(&scene, *state, &labels);
    for (size_t i = 0; i < labels.n; i++) {
        char fault[80];
        int status;
        int64_t old_load = live_load(&scene);
        int64_t load_id = scene.next_load++;
        (void)snprintf(fault, sizeof(fault), "kill:%s", labels.names[i]);
        pid_t pid = start_run(&scene, fault, load_id);
        assert_int_equal(pid, waitpid(pid, &status, 0));
        assert_true(WIFSIGNALED(status) || status == 0);
        killed += WIFSIGNALED(status) ? 1 : 0;
        assert_readers_see(&scene, old_load, load_id);
        wait_for_sessions_to_end(&scene);
        put_in_order(&scene);
        assert_readers_see(&scene, old_load, load_id);
        next_run_succeeds(&scene);
    }
    assert_true(killed >= labels.n - 2);
    test_feed_release(&scene.feed);
}

static void a_server_that_dies_at_any_step_shows_old_or_new_afterwards(void **state)
{
    static const char *const steps[] = {
        "staging.copying",  "staging.committed", "staging.recording", "staging.recorded",
        "index.key",        "detach.begun",      "detach.step",       "publish.attaching",
        "publish.attached", "publish.waited",    "publish.flipped",
    };
    struct scene scene;
    struct labels labels;
    set_the_scene(&scene, *state, &labels);
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        char fault[80];
        int status;
        int64_t old_load = live_load(&scene);
        int64_t load_id = scene.next_load++;
        assert_true(has_label(&labels, steps[i]));
        (void)snprintf(fault, sizeof(fault), "stop:%s", steps[i]);
        pid_t pid = start_run(&scene, fault, load_id);
        assert_int_equal(pid, waitpid(pid, &status, WUNTRACED));
        assert_true(WIFSTOPPED(status));
        crash_server(scene.test);
        assert_readers_see(&scene, old_load, load_id);
        (void)kill(pid, SIGKILL);
        assert_int_equal(pid, waitpid(pid, &status, 0));
        put_in_order(&scene);
        assert_readers_see(&scene, old_load, load_id);
        next_run_succeeds(&scene);
    }
    test_feed_release(&scene.feed);
}

static void a_run_whose_server_dies_ends_with_an_error(void **state)
{
    struct scene scene;
    struct labels labels;
    int status;
    set_the_scene(&scene, *state, &labels);
    int64_t old_load = live_load(&scene);
    int64_t load_id = scene.next_load++;
    pid_t pid = start_run(&scene, "stop:staging.copying", load_id);
    assert_int_equal(pid, waitpid(pid, &status, WUNTRACED));
    crash_server(scene.test);
    assert_int_equal(0, kill(pid, SIGCONT));
    assert_int_equal(pid, waitpid(pid, &status, 0));
    assert_true(WIFEXITED(status));
    assert_int_equal(1, WEXITSTATUS(status));
    assert_readers_see(&scene, old_load, old_load);
    test_feed_release(&scene.feed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test(killed_at_every_step_a_run_leaves_old_or_new),
        pg_unit_test(a_server_that_dies_at_any_step_shows_old_or_new_afterwards),
        pg_unit_test(a_run_whose_server_dies_ends_with_an_error),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
