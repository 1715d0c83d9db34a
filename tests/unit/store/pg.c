#include "tests/unit/store/pg.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/embedded.h"
#include "store/migrate.h"

#define TEMPLATE "loadguard_template"

static char folder[64];
static char data_directory[128];
static struct cluster *cluster;
static struct store *admin;
static int janitor_pipe = -1;
static pid_t janitor;
static int n_databases;

/* Durability is of no use here; prepared transactions are for tests of what waits for them. */
static const char *const settings[] = {"fsync=off", "full_page_writes=off",
                                       "max_prepared_transactions=4", NULL};

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void stop_and_remove(void)
{
    struct error err;
    if (cluster_stop(cluster, &err) != OK)
        error_print(&err, stderr);
    (void)nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Outlives the tests by as much as it takes to clean up. */
static void start_janitor(void)
{
    int ends[2];
    char byte;
    if (pipe(ends) != 0)
        return;
    janitor = fork();
    if (janitor == 0) {
        (void)close(ends[1]);
        (void)setsid();
        while (read(ends[0], &byte, 1) > 0)
            continue;
        stop_and_remove();
        _exit(0);
    }
    (void)close(ends[0]);
    janitor_pipe = ends[1];
}

static enum error_code ensure_running(struct error *err)
{
    TRY(cluster_lock(cluster, err));
    enum error_code code = cluster_ensure_running(cluster, err);
    cluster_unlock(cluster);
    return code;
}

static void make_url(const char *user, const char *database, char *out, size_t capacity)
{
    (void)snprintf(out, capacity, "host=%s port=5432 user=%s dbname=%s",
                   cluster_socket_dir(cluster), user, database);
}

static enum error_code open_as(const char *user, const char *database, struct store **ret_store,
                               struct error *err)
{
    char url[512];
    make_url(user, database, url, sizeof(url));
    const struct store_options options = {.url = url, .application_name = "test"};
    return store_open(&options, ret_store, err);
}

/* A test may have killed the server since the last call. */
static enum error_code run_as_admin(const char *sql, struct error *err)
{
    enum error_code code = store_exec_script(admin, sql, STORE_QUICK_MS, err);
    if (code != ERR_STORE)
        return code;
    TRY(store_reconnect(admin, err));
    return store_exec_script(admin, sql, STORE_QUICK_MS, err);
}

static enum error_code make_template(struct error *err)
{
    struct store *store CLEANUP(store_closep) = NULL;
    TRY(run_as_admin("create database " TEMPLATE " owner loadguard", err));
    TRY(open_as(CLUSTER_ROLE, TEMPLATE, &store, err));
    return store_migrate(store, err);
}

static enum error_code start(struct error *err)
{
    char state_dir[96];
    (void)snprintf(folder, sizeof(folder), "/tmp/lg-test-XXXXXX");
    if (mkdtemp(folder) == NULL || chmod(folder, 0711) != 0)
        return error_set(err, ERR_IO, "cannot create %s", folder);
    (void)snprintf(state_dir, sizeof(state_dir), "%s/state", folder);
    (void)snprintf(data_directory, sizeof(data_directory), "%s/pg/data", state_dir);
    const struct cluster_options options = {.state_dir = state_dir, .settings = settings};
    TRY(cluster_new(&options, &cluster, err));
    start_janitor();
    TRY(ensure_running(err));
    TRY(open_as(CLUSTER_SUPERUSER, "postgres", &admin, err));
    return make_template(err);
}

int pg_start(void **state)
{
    struct error err;
    (void)state;
    if (start(&err) == OK)
        return 0;
    error_print(&err, stderr);
    return -1;
}

int pg_stop(void **state)
{
    (void)state;
    store_close(admin);
    admin = NULL;
    if (janitor_pipe >= 0)
        (void)close(janitor_pipe);
    if (janitor > 0)
        (void)waitpid(janitor, NULL, 0);
    cluster_free(cluster);
    cluster = NULL;
    return 0;
}

static enum error_code create_database(struct pg_test *test, const char *template,
                                       struct error *err)
{
    char sql[256];
    (void)snprintf(test->name, sizeof(test->name), "test_%d", ++n_databases);
    (void)snprintf(sql, sizeof(sql), "create database %s owner loadguard template %s", test->name,
                   template);
    TRY(run_as_admin(sql, err));
    make_url(CLUSTER_ROLE, test->name, test->url, sizeof(test->url));
    return open_as(CLUSTER_ROLE, test->name, &test->store, err);
}

static int setup(void **state, const char *template)
{
    struct error err;
    struct pg_test *test = calloc(1, sizeof(*test));
    if (test == NULL)
        return -1;
    *state = test;
    if (create_database(test, template, &err) == OK)
        return 0;
    error_print(&err, stderr);
    return -1;
}

int pg_setup(void **state)
{
    return setup(state, TEMPLATE);
}

int pg_setup_empty(void **state)
{
    return setup(state, "template0");
}

/* The database goes with the cluster; dropping each one would cost a checkpoint a test. */
int pg_teardown(void **state)
{
    struct pg_test *test = *state;
    store_close(test->store);
    free(test);
    return 0;
}

struct store *pg_open(const struct pg_test *test)
{
    struct error err;
    struct store *store = NULL;
    assert_ok(open_as(CLUSTER_ROLE, test->name, &store, &err));
    return store;
}

struct store *pg_open_superuser(const struct pg_test *test)
{
    struct error err;
    struct store *store = NULL;
    assert_ok(open_as(CLUSTER_SUPERUSER, test->name, &store, &err));
    return store;
}

void pg_run(struct store *store, const char *sql)
{
    struct error err;
    assert_ok(store_exec_script(store, sql, STORE_QUICK_MS, &err));
}

int64_t pg_int(struct store *store, const char *sql)
{
    struct error err;
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {sql, STORE_ONE_ROW, STORE_QUICK_MS};
    assert_ok(store_exec(store, &query, NULL, 0, &result, &err));
    return store_get_int(&result, 0, 0);
}

const char *pg_text(struct store *store, const char *sql)
{
    static char text[4096];
    struct error err;
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {sql, STORE_ONE_ROW, STORE_QUICK_MS};
    assert_ok(store_exec(store, &query, NULL, 0, &result, &err));
    const char *value = store_get_text(&result, 0, 0);
    (void)snprintf(text, sizeof(text), "%s", value == NULL ? "(null)" : value);
    return text;
}

void pg_kill_server(void)
{
    int pid = cluster_pid(cluster);
    assert_true(pid > 1);
    assert_int_equal(0, kill(pid, SIGKILL));
    for (int i = 0; i < 1000 && cluster_pid(cluster) != 0; i++)
        (void)usleep(10000);
    assert_int_equal(0, cluster_pid(cluster));
}

void pg_start_server(void)
{
    struct error err;
    assert_ok(ensure_running(&err));
}

const char *pg_folder(void)
{
    return folder;
}

const char *pg_data_directory(void)
{
    return data_directory;
}
