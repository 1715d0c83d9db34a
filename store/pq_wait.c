#include "store/pq.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "store/cancel.h"

/* How long a server may take to give up a statement before the session is given up. */
#define CANCEL_GRACE_MS 10000
#define CANCEL_SEND_MS 5000

int64_t pq_deadline_us(int deadline_ms)
{
    return deadline_ms <= 0 ? INT64_MAX : clock_monotonic_us() + (int64_t)deadline_ms * 1000;
}

/* Milliseconds for poll(), at most an hour at a time; rounded up so that no wait is a busy one. */
static int poll_ms(int64_t deadline_us)
{
    if (deadline_us == INT64_MAX)
        return -1;
    int64_t left_us = deadline_us - clock_monotonic_us();
    if (left_us <= 0)
        return 0;
    int64_t ms = (left_us + 999) / 1000;
    return ms > 3600000 ? 3600000 : (int)ms;
}

enum error_code pq_wait_socket(const struct store *store, PGconn *conn, short events,
                               int64_t deadline_us, struct error *err)
{
    for (;;) {
        int wake = store->uninterruptible ? -1 : interrupt_fd();
        struct pollfd fds[2] = {{.fd = PQsocket(conn), .events = events},
                                {.fd = wake, .events = POLLIN}};
        int n = poll(fds, 2, poll_ms(deadline_us));
        if (n < 0 && errno != EINTR)
            return error_set_errno(err, ERR_IO, errno, "cannot wait for the store");
        /* First, so that a server that never stops sending can be interrupted too. */
        if (!store->uninterruptible)
            TRY(interrupt_check(err));
        if (n > 0 && fds[0].revents != 0)
            return OK;
        if (deadline_us != INT64_MAX && clock_monotonic_us() >= deadline_us)
            return error_set(err, ERR_TIMEOUT, "the store did not answer in time");
    }
}

enum error_code pq_flush(struct store *store, int64_t deadline_us, struct error *err)
{
    for (;;) {
        int more = PQflush(store->conn);
        if (more == 0)
            return OK;
        if (more < 0)
            return pq_error(store, NULL, err);
        TRY(pq_wait_socket(store, store->conn, POLLIN | POLLOUT, deadline_us, err));
        /* The server may be unable to read on before we have read its notices. */
        if (PQconsumeInput(store->conn) == 0)
            return pq_error(store, NULL, err);
    }
}

static enum error_code wait_result(struct store *store, int64_t deadline_us, struct error *err)
{
    TRY(pq_flush(store, deadline_us, err));
    while (PQisBusy(store->conn)) {
        TRY(pq_wait_socket(store, store->conn, POLLIN, deadline_us, err));
        /* A failure here shows as a failed result, which may carry the server's last words. */
        if (PQconsumeInput(store->conn) == 0)
            break;
    }
    return OK;
}

void pq_give_up(struct store *store)
{
    PQfinish(store->conn);
    store->conn = NULL;
    store->backend_pid = 0;
    store->copy_unsent_bytes = 0;
}

/* Reads the rest of a COPY … TO STDOUT and drops it. */
static enum error_code skip_copy_out(struct store *store, int64_t deadline_us, struct error *err)
{
    for (;;) {
        char *row = NULL;
        int len = PQgetCopyData(store->conn, &row, 1);
        PQfreemem(row);
        if (len < 0)
            return OK;
        if (len > 0)
            continue;
        TRY(pq_wait_socket(store, store->conn, POLLIN, deadline_us, err));
        if (PQconsumeInput(store->conn) == 0)
            return pq_error(store, NULL, err);
    }
}

/* Reads until the session is idle again, whatever comes. */
static enum error_code drain(struct store *store, int64_t deadline_us, PGresult **ret_last,
                             struct error *err)
{
    for (;;) {
        TRY(wait_result(store, deadline_us, err));
        PGresult *result = PQgetResult(store->conn);
        if (result == NULL)
            return OK;
        ExecStatusType status = PQresultStatus(result);
        PQclear(*ret_last);
        *ret_last = result;
        if (status == PGRES_COPY_IN)
            (void)PQputCopyEnd(store->conn, "given up");
        if (status == PGRES_COPY_OUT)
            TRY(skip_copy_out(store, deadline_us, err));
    }
}

/* As pq_cancel, and hands back how the statement ended, NULL if nobody knows. */
static PGresult *cancel_and_drain(struct store *store)
{
    PGresult *last = NULL;
    bool before = store_set_uninterruptible(store, true);
    int64_t deadline_us = pq_deadline_us(CANCEL_GRACE_MS);
    if (cancel_request(store->conn, CANCEL_SEND_MS, NULL) != OK ||
        drain(store, deadline_us, &last, NULL) != OK)
        pq_give_up(store);
    (void)store_set_uninterruptible(store, before);
    return last;
}

void pq_cancel(struct store *store)
{
    PQclear(cancel_and_drain(store));
}

static bool ended_well(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

enum error_code pq_next_result(struct store *store, int64_t deadline_us, PGresult **ret_result,
                               struct error *err)
{
    struct error why;
    enum error_code code = wait_result(store, deadline_us, &why);
    if (code == OK) {
        *ret_result = PQgetResult(store->conn);
        return OK;
    }
    if (code != ERR_CANCELLED && code != ERR_TIMEOUT) {
        if (err != NULL)
            *err = why;
        return code;
    }
    PGresult *last = cancel_and_drain(store);
    if (last != NULL && ended_well(last)) {
        *ret_result = last;
        return OK;
    }
    PQclear(last);
    if (err != NULL)
        *err = why;
    return code;
}

enum error_code pq_last_result(struct store *store, int64_t deadline_us, PGresult **ret_result,
                               struct error *err)
{
    PGresult *last CLEANUP(pq_clearp) = NULL;
    for (;;) {
        PGresult *result = NULL;
        TRY(pq_next_result(store, deadline_us, &result, err));
        if (result == NULL)
            break;
        ExecStatusType status = PQresultStatus(result);
        bool first_failure = last == NULL || PQresultStatus(last) != PGRES_FATAL_ERROR;
        if (first_failure) {
            PQclear(last);
            last = result;
        } else {
            PQclear(result);
        }
        if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH)
            break;
    }
    *ret_result = TAKE(last);
    return OK;
}

enum error_code pq_ready(struct store *store, struct error *err)
{
    if (store->conn == NULL || PQstatus(store->conn) != CONNECTION_OK)
        return error_set(err, ERR_STORE, "there is no connection to the store");
    return store->uninterruptible ? OK : interrupt_check(err);
}
