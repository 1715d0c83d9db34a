#include "store/conn.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "embedded/ledger_sql.h"
#include "store/embedded.h"
#include "store/pq.h"
#include "store/session.h"

#define DEFAULT_CONNECT_TIMEOUT_S 10
#define MAX_CONNECT_TIMEOUT_S 86400
#define MAX_NOTICE_BYTES ((size_t)64 * 1024)
#define LAST_CLIENT_MS 5000

static enum error_code copy_text(const char *text, char **ret_copy, struct error *err)
{
    if (text == NULL)
        return OK;
    char *copy = strdup(text);
    if (copy == NULL)
        return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot set up the store");
    *ret_copy = copy;
    return OK;
}

/* The server keeps 63 bytes; process and host come first so that they are never what is cut. */
static enum error_code full_application_name(const char *name, char **ret_name, struct error *err)
{
    char host[64] = "";
    char full[160];
    (void)gethostname(host, sizeof(host) - 1);
    (void)snprintf(full, sizeof(full), "%s, pid %ld on %s", name == NULL ? "loadguard" : name,
                   (long)getpid(), host);
    return copy_text(full, ret_name, err);
}

static void store_free(struct store *store)
{
    if (store == NULL)
        return;
    PQfinish(store->conn);
    cluster_free(store->cluster);
    buffer_release(&store->notices);
    free(store->url);
    free(store->application_name);
    free(store->version_text);
    free(store);
}
DEFINE_POINTER_CLEANUP(struct store, store_freep, store_free)

static enum error_code open_session(struct store *store, struct error *err)
{
    TRY(session_connect(store, &store->conn, err));
    enum error_code code = session_prepare(store, err);
    if (code != OK)
        pq_give_up(store);
    return code;
}

/* Joins under the cluster's lock, so that whoever leaves last sees us before stopping it. */
static enum error_code join_cluster(struct store *store, struct error *err)
{
    TRY(cluster_lock(store->cluster, err));
    enum error_code code = cluster_ensure_running(store->cluster, err);
    if (code == OK)
        code = open_session(store, err);
    cluster_unlock(store->cluster);
    return code;
}

static enum error_code store_connect(struct store *store, struct error *err)
{
    return store->cluster == NULL ? open_session(store, err) : join_cluster(store, err);
}

static enum error_code describe_cluster(const struct store_options *options, struct store *store,
                                        struct error *err)
{
    if (options->state_dir == NULL)
        return error_set(err, ERR_CONFIG, "neither store.url nor state_dir is set");
    const struct cluster_options cluster = {.state_dir = options->state_dir,
                                            .pg_bindir = options->pg_bindir,
                                            .settings = options->cluster_settings};
    return cluster_new(&cluster, &store->cluster, err);
}

static enum error_code check_timeout(int timeout_s, struct error *err)
{
    if (timeout_s >= 0 && timeout_s <= MAX_CONNECT_TIMEOUT_S)
        return OK;
    return error_set(err, ERR_CONFIG, "a connect timeout of %d s is not between 0 and %d",
                     timeout_s, MAX_CONNECT_TIMEOUT_S);
}

static enum error_code store_new(struct store **ret_store, struct error *err)
{
    struct store *store = calloc(1, sizeof(*store));
    if (store == NULL)
        return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot set up the store");
    buffer_init(&store->notices, MAX_NOTICE_BYTES);
    *ret_store = store;
    return OK;
}

enum error_code store_open(const struct store_options *options, struct store **ret_store,
                           struct error *err)
{
    struct store *store CLEANUP(store_freep) = NULL;
    TRY(check_timeout(options->connect_timeout_s, err));
    TRY(store_new(&store, err));
    store->connect_timeout_s =
        options->connect_timeout_s == 0 ? DEFAULT_CONNECT_TIMEOUT_S : options->connect_timeout_s;
    store->keep_running = options->keep_running;
    TRY(full_application_name(options->application_name, &store->application_name, err));
    TRY(copy_text(options->url, &store->url, err));
    if (store->url == NULL)
        TRY(describe_cluster(options, store, err));
    TRY(store_connect(store, err));
    *ret_store = TAKE(store);
    return OK;
}

enum error_code store_open_again(const struct store *store, struct store **ret_store,
                                 struct error *err)
{
    struct store *again CLEANUP(store_freep) = NULL;
    TRY(store_new(&again, err));
    again->connect_timeout_s = store->connect_timeout_s;
    again->keep_running = store->keep_running;
    TRY(copy_text(store->application_name, &again->application_name, err));
    TRY(copy_text(store->url, &again->url, err));
    if (store->cluster != NULL)
        TRY(cluster_copy(store->cluster, &again->cluster, err));
    TRY(store_connect(again, err));
    *ret_store = TAKE(again);
    return OK;
}

enum error_code store_reconnect(struct store *store, struct error *err)
{
    pq_give_up(store);
    return store_connect(store, err);
}

static bool is_last_client(struct store *store)
{
    struct store_result others CLEANUP(store_result_release) = {0};
    const struct store_query query = {other_clients_sql, STORE_ONE_ROW, LAST_CLIENT_MS};
    return store_exec(store, &query, NULL, 0, &others, NULL) == OK &&
           store_get_int(&others, 0, 0) == 0;
}

/*
 * A session that is about to end must not keep the next to leave from stopping the server, and ends
 * on the server only some time after it has ended here. So it says that it does not count any more.
 */
static void end_uncounted(struct store *store)
{
    const struct store_query query = {leaving_sql, STORE_NO_ROWS, LAST_CLIENT_MS};
    enum error_code code = store_exec(store, &query, NULL, 0, NULL, NULL);
    (void)code;
    pq_give_up(store);
}

/* Best effort: a server that stays up is found and used by the next start. */
static void leave_cluster(struct store *store)
{
    (void)store_set_uninterruptible(store, true);
    store_rollback(store);
    if (cluster_lock(store->cluster, NULL) != OK)
        return;
    bool last = is_last_client(store);
    end_uncounted(store);
    if (last) {
        enum error_code code = cluster_stop(store->cluster, NULL);
        (void)code;
    }
    cluster_unlock(store->cluster);
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    if (store->cluster != NULL && !store->keep_running && store_connected(store))
        leave_cluster(store);
    store_free(store);
}

bool store_connected(const struct store *store)
{
    return store->conn != NULL && PQstatus(store->conn) == CONNECTION_OK;
}

int store_server_version(const struct store *store)
{
    return store->conn == NULL ? 0 : PQserverVersion(store->conn);
}

const char *store_server_version_text(const struct store *store)
{
    return store->version_text == NULL ? "" : store->version_text;
}

int store_backend_pid(const struct store *store)
{
    return store->backend_pid;
}

bool store_is_private(const struct store *store)
{
    return store->cluster != NULL;
}

const char *store_notices(const struct store *store)
{
    return buffer_string(&store->notices);
}

void store_clear_notices(struct store *store)
{
    buffer_clear(&store->notices);
}

bool store_set_uninterruptible(struct store *store, bool uninterruptible)
{
    bool before = store->uninterruptible;
    store->uninterruptible = uninterruptible;
    return before;
}

/* As one argument of a POSIX shell. */
static enum error_code append_shell_quoted(const char *text, struct buffer *out, struct error *err)
{
    TRY(buffer_append_char(out, '\'', err));
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\'')
            TRY(buffer_append_string(out, "'\\''", err));
        else
            TRY(buffer_append_char(out, *p, err));
    }
    return buffer_append_char(out, '\'', err);
}

/* As one value of a "key=value" connection string. */
static enum error_code append_conninfo(const char *key, const char *value, struct buffer *out,
                                       struct error *err)
{
    if (value == NULL || value[0] == '\0')
        return OK;
    TRY(buffer_printf(out, err, "%s%s=", out->len == 0 ? "" : " ", key));
    bool plain = strpbrk(value, " '\\") == NULL;
    if (plain)
        return buffer_append_string(out, value, err);
    TRY(buffer_append_char(out, '\'', err));
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '\'' || *p == '\\')
            TRY(buffer_append_char(out, '\\', err));
        TRY(buffer_append_char(out, *p, err));
    }
    return buffer_append_char(out, '\'', err);
}

enum error_code store_psql_command(const struct store *store, struct buffer *out, struct error *err)
{
    struct buffer where CLEANUP(buffer_release);
    buffer_init(&where, BUFFER_DEFAULT_MAX_BYTES);
    if (store->conn == NULL)
        return error_set(err, ERR_STORE, "there is no connection to the store");
    TRY(append_conninfo("host", PQhost(store->conn), &where, err));
    TRY(append_conninfo("port", PQport(store->conn), &where, err));
    TRY(append_conninfo("user", PQuser(store->conn), &where, err));
    TRY(append_conninfo("dbname", PQdb(store->conn), &where, err));
    TRY(buffer_append_string(out, "psql ", err));
    return append_shell_quoted(buffer_string(&where), out, err);
}
