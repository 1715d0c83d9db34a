/* Measures of loads, and the history that later loads are judged against. */
#include "store/ledger.h"

#include <math.h>

#include "embedded/ledger_sql.h"

/* A load's measures as three arrays of equal length. */
struct measure_arrays {
    struct arena arena;
    struct buffer texts;
    struct buffer segments;
    struct buffer values;
    struct buffer trains;
};

static void arrays_init(struct measure_arrays *arrays)
{
    arrays->arena = (struct arena){0};
    buffer_init(&arrays->texts, BUFFER_DEFAULT_MAX_BYTES);
    buffer_init(&arrays->segments, BUFFER_DEFAULT_MAX_BYTES);
    buffer_init(&arrays->values, BUFFER_DEFAULT_MAX_BYTES);
    buffer_init(&arrays->trains, BUFFER_DEFAULT_MAX_BYTES);
}

static void arrays_release(struct measure_arrays *arrays)
{
    arena_release(&arrays->arena);
    buffer_release(&arrays->texts);
    buffer_release(&arrays->segments);
    buffer_release(&arrays->values);
    buffer_release(&arrays->trains);
}

static enum error_code append_value(const struct recorded_measure *measure, struct buffer *out,
                                    struct error *err)
{
    if (measure->is_null)
        return buffer_append_string(out, "null", err);
    if (isnan(measure->value))
        return buffer_append_string(out, "NaN", err);
    if (isinf(measure->value))
        return buffer_append_string(out, measure->value > 0 ? "Infinity" : "-Infinity", err);
    return buffer_printf(out, err, "%.17g", measure->value);
}

static enum error_code fill_arrays(const struct recorded_measure *measures, size_t n,
                                   struct measure_arrays *arrays, struct error *err)
{
    const char **texts = arena_calloc(&arrays->arena, n, sizeof(*texts));
    const char **segments = arena_calloc(&arrays->arena, n, sizeof(*segments));
    TRY(buffer_append_char(&arrays->values, '{', err));
    TRY(buffer_append_char(&arrays->trains, '{', err));
    for (size_t i = 0; i < n; i++) {
        texts[i] = measures[i].text;
        segments[i] = measures[i].segment;
        if (i > 0) {
            TRY(buffer_append_char(&arrays->values, ',', err));
            TRY(buffer_append_char(&arrays->trains, ',', err));
        }
        TRY(append_value(&measures[i], &arrays->values, err));
        TRY(buffer_append_char(&arrays->trains, measures[i].trains ? 't' : 'f', err));
    }
    TRY(buffer_append_char(&arrays->values, '}', err));
    TRY(buffer_append_char(&arrays->trains, '}', err));
    TRY(store_text_array(texts, n, &arrays->texts, err));
    return store_text_array(segments, n, &arrays->segments, err);
}

struct replacement {
    int64_t load;
    const struct recorded_measure *measures;
    size_t n;
};

static enum error_code replace_measures(struct store *store, void *context, struct error *err)
{
    const struct replacement *replacement = context;
    struct measure_arrays arrays CLEANUP(arrays_release);
    const struct store_query delete = {measures_delete_sql, STORE_NO_ROWS, STORE_QUICK_MS};
    const struct store_query insert = {measures_insert_sql, STORE_NO_ROWS, STORE_QUICK_MS};
    arrays_init(&arrays);
    TRY(fill_arrays(replacement->measures, replacement->n, &arrays, err));
    const struct store_param params[] = {
        store_int(replacement->load), store_text(buffer_string(&arrays.texts)),
        store_text(buffer_string(&arrays.segments)), store_text(buffer_string(&arrays.values)),
        store_text(buffer_string(&arrays.trains))};
    TRY(store_exec(store, &delete, params, 1, NULL, err));
    return store_exec(store, &insert, params, ARRAY_SIZE(params), NULL, err);
}

enum error_code ledger_store_measures(struct store *store, int64_t load,
                                      const struct recorded_measure *measures, size_t n,
                                      struct error *err)
{
    struct replacement replacement = {.load = load, .measures = measures, .n = n};
    return store_atomically(store, replace_measures, &replacement, err);
}

/* From four columns on: text, segment, value, trains. */
static struct recorded_measure read_measure(const struct store_result *result, size_t row,
                                            size_t column, struct arena *arena)
{
    bool is_null = store_get_null(result, row, column + 2);
    return (struct recorded_measure){
        .text = arena_strdup(arena, store_get_text(result, row, column)),
        .segment = arena_strdup(arena, store_get_text(result, row, column + 1)),
        .is_null = is_null,
        .value = is_null ? 0 : store_get_number(result, row, column + 2),
        .trains = store_get_bool(result, row, column + 3),
    };
}

enum error_code ledger_read_measures(struct store *store, int64_t load, struct arena *arena,
                                     struct recorded_measure **ret_measures, size_t *ret_n,
                                     struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {measures_read_sql, STORE_ANY_ROWS, STORE_QUICK_MS};
    const struct store_param params[] = {store_int(load)};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &result, err));
    size_t n = store_rows(&result);
    struct recorded_measure *measures = arena_calloc(arena, n, sizeof(*measures));
    for (size_t i = 0; i < n; i++)
        measures[i] = read_measure(&result, i, 0, arena);
    *ret_measures = measures;
    *ret_n = n;
    return OK;
}

enum error_code ledger_read_history(struct store *store, const struct history_wish *wish,
                                    struct arena *arena, struct past_measure **ret_measures,
                                    size_t *ret_n, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    struct buffer texts CLEANUP(buffer_release);
    const struct store_query query = {measures_history_sql, STORE_ANY_ROWS, STORE_QUICK_MS};
    buffer_init(&texts, BUFFER_DEFAULT_MAX_BYTES);
    TRY(store_text_array(wish->texts, wish->n_texts, &texts, err));
    const struct store_param params[] = {store_text(wish->feed), store_int(wish->load),
                                         store_int((int64_t)wish->n_loads),
                                         store_text(buffer_string(&texts))};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &result, err));
    size_t n = store_rows(&result);
    struct past_measure *measures = arena_calloc(arena, n, sizeof(*measures));
    for (size_t i = 0; i < n; i++)
        measures[i] = (struct past_measure){
            .load = store_get_int(&result, i, 0),
            .as_of_us = store_get_time(&result, i, 1),
            .measure = read_measure(&result, i, 2, arena),
        };
    *ret_measures = measures;
    *ret_n = n;
    return OK;
}

enum error_code ledger_prune_measures(struct store *store, const char *feed, struct error *err)
{
    const struct store_query query = {measures_prune_sql, STORE_NO_ROWS, STORE_QUICK_MS};
    const struct store_param params[] = {store_text(feed), store_int(LEDGER_SEGMENT_LOADS),
                                         store_int(LEDGER_PRUNE_LOADS),
                                         store_int(LEDGER_MEASURE_LOADS)};
    return store_exec(store, &query, params, ARRAY_SIZE(params), NULL, err);
}

enum error_code ledger_read_nights(struct store *store, const char *feed, size_t n,
                                   struct arena *arena, int64_t **ret_as_of_us, size_t *ret_n,
                                   struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {nights_of_feed_sql, STORE_ANY_ROWS, STORE_QUICK_MS};
    const struct store_param params[] = {store_text(feed), store_int((int64_t)n)};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &result, err));
    size_t n_nights = store_rows(&result);
    int64_t *nights = arena_calloc(arena, n_nights, sizeof(*nights));
    for (size_t i = 0; i < n_nights; i++)
        nights[i] = store_get_time(&result, i, 0);
    *ret_as_of_us = nights;
    *ret_n = n_nights;
    return OK;
}
