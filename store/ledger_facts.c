/* What becomes known about a load: rows, verdict, error, marks, approvals. */
#include "store/ledger.h"

#include <inttypes.h>

#include "embedded/ledger_sql.h"
#include "store/clean.h"

/* Runs an update of one load's row. */
static enum error_code update_load(struct store *store, const char *sql,
                                   const struct store_param *params, size_t n_params, int64_t load,
                                   struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {sql, STORE_NO_ROWS, STORE_QUICK_MS};
    TRY(store_exec(store, &query, params, n_params, &result, err));
    if (store_affected(&result) == 1)
        return OK;
    return error_set(err, ERR_NOT_FOUND, "there is no load %" PRId64, load);
}

enum error_code ledger_set_staged(struct store *store, int64_t load,
                                  const struct staged_facts *facts, struct error *err)
{
    char fingerprint[FINGERPRINT_TEXT_BYTES];
    const struct store_param params[] = {
        store_int(load),
        store_int((int64_t)facts->rows),
        store_text(fingerprint_format(&facts->fingerprint, fingerprint)),
        store_time(facts->as_of_us),
        store_text(facts->completeness),
        store_bool(facts->correction)};
    return update_load(store, load_set_staged_sql, params, ARRAY_SIZE(params), load, err);
}

enum error_code ledger_set_judged(struct store *store, int64_t load,
                                  const struct judged_facts *facts, struct error *err)
{
    const struct store_param params[] = {store_int(load),
                                         store_int(facts->baseline_load),
                                         store_int(facts->live_load),
                                         store_int(facts->epoch),
                                         store_text(facts->verdict),
                                         store_bool(facts->releasable),
                                         store_text(facts->summary),
                                         store_text(facts->rules_digest),
                                         store_text(facts->evidence_digest),
                                         store_text(facts->report_json)};
    return update_load(store, load_set_judged_sql, params, ARRAY_SIZE(params), load, err);
}

enum error_code ledger_set_error(struct store *store, int64_t load, const char *error,
                                 const char *stderr_tail, struct error *err)
{
    struct buffer clean_error CLEANUP(buffer_release);
    struct buffer clean_tail CLEANUP(buffer_release);
    buffer_init(&clean_error, BUFFER_DEFAULT_MAX_BYTES);
    buffer_init(&clean_tail, BUFFER_DEFAULT_MAX_BYTES);
    TRY(clean_text(error, &clean_error, &error, err));
    TRY(clean_text(stderr_tail, &clean_tail, &stderr_tail, err));
    const struct store_param params[] = {store_int(load), store_text(error),
                                         store_text(stderr_tail)};
    return update_load(store, load_set_error_sql, params, ARRAY_SIZE(params), load, err);
}

enum error_code ledger_read_report(struct store *store, int64_t load, struct arena *arena,
                                   const char **ret_json, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {load_report_sql, STORE_MAYBE_ROW, STORE_QUICK_MS};
    const struct store_param params[] = {store_int(load)};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &result, err));
    if (store_rows(&result) == 0)
        return error_set(err, ERR_NOT_FOUND, "there is no load %" PRId64, load);
    const char *json = store_get_text(&result, 0, 0);
    *ret_json = json == NULL ? NULL : arena_strdup(arena, json);
    return OK;
}

enum error_code ledger_mark(struct store *store, int64_t load, bool bad, const char *person,
                            const char *reason, struct error *err)
{
    const struct store_param params[] = {store_int(load), store_bool(bad), store_text(person),
                                         store_text(reason)};
    return update_load(store, load_mark_sql, params, ARRAY_SIZE(params), load, err);
}

enum error_code ledger_last_good(struct store *store, const char *feed, int64_t *ret_load,
                                 struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {load_last_good_sql, STORE_MAYBE_ROW, STORE_QUICK_MS};
    const struct store_param params[] = {store_text(feed)};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &result, err));
    *ret_load = store_rows(&result) == 0 ? 0 : store_get_int(&result, 0, 0);
    return OK;
}

enum error_code ledger_add_approval(struct store *store, const struct approval *approval,
                                    struct error *err)
{
    struct buffer measures CLEANUP(buffer_release);
    const struct store_query query = {approval_add_sql, STORE_NO_ROWS, STORE_QUICK_MS};
    buffer_init(&measures, BUFFER_DEFAULT_MAX_BYTES);
    TRY(store_text_array(approval->measures, approval->n_measures, &measures, err));
    const struct store_param params[] = {store_int(approval->load),
                                         store_text(approval->person),
                                         store_text(approval->reason),
                                         store_bool(approval->override),
                                         store_text(approval->evidence_digest),
                                         store_text(buffer_string(&measures)),
                                         store_bool(approval->new_normal)};
    return store_exec(store, &query, params, ARRAY_SIZE(params), NULL, err);
}

enum error_code ledger_lapse_approvals(struct store *store, int64_t load,
                                       const char *evidence_digest, int64_t *ret_lapsed,
                                       struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {approvals_lapse_sql, STORE_NO_ROWS, STORE_QUICK_MS};
    const struct store_param params[] = {store_int(load), store_text(evidence_digest)};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &result, err));
    *ret_lapsed = store_affected(&result);
    return OK;
}

enum error_code ledger_read_excuses(struct store *store, const char *feed, int64_t since,
                                    struct arena *arena, struct ledger_excuse **ret_excuses,
                                    size_t *ret_n, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {excuses_read_sql, STORE_ANY_ROWS, STORE_QUICK_MS};
    const struct store_param params[] = {store_text(feed), store_int(since)};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &result, err));
    size_t n = store_rows(&result);
    struct ledger_excuse *excuses = arena_calloc(arena, n, sizeof(*excuses));
    for (size_t i = 0; i < n; i++) {
        const char *measure = store_get_text(&result, i, 2);
        excuses[i] = (struct ledger_excuse){
            .load = store_get_int(&result, i, 0),
            .new_normal = store_get_bool(&result, i, 1),
            .measure = measure == NULL ? NULL : arena_strdup(arena, measure),
        };
    }
    *ret_excuses = excuses;
    *ret_n = n;
    return OK;
}

enum error_code ledger_is_approved(struct store *store, int64_t load, const char *evidence_digest,
                                   bool *ret_approved, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {approval_valid_sql, STORE_ONE_ROW, STORE_QUICK_MS};
    const struct store_param params[] = {store_int(load), store_text(evidence_digest)};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &result, err));
    *ret_approved = store_get_bool(&result, 0, 0);
    return OK;
}

enum error_code ledger_read_approvals(struct store *store, int64_t load, struct arena *arena,
                                      struct approval_record **ret_records, size_t *ret_n,
                                      struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {approvals_read_sql, STORE_ANY_ROWS, STORE_QUICK_MS};
    const struct store_param params[] = {store_int(load)};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &result, err));
    size_t n = store_rows(&result);
    struct approval_record *records = arena_calloc(arena, n, sizeof(*records));
    for (size_t i = 0; i < n; i++)
        records[i] = (struct approval_record){
            .person = arena_strdup(arena, store_get_text(&result, i, 0)),
            .reason = arena_strdup(arena, store_get_text(&result, i, 1)),
            .override = store_get_bool(&result, i, 2),
            .evidence_digest = arena_strdup(arena, store_get_text(&result, i, 3)),
            .at_us = store_get_time(&result, i, 4),
            .lapsed = store_get_bool(&result, i, 5),
        };
    *ret_records = records;
    *ret_n = n;
    return OK;
}
