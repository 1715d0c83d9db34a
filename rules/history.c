#include "rules/history.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/clock.h"
#include "rules/condition.h"
#include "snapshot/batch.h"

/* From one and a half intervals on, a night is missing. */
#define GAP_THAT_SPANS 1.5

void history_init(struct history *history, struct arena *arena)
{
    *history = (struct history){.arena = arena, .previous = HISTORY_NO_LOAD};
}

size_t history_add_load(struct history *history, const struct history_load *load)
{
    if (history->n_loads == HISTORY_MAX_LOADS)
        return HISTORY_NO_LOAD;
    history->loads[history->n_loads] = *load;
    return history->n_loads++;
}

static size_t *find_slot(size_t *slots, size_t n_slots, const struct history_series *series,
                         const char *text, const char *segment)
{
    uint64_t hash = XXH3_64bits_withSeed(segment, strlen(segment), XXH3_64bits(text, strlen(text)));
    size_t at = (size_t)hash & (n_slots - 1);
    while (slots[at] != 0 && (strcmp(series[slots[at] - 1].text, text) != 0 ||
                              strcmp(series[slots[at] - 1].segment, segment) != 0))
        at = (at + 1) & (n_slots - 1);
    return &slots[at];
}

static void grow_slots(struct history *history)
{
    if (history->n_series * 2 < history->n_slots)
        return;
    size_t n_slots = history->n_slots == 0 ? 256 : history->n_slots * 2;
    size_t *slots = arena_calloc(history->arena, n_slots, sizeof(*slots));
    for (size_t i = 0; i < history->n_series; i++)
        *find_slot(slots, n_slots, history->series, history->series[i].text,
                   history->series[i].segment) = i + 1;
    history->slots = slots;
    history->n_slots = n_slots;
}

static struct history_series *find_or_add(struct history *history, const char *text,
                                          const char *segment)
{
    grow_slots(history);
    size_t *slot = find_slot(history->slots, history->n_slots, history->series, text, segment);
    if (*slot == 0) {
        history->series = arena_grow(history->arena, history->series, sizeof(*history->series),
                                     &history->capacity, history->n_series + 1);
        history->series[history->n_series] = (struct history_series){
            .text = arena_strdup(history->arena, text),
            .segment = arena_strdup(history->arena, segment),
        };
        *slot = ++history->n_series;
    }
    return &history->series[*slot - 1];
}

void history_add(struct history *history, size_t load, const struct history_record *record)
{
    struct history_series *series = find_or_add(history, record->text, record->segment);
    uint32_t bit = UINT32_C(1) << load;
    if ((series->known & bit) != 0)
        return;
    series->values[load] = record->value;
    series->known |= bit;
    series->null |= record->is_null ? bit : 0;
    series->trains |= record->trains ? bit : 0;
}

bool history_trains(const struct measure *measure, double gap)
{
    return gap < GAP_THAT_SPANS || !measure_spans_loads(measure);
}

bool history_number(const struct value *value, double *ret_number)
{
    if (value->is_null)
        return false;
    switch (value->type) {
    case VALUE_DOUBLE:
        *ret_number = value->f64;
        return true;
    case VALUE_BOOLEAN:
        *ret_number = value->u8;
        return true;
    case VALUE_INTEGER:
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DURATION:
        *ret_number = (double)value->i64;
        return true;
    case VALUE_NUMERIC:
        *ret_number = numeric_to_double(value->text.bytes, value->text.len);
        return true;
    case VALUE_TEXT:
    case VALUE_UUID:
        break;
    }
    return false;
}

struct value history_time(bool is_known, int64_t unix_us)
{
    struct value value = {.type = VALUE_TIME, .is_null = !is_known};
    if (is_known && __builtin_sub_overflow(unix_us, PG_EPOCH_UNIX_US, &value.i64))
        value.is_null = true;
    return value;
}

static uint64_t larger_side(const struct segment *segment)
{
    return segment->new_rows > segment->old_rows ? segment->new_rows : segment->old_rows;
}

/* The rest first, then by rows, then by text. */
static int compare_segments(const void *a, const void *b)
{
    const struct segment *x = *(const struct segment *const *)a;
    const struct segment *y = *(const struct segment *const *)b;
    if (x->is_rest != y->is_rest)
        return x->is_rest ? -1 : 1;
    if (larger_side(x) != larger_side(y))
        return larger_side(x) > larger_side(y) ? -1 : 1;
    return strcmp(x->text, y->text);
}

/* For each segment whether it is recorded. */
static const bool *choose_segments(const struct measure_result *result, struct arena *arena)
{
    size_t n = result->n_segments;
    size_t n_recorded = HISTORY_MAX_SEGMENTS + (n > 0 && result->segments[n - 1].is_rest ? 1 : 0);
    size_t n_chosen = n < n_recorded ? n : n_recorded;
    bool *chosen = arena_calloc(arena, n, sizeof(*chosen));
    const struct segment **sorted = arena_calloc(arena, n, sizeof(*sorted));
    for (size_t i = 0; i < n; i++)
        sorted[i] = &result->segments[i];
    if (n_chosen < n)
        qsort(sorted, n, sizeof(*sorted), compare_segments);
    for (size_t i = 0; i < n_chosen; i++)
        chosen[sorted[i] - result->segments] = true;
    return chosen;
}

void history_records(const struct measure *measure, const struct measure_result *result, double gap,
                     struct arena *arena, struct history_record **ret_records, size_t *ret_n)
{
    bool divided = result->segments != NULL;
    size_t n = measure->n_by > 0 && !divided ? 0 : result->n_segments;
    struct history_record *records = arena_calloc(arena, n, sizeof(*records));
    const bool *chosen = divided ? choose_segments(result, arena) : NULL;
    *ret_records = records;
    *ret_n = 0;
    for (size_t i = 0; i < n; i++) {
        struct history_record record = {
            .text = measure->text,
            .segment = divided ? result->segments[i].text : "",
            .is_null = result->values[i].is_null,
            .trains = history_trains(measure, gap),
        };
        if ((!divided || chosen[i]) &&
            (record.is_null || history_number(&result->values[i], &record.value)))
            records[(*ret_n)++] = record;
    }
}

void history_add_result(struct history *history, size_t load, const struct measure_plan *plan,
                        const struct diff_result *result, double gap)
{
    for (size_t i = 0; i < plan->n_measures; i++) {
        struct history_record *records = NULL;
        size_t n = 0;
        if (plan->measures[i].aggregate == AGG_SQL)
            continue;
        history_records(&plan->measures[i], &result->measures[i], gap, history->arena, &records,
                        &n);
        for (size_t j = 0; j < n; j++)
            history_add(history, load, &records[j]);
    }
}

bool history_is_excused(const struct history_excuse *excuses, size_t n, int64_t load,
                        int64_t judged, const char *text)
{
    for (size_t i = 0; i < n; i++) {
        const struct history_excuse *excuse = &excuses[i];
        bool is_about = excuse->new_normal ? load < excuse->load : load == excuse->load;
        if (is_about && excuse->load < judged && excuse->text != NULL &&
            strcmp(excuse->text, text) == 0)
            return true;
    }
    return false;
}

bool history_is_approved(const struct history_excuse *excuses, size_t n, int64_t load)
{
    for (size_t i = 0; i < n; i++)
        if (excuses[i].load == load)
            return true;
    return false;
}

const struct history_series *history_find(const struct history *history, const char *text,
                                          const char *segment)
{
    if (history == NULL || history->n_slots == 0)
        return NULL;
    const size_t *slot =
        find_slot(history->slots, history->n_slots, history->series, text, segment);
    return *slot == 0 ? NULL : &history->series[*slot - 1];
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

double history_gap(const int64_t *times_us, size_t n_times, int64_t from_us, int64_t to_us)
{
    double intervals[HISTORY_MAX_LOADS];
    size_t n = 0;
    for (size_t i = n_times; i > 1 && n < HISTORY_MAX_LOADS; i--) {
        if (times_us[i - 1] > times_us[i - 2])
            intervals[n++] = (double)times_us[i - 1] - (double)times_us[i - 2];
    }
    if (n == 0 || to_us <= from_us)
        return 1;
    qsort(intervals, n, sizeof(*intervals), compare_doubles);
    double gap = ((double)to_us - (double)from_us) / intervals[n / 2];
    return gap < 1 ? 1 : gap;
}
