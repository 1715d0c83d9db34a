#include "guard/load_history.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

/* Measures of past loads as they are read, and what approvals say about them. */
struct past {
    const struct past_measure *measures;
    size_t n;
    const struct history_excuse *excuses;
    size_t n_excuses;
    int64_t baseline;
};

static size_t add_load(struct history *history, const struct past *past,
                       const struct past_measure *measure)
{
    const struct history_load added = {
        .load = measure->load,
        .has_as_of = measure->as_of_us != STORE_NO_TIME,
        .as_of_us = measure->as_of_us,
        .approved = history_is_approved(past->excuses, past->n_excuses, measure->load),
    };
    size_t load = history_add_load(history, &added);
    if (measure->load == past->baseline)
        history->previous = load;
    return load;
}

static void add_measures(struct history *history, const struct past *past)
{
    size_t load = HISTORY_NO_LOAD;
    bool excused = false;
    for (size_t i = 0; i < past->n; i++) {
        const struct past_measure *at = &past->measures[i];
        const struct recorded_measure *measure = &at->measure;
        bool same_load = i > 0 && at->load == at[-1].load;
        if (!same_load)
            load = add_load(history, past, at);
        if (!same_load || strcmp(measure->text, at[-1].measure.text) != 0)
            excused = history_is_excused(past->excuses, past->n_excuses, at->load, INT64_MAX,
                                         measure->text);
        const struct history_record record = {
            .text = measure->text,
            .segment = measure->segment,
            .is_null = measure->is_null,
            .value = measure->value,
            .trains = measure->trains && !excused,
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

enum error_code load_history_excuses(struct gate *gate, int64_t since, struct arena *arena,
                                     struct history_excuse **ret_excuses, size_t *ret_n,
                                     struct error *err)
{
    struct ledger_excuse *read = NULL;
    size_t n = 0;
    TRY(ledger_read_excuses(gate->store, gate->feed->name, since, arena, &read, &n, err));
    struct history_excuse *excuses = arena_calloc(arena, n, sizeof(*excuses));
    for (size_t i = 0; i < n; i++)
        excuses[i] = (struct history_excuse){
            .load = read[i].load, .new_normal = read[i].new_normal, .text = read[i].measure};
    *ret_excuses = excuses;
    *ret_n = n;
    return OK;
}

/* Measures of earlier loads that the rules look at. */
static enum error_code read_measures(struct gate *gate, const struct rule_set *rules, int64_t load,
                                     struct arena *arena, struct past *past, struct error *err)
{
    const struct measure_plan *plan = rule_set_plan(rules);
    const char **texts = arena_calloc(arena, plan->n_measures, sizeof(*texts));
    struct past_measure *measures = NULL;
    for (size_t i = 0; i < plan->n_measures; i++)
        texts[i] = plan->measures[i].text;
    const struct history_wish wish = {
        .feed = gate->feed->name,
        .load = load,
        .n_loads = HISTORY_MAX_LOADS,
        .texts = texts,
        .n_texts = plan->n_measures,
    };
    TRY(ledger_read_history(gate->store, &wish, arena, &measures, &past->n, err));
    past->measures = measures;
    return OK;
}

enum error_code load_history_read(struct gate *gate, const struct rule_set *rules,
                                  const struct load_record *load,
                                  const struct load_record *baseline, struct arena *arena,
                                  struct judge_context *context, struct error *err)
{
    struct history *history = arena_alloc(arena, sizeof(*history));
    struct history_excuse *excuses = NULL;
    struct past past = {.baseline = baseline->id};
    int64_t since = INT64_MAX;
    history_init(history, arena);
    TRY(read_measures(gate, rules, load->id, arena, &past, err));
    for (size_t i = 0; i < past.n; i++)
        since = past.measures[i].load < since ? past.measures[i].load : since;
    TRY(load_history_excuses(gate, since, arena, &excuses, &past.n_excuses, err));
    past.excuses = excuses;
    add_measures(history, &past);
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

/* Adds the texts of those that led to the verdict: all, or errors alone. */
static void add_all_texts(const json_t *outcomes, bool errors_only, struct arena *arena,
                          const char ***texts, size_t *n, size_t *capacity)
{
    for (size_t i = 0; i < json_array_size(outcomes); i++) {
        const json_t *outcome = json_array_get(outcomes, i);
        const char *kind = json_string_value(json_object_get(outcome, "outcome"));
        if (!errors_only || (kind != NULL && strcmp(kind, outcome_kind_name(OUTCOME_ERROR)) == 0))
            add_texts(outcome, arena, texts, n, capacity);
    }
}

enum error_code load_history_found(struct gate *gate, int64_t load, struct arena *arena,
                                   const char ***ret_texts, size_t *ret_n, struct error *err)
{
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
    add_all_texts(json_object_get(json, "findings"), false, arena, &texts, &n, &capacity);
    add_all_texts(json_object_get(json, "outcomes"), true, arena, &texts, &n, &capacity);
    json_decref(json);
    *ret_texts = texts;
    *ret_n = n;
    return OK;
}
