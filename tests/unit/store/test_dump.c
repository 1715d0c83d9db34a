/* A dump of the database, restored into an empty server, goes on as if nothing had happened. */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/export.h"
#include "store/migrate.h"
#include "store/recover.h"
#include "store/retention.h"
#include "store/rollback.h"
#include "tests/unit/store/loads.h"

static void run_program(const char *const *argv)
{
    pid_t pid;
    int status;
    char *const *arguments = (char *const *)(uintptr_t)argv;
    assert_int_equal(0, posix_spawn(&pid, argv[0], NULL, NULL, arguments, environ));
    assert_int_equal(pid, waitpid(pid, &status, 0));
    assert_int_equal(0, status);
}

static void find_program(struct pg_test *test, const char *name, char *out, size_t capacity)
{
    struct store *admin CLEANUP(store_closep) = pg_open_superuser(test);
    (void)snprintf(out, capacity, "%s/%s",
                   pg_text(admin, "select setting from pg_config() where name = 'BINDIR'"), name);
}

/* The server into which dumps are restored: a private cluster of its own. */
static struct store *open_second_server(void)
{
    struct error err;
    struct store *store = NULL;
    char folder[200];
    (void)snprintf(folder, sizeof(folder), "%s/second", pg_folder());
    const struct store_options options = {.state_dir = folder};
    assert_ok(store_open(&options, &store, &err));
    return store;
}

/* What stands behind psql, without quotes around it. */
static void url_of(struct store *store, char *out, size_t capacity)
{
    struct error err;
    struct buffer command;
    buffer_init(&command, 1000);
    assert_ok(store_psql_command(store, &command, &err));
    const char *url = buffer_string(&command) + strlen("psql ");
    size_t quote = url[0] == '\'' || url[0] == '"' ? 1 : 0;
    (void)snprintf(out, capacity, "%.*s", (int)(strlen(url) - 2 * quote), url + quote);
    buffer_release(&command);
}

static struct store *dump_and_restore(struct pg_test *test)
{
    char file[200];
    char program[200];
    char url[600];
    struct store *restored = open_second_server();
    (void)snprintf(file, sizeof(file), "%s/dump", pg_folder());
    find_program(test, "pg_dump", program, sizeof(program));
    run_program((const char *const[]){program, "-Fc", "-f", file, "-d", test->url, NULL});
    find_program(test, "pg_restore", program, sizeof(program));
    url_of(restored, url, sizeof(url));
    run_program((const char *const[]){program, "--clean", "--if-exists", "--exit-on-error",
                                      "--no-owner", "-d", url, file, NULL});
    return restored;
}

static const struct retention_options options = {.attached_max = 2, .keep = 1};

/* Attached 2 and 3, live 3 in two parts, kept 1, held 4. */
static void fill(struct store *store, const struct test_feed *feed)
{
    struct error err;
    struct staging *staging CLEANUP(staging_cleanup) = NULL;
    struct fingerprint fingerprint = {0};
    uint64_t rows = 0;
    struct retention_result kept;
    const struct staging_options in_parts = {.rows_per_part = 1000};
    publish_load(store, feed, 1, 100);
    publish_load(store, feed, 2, 200);
    assert_ok(staging_begin(store, &feed->table, 3, &in_parts, &staging, &err));
    append_rows(staging, feed, 1, 10000, 3, &fingerprint);
    assert_ok(staging_finish(staging, true, &rows, &err));
    assert_ok(staging_record(staging, store, rows, &fingerprint, &err));
    make_ready(store, feed, 3);
    flip_to(store, feed, 3);
    stage_load(store, feed, 4, 400);
    assert_ok(retention_step(store, "scores", &options, &kept, &err));
    assert_string_equal("staged", state_of(store, 1));
}

static void roll_back(struct store *store, int64_t from, int64_t to)
{
    struct error err;
    struct live live;
    assert_ok(store_begin(store, &err));
    assert_ok(rollback_flip(store, "scores", from, to, &live, &err));
    assert_ok(store_commit(store, &err));
}

static void nothing_needs_to_be_put_in_order(struct store *store, const struct test_feed *feed)
{
    struct error err;
    struct recover_result recovered = {0};
    assert_ok(feed_table_ensure(store, &feed->table, &err));
    assert_ok(recover_feed(store, "scores", &recovered, &err));
    assert_int_equal(0, recovered.dropped + recovered.corrected + recovered.finalized);
}

static void a_restored_store_goes_on_as_if_nothing_had_happened(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    enum rollback_need need = ROLLBACK_GONE;
    struct retention_result kept = {0};
    test_feed_make(&feed, test->store);
    fill(test->store, &feed);
    struct store *store CLEANUP(store_closep) = dump_and_restore(test);
    assert_string_equal("10000 rows of 3", readers_see(store));
    nothing_needs_to_be_put_in_order(store, &feed);

    assert_ok(rollback_check(store, "scores", 2, &need, &err));
    assert_int_equal(ROLLBACK_VERIFY, need);
    assert_ok(load_verify(store, &feed.table, 2, &err));
    assert_ok(load_verify(store, &feed.table, 3, &err));
    roll_back(store, 3, 2);
    assert_string_equal("200 rows of 2", readers_see(store));

    make_ready(store, &feed, 4);
    flip_to(store, &feed, 4);
    assert_string_equal("400 rows of 4", readers_see(store));
    make_ready(store, &feed, 1);
    roll_back(store, 4, 1);
    assert_string_equal("100 rows of 1", readers_see(store));

    publish_load(store, &feed, 5, 500);
    assert_ok(retention_step(store, "scores", &options, &kept, &err));
    assert_int_equal(3, kept.detached);
    assert_int_equal(2, kept.dropped);
    assert_string_equal("500 rows of 5", readers_see(store));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test(a_restored_store_goes_on_as_if_nothing_had_happened),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
