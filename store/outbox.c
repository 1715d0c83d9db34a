#include "store/outbox.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "embedded/ledger_sql.h"
#include "store/clean.h"

/* An event on its way into the ledger. */
struct addition {
    const struct outbox_event *event;
    char id[EVENT_ID_BYTES];
    int64_t incident; /* 0: none */
    int64_t sequence;
    struct buffer endpoints; /* as an array literal */
};

static void addition_release(struct addition *addition)
{
    buffer_release(&addition->endpoints);
}

static const char *effect_name(enum outbox_effect effect)
{
    static const char *const names[] = {
        [OUTBOX_NONE] = "none",
        [OUTBOX_TRIGGER] = "trigger",
        [OUTBOX_RESOLVE] = "resolve",
        [OUTBOX_UPDATE] = "update",
    };
    return names[effect];
}

/* Runs a query that gives a number or no row; 0 for none. */
static enum error_code maybe_number(struct store *store, const char *sql,
                                    const struct store_param *params, size_t n_params,
                                    int64_t *ret_number, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {sql, STORE_MAYBE_ROW, STORE_QUICK_MS};
    TRY(store_exec(store, &query, params, n_params, &result, err));
    *ret_number = store_rows(&result) == 0 ? 0 : store_get_int(&result, 0, 0);
    return OK;
}

static enum error_code find_incident(struct store *store, struct addition *addition,
                                     struct error *err)
{
    const struct outbox_event *event = addition->event;
    const struct store_param open[] = {store_text(event->feed), store_int(event->load),
                                       store_text(event->severity)};
    const struct store_param update[] = {store_text(event->feed),
                                         store_text(event->incident_state)};
    switch (event->effect) {
    case OUTBOX_NONE:
        return OK;
    case OUTBOX_TRIGGER:
        return maybe_number(store, incident_open_sql, open, 3, &addition->incident, err);
    case OUTBOX_UPDATE:
        return maybe_number(store, incident_update_sql, update, 2, &addition->incident, err);
    case OUTBOX_RESOLVE:
        return maybe_number(store, incident_resolve_sql, open, 1, &addition->incident, err);
    }
    return OK;
}

static enum error_code number_within_incident(struct store *store, struct addition *addition,
                                              struct error *err)
{
    const struct store_param params[] = {store_int(addition->incident)};
    if (addition->incident == 0)
        return OK;
    return maybe_number(store, incident_next_sql, params, 1, &addition->sequence, err);
}

static struct store_param number_or_null(int64_t number)
{
    return number == 0 ? store_text(NULL) : store_int(number);
}

static enum error_code insert_event(struct store *store, struct addition *addition,
                                    struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct outbox_event *event = addition->event;
    const struct store_query query = {outbox_add_event_sql, STORE_ONE_ROW, STORE_QUICK_MS};
    const struct store_param params[] = {store_text(event->feed),
                                         store_int(event->load),
                                         number_or_null(addition->incident),
                                         number_or_null(addition->sequence),
                                         store_text(effect_name(event->effect)),
                                         store_text(event->type),
                                         store_text(event->severity),
                                         store_text(event->payload_json),
                                         store_text(event->dedup_key)};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &result, err));
    (void)snprintf(addition->id, sizeof(addition->id), "%s", store_get_text(&result, 0, 0));
    return OK;
}

static enum error_code supersede_older(struct store *store, const struct addition *addition,
                                       struct error *err)
{
    const struct store_query query = {outbox_supersede_sql, STORE_NO_ROWS, STORE_QUICK_MS};
    const struct store_param params[] = {store_text(addition->id), store_int(addition->incident),
                                         store_text(buffer_string(&addition->endpoints))};
    if (addition->incident == 0)
        return OK;
    return store_exec(store, &query, params, ARRAY_SIZE(params), NULL, err);
}

static enum error_code insert_deliveries(struct store *store, const struct addition *addition,
                                         struct error *err)
{
    const struct store_query insert = {outbox_add_deliveries_sql, STORE_NO_ROWS, STORE_QUICK_MS};
    const struct store_query wake = {outbox_wake_sql, STORE_ONE_ROW, STORE_QUICK_MS};
    const struct store_param params[] = {
        store_text(addition->id), number_or_null(addition->incident),
        number_or_null(addition->sequence), store_text(buffer_string(&addition->endpoints)),
        store_bool(addition->event->only_resolves && addition->incident != 0)};
    TRY(store_exec(store, &insert, params, ARRAY_SIZE(params), NULL, err));
    return store_exec(store, &wake, NULL, 0, NULL, err);
}

/* Leaves addition->id empty if the event is new. */
static enum error_code find_known(struct store *store, struct addition *addition, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query lock = {outbox_dedup_lock_sql, STORE_ONE_ROW, STORE_QUICK_MS};
    const struct store_query find = {outbox_known_sql, STORE_MAYBE_ROW, STORE_QUICK_MS};
    const struct store_param params[] = {store_text(addition->event->dedup_key)};
    if (addition->event->dedup_key == NULL)
        return OK;
    TRY(store_exec(store, &lock, params, 1, NULL, err));
    TRY(store_exec(store, &find, params, 1, &result, err));
    if (store_rows(&result) == 1)
        (void)snprintf(addition->id, sizeof(addition->id), "%s", store_get_text(&result, 0, 0));
    return OK;
}

static enum error_code add(struct store *store, struct addition *addition, struct error *err)
{
    TRY(store_text_array(addition->event->endpoints, addition->event->n_endpoints,
                         &addition->endpoints, err));
    TRY(find_known(store, addition, err));
    if (addition->id[0] != '\0')
        return OK;
    TRY(find_incident(store, addition, err));
    TRY(number_within_incident(store, addition, err));
    TRY(insert_event(store, addition, err));
    TRY(supersede_older(store, addition, err));
    return insert_deliveries(store, addition, err);
}

enum error_code outbox_add(struct store *store, const struct outbox_event *event,
                           char ret_id[EVENT_ID_BYTES], struct error *err)
{
    struct addition addition CLEANUP(addition_release) = {.event = event};
    assert(store_in_transaction(store));
    buffer_init(&addition.endpoints, BUFFER_DEFAULT_MAX_BYTES);
    TRY(add(store, &addition, err));
    memcpy(ret_id, addition.id, sizeof(addition.id));
    return OK;
}

enum error_code outbox_claim(struct store *store, const char *const *endpoints, size_t n_endpoints,
                             size_t limit, int64_t lease_us, struct arena *arena,
                             struct claimed_delivery **ret_deliveries, size_t *ret_n,
                             struct error *err)
{
    struct buffer names CLEANUP(buffer_release);
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {outbox_claim_sql, STORE_ANY_ROWS, STORE_QUICK_MS};
    buffer_init(&names, BUFFER_DEFAULT_MAX_BYTES);
    TRY(store_text_array(endpoints, n_endpoints, &names, err));
    const struct store_param params[] = {store_text(buffer_string(&names)),
                                         store_int((int64_t)limit), store_int(lease_us)};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &result, err));
    size_t n = store_rows(&result);
    struct claimed_delivery *deliveries = arena_calloc(arena, n, sizeof(*deliveries));
    for (size_t i = 0; i < n; i++)
        deliveries[i] = (struct claimed_delivery){
            .id = store_get_int(&result, i, 0),
            .event_id = arena_strdup(arena, store_get_text(&result, i, 1)),
            .endpoint = arena_strdup(arena, store_get_text(&result, i, 2)),
            .type = arena_strdup(arena, store_get_text(&result, i, 3)),
            .created_us = store_get_time(&result, i, 4),
            .payload_json = arena_strdup(arena, store_get_text(&result, i, 5)),
            .incident = store_get_int(&result, i, 6),
            .sequence = store_get_int(&result, i, 7),
            .attempts = (unsigned)store_get_int(&result, i, 8),
        };
    *ret_deliveries = deliveries;
    *ret_n = n;
    return OK;
}

static enum error_code no_delivery(int64_t delivery, struct error *err)
{
    return error_set(err, ERR_NOT_FOUND, "there is no delivery %" PRId64, delivery);
}

enum error_code outbox_begin_attempt(struct store *store, int64_t delivery, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {outbox_begin_attempt_sql, STORE_NO_ROWS, STORE_QUICK_MS};
    const struct store_param params[] = {store_int(delivery)};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &result, err));
    if (store_affected(&result) == 1)
        return OK;
    return error_set(err, ERR_CONFLICT, "the lease on delivery %" PRId64 " has run out", delivery);
}

static enum error_code check_exists(struct store *store, int64_t delivery, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {outbox_exists_sql, STORE_ONE_ROW, STORE_QUICK_MS};
    const struct store_param params[] = {store_int(delivery)};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &result, err));
    return store_get_bool(&result, 0, 0) ? OK : no_delivery(delivery, err);
}

enum error_code outbox_end_attempt(struct store *store, const struct attempt_result *result,
                                   struct error *err)
{
    static const char *const outcomes[] = {
        [DELIVERY_END_DONE] = "delivered",
        [DELIVERY_END_RETRY] = "retry",
        [DELIVERY_END_DEAD] = "dead",
    };
    struct store_result written CLEANUP(store_result_release) = {0};
    struct buffer clean CLEANUP(buffer_release);
    const char *reason = NULL;
    buffer_init(&clean, BUFFER_DEFAULT_MAX_BYTES);
    TRY(clean_text(result->reason, &clean, &reason, err));
    const struct store_query query = {outbox_end_attempt_sql, STORE_NO_ROWS, STORE_QUICK_MS};
    const struct store_param params[] = {
        store_int(result->delivery), store_text(outcomes[result->end]),
        store_int(result->wait_us),  store_int(result->status),
        store_text(reason),          store_int(result->duration_us)};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &written, err));
    return store_affected(&written) > 0 ? OK : check_exists(store, result->delivery, err);
}

enum error_code outbox_next_due(struct store *store, const char *const *endpoints,
                                size_t n_endpoints, int64_t *ret_wait_us, struct error *err)
{
    struct buffer names CLEANUP(buffer_release);
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {outbox_next_due_sql, STORE_ONE_ROW, STORE_QUICK_MS};
    buffer_init(&names, BUFFER_DEFAULT_MAX_BYTES);
    TRY(store_text_array(endpoints, n_endpoints, &names, err));
    const struct store_param params[] = {store_text(buffer_string(&names))};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &result, err));
    if (store_get_null(&result, 0, 0)) {
        *ret_wait_us = -1;
        return OK;
    }
    int64_t wait_us = store_get_int(&result, 0, 0);
    *ret_wait_us = wait_us > 0 ? wait_us : 0;
    return OK;
}

enum error_code outbox_count(struct store *store, int64_t load, struct outbox_counts *ret_counts,
                             struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {outbox_count_sql, STORE_ONE_ROW, STORE_QUICK_MS};
    const struct store_param params[] = {store_int(load)};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &result, err));
    *ret_counts = (struct outbox_counts){
        .pending = store_get_int(&result, 0, 0),
        .delivered = store_get_int(&result, 0, 1),
        .superseded = store_get_int(&result, 0, 2),
        .dead = store_get_int(&result, 0, 3),
    };
    return OK;
}

enum error_code outbox_list(struct store *store, int64_t load, struct arena *arena,
                            struct delivery_info **ret_infos, size_t *ret_n, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {outbox_list_sql, STORE_ANY_ROWS, STORE_QUICK_MS};
    const struct store_param params[] = {store_int(load)};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &result, err));
    size_t n = store_rows(&result);
    struct delivery_info *infos = arena_calloc(arena, n, sizeof(*infos));
    for (size_t i = 0; i < n; i++) {
        const char *last_error = store_get_text(&result, i, 8);
        infos[i] = (struct delivery_info){
            .event_id = arena_strdup(arena, store_get_text(&result, i, 0)),
            .type = arena_strdup(arena, store_get_text(&result, i, 1)),
            .endpoint = arena_strdup(arena, store_get_text(&result, i, 2)),
            .state = arena_strdup(arena, store_get_text(&result, i, 3)),
            .attempts = (unsigned)store_get_int(&result, i, 4),
            .created_us = store_get_time(&result, i, 5),
            .finished_us = store_get_time(&result, i, 6),
            .last_status = (int)store_get_int(&result, i, 7),
            .last_error = last_error == NULL ? NULL : arena_strdup(arena, last_error),
        };
    }
    *ret_infos = infos;
    *ret_n = n;
    return OK;
}

enum error_code outbox_release(struct store *store, const int64_t *deliveries, size_t n,
                               struct error *err)
{
    struct buffer ids CLEANUP(buffer_release);
    const struct store_query query = {outbox_release_sql, STORE_NO_ROWS, STORE_QUICK_MS};
    buffer_init(&ids, BUFFER_DEFAULT_MAX_BYTES);
    TRY(store_int_array(deliveries, n, &ids, err));
    const struct store_param params[] = {store_text(buffer_string(&ids))};
    return store_exec(store, &query, params, ARRAY_SIZE(params), NULL, err);
}

enum error_code outbox_retry(struct store *store, int64_t delivery, struct error *err)
{
    int64_t found = 0;
    const struct store_param params[] = {store_int(delivery)};
    TRY(maybe_number(store, outbox_retry_sql, params, 1, &found, err));
    if (found != 0)
        return OK;
    (void)no_delivery(delivery, err);
    error_detail(err, "Only one that was delivered or given up can be sent again.");
    return ERR_NOT_FOUND;
}

static enum error_code assign_positions(struct store *store, void *context, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query lock = {outbox_position_lock_sql, STORE_ONE_ROW, STORE_QUICK_MS};
    const struct store_query assign = {outbox_position_sql, STORE_NO_ROWS, STORE_QUICK_MS};
    int64_t *n = context;
    TRY(store_exec(store, &lock, NULL, 0, NULL, err));
    TRY(store_exec(store, &assign, NULL, 0, &result, err));
    *n = store_affected(&result);
    return OK;
}

enum error_code outbox_assign_positions(struct store *store, int64_t *ret_n, struct error *err)
{
    return store_atomically(store, assign_positions, ret_n, err);
}
