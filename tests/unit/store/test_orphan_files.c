#include "store/orphan_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/store/loads.h"

static void folder_of_database(struct pg_test *test, char *out, size_t capacity)
{
    int64_t oid = pg_int(test->store, "select oid::bigint from pg_database where datname = "
                                      "current_database()");
    (void)snprintf(out, capacity, "%s/base/%lld", pg_data_directory(), (long long)oid);
}

/* Bytes of all files of the test's database. */
static uint64_t bytes_on_disk(struct pg_test *test)
{
    char folder[200];
    struct stat facts;
    uint64_t bytes = 0;
    folder_of_database(test, folder, sizeof(folder));
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (fstatat(dirfd(dir), entry->d_name, &facts, 0) == 0 && S_ISREG(facts.st_mode))
            bytes += (uint64_t)facts.st_size;
    }
    (void)closedir(dir);
    return bytes;
}

static struct orphan_files remove_orphans(struct pg_test *test)
{
    struct error err;
    struct orphan_files removed;
    assert_ok(orphan_files_remove(test->store, pg_data_directory(), &removed, &err));
    return removed;
}

static void a_server_that_is_killed_while_staging_leaves_files_that_are_removed(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct staging *staging = NULL;
    struct fingerprint fingerprint = {0};
    const struct staging_options options = {.rows_per_part = 50000};
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 100);
    pg_run(test->store, "set client_min_messages = warning");
    uint64_t before = bytes_on_disk(test);
    assert_ok(staging_begin(test->store, &feed.table, 2, &options, &staging, &err));
    append_rows(staging, &feed, 1, 400000, 2, &fingerprint);
    crash_server(test);
    staging_free(staging);
    assert_true(bytes_on_disk(test) > before + (4 << 20));
    struct orphan_files removed = remove_orphans(test);
    assert_false(removed.postponed);
    assert_true(removed.files >= 2);
    assert_true(removed.bytes > (4 << 20));
    assert_true(bytes_on_disk(test) < before + (1 << 20));
    assert_string_equal("100 rows of 1", readers_see(test->store));
    assert_int_equal(0, remove_orphans(test).files);
    publish_load(test->store, &feed, 3, 100);
    assert_string_equal("100 rows of 3", readers_see(test->store));
}

static void files_of_a_table_that_is_being_created_stay(void **state)
{
    struct pg_test *test = *state;
    struct store *creator CLEANUP(store_closep) = pg_open(test);
    pg_run(creator, "begin; create table public.fresh as select generate_series(1, 1000) as x");
    struct orphan_files removed = remove_orphans(test);
    assert_true(removed.postponed);
    assert_int_equal(0, removed.files);
    pg_run(creator, "commit");
    removed = remove_orphans(test);
    assert_false(removed.postponed);
    assert_int_equal(0, removed.files);
    assert_int_equal(1000, pg_int(creator, "select count(*) from public.fresh"));
}

static void files_of_a_prepared_transaction_stay(void **state)
{
    struct pg_test *test = *state;
    pg_run(test->store, "begin");
    pg_run(test->store, "create table public.fresh as select generate_series(1, 1000) as x");
    pg_run(test->store, "prepare transaction 'with a table'");
    struct orphan_files removed = remove_orphans(test);
    assert_true(removed.postponed);
    assert_int_equal(0, removed.files);
    pg_run(test->store, "commit prepared 'with a table'");
    assert_int_equal(0, remove_orphans(test).files);
    assert_int_equal(1000, pg_int(test->store, "select count(*) from public.fresh"));
}

static void every_kind_of_relation_keeps_its_files(void **state)
{
    struct pg_test *test = *state;
    pg_run(test->store,
           "create table public.a (id serial primary key, t text);"
           "insert into public.a (t) select string_agg(gen_random_uuid()::text, '') from "
           "generate_series(1, 5000) g group by g % 10;"
           "create unlogged table public.b as select * from public.a;"
           "create materialized view public.c as select * from public.a;"
           "create temporary table d as select * from public.a;"
           "truncate public.b; reindex table public.a; cluster public.a using a_pkey");
    assert_int_equal(0, remove_orphans(test).files);
    assert_int_equal(20, pg_int(test->store, "select (select count(*) from public.a) + (select "
                                             "count(*) from public.c)"));
}

static void put_file(struct pg_test *test, const char *name, const char *text)
{
    char path[300];
    folder_of_database(test, path, sizeof(path));
    (void)snprintf(path + strlen(path), sizeof(path) - strlen(path), "/%s", name);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(strlen(text), write(fd, text, strlen(text)));
    (void)close(fd);
}

static void only_what_is_named_like_a_relation_is_removed(void **state)
{
    struct pg_test *test = *state;
    static const char *const orphans[] = {"4000000000", "4000000000.1", "4000000000_fsm",
                                          "4000000000_vm", "4000000000_init"};
    static const char *const others[] = {"t3_4000000001", "4000000001.x", "4000000001_other",
                                         "04000000001",   "5000000000",   "4000000001.",
                                         "pg_something"};
    for (size_t i = 0; i < ARRAY_SIZE(orphans); i++)
        put_file(test, orphans[i], "rows");
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        put_file(test, others[i], "rows");
    put_file(test, "4000000002", "");
    struct orphan_files removed = remove_orphans(test);
    assert_int_equal(ARRAY_SIZE(orphans), removed.files);
    assert_int_equal(4 * ARRAY_SIZE(orphans), removed.bytes);
    assert_int_equal(0, remove_orphans(test).files);
}

static void a_data_directory_of_another_server_is_refused(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct orphan_files removed;
    char folder[200];
    char command[800];
    (void)snprintf(folder, sizeof(folder), "%s/other", pg_folder());
    (void)snprintf(command, sizeof(command), "%s/global", folder);
    assert_int_equal(0, mkdir(folder, 0700));
    assert_int_equal(0, mkdir(command, 0700));
    (void)snprintf(command, sizeof(command), "%s/global/pg_control", folder);
    int fd = open(command, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(16, write(fd, "0123456789abcdef", 16));
    (void)close(fd);
    assert_fails(ERR_REFUSED, orphan_files_remove(test->store, folder, &removed, &err));
    assert_fails(ERR_IO, orphan_files_remove(test->store, "/nonexistent", &removed, &err));
}

static void files_of_a_server_elsewhere_are_not_touched(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct orphan_files removed;
    put_file(test, "4000000000", "rows");
    assert_ok(recover_orphan_files(test->store, &removed, &err));
    assert_int_equal(0, removed.files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test(a_server_that_is_killed_while_staging_leaves_files_that_are_removed),
        pg_unit_test(files_of_a_table_that_is_being_created_stay),
        pg_unit_test(files_of_a_prepared_transaction_stay),
        pg_unit_test(every_kind_of_relation_keeps_its_files),
        pg_unit_test(only_what_is_named_like_a_relation_is_removed),
        pg_unit_test(a_data_directory_of_another_server_is_refused),
        pg_unit_test(files_of_a_server_elsewhere_are_not_touched),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
