#include "guard/past_loads.h"

#include <jansson.h>
#include <string.h>

#include "guard/kept_load.h"
#include "guard/load_history.h"

static uint64_t count_of(const json_t *rows, const char *name)
{
    json_int_t count = json_integer_value(json_object_get(rows, name));
    return count < 0 ? 0 : (uint64_t)count;
}

/* The row counts as the stored report has them. */
static enum error_code read_counts(struct gate *gate, struct backtest_night *night,
                                   struct arena *arena, struct error *err)
{
    const char *report = NULL;
    TRY(ledger_read_report(gate->store, night->load, arena, &report, err));
    json_t *json = report == NULL ? NULL : json_loads(report, 0, NULL);
    const json_t *rows = json_object_get(json, "rows");
    night->has_counts = rows != NULL;
    night->counts = (struct row_counts){
        .old_rows = count_of(rows, "old"),
        .new_rows = count_of(rows, "new"),
        .kept = count_of(rows, "kept"),
        .changed = count_of(rows, "changed"),
        .added = count_of(rows, "added"),
        .removed = count_of(rows, "removed"),
        .duplicates = count_of(rows, "duplicates"),
    };
    json_decref(json);
    return OK;
}

static enum error_code read_measures(struct gate *gate, struct backtest_night *night,
                                     struct arena *arena, struct error *err)
{
    struct recorded_measure *measures = NULL;
    size_t n = 0;
    TRY(ledger_read_measures(gate->store, night->load, arena, &measures, &n, err));
    struct history_record *records = arena_calloc(arena, n + 1, sizeof(*records));
    for (size_t i = 0; i < n; i++)
        records[i] = (struct history_record){
            .text = measures[i].text,
            .segment = measures[i].segment,
            .is_null = measures[i].is_null,
            .value = measures[i].value,
            .trains = measures[i].trains,
        };
    night->records = records;
    night->n_records = n;
    return OK;
}

static size_t find_baseline(const struct past_loads *loads, size_t before, int64_t baseline)
{
    for (size_t i = 0; i < before; i++) {
        if (loads->records[i].id == baseline)
            return i;
    }
    return BACKTEST_NO_NIGHT;
}

static enum error_code read_night(struct gate *gate, struct past_loads *loads, size_t index,
                                  struct arena *arena, struct error *err)
{
    const struct load_record *record = &loads->records[index];
    struct backtest_night *night = &loads->nights[index];
    bool in_use =
        strcmp(record->state, "published") == 0 || strcmp(record->state, "superseded") == 0;
    *night = (struct backtest_night){
        .load = record->id,
        .has_as_of = record->as_of_us != STORE_NO_TIME,
        .as_of_us = record->as_of_us,
        .published = in_use && !record->marked_bad && record->published_us != STORE_NO_TIME,
        .baseline = find_baseline(loads, index, record->baseline_load),
        .has_baseline = record->baseline_load != 0,
    };
    night->misled =
        night->baseline != BACKTEST_NO_NIGHT && loads->records[night->baseline].marked_bad;
    TRY(read_counts(gate, night, arena, err));
    return read_measures(gate, night, arena, err);
}

/* Hands what approvals say to the nights that they are of; both are in order of loads. */
static enum error_code read_excuses(struct gate *gate, struct past_loads *loads,
                                    struct arena *arena, struct error *err)
{
    struct history_excuse *excuses = NULL;
    size_t n = 0;
    if (loads->n == 0)
        return OK;
    TRY(load_history_excuses(gate, loads->records[0].id, arena, &excuses, &n, err));
    for (size_t i = 0; i < loads->n; i++) {
        struct backtest_night *night = &loads->nights[i];
        for (size_t j = 0; j < n; j++) {
            if (excuses[j].load != night->load)
                continue;
            night->excuses = night->n_excuses == 0 ? &excuses[j] : night->excuses;
            night->n_excuses++;
        }
    }
    return OK;
}

enum error_code past_loads_read(struct gate *gate, size_t limit, struct arena *arena,
                                struct past_loads *ret_loads, struct error *err)
{
    struct load_record *newest = NULL;
    size_t n = 0;
    struct past_loads loads = {0};
    TRY(ledger_list_loads(gate->store, gate->feed->name, limit, arena, &newest, &n, err));
    loads.records = arena_calloc(arena, n + 1, sizeof(*loads.records));
    loads.nights = arena_calloc(arena, n + 1, sizeof(*loads.nights));
    for (size_t i = n; i-- > 0;) {
        if (newest[i].verdict != NULL)
            loads.records[loads.n++] = newest[i];
    }
    for (size_t i = 0; i < loads.n; i++)
        TRY(read_night(gate, &loads, i, arena, err));
    TRY(read_excuses(gate, &loads, arena, err));
    *ret_loads = loads;
    return OK;
}

static enum error_code compare(const struct rule_set *rules, struct packed *old_rows,
                               struct packed *new_rows, struct arena *arena,
                               struct backtest_night *night, struct error *err)
{
    struct diff_result *result = arena_alloc(arena, sizeof(*result));
    struct measure_plan plan;
    TRY(rule_set_plan_for(rules, old_rows, new_rows, arena, &plan, err));
    TRY(diff_run(old_rows, new_rows, &plan, arena, NULL, NULL, result, err));
    night->result = result;
    return OK;
}

enum error_code past_loads_compare(struct gate *gate, const struct rule_set *rules,
                                   struct past_loads *loads, size_t index, struct arena *arena,
                                   struct error *err)
{
    struct backtest_night *night = &loads->nights[index];
    const struct load_record *record = &loads->records[index];
    CLEANUP(packed_cleanup) struct packed *old_rows = NULL;
    CLEANUP(packed_cleanup) struct packed *new_rows = NULL;
    if (backtest_is_recorded(rules, night))
        return OK;
    TRY(kept_load_open(gate, record, &new_rows, err));
    if (new_rows == NULL)
        return OK;
    if (record->baseline_load != 0) {
        struct load_record baseline;
        TRY(ledger_read_load(gate->store, record->baseline_load, arena, &baseline, err));
        TRY(kept_load_open(gate, &baseline, &old_rows, err));
        if (old_rows == NULL)
            return OK;
    }
    return compare(rules, old_rows, new_rows, arena, night, err);
}
