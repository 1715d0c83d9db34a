#include "store/embedded.h"

#include <ftw.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/conn.h"
#include "tests/unit/test.h"

#define NOBODY 65534

static char folder[64];
static const char *const settings[] = {"fsync=off", "shared_buffers=16MB", NULL};

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static struct cluster *describe(const char *state_dir)
{
    struct error err;
    struct cluster *cluster = NULL;
    const struct cluster_options options = {.state_dir = state_dir, .settings = settings};
    assert_ok(cluster_new(&options, &cluster, &err));
    return cluster;
}

static int server_pid(const char *state_dir)
{
    struct cluster *cluster CLEANUP(cluster_freep) = describe(state_dir);
    return cluster_pid(cluster);
}

static void stop(const char *state_dir)
{
    struct error err;
    struct cluster *cluster CLEANUP(cluster_freep) = describe(state_dir);
    assert_ok(cluster_lock(cluster, &err));
    assert_ok(cluster_stop(cluster, &err));
    assert_int_equal(0, cluster_pid(cluster));
}

static void kill_server(const char *state_dir)
{
    int pid = server_pid(state_dir);
    assert_true(pid > 1);
    assert_int_equal(0, kill(pid, SIGKILL));
    for (int i = 0; i < 1000 && server_pid(state_dir) != 0; i++)
        (void)usleep(10000);
}

static enum error_code try_open(const char *state_dir, bool keep_running, struct store **ret_store,
                                struct error *err)
{
    const struct store_options options = {
        .state_dir = state_dir, .cluster_settings = settings, .keep_running = keep_running};
    return store_open(&options, ret_store, err);
}

static struct store *open_store(const char *state_dir, bool keep_running)
{
    struct error err;
    struct store *store = NULL;
    assert_ok(try_open(state_dir, keep_running, &store, &err));
    return store;
}

static void run(struct store *store, const char *sql)
{
    struct error err;
    assert_ok(store_exec_script(store, sql, STORE_QUICK_MS, &err));
}

static int64_t number(struct store *store, const char *sql)
{
    struct error err;
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {sql, STORE_ONE_ROW, STORE_QUICK_MS};
    assert_ok(store_exec(store, &query, NULL, 0, &result, &err));
    return store_get_int(&result, 0, 0);
}

/* A state folder that most tests share, since creating a cluster takes a second. */
static const char *shared(void)
{
    static char path[96];
    (void)snprintf(path, sizeof(path), "%s/shared", folder);
    return path;
}

static int setup(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/lg-test-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    return chmod(folder, 0711);
}

static int teardown(void **state)
{
    (void)state;
    stop(shared());
    return nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void the_cluster_is_made_at_first_use_and_stops_with_its_last_client(void **state)
{
    (void)state;
    struct store *first = open_store(shared(), false);
    struct store *second = open_store(shared(), false);
    run(first, "create table public.t (a int); insert into public.t values (42)");
    store_close(first);
    assert_true(server_pid(shared()) > 1);
    assert_int_equal(42, number(second, "select a from public.t"));
    store_close(second);
    assert_int_equal(0, server_pid(shared()));
    struct store *third CLEANUP(store_closep) = open_store(shared(), false);
    assert_int_equal(42, number(third, "select a from public.t"));
}

static void the_cluster_can_outlive_its_clients(void **state)
{
    (void)state;
    store_close(open_store(shared(), true));
    int pid = server_pid(shared());
    assert_true(pid > 1);
    struct store *store = open_store(shared(), true);
    assert_int_equal(pid, server_pid(shared()));
    store_close(store);
    assert_int_equal(pid, server_pid(shared()));
}

static void the_cluster_is_as_it_was_promised(void **state)
{
    (void)state;
    struct store *store CLEANUP(store_closep) = open_store(shared(), true);
    assert_true(store_is_private(store));
    assert_int_equal(1, number(store, "select count(*) from pg_database where datname = "
                                      "current_database() and pg_encoding_to_char(encoding) = "
                                      "'UTF8' and datcollate = 'C' and datctype = 'C'"));
    assert_int_equal(1, number(store, "select count(*) from pg_settings where name = "
                                      "'data_checksums' and setting = 'on'"));
    assert_int_equal(1, number(store, "select count(*) from pg_settings where name = "
                                      "'listen_addresses' and setting = ''"));
    assert_int_equal(0, number(store, "select count(*) from pg_roles where rolname = current_user "
                                      "and (rolsuper or rolcreaterole or rolcreatedb)"));
}

static void the_server_is_not_in_the_session_of_our_terminal(void **state)
{
    (void)state;
    store_close(open_store(shared(), true));
    assert_int_not_equal(getsid(0), getsid(server_pid(shared())));
    assert_int_not_equal(getpgrp(), getpgid(server_pid(shared())));
}

static void only_the_owner_gets_to_the_socket(void **state)
{
    (void)state;
    struct error err;
    struct stat status;
    struct cluster *cluster CLEANUP(cluster_freep) = describe(shared());
    assert_ok(cluster_lock(cluster, &err));
    assert_ok(cluster_ensure_running(cluster, &err));
    assert_int_equal(0, stat(cluster_socket_dir(cluster), &status));
    assert_int_equal(0700, status.st_mode & 07777);
}

static void a_server_that_was_killed_recovers_at_the_next_start(void **state)
{
    (void)state;
    struct store *store = open_store(shared(), true);
    run(store, "create table public.k (a int); insert into public.k values (7)");
    kill_server(shared());
    store_close(store);
    store = open_store(shared(), true);
    assert_int_equal(7, number(store, "select a from public.k"));
    store_close(store);
}

static void a_lock_file_that_names_another_program_is_stale(void **state)
{
    (void)state;
    char path[200];
    store_close(open_store(shared(), true));
    stop(shared());
    (void)snprintf(path, sizeof(path), "%s/pg/data/postmaster.pid", shared());
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fprintf(file, "%d\n%s/pg/data\n1306148400\n5432\n/nowhere\n\n\nready\n", getpid(),
                  shared());
    (void)fclose(file);
    struct store *store CLEANUP(store_closep) = open_store(shared(), true);
    assert_int_equal(1, number(store, "select 1"));
}

static void starters_at_once_make_one_cluster(void **state)
{
    (void)state;
    char path[96];
    pid_t children[4];
    (void)snprintf(path, sizeof(path), "%s/race", folder);
    for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
        children[i] = fork();
        if (children[i] == 0) {
            struct error err;
            struct store *store = NULL;
            enum error_code code = try_open(path, false, &store, &err);
            if (code != OK)
                error_print(&err, stderr);
            store_close(store);
            _exit(code == OK ? 0 : 1);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
        int status = 1;
        (void)waitpid(children[i], &status, 0);
        assert_int_equal(0, status);
    }
    assert_int_equal(0, server_pid(path));
}

static void a_creation_that_was_cut_off_is_done_again(void **state)
{
    (void)state;
    char path[96], inside[160];
    (void)snprintf(path, sizeof(path), "%s/cut", folder);
    cluster_free(describe(path));
    (void)snprintf(inside, sizeof(inside), "%s/pg/data.tmp", path);
    assert_int_equal(0, mkdir(inside, 0700));
    (void)snprintf(inside, sizeof(inside), "%s/pg/data.tmp/base", path);
    assert_int_equal(0, mkdir(inside, 0700));
    (void)snprintf(inside, sizeof(inside), "%s/pg/data.tmp/PG_VERSION", path);
    FILE *file = fopen(inside, "w");
    assert_non_null(file);
    (void)fclose(file);
    store_close(open_store(path, false));
    assert_int_equal(0, server_pid(path));
}

/* Removes the folders that hold sockets of state folders whose own path is too long. */
static void remove_socket_dir(const char *path)
{
    if (strncmp(path, "/run/loadguard-", 15) == 0 || strncmp(path, "/tmp/loadguard-", 15) == 0)
        (void)nftw(path, remove_entry, 4, FTW_DEPTH | FTW_PHYS);
}

static void a_long_path_gets_its_socket_in_a_short_private_place(void **state)
{
    (void)state;
    struct error err;
    char path[256], first[256];
    struct stat status;
    (void)snprintf(path, sizeof(path), "%s/%0100d", folder, 0);
    struct cluster *cluster CLEANUP(cluster_freep) = describe(path);
    assert_ok(cluster_lock(cluster, &err));
    assert_ok(cluster_ensure_running(cluster, &err));
    (void)snprintf(first, sizeof(first), "%s", cluster_socket_dir(cluster));
    assert_true(strlen(first) < 80);
    assert_int_equal(0, stat(first, &status));
    assert_int_equal(0700, status.st_mode & 07777);
    assert_ok(cluster_stop(cluster, &err));
    /* Somebody else could have made it as wide as this: it is not used again. */
    assert_int_equal(0, chmod(first, 0755));
    enum error_code code = cluster_ensure_running(cluster, &err);
    if (code == OK) {
        assert_string_not_equal(first, cluster_socket_dir(cluster));
        assert_ok(cluster_stop(cluster, &err));
        remove_socket_dir(cluster_socket_dir(cluster));
    } else {
        assert_int_equal(ERR_REFUSED, code);
    }
    remove_socket_dir(first);
}

static void a_server_that_does_not_start_is_told_with_its_last_words(void **state)
{
    (void)state;
    struct error err;
    struct store *store = NULL;
    static const char *const nonsense[] = {"shared_buffers=many", NULL};
    const struct store_options options = {.state_dir = shared(), .cluster_settings = nonsense};
    store_close(open_store(shared(), true));
    stop(shared());
    assert_fails(ERR_STORE, store_open(&options, &store, &err));
    assert_contains(err.message, "ended while it started");
    assert_contains(err.detail, "invalid value for parameter \"shared_buffers\"");
    assert_contains(err.hint, "/pg/log");
    assert_null(store);
}

/* Looks like PostgreSQL to whoever asks for its version, and can do nothing else. */
static void make_broken_program(const char *bindir, const char *name, const char *text)
{
    char path[200];
    (void)snprintf(path, sizeof(path), "%s/%s", bindir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
    assert_int_equal(0, chmod(path, 0755));
}

static void a_creation_that_fails_is_told_with_what_initdb_said(void **state)
{
    (void)state;
    struct error err;
    char path[96], bindir[96];
    struct store *store = NULL;
    (void)snprintf(path, sizeof(path), "%s/broken", folder);
    (void)snprintf(bindir, sizeof(bindir), "%s/bin", folder);
    assert_int_equal(0, mkdir(bindir, 0755));
    make_broken_program(bindir, "postgres", "#!/bin/sh\necho 'postgres (PostgreSQL) 99.1'\n");
    make_broken_program(bindir, "initdb", "#!/bin/sh\necho 'initdb: error: no room'\nexit 1\n");
    const struct store_options options = {.state_dir = path, .pg_bindir = bindir};
    assert_fails(ERR_STORE, store_open(&options, &store, &err));
    assert_contains(err.message, "cannot create a private cluster in");
    assert_contains(err.detail, "initdb: error: no room");
    /* Nothing was made that a later start would take for a cluster. */
    store_close(open_store(path, false));
}

static void a_missing_postgresql_is_told_with_what_to_do(void **state)
{
    (void)state;
    struct error err;
    char path[96];
    struct store *store = NULL;
    (void)snprintf(path, sizeof(path), "%s/none", folder);
    const struct store_options options = {.state_dir = path, .pg_bindir = "/nowhere"};
    assert_fails(ERR_CONFIG, store_open(&options, &store, &err));
    assert_contains(err.message, "/nowhere");
    assert_contains(err.hint, "store.url");
}

static void a_cluster_of_another_version_is_not_touched(void **state)
{
    (void)state;
    struct error err;
    char path[160];
    struct store *store = NULL;
    (void)snprintf(path, sizeof(path), "%s/newer", folder);
    cluster_free(describe(path));
    (void)snprintf(path, sizeof(path), "%s/newer/pg/data", folder);
    assert_int_equal(0, mkdir(path, 0700));
    (void)snprintf(path, sizeof(path), "%s/newer/pg/data/PG_VERSION", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs("99\n", file);
    (void)fclose(file);
    (void)snprintf(path, sizeof(path), "%s/newer", folder);
    assert_fails(ERR_CONFIG, try_open(path, false, &store, &err));
    assert_contains(err.message, "needs PostgreSQL 99");
}

static void a_state_folder_that_cannot_be_made_is_named(void **state)
{
    (void)state;
    struct error err;
    struct store *store = NULL;
    assert_fails(ERR_CONFIG, try_open("/nowhere/at/all", false, &store, &err));
    assert_contains(err.message, "/nowhere/at/all");
    assert_fails(ERR_CONFIG, try_open("/dev/null", false, &store, &err));
}

/* Only root has to hand the cluster to another account. */
static void root_learns_which_folder_is_closed_to_the_account(void **state)
{
    (void)state;
    struct error err;
    char closed[96], path[128];
    struct store *store = NULL;
    if (geteuid() != 0)
        return;
    (void)snprintf(closed, sizeof(closed), "%s/closed", folder);
    (void)snprintf(path, sizeof(path), "%s/state", closed);
    assert_int_equal(0, mkdir(closed, 0700));
    assert_fails(ERR_CONFIG, try_open(path, false, &store, &err));
    assert_contains(err.message, "cannot enter");
    assert_contains(err.message, closed);
    assert_contains(err.hint, "chmod o+x");
}

static int use_as_ordinary_user(const char *path)
{
    struct error err;
    struct store *store = NULL;
    if (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
        return 1;
    if (try_open(path, true, &store, &err) != OK) {
        error_print(&err, stderr);
        return 2;
    }
    store_close(store);
    return 0;
}

/* An ordinary user is who runs the other tests, unless root does. */
static void an_ordinary_user_has_a_cluster_that_root_can_join(void **state)
{
    (void)state;
    char path[96];
    int status = 1;
    if (geteuid() != 0)
        return;
    (void)snprintf(path, sizeof(path), "%s/nobody", folder);
    assert_int_equal(0, mkdir(path, 0700));
    assert_int_equal(0, chown(path, NOBODY, NOBODY));
    pid_t child = fork();
    if (child == 0)
        _exit(use_as_ordinary_user(path));
    (void)waitpid(child, &status, 0);
    assert_int_equal(0, status);
    struct store *store = open_store(path, false);
    assert_int_equal(1, number(store, "select 1"));
    store_close(store);
    assert_int_equal(0, server_pid(path));
    store_close(open_store(path, false));
}

static void a_cluster_of_another_user_is_refused(void **state)
{
    (void)state;
    int status = 1;
    if (geteuid() != 0)
        return;
    pid_t child = fork();
    if (child == 0) {
        struct error err;
        struct store *store = NULL;
        bool dropped = setgid(NOBODY) == 0 && setuid(NOBODY) == 0;
        enum error_code code = try_open(shared(), false, &store, &err);
        bool told = code == ERR_CONFIG && strstr(err.message, "belongs to another user") != NULL;
        _exit(dropped && told ? 0 : 1);
    }
    (void)waitpid(child, &status, 0);
    assert_int_equal(0, status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cluster_is_made_at_first_use_and_stops_with_its_last_client),
        cmocka_unit_test(the_cluster_can_outlive_its_clients),
        cmocka_unit_test(the_cluster_is_as_it_was_promised),
        cmocka_unit_test(the_server_is_not_in_the_session_of_our_terminal),
        cmocka_unit_test(only_the_owner_gets_to_the_socket),
        cmocka_unit_test(a_server_that_was_killed_recovers_at_the_next_start),
        cmocka_unit_test(a_lock_file_that_names_another_program_is_stale),
        cmocka_unit_test(starters_at_once_make_one_cluster),
        cmocka_unit_test(a_creation_that_was_cut_off_is_done_again),
        cmocka_unit_test(a_long_path_gets_its_socket_in_a_short_private_place),
        cmocka_unit_test(a_server_that_does_not_start_is_told_with_its_last_words),
        cmocka_unit_test(a_creation_that_fails_is_told_with_what_initdb_said),
        cmocka_unit_test(a_missing_postgresql_is_told_with_what_to_do),
        cmocka_unit_test(a_cluster_of_another_version_is_not_touched),
        cmocka_unit_test(a_state_folder_that_cannot_be_made_is_named),
        cmocka_unit_test(root_learns_which_folder_is_closed_to_the_account),
        cmocka_unit_test(an_ordinary_user_has_a_cluster_that_root_can_join),
        cmocka_unit_test(a_cluster_of_another_user_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
