#include "store/pq.h"

#include <assert.h>
#include <limits.h>
#include <poll.h>

/* How much may wait in libpq's memory before a put waits for the server. */
#define MAX_UNSENT_BYTES ((size_t)4 * 1024 * 1024)
#define MAX_PUT_BYTES ((size_t)1024 * 1024)

static enum error_code start_copy(struct store *store, const char *sql, ExecStatusType direction,
                                  int64_t deadline_us, struct error *err)
{
    PGresult *result CLEANUP(pq_clearp) = NULL;
    TRY(pq_ready(store, err));
    if (!PQsendQuery(store->conn, sql))
        return pq_error(store, NULL, err);
    TRY(pq_last_result(store, deadline_us, &result, err));
    ExecStatusType status = PQresultStatus(result);
    if (status == direction)
        return OK;
    if (status == PGRES_FATAL_ERROR)
        return pq_error(store, result, err);
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT)
        pq_cancel(store);
    return error_set(err, ERR_SQL, "the statement is not a COPY in the wanted direction");
}

enum error_code store_copy_begin(struct store *store, const char *sql, int deadline_ms,
                                 struct error *err)
{
    store->copy_unsent_bytes = 0;
    return start_copy(store, sql, PGRES_COPY_IN, pq_deadline_us(deadline_ms), err);
}

/* Lets bytes leave; waits only while more than MAX_UNSENT_BYTES are on the way. */
static enum error_code push(struct store *store, struct error *err)
{
    for (;;) {
        int more = PQflush(store->conn);
        if (more < 0)
            return pq_error(store, NULL, err);
        if (more == 0)
            store->copy_unsent_bytes = 0;
        if (store->copy_unsent_bytes <= MAX_UNSENT_BYTES)
            return store->uninterruptible ? OK : pq_ready(store, err);
        TRY(pq_wait_socket(store, store->conn, POLLIN | POLLOUT, INT64_MAX, err));
        if (PQconsumeInput(store->conn) == 0)
            return pq_error(store, NULL, err);
    }
}

/* What the server said is a better reason than a pipe that broke. */
static enum error_code put_failed(struct store *store, struct error *err)
{
    PGresult *result CLEANUP(pq_clearp) = NULL;
    struct error said;
    if (store_connected(store))
        (void)PQputCopyEnd(store->conn, "the rows ended early");
    enum error_code code = pq_last_result(store, pq_deadline_us(STORE_QUICK_MS), &result, &said);
    if (code == OK && PQresultStatus(result) == PGRES_FATAL_ERROR)
        code = pq_error(store, result, &said);
    if (code == OK)
        code = error_set(&said, ERR_STORE, "the store stopped taking rows");
    if (err != NULL)
        *err = said;
    if (PQstatus(store->conn) == CONNECTION_BAD)
        pq_give_up(store);
    return code;
}

static enum error_code put_piece(struct store *store, const char *bytes, size_t len,
                                 struct error *err)
{
    struct error why;
    if (PQputCopyData(store->conn, bytes, (int)len) != 1)
        return put_failed(store, err);
    store->copy_unsent_bytes += len;
    enum error_code code = push(store, &why);
    if (code == OK)
        return OK;
    if (code != ERR_CANCELLED)
        return put_failed(store, err);
    store_copy_abort(store);
    if (err != NULL)
        *err = why;
    return code;
}

enum error_code store_copy_put(struct store *store, const void *bytes, size_t len,
                               struct error *err)
{
    if (store->conn == NULL)
        return pq_ready(store, err);
    for (size_t at = 0; at < len; at += MAX_PUT_BYTES) {
        size_t piece = len - at < MAX_PUT_BYTES ? len - at : MAX_PUT_BYTES;
        TRY(put_piece(store, (const char *)bytes + at, piece, err));
    }
    return OK;
}

enum error_code store_copy_end(struct store *store, int deadline_ms, int64_t *ret_rows,
                               struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    TRY(pq_ready(store, err));
    if (PQputCopyEnd(store->conn, NULL) != 1)
        return put_failed(store, err);
    enum error_code code = pq_last_result(store, pq_deadline_us(deadline_ms), &result.pg, err);
    if (code == OK && PQresultStatus(result.pg) != PGRES_COMMAND_OK)
        code = pq_error(store, result.pg, err);
    if (code != OK && PQstatus(store->conn) == CONNECTION_BAD)
        pq_give_up(store);
    TRY(code);
    *ret_rows = store_affected(&result);
    return OK;
}

void store_copy_abort(struct store *store)
{
    PGresult *result CLEANUP(pq_clearp) = NULL;
    if (!store_connected(store))
        return;
    bool before = store_set_uninterruptible(store, true);
    if (PQputCopyEnd(store->conn, "the load was stopped") != 1 ||
        pq_last_result(store, pq_deadline_us(STORE_QUICK_MS), &result, NULL) != OK)
        pq_give_up(store);
    (void)store_set_uninterruptible(store, before);
}

/* One piece: 1 with it handed on, 0 at the end. */
static enum error_code pull(struct store *store, int64_t deadline_us, store_copy_sink sink,
                            void *context, bool *ret_end, struct error *err)
{
    char *row = NULL;
    int len = PQgetCopyData(store->conn, &row, 1);
    if (len > 0) {
        enum error_code code = sink(context, row, (size_t)len, err);
        PQfreemem(row);
        return code;
    }
    if (len < 0) {
        *ret_end = true;
        return OK;
    }
    TRY(pq_wait_socket(store, store->conn, POLLIN, deadline_us, err));
    if (PQconsumeInput(store->conn) == 0)
        return pq_error(store, NULL, err);
    return OK;
}

static enum error_code pull_all(struct store *store, int64_t deadline_us, store_copy_sink sink,
                                void *context, struct error *err)
{
    bool end = false;
    while (!end)
        TRY(pull(store, deadline_us, sink, context, &end, err));
    return OK;
}

enum error_code store_copy_out(struct store *store, const char *sql, int deadline_ms,
                               store_copy_sink sink, void *context, struct error *err)
{
    PGresult *result CLEANUP(pq_clearp) = NULL;
    int64_t deadline_us = pq_deadline_us(deadline_ms);
    TRY(start_copy(store, sql, PGRES_COPY_OUT, deadline_us, err));
    enum error_code code = pull_all(store, deadline_us, sink, context, err);
    if (code != OK) {
        if (store_connected(store))
            pq_cancel(store);
        return code;
    }
    TRY(pq_last_result(store, deadline_us, &result, err));
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        return pq_error(store, result, err);
    return OK;
}
