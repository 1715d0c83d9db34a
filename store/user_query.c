/* SQL that users write into their configuration. */
#include "store/pq.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "embedded/ledger_sql.h"

/* Object identifiers of built-in types, the same in every PostgreSQL. */
#define OID_BOOL 16
#define OID_INT8 20
#define OID_INT2 21
#define OID_INT4 23
#define OID_FLOAT4 700
#define OID_FLOAT8 701
#define OID_NUMERIC 1700

static enum error_code too_many(struct store *store, struct error *err)
{
    pq_cancel(store);
    (void)error_set(err, ERR_DATA, "the query returned more than one row");
    error_hint(err, "It has to return one row with one column.");
    return ERR_DATA;
}

/*
 * Takes rows one by one, so that a query that returns a table does not fill the memory. Reads to
 * the end, also of a query that failed: the session can do nothing else before.
 */
static enum error_code read_single(struct store *store, int64_t deadline_us, PGresult **ret_row,
                                   struct error *err)
{
    PGresult *row CLEANUP(pq_clearp) = NULL;
    PGresult *failure CLEANUP(pq_clearp) = NULL;
    for (;;) {
        PGresult *result CLEANUP(pq_clearp) = NULL;
        TRY(pq_next_result(store, deadline_us, &result, err));
        if (result == NULL)
            break;
        ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) {
            pq_cancel(store);
            return error_set(err, ERR_DATA, "the query is a COPY");
        }
        if (status == PGRES_SINGLE_TUPLE && row != NULL)
            return too_many(store, err);
        if (status == PGRES_SINGLE_TUPLE)
            row = TAKE(result);
        else if (status == PGRES_FATAL_ERROR && failure == NULL)
            failure = TAKE(result);
    }
    if (failure != NULL)
        return pq_error(store, failure, err);
    if (row == NULL)
        return error_set(err, ERR_DATA, "the query returned no row");
    *ret_row = TAKE(row);
    return OK;
}

static enum error_code send_and_read(struct store *store, const char *sql, int timeout_ms,
                                     PGresult **ret_row, struct error *err)
{
    PGresult *row CLEANUP(pq_clearp) = NULL;
    TRY(pq_ready(store, err));
    if (!PQsendQueryParams(store->conn, sql, 0, NULL, NULL, NULL, NULL, 0) ||
        !PQsetSingleRowMode(store->conn))
        return pq_error(store, NULL, err);
    TRY(read_single(store, pq_deadline_us(timeout_ms), &row, err));
    if (PQnfields(row) != 1)
        return error_set(err, ERR_DATA, "the query returned %d columns instead of one",
                         PQnfields(row));
    *ret_row = TAKE(row);
    return OK;
}

static enum error_code query_value(struct store *store, const char *sql, int timeout_ms,
                                   PGresult **ret_row, struct error *err)
{
    struct store *open CLEANUP(store_rollbackp) = store;
    const struct store_query begin = {"begin isolation level read committed read only",
                                      STORE_NO_ROWS, STORE_QUICK_MS};
    const struct store_query path = {default_search_path_sql, STORE_NO_ROWS, STORE_QUICK_MS};
    assert(!store_in_transaction(store));
    TRY(store_exec(open, &begin, NULL, 0, NULL, err));
    TRY(store_exec(open, &path, NULL, 0, NULL, err));
    enum error_code code = send_and_read(store, sql, timeout_ms, ret_row, err);
    if (code == ERR_TIMEOUT)
        return error_set(err, ERR_TIMEOUT, "the query took longer than %d ms", timeout_ms);
    return code;
}

enum error_code store_query_bool(struct store *store, const char *sql, int timeout_ms,
                                 bool *ret_value, struct error *err)
{
    PGresult *row CLEANUP(pq_clearp) = NULL;
    TRY(query_value(store, sql, timeout_ms, &row, err));
    if (PQftype(row, 0) != OID_BOOL)
        return error_set(err, ERR_DATA, "the query did not return a boolean");
    if (PQgetisnull(row, 0, 0))
        return error_set(err, ERR_DATA, "the query returned null instead of true or false");
    *ret_value = PQgetvalue(row, 0, 0)[0] == 't';
    return OK;
}

static bool is_number_type(Oid type)
{
    static const Oid types[] = {OID_INT2, OID_INT4, OID_INT8, OID_FLOAT4, OID_FLOAT8, OID_NUMERIC};
    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        if (types[i] == type)
            return true;
    return false;
}

enum error_code store_query_number(struct store *store, const char *sql, int timeout_ms,
                                   double *ret_value, bool *ret_null, struct error *err)
{
    PGresult *row CLEANUP(pq_clearp) = NULL;
    TRY(query_value(store, sql, timeout_ms, &row, err));
    if (!is_number_type(PQftype(row, 0)))
        return error_set(err, ERR_DATA, "the query did not return a number");
    *ret_null = PQgetisnull(row, 0, 0) != 0;
    *ret_value = *ret_null ? 0 : strtod(PQgetvalue(row, 0, 0), NULL);
    return OK;
}

enum error_code store_query_text(struct store *store, const char *sql, int timeout_ms,
                                 struct buffer *out, bool *ret_null, struct error *err)
{
    PGresult *row CLEANUP(pq_clearp) = NULL;
    TRY(query_value(store, sql, timeout_ms, &row, err));
    TRY(buffer_append(out, PQgetvalue(row, 0, 0), (size_t)PQgetlength(row, 0, 0), err));
    *ret_null = PQgetisnull(row, 0, 0) != 0;
    return OK;
}
