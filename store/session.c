#include "store/session.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "embedded/ledger_sql.h"
#include "store/embedded.h"

#define MAX_KEYWORDS 24
#define SESSION_MS 30000

struct keywords {
    const char *names[MAX_KEYWORDS + 1];
    const char *values[MAX_KEYWORDS + 1];
    size_t n;
};

static void add_keyword(struct keywords *keywords, const char *name, const char *value)
{
    keywords->names[keywords->n] = name;
    keywords->values[keywords->n] = value;
    keywords->n++;
}

/* What stands before dbname can be overridden by the user's url, what stands after it cannot. */
static void fill_keywords(const struct store *store, struct keywords *keywords)
{
    add_keyword(keywords, "keepalives_idle", "60");
    add_keyword(keywords, "keepalives_interval", "10");
    add_keyword(keywords, "keepalives_count", "6");
    add_keyword(keywords, "tcp_user_timeout", "120000");
    add_keyword(keywords, "target_session_attrs", "read-write");
    if (store->cluster != NULL) {
        add_keyword(keywords, "host", cluster_socket_dir(store->cluster));
        add_keyword(keywords, "port", "5432");
        add_keyword(keywords, "user", CLUSTER_ROLE);
        add_keyword(keywords, "dbname", CLUSTER_DATABASE);
    } else {
        add_keyword(keywords, "dbname", store->url);
    }
    add_keyword(keywords, "application_name", store->application_name);
    add_keyword(keywords, "client_encoding", "UTF8");
}

static enum error_code poll_connection(const struct store *store, PGconn *conn, struct error *err)
{
    int64_t deadline_us = pq_deadline_us(store->connect_timeout_s * 1000);
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    while (state != PGRES_POLLING_OK) {
        if (state == PGRES_POLLING_FAILED)
            return pq_connect_error(conn, err);
        short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        enum error_code code = pq_wait_socket(store, conn, events, deadline_us, err);
        if (code == ERR_TIMEOUT)
            return error_set(err, ERR_STORE, "the store did not answer within %d s",
                             store->connect_timeout_s);
        TRY(code);
        state = PQconnectPoll(conn);
    }
    return OK;
}

/* Before anybody can ask for them: libpq would print them otherwise. */
static void drop_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

static void collect_notice(void *context, const PGresult *result)
{
    struct store *store = context;
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    /* Past the cap further notices are dropped: they inform, nothing depends on them. */
    enum error_code code =
        buffer_printf(&store->notices, NULL, "%s: %s\n", severity == NULL ? "NOTICE" : severity,
                      text == NULL ? PQresultErrorMessage(result) : text);
    (void)code;
}

enum error_code session_connect(const struct store *store, PGconn **ret_conn, struct error *err)
{
    struct keywords keywords = {.n = 0};
    fill_keywords(store, &keywords);
    PGconn *conn CLEANUP(pq_finishp) = PQconnectStartParams(keywords.names, keywords.values, 1);
    if (conn == NULL)
        return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot connect to the store");
    if (PQstatus(conn) == CONNECTION_BAD)
        return pq_connect_error(conn, err);
    (void)PQsetNoticeReceiver(conn, drop_notice, NULL);
    TRY(poll_connection(store, conn, err));
    if (PQsetnonblocking(conn, 1) != 0)
        return pq_connect_error(conn, err);
    *ret_conn = TAKE(conn);
    return OK;
}

static enum error_code check_version(struct store *store, struct error *err)
{
    int version = PQserverVersion(store->conn);
    if (version >= STORE_MIN_SERVER_VERSION)
        return OK;
    (void)error_set(err, ERR_REFUSED, "the server is PostgreSQL %d.%d, too old for a store",
                    version / 10000, version % 10000);
    error_hint(err, "Use PostgreSQL 14 or later.");
    return ERR_REFUSED;
}

static enum error_code read_facts(struct store *store, struct error *err)
{
    struct store_result facts CLEANUP(store_result_release) = {0};
    const struct store_query query = {session_facts_sql, STORE_ONE_ROW, SESSION_MS};
    TRY(store_exec(store, &query, NULL, 0, &facts, err));
    store->backend_pid = (int)store_get_int(&facts, 0, 0);
    free(store->version_text);
    store->version_text = strdup(store_get_text(&facts, 0, 1));
    if (store->version_text == NULL)
        return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot keep the server's version");
    return OK;
}

static enum error_code raw_backend_pid(struct store *probe, int *ret_pid, struct error *err)
{
    struct store_result pid CLEANUP(store_result_release) = {0};
    const struct store_query query = {backend_pid_sql, STORE_ONE_ROW, SESSION_MS};
    TRY(store_exec(probe, &query, NULL, 0, &pid, err));
    *ret_pid = (int)store_get_int(&pid, 0, 0);
    return OK;
}

static enum error_code refuse_pooler(struct error *err)
{
    (void)error_set(err, ERR_REFUSED,
                    "the connection goes through a pooler that switches server sessions");
    error_detail(err, "The lock that keeps two runs of a feed apart would not hold on it.");
    error_hint(err, "Give store.url the server's own address, or set pool_mode to session.");
    return ERR_REFUSED;
}

/*
 * While another connection is within a transaction, a pooler that lends server sessions by the
 * transaction either gave it the session of ours or has to give us another one. One that lends them
 * by the statement allows no transaction.
 */
static enum error_code compare_sessions(struct store *store, struct store *other, struct error *err)
{
    const struct store_query begin = {"begin", STORE_NO_ROWS, SESSION_MS};
    int ours = 0, theirs = 0, again = 0;
    TRY(raw_backend_pid(store, &ours, err));
    if (store_exec(other, &begin, NULL, 0, NULL, NULL) != OK)
        return refuse_pooler(err);
    TRY(raw_backend_pid(other, &theirs, err));
    /* Before asking again: a pooler with one server session could not answer. */
    if (theirs == ours)
        return refuse_pooler(err);
    TRY(raw_backend_pid(store, &again, err));
    return again == ours ? OK : refuse_pooler(err);
}

static enum error_code probe_pooler(struct store *store, struct error *err)
{
    struct store other = *store;
    other.conn = NULL;
    TRY(session_connect(store, &other.conn, err));
    enum error_code code = compare_sessions(store, &other, err);
    pq_give_up(&other);
    return code;
}

/*
 * A server tells its process id at the start of a session, for cancel requests. A pooler tells a
 * number of its own, so a difference means that one is in between, of whichever kind.
 */
static enum error_code check_pooler(struct store *store, struct error *err)
{
    if (PQbackendPID(store->conn) == store->backend_pid)
        return OK;
    return probe_pooler(store, err);
}

enum error_code session_prepare(struct store *store, struct error *err)
{
    (void)PQsetNoticeReceiver(store->conn, collect_notice, store);
    TRY(check_version(store, err));
    TRY(store_exec_script(store, session_sql, SESSION_MS, err));
    const struct store_query check_client = {session_check_client_sql, STORE_NO_ROWS, SESSION_MS};
    enum error_code code = store_exec(store, &check_client, NULL, 0, NULL, err);
    if (code != OK && code != ERR_SQL)
        return code;
    TRY(read_facts(store, err));
    return check_pooler(store, err);
}
