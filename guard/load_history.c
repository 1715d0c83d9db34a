#include "guard/load_history.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

static void add_measures(struct history *history, const struct past_measure *measures, size_t n,
                         int64_t baseline)
{
    size_t load = HISTORY_NO_LOAD;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || measures[i].load != measures[i - 1].load) {
            const struct history_load added = {
                .load = measures[i].load,
                .has_as_of = measures[i].as_of_us != STORE_NO_TIME,
                .as_of_us = measures[i].as_of_us,
                .approved = measures[i].approved,
            };
            load = history_add_load(history, &added);
            if (measures[i].load == baseline)
                history->previous = load;
        }
        const struct recorded_measure *measure = &measures[i].measure;
        const struct history_record record = {
            .text = measure->text,
            .segment = measure->segment,
            .is_null = measure->is_null,
            .value = measure->value,
            .trains = measure->trains,
        };
        if (load != HISTORY_NO_LOAD)
            history_add(history, load, &record);
    }
}

static enum error_code find_gap(struct gate *gate, const struct load_record *load,
                                const struct load_record *baseline, struct arena *arena,
                                double *ret_gap, struct error *err)
{
    int64_t *nights = NULL;
    size_t n = 0;
    *ret_gap = 1;
    if (baseline->id == 0 || load->as_of_us == STORE_NO_TIME || baseline->as_of_us == STORE_NO_TIME)
        return OK;
    TRY(ledger_read_nights(gate->store, gate->feed->name, HISTORY_MAX_LOADS + 1, arena, &nights, &n,
                           err));
    *ret_gap = history_gap(nights, n, baseline->as_of_us, load->as_of_us);
    return OK;
}

enum error_code load_history_read(struct gate *gate, const struct load_record *load,
                                  const struct load_record *baseline, struct arena *arena,
                                  struct judge_context *context, struct error *err)
{
    struct history *history = arena_alloc(arena, sizeof(*history));
    struct past_measure *measures = NULL;
    size_t n = 0;
    history_init(history, arena);
    TRY(ledger_read_history(gate->store, gate->feed->name, load->id, HISTORY_MAX_LOADS, arena,
                            &measures, &n, err));
    add_measures(history, measures, n, baseline->id);
    context->history = history;
    return find_gap(gate, load, baseline, arena, &context->gap, err);
}

/* Adds the texts of a finding's measures that are not among them yet. */
static void add_texts(const json_t *finding, struct arena *arena, const char ***texts, size_t *n,
                      size_t *capacity)
{
    const json_t *measures = json_object_get(finding, "measures");
    for (size_t i = 0; i < json_array_size(measures); i++) {
        const char *text =
            json_string_value(json_object_get(json_array_get(measures, i), "measure"));
        bool known = text == NULL;
        for (size_t j = 0; j < *n && !known; j++)
            known = strcmp((*texts)[j], text) == 0;
        if (known)
            continue;
        *texts = arena_grow(arena, *texts, sizeof(**texts), capacity, *n + 1);
        (*texts)[(*n)++] = arena_strdup(arena, text);
    }
}

enum error_code load_history_excuse(struct gate *gate, int64_t load, bool new_normal,
                                    struct error *err)
{
    struct arena *arena = &gate->arena;
    const char *report = NULL;
    const char **texts = NULL;
    size_t n = 0;
    size_t capacity = 0;
    TRY(ledger_read_report(gate->store, load, arena, &report, err));
    json_t *json = report == NULL ? NULL : json_loads(report, 0, NULL);
    if (json == NULL) {
        (void)error_set(err, ERR_CORRUPT, "the report of load %" PRId64 " cannot be read", load);
        error_hint(err, "What it found would count as usual from now on. Reject it and run again.");
        return ERR_CORRUPT;
    }
    const json_t *findings = json_object_get(json, "findings");
    for (size_t i = 0; i < json_array_size(findings); i++)
        add_texts(json_array_get(findings, i), arena, &texts, &n, &capacity);
    json_decref(json);
    if (n == 0)
        return OK;
    return new_normal ? ledger_restart_measures(gate->store, load, texts, n, err)
                      : ledger_exclude_measures(gate->store, load, texts, n, err);
}
