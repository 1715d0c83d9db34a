/* Feeds, loads and nights. */
#include "store/ledger.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "embedded/ledger_sql.h"
#include "store/clean.h"

/* Columns of the queries that read loads. */
enum {
    ID,
    FEED,
    STATE,
    AS_OF,
    SCHEDULED_FOR,
    CREATED,
    STARTED,
    STAGED,
    JUDGED,
    PUBLISHED,
    FINISHED,
    BASELINE_LOAD,
    LIVE_LOAD,
    EPOCH,
    ROWS,
    FINGERPRINT,
    VERDICT,
    RELEASABLE,
    MARKED_BAD,
    MARKED_REASON,
    COMPLETENESS,
    CORRECTION,
    SOURCE,
    RULES_DIGEST,
    EVIDENCE_DIGEST,
    SUMMARY,
    ERROR,
    STDERR_TAIL,
    HOST,
    PID,
};

enum error_code ledger_ensure_feed(struct store *store, const char *feed, struct error *err)
{
    const struct store_query query = {feed_ensure_sql, STORE_NO_ROWS, STORE_QUICK_MS};
    const struct store_param params[] = {store_text(feed)};
    return store_exec(store, &query, params, ARRAY_SIZE(params), NULL, err);
}

enum error_code ledger_define_feed(struct store *store, const char *feed,
                                   const char *definition_json, struct error *err)
{
    const struct store_query query = {feed_define_sql, STORE_NO_ROWS, STORE_QUICK_MS};
    const struct store_param params[] = {store_text(feed), store_text(definition_json)};
    return store_exec(store, &query, params, ARRAY_SIZE(params), NULL, err);
}

/* What create_load hands to what runs inside the transaction. */
struct creation {
    const struct new_load *new_load;
    int64_t load;
    bool existing;
};

static enum error_code insert_load(struct store *store, struct creation *creation,
                                   struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    struct buffer clean CLEANUP(buffer_release);
    const struct new_load *load = creation->new_load;
    const char *source = NULL;
    buffer_init(&clean, BUFFER_DEFAULT_MAX_BYTES);
    TRY(clean_text(load->source, &clean, &source, err));
    const struct store_query query = {load_create_sql, STORE_ONE_ROW, STORE_QUICK_MS};
    const struct store_param params[] = {store_text(load->feed), store_time(load->scheduled_for_us),
                                         store_text(source), store_text(load->host),
                                         store_int(load->pid)};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &result, err));
    creation->load = store_get_int(&result, 0, 0);
    return OK;
}

/* *ret_load is 0 and *ret_free true if nobody has claimed the night. */
static enum error_code read_night(struct store *store, const char *feed, int64_t scheduled_for_us,
                                  int64_t *ret_load, bool *ret_free, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {night_read_sql, STORE_MAYBE_ROW, STORE_QUICK_MS};
    const struct store_param params[] = {store_text(feed), store_time(scheduled_for_us)};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &result, err));
    bool found = store_rows(&result) == 1;
    *ret_load = found ? store_get_int(&result, 0, 0) : 0;
    *ret_free = !found || store_get_bool(&result, 0, 1);
    return OK;
}

static enum error_code claim_night(struct store *store, struct creation *creation,
                                   struct error *err)
{
    const struct new_load *load = creation->new_load;
    const struct store_query lock = {night_lock_sql, STORE_ONE_ROW, STORE_QUICK_MS};
    const struct store_query write = {night_write_sql, STORE_NO_ROWS, STORE_QUICK_MS};
    const struct store_param night[] = {store_text(load->feed), store_time(load->scheduled_for_us)};
    int64_t claimed = 0;
    bool is_free = false;
    TRY(store_exec(store, &lock, night, ARRAY_SIZE(night), NULL, err));
    TRY(read_night(store, load->feed, load->scheduled_for_us, &claimed, &is_free, err));
    if (!is_free) {
        creation->load = claimed;
        creation->existing = true;
        return OK;
    }
    TRY(insert_load(store, creation, err));
    const struct store_param params[] = {night[0], night[1], store_int(creation->load)};
    return store_exec(store, &write, params, ARRAY_SIZE(params), NULL, err);
}

static enum error_code create_load(struct store *store, void *context, struct error *err)
{
    struct creation *creation = context;
    if (creation->new_load->scheduled_for_us == STORE_NO_TIME)
        return insert_load(store, creation, err);
    return claim_night(store, creation, err);
}

enum error_code ledger_create_load(struct store *store, const struct new_load *new_load,
                                   int64_t *ret_load, bool *ret_existing, struct error *err)
{
    struct creation creation = {.new_load = new_load};
    TRY(store_atomically(store, create_load, &creation, err));
    *ret_load = creation.load;
    *ret_existing = creation.existing;
    return OK;
}

enum error_code ledger_night_load(struct store *store, const char *feed, int64_t scheduled_for_us,
                                  int64_t *ret_load, struct error *err)
{
    bool is_free = false;
    return read_night(store, feed, scheduled_for_us, ret_load, &is_free, err);
}

static const char *keep_text(const struct store_result *result, size_t row, size_t column,
                             struct arena *arena)
{
    const char *text = store_get_text(result, row, column);
    return text == NULL ? NULL : arena_strdup(arena, text);
}

static enum error_code read_rows(const struct store_result *result, size_t row,
                                 struct load_record *record, struct error *err)
{
    record->has_rows = !store_get_null(result, row, ROWS);
    if (!record->has_rows)
        return OK;
    record->rows = (uint64_t)store_get_int(result, row, ROWS);
    return fingerprint_parse(store_get_text(result, row, FINGERPRINT), &record->fingerprint, err);
}

static enum error_code read_record(const struct store_result *result, size_t row,
                                   struct arena *arena, struct load_record *record,
                                   struct error *err)
{
    *record = (struct load_record){
        .id = store_get_int(result, row, ID),
        .feed = keep_text(result, row, FEED, arena),
        .state = keep_text(result, row, STATE, arena),
        .as_of_us = store_get_time(result, row, AS_OF),
        .scheduled_for_us = store_get_time(result, row, SCHEDULED_FOR),
        .created_us = store_get_time(result, row, CREATED),
        .started_us = store_get_time(result, row, STARTED),
        .staged_us = store_get_time(result, row, STAGED),
        .judged_us = store_get_time(result, row, JUDGED),
        .published_us = store_get_time(result, row, PUBLISHED),
        .finished_us = store_get_time(result, row, FINISHED),
        .baseline_load = store_get_int(result, row, BASELINE_LOAD),
        .live_load = store_get_int(result, row, LIVE_LOAD),
        .epoch = store_get_int(result, row, EPOCH),
        .verdict = keep_text(result, row, VERDICT, arena),
        .releasable = store_get_bool(result, row, RELEASABLE),
        .marked_bad = store_get_bool(result, row, MARKED_BAD),
        .marked_reason = keep_text(result, row, MARKED_REASON, arena),
        .completeness = keep_text(result, row, COMPLETENESS, arena),
        .correction = store_get_bool(result, row, CORRECTION),
        .source = keep_text(result, row, SOURCE, arena),
        .rules_digest = keep_text(result, row, RULES_DIGEST, arena),
        .evidence_digest = keep_text(result, row, EVIDENCE_DIGEST, arena),
        .summary = keep_text(result, row, SUMMARY, arena),
        .error = keep_text(result, row, ERROR, arena),
        .stderr_tail = keep_text(result, row, STDERR_TAIL, arena),
        .host = keep_text(result, row, HOST, arena),
        .pid = store_get_int(result, row, PID),
    };
    return read_rows(result, row, record, err);
}

static enum error_code not_found(int64_t load, struct error *err)
{
    (void)error_set(err, ERR_NOT_FOUND, "there is no load %" PRId64, load);
    error_hint(err, "'loadguard loads FEED' lists the loads of a feed.");
    return ERR_NOT_FOUND;
}

enum error_code ledger_read_load(struct store *store, int64_t load, struct arena *arena,
                                 struct load_record *ret_record, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    struct load_record record;
    const struct store_query query = {load_read_sql, STORE_MAYBE_ROW, STORE_QUICK_MS};
    const struct store_param params[] = {store_int(load)};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &result, err));
    if (store_rows(&result) == 0)
        return not_found(load, err);
    TRY(read_record(&result, 0, arena, &record, err));
    *ret_record = record;
    return OK;
}

static enum error_code read_records(struct store *store, const char *sql,
                                    const struct store_param *params, size_t n_params,
                                    struct arena *arena, struct load_record **ret_records,
                                    size_t *ret_n, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {sql, STORE_ANY_ROWS, STORE_QUICK_MS};
    TRY(store_exec(store, &query, params, n_params, &result, err));
    size_t n = store_rows(&result);
    struct load_record *records = arena_calloc(arena, n, sizeof(*records));
    for (size_t i = 0; i < n; i++)
        TRY(read_record(&result, i, arena, &records[i], err));
    *ret_records = records;
    *ret_n = n;
    return OK;
}

enum error_code ledger_list_loads(struct store *store, const char *feed, size_t limit,
                                  struct arena *arena, struct load_record **ret_records,
                                  size_t *ret_n, struct error *err)
{
    int64_t most = limit > INT64_MAX ? INT64_MAX : (int64_t)limit;
    const struct store_param params[] = {store_text(feed), store_int(most)};
    return read_records(store, load_list_sql, params, ARRAY_SIZE(params), arena, ret_records, ret_n,
                        err);
}

enum error_code ledger_loads_in_states(struct store *store, const char *feed,
                                       const char *const *states, size_t n_states,
                                       struct arena *arena, struct load_record **ret_records,
                                       size_t *ret_n, struct error *err)
{
    struct buffer array CLEANUP(buffer_release);
    buffer_init(&array, BUFFER_DEFAULT_MAX_BYTES);
    TRY(store_text_array(states, n_states, &array, err));
    const struct store_param params[] = {store_text(feed), store_text(buffer_string(&array))};
    return read_records(store, load_in_states_sql, params, ARRAY_SIZE(params), arena, ret_records,
                        ret_n, err);
}

enum error_code ledger_unfinished(struct store *store, struct arena *arena,
                                  struct load_record **ret_records, size_t *ret_n,
                                  struct error *err)
{
    return read_records(store, load_unfinished_sql, NULL, 0, arena, ret_records, ret_n, err);
}

/* The update found no row: says what state the load is in instead. */
static enum error_code overtaken(struct store *store, int64_t load, const char *from,
                                 struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {load_state_sql, STORE_MAYBE_ROW, STORE_QUICK_MS};
    const struct store_param params[] = {store_int(load)};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &result, err));
    if (store_rows(&result) == 0)
        return not_found(load, err);
    (void)error_set(err, ERR_CONFLICT, "load %" PRId64 " is %s, no longer %s", load,
                    store_get_text(&result, 0, 0), from);
    error_detail(err, "Another process or person was faster.");
    return ERR_CONFLICT;
}

enum error_code ledger_change_state(struct store *store, int64_t load, const char *from,
                                    const char *to, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {load_change_state_sql, STORE_NO_ROWS, STORE_QUICK_MS};
    const struct store_param params[] = {store_int(load), store_text(from), store_text(to)};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &result, err));
    return store_affected(&result) == 1 ? OK : overtaken(store, load, from, err);
}
