/* The inside of a session, for the files of this folder only. */
#ifndef LG_STORE_PQ_H
#define LG_STORE_PQ_H

#include <libpq-fe.h>

#include "store/conn.h"

struct cluster;

struct store {
    PGconn *conn; /* NULL once the session is given up */
    char *url;    /* NULL: private cluster */
    char *application_name;
    struct cluster *cluster; /* NULL with a url */
    char *version_text;
    struct buffer notices;
    int connect_timeout_s;
    int backend_pid;
    bool keep_running;
    bool uninterruptible;
    size_t copy_unsent_bytes; /* at most; of the COPY under way */
};

DEFINE_POINTER_CLEANUP(PGresult, pq_clearp, PQclear)
DEFINE_POINTER_CLEANUP(PGconn, pq_finishp, PQfinish)
DEFINE_POINTER_CLEANUP(PQconninfoOption, pq_conninfo_freep, PQconninfoFree)

/* "When a call has to be over", on the monotonic clock; INT64_MAX for never. */
int64_t pq_deadline_us(int deadline_ms);

/*
 * Waits until the socket is ready for one of events (POLLIN, POLLOUT). ERR_CANCELLED when
 * interrupted, ERR_TIMEOUT past the deadline; the connection is untouched then.
 */
enum error_code pq_wait_socket(const struct store *store, PGconn *conn, short events,
                               int64_t deadline_us, struct error *err) MUST_CHECK;

/* Sends what libpq has queued. Errors as pq_wait_socket, and ERR_STORE. */
enum error_code pq_flush(struct store *store, int64_t deadline_us, struct error *err) MUST_CHECK;

/*
 * The next result of what was sent, NULL after the last. Cancels on the server when interrupted or
 * late and returns ERR_CANCELLED or ERR_TIMEOUT, unless the statement ended well all the same. Does
 * not look at the result's status.
 */
enum error_code pq_next_result(struct store *store, int64_t deadline_us, PGresult **ret_result,
                               struct error *err) MUST_CHECK;

/* The last result of what was sent, or the first that failed; stops at a COPY. */
enum error_code pq_last_result(struct store *store, int64_t deadline_us, PGresult **ret_result,
                               struct error *err) MUST_CHECK;

/*
 * Cancels the running statement and reads to its end. If the server does not answer within some
 * seconds the session is given up.
 */
void pq_cancel(struct store *store);

/* Closes the connection without ceremony; the next call fails with ERR_STORE. */
void pq_give_up(struct store *store);

/* ERR_STORE when there is no usable connection, ERR_CANCELLED when interrupted already. */
enum error_code pq_ready(struct store *store, struct error *err) MUST_CHECK;

/* Turns a failed result, or with NULL the connection's own error, into an error. */
enum error_code pq_error(struct store *store, const PGresult *result, struct error *err) MUST_CHECK;

/* Error of a connection that could not be made. */
enum error_code pq_connect_error(const PGconn *conn, struct error *err) MUST_CHECK;

#endif
