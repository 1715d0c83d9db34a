#include "store/pq.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define COMMIT_MS 600000
#define UNKNOWN_OUTCOME "08007" /* transaction_resolution_unknown */
#define VALUE_BYTES 48

/* Parameters as libpq takes them; texts[] holds the values that had to be written out. */
struct values {
    const char *pointers[STORE_MAX_PARAMS];
    int lengths[STORE_MAX_PARAMS];
    int formats[STORE_MAX_PARAMS];
    char texts[STORE_MAX_PARAMS][VALUE_BYTES];
};

static const char *number_text(double number, char *out)
{
    if (isnan(number))
        return "NaN";
    if (isinf(number))
        return number > 0 ? "Infinity" : "-Infinity";
    (void)snprintf(out, VALUE_BYTES, "%.17g", number);
    return out;
}

static const char *int_text(int64_t value, char *out)
{
    (void)snprintf(out, VALUE_BYTES, "%lld", (long long)value);
    return out;
}

static void set_value(struct values *values, size_t i, const struct store_param *param)
{
    char *text = values->texts[i];
    values->lengths[i] = (int)param->len;
    values->formats[i] = param->kind == STORE_PARAM_BYTES;
    switch (param->kind) {
    case STORE_PARAM_NULL:
        values->pointers[i] = NULL;
        break;
    case STORE_PARAM_TEXT:
        values->pointers[i] = param->data;
        break;
    case STORE_PARAM_BYTES:
        values->pointers[i] = param->data == NULL ? "" : param->data;
        break;
    case STORE_PARAM_INT:
        values->pointers[i] = int_text(param->integer, text);
        break;
    case STORE_PARAM_NUMBER:
        values->pointers[i] = number_text(param->number, text);
        break;
    case STORE_PARAM_BOOL:
        values->pointers[i] = param->flag ? "t" : "f";
        break;
    case STORE_PARAM_TIME:
        values->pointers[i] = clock_format_rfc3339(param->integer, text);
        break;
    }
}

static enum error_code send_query(struct store *store, const char *sql,
                                  const struct store_param *params, size_t n_params,
                                  struct error *err)
{
    struct values values;
    assert(n_params <= STORE_MAX_PARAMS);
    for (size_t i = 0; i < n_params; i++)
        set_value(&values, i, &params[i]);
    int sent = PQsendQueryParams(store->conn, sql, (int)n_params, NULL, values.pointers,
                                 values.lengths, values.formats, 0);
    return sent ? OK : pq_error(store, NULL, err);
}

static enum error_code check_shape(enum store_shape shape, const PGresult *result,
                                   struct error *err)
{
    int rows = PQntuples(result);
    bool fits = shape == STORE_ANY_ROWS || (shape == STORE_NO_ROWS && rows == 0) ||
                (shape == STORE_ONE_ROW && rows == 1) || (shape == STORE_MAYBE_ROW && rows <= 1);
    if (fits)
        return OK;
    return error_set(err, ERR_SQL, "a query of the ledger returned %d rows where %s fit", rows,
                     shape == STORE_NO_ROWS   ? "none"
                     : shape == STORE_ONE_ROW ? "exactly one"
                                              : "at most one");
}

/* A copy that a plain statement has begun is a programmer's mistake, but not one to hang on. */
static enum error_code check_status(struct store *store, const PGresult *result, struct error *err)
{
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY)
        return OK;
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) {
        pq_cancel(store);
        return error_set(err, ERR_SQL, "COPY cannot be run as a plain statement");
    }
    return pq_error(store, result, err);
}

/* A session that has ended frees its memory at once and fails every later call alike. */
static enum error_code finish(struct store *store, enum error_code code)
{
    if (code != OK && PQstatus(store->conn) == CONNECTION_BAD)
        pq_give_up(store);
    return code;
}

static enum error_code run(struct store *store, const struct store_query *query,
                           const struct store_param *params, size_t n_params, PGresult **ret_result,
                           struct error *err)
{
    PGresult *result CLEANUP(pq_clearp) = NULL;
    int64_t deadline_us = pq_deadline_us(query->deadline_ms);
    TRY(send_query(store, query->sql, params, n_params, err));
    TRY(pq_last_result(store, deadline_us, &result, err));
    TRY(check_status(store, result, err));
    TRY(check_shape(query->shape, result, err));
    *ret_result = TAKE(result);
    return OK;
}

enum error_code store_exec(struct store *store, const struct store_query *query,
                           const struct store_param *params, size_t n_params,
                           struct store_result *ret_result, struct error *err)
{
    PGresult *result CLEANUP(pq_clearp) = NULL;
    TRY(pq_ready(store, err));
    TRY(finish(store, run(store, query, params, n_params, &result, err)));
    if (ret_result != NULL) {
        store_result_release(ret_result);
        ret_result->pg = TAKE(result);
    }
    return OK;
}

static enum error_code run_script(struct store *store, const char *sql, int deadline_ms,
                                  struct error *err)
{
    PGresult *result CLEANUP(pq_clearp) = NULL;
    if (!PQsendQuery(store->conn, sql))
        return pq_error(store, NULL, err);
    TRY(pq_last_result(store, pq_deadline_us(deadline_ms), &result, err));
    return check_status(store, result, err);
}

enum error_code store_exec_script(struct store *store, const char *sql, int deadline_ms,
                                  struct error *err)
{
    TRY(pq_ready(store, err));
    return finish(store, run_script(store, sql, deadline_ms, err));
}

enum error_code store_begin(struct store *store, struct error *err)
{
    assert(!store_in_transaction(store));
    const struct store_query begin = {"begin isolation level read committed read write",
                                      STORE_NO_ROWS, STORE_QUICK_MS};
    return store_exec(store, &begin, NULL, 0, NULL, err);
}

static enum error_code outcome_unknown(struct error *err)
{
    char reason[sizeof(err->detail)] = "";
    if (err == NULL)
        return ERR_STORE;
    (void)snprintf(reason, sizeof(reason), "%s", err->message);
    (void)error_set(err, ERR_STORE, "the connection was lost while a transaction was committed");
    error_detail(err, "Whether it took place shows after connecting again (%s).", reason);
    (void)snprintf(err->sqlstate, sizeof(err->sqlstate), "%s", UNKNOWN_OUTCOME);
    return ERR_STORE;
}

enum error_code store_commit(struct store *store, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query commit = {"commit", STORE_NO_ROWS, COMMIT_MS};
    if (!store_connected(store))
        return error_set(err, ERR_STORE, "the connection was lost before a transaction ended");
    bool before = store_set_uninterruptible(store, true);
    enum error_code code = store_exec(store, &commit, NULL, 0, &result, err);
    (void)store_set_uninterruptible(store, before);
    if (code == ERR_TIMEOUT) {
        pq_give_up(store);
        return outcome_unknown(err);
    }
    if (code == ERR_STORE)
        return outcome_unknown(err);
    TRY(code);
    if (strcmp(PQcmdStatus(result.pg), "COMMIT") != 0)
        return error_set(err, ERR_SQL, "the transaction had failed before its end");
    return OK;
}

bool store_commit_unknown(const struct error *err)
{
    return err->code == ERR_STORE && strcmp(err->sqlstate, UNKNOWN_OUTCOME) == 0;
}

void store_rollback(struct store *store)
{
    if (!store_in_transaction(store))
        return;
    bool before = store_set_uninterruptible(store, true);
    const struct store_query rollback = {"rollback", STORE_NO_ROWS, STORE_QUICK_MS};
    /* A session that cannot even roll back is ended, which does the same. */
    if (store_exec(store, &rollback, NULL, 0, NULL, NULL) != OK)
        pq_give_up(store);
    (void)store_set_uninterruptible(store, before);
}

enum error_code store_atomically(struct store *store, store_work work, void *context,
                                 struct error *err)
{
    if (store_in_transaction(store))
        return work(store, context, err);
    struct store *open CLEANUP(store_rollbackp) = store;
    TRY(store_begin(open, err));
    TRY(work(open, context, err));
    return store_commit(open, err);
}

bool store_in_transaction(const struct store *store)
{
    if (!store_connected(store))
        return false;
    return PQtransactionStatus(store->conn) != PQTRANS_IDLE;
}
