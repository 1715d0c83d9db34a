/*
 * One session with the PostgreSQL that holds ledger and data. Everything that talks to the database
 * goes through here, so that no call can hang, print, or run without a deadline.
 *
 * A struct store belongs to one thread at a time. All times are microseconds since the Unix epoch.
 */
#ifndef LG_STORE_CONN_H
#define LG_STORE_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

struct store;
struct pg_conn;
struct pg_result;

#define STORE_MIN_SERVER_VERSION 140000 /* as PQserverVersion gives it */

/* Deadline for statements that touch a few rows. */
#define STORE_QUICK_MS 30000

/* Most parameters of one statement. */
#define STORE_MAX_PARAMS 32

/* "No such time": SQL null in a parameter or a result. */
#define STORE_NO_TIME INT64_MIN

struct store_options {
    const char *url;              /* libpq URI or "key=value …"; NULL: private cluster */
    const char *state_dir;        /* where the private cluster lives; needed if url is NULL */
    const char *application_name; /* what the session does, "loadguard run"; NULL: "loadguard" */
    const char *pg_bindir;        /* folder of initdb and postgres; NULL: searched for */
    const char *const *cluster_settings; /* "name=value"… NULL at the end, for a private cluster
                                            that this call starts; may be NULL */
    int connect_timeout_s;               /* 0: 10 */
    bool keep_running;                   /* the private cluster outlives its last client */
};

/*
 * Connects (without url: creates and starts the private cluster first when needed, see
 * store/embedded.h) and prepares the session: search_path pg_catalog, pg_temp; UTF-8; UTC; READ
 * COMMITTED; TCP keepalives. The strings of options are copied.
 *
 * ERR_STORE: not reachable. ERR_REFUSED: a server older than 14, or a connection that a pooler
 * switches between server sessions, on which advisory locks would not hold. ERR_CONFIG: a url or
 * a state_dir that cannot be used. ERR_CANCELLED: interrupted while waiting.
 */
enum error_code store_open(const struct store_options *options, struct store **ret_store,
                           struct error *err) MUST_CHECK;

/* A second session to the same place as store; independent of it afterwards. */
enum error_code store_open_again(const struct store *store, struct store **ret_store,
                                 struct error *err) MUST_CHECK;

/*
 * Ends the session; an open transaction is rolled back, session locks are gone. Stops the private
 * cluster if this was its last client and it need not keep running. NULL is allowed.
 */
void store_close(struct store *store);
DEFINE_POINTER_CLEANUP(struct store, store_closep, store_close)

/*
 * Drops what is left of the session and opens a new one to the same place. Locks, transaction and
 * LISTEN of the old one are gone. Errors as store_open.
 */
enum error_code store_reconnect(struct store *store, struct error *err) MUST_CHECK;

/* Whether the session can still be used. A lost network may be noticed only by the next call. */
bool store_connected(const struct store *store);

/* The server's version as a number (150020) and as its own text ("15.20 (Debian …)"). */
int store_server_version(const struct store *store);
const char *store_server_version_text(const struct store *store);

/* Process id of the server session; 0 when not connected. */
int store_backend_pid(const struct store *store);

/* Whether the store is a private cluster. */
bool store_is_private(const struct store *store);

/* Appends one line that a person can run to look into the store: psql "host=… dbname=…". It never
 * contains a password. */
enum error_code store_psql_command(const struct store *store, struct buffer *out,
                                   struct error *err) MUST_CHECK;

/* Warnings and notices of the server since the last store_clear_notices, a line each; capped. */
const char *store_notices(const struct store *store);
void store_clear_notices(struct store *store);

/*
 * While true, calls finish their work although Ctrl-C has been seen: for writing down how an
 * interrupted load ended. Deadlines still hold. Returns the former setting.
 */
bool store_set_uninterruptible(struct store *store, bool uninterruptible);

/* ---- statements ---- */

/* How many rows a statement may return; anything else is ERR_SQL. */
enum store_shape {
    STORE_NO_ROWS,   /* a command, or a query that returns nothing */
    STORE_ONE_ROW,   /* exactly one */
    STORE_MAYBE_ROW, /* none or one */
    STORE_ANY_ROWS,  /* callers bound them by limit in the SQL */
};

/* A statement with what is expected of it. deadline_ms 0 means none. */
struct store_query {
    const char *sql;
    enum store_shape shape;
    int deadline_ms;
};

enum store_param_kind {
    STORE_PARAM_NULL,
    STORE_PARAM_TEXT,
    STORE_PARAM_INT,
    STORE_PARAM_NUMBER,
    STORE_PARAM_BOOL,
    STORE_PARAM_TIME,
    STORE_PARAM_BYTES,
};

/* One value for $n; made by the functions below. Points at the caller's memory. */
struct store_param {
    enum store_param_kind kind;
    union {
        const void *data;
        int64_t integer;
        double number;
        bool flag;
    };
    size_t len; /* of STORE_PARAM_BYTES */
};

/* NULL gives SQL null. Also carries json, numeric and array literals. */
static inline struct store_param store_text(const char *text)
{
    if (text == NULL)
        return (struct store_param){.kind = STORE_PARAM_NULL};
    return (struct store_param){.kind = STORE_PARAM_TEXT, .data = text};
}

static inline struct store_param store_int(int64_t value)
{
    return (struct store_param){.kind = STORE_PARAM_INT, .integer = value};
}

/* Infinite and NaN included. */
static inline struct store_param store_number(double value)
{
    return (struct store_param){.kind = STORE_PARAM_NUMBER, .number = value};
}

static inline struct store_param store_bool(bool value)
{
    return (struct store_param){.kind = STORE_PARAM_BOOL, .flag = value};
}

/* STORE_NO_TIME gives SQL null. */
static inline struct store_param store_time(int64_t unix_us)
{
    if (unix_us == STORE_NO_TIME)
        return (struct store_param){.kind = STORE_PARAM_NULL};
    return (struct store_param){.kind = STORE_PARAM_TIME, .integer = unix_us};
}

/* Sent in binary format: bytea, or any type whose binary form the caller has made. */
static inline struct store_param store_bytes(const void *bytes, size_t len)
{
    return (struct store_param){.kind = STORE_PARAM_BYTES, .data = bytes, .len = len};
}

/* What a statement returned, in text format. Zero-initialise; release when done. */
struct store_result {
    struct pg_result *pg;
};

void store_result_release(struct store_result *result);

/* Number of rows returned, and the number of rows an insert, update, delete or copy touched. */
size_t store_rows(const struct store_result *result);
int64_t store_affected(const struct store_result *result);

/*
 * One value; row and column from 0, asserted to exist. Text is NULL for SQL null and lives as long
 * as the result. The others are for columns of that type that are not null: bigint or smaller,
 * double precision, boolean. store_get_time gives STORE_NO_TIME for null.
 */
const char *store_get_text(const struct store_result *result, size_t row, size_t column);
bool store_get_null(const struct store_result *result, size_t row, size_t column);
int64_t store_get_int(const struct store_result *result, size_t row, size_t column);
double store_get_number(const struct store_result *result, size_t row, size_t column);
bool store_get_bool(const struct store_result *result, size_t row, size_t column);
int64_t store_get_time(const struct store_result *result, size_t row, size_t column);

/*
 * Runs one statement and waits for its end, for Ctrl-C, or for the deadline, whichever is first;
 * in the latter two cases the statement is cancelled on the server before the call returns.
 * ret_result may be NULL; otherwise it is released first and filled on success only.
 *
 * Errors carry SQLSTATE, the server's message, detail and hint:
 * ERR_STORE connection lost (reconnect and read the state again), ERR_CANCELLED interrupted,
 * ERR_TIMEOUT deadline passed, ERR_BUSY lock timeout or too many connections, ERR_CONFLICT
 * deadlock or serialisation, ERR_SPACE disk full, ERR_MEMORY, ERR_CORRUPT damaged table,
 * ERR_SQL anything else, also a wrong number of rows.
 */
enum error_code store_exec(struct store *store, const struct store_query *query,
                           const struct store_param *params, size_t n_params,
                           struct store_result *ret_result, struct error *err) MUST_CHECK;

/*
 * Runs several statements, separated by semicolons, without parameters; results are dropped.
 * Outside a transaction they are one.
 */
enum error_code store_exec_script(struct store *store, const char *sql, int deadline_ms,
                                  struct error *err) MUST_CHECK;

/* Writes n items as an array literal ('{"a","b"}'); a NULL item becomes null. For store_text. */
enum error_code store_text_array(const char *const *items, size_t n, struct buffer *out,
                                 struct error *err) MUST_CHECK;
enum error_code store_int_array(const int64_t *items, size_t n, struct buffer *out,
                                struct error *err) MUST_CHECK;

/* Appends name as a quoted identifier, so that it can stand in SQL text. ERR_DATA: not UTF-8. */
enum error_code store_quote_identifier(struct store *store, const char *name, struct buffer *out,
                                       struct error *err) MUST_CHECK;

/* Appends text as a quoted string literal. ERR_DATA: not UTF-8. */
enum error_code store_quote_literal(struct store *store, const char *text, struct buffer *out,
                                    struct error *err) MUST_CHECK;

/* ---- transactions ---- */

/* Starts a READ COMMITTED transaction. Asserts that none is open. */
enum error_code store_begin(struct store *store, struct error *err) MUST_CHECK;

/*
 * Commits; never interrupted. ERR_SQL if the transaction had failed and was rolled back instead.
 * If the connection is lost in between, nobody can say from here whether it took place: the error
 * is ERR_STORE and store_commit_unknown is true for it. The caller reconnects and reads.
 */
enum error_code store_commit(struct store *store, struct error *err) MUST_CHECK;
bool store_commit_unknown(const struct error *err);

/* Ends an open transaction without effect; nothing to do if none is open or the session is lost. */
void store_rollback(struct store *store);

/* For CLEANUP on a struct store * that a function began a transaction on: rolls back if it is still
 * open. The pointer is only borrowed. */
static inline void store_rollbackp(struct store **store)
{
    if (*store != NULL)
        store_rollback(*store);
}

/*
 * Calls work inside the transaction that is open, or else inside one of its own, which is committed
 * if work returns OK and rolled back otherwise. Errors of work, and of begin and commit.
 */
typedef enum error_code (*store_work)(struct store *store, void *context, struct error *err);
enum error_code store_atomically(struct store *store, store_work work, void *context,
                                 struct error *err) MUST_CHECK;

/* Whether a transaction is open (also a failed one). */
bool store_in_transaction(const struct store *store);

/* ---- SQL written by users: ready queries, completeness queries, SQL measures, probes ---- */

/*
 * Each runs one statement in a read-only transaction of its own, with the role's search_path, for
 * at most timeout_ms, and has to return exactly one row with one column. Whatever it sets is
 * undone. Such SQL can drop session locks, so use a session that holds none. Asserts that no
 * transaction is open. ERR_DATA: another shape, a value of another type, or null where that has no
 * meaning.
 */
enum error_code store_query_bool(struct store *store, const char *sql, int timeout_ms,
                                 bool *ret_value, struct error *err) MUST_CHECK;
enum error_code store_query_number(struct store *store, const char *sql, int timeout_ms,
                                   double *ret_value, bool *ret_null, struct error *err) MUST_CHECK;
/* Appends the value's text form; nothing for null. Longer than the buffer's cap: ERR_LIMIT. */
enum error_code store_query_text(struct store *store, const char *sql, int timeout_ms,
                                 struct buffer *out, bool *ret_null, struct error *err) MUST_CHECK;

/* ---- COPY ---- */

/*
 * Sends rows: begin with a COPY … FROM STDIN statement, put bytes in pieces of any size (some
 * 64 KiB are best), end. Bytes leave while the caller prepares the next ones; at most a few
 * megabytes wait. A failure on the server may show only in a later call. deadline_ms is for
 * one call. After a failed put the copy is over and the transaction failed. store_copy_abort ends a
 * copy on purpose; nothing of it remains.
 */
enum error_code store_copy_begin(struct store *store, const char *sql, int deadline_ms,
                                 struct error *err) MUST_CHECK;
enum error_code store_copy_put(struct store *store, const void *bytes, size_t len,
                               struct error *err) MUST_CHECK;
enum error_code store_copy_end(struct store *store, int deadline_ms, int64_t *ret_rows,
                               struct error *err) MUST_CHECK;
void store_copy_abort(struct store *store);

/*
 * Runs a COPY … TO STDOUT statement and hands every piece (one row, in binary the header too) to
 * the sink. If the sink fails, the statement is cancelled and the sink's error is returned. The
 * deadline is for the whole.
 */
typedef enum error_code (*store_copy_sink)(void *context, const char *bytes, size_t len,
                                           struct error *err);
enum error_code store_copy_out(struct store *store, const char *sql, int deadline_ms,
                               store_copy_sink sink, void *context, struct error *err) MUST_CHECK;

/* ---- being woken ---- */

/* Subscribes to a channel until the session ends. */
enum error_code store_listen(struct store *store, const char *channel,
                             struct error *err) MUST_CHECK;

/*
 * Waits until a notification on any subscribed channel arrives or timeout_ms is over. Notifications
 * only wake; they may be missed, so callers look at the tables each time.
 */
enum error_code store_wait(struct store *store, int timeout_ms, bool *ret_notified,
                           struct error *err) MUST_CHECK;

#endif
