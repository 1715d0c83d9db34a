#include "rules/backtest.h"

#include <string.h>

#include "base/interrupt.h"
#include "rules/cell.h"

#define NUMERIC_DECIMALS 10

/* A backtest under way. */
struct backtest {
    const struct rule_set *rules;
    const struct measure_plan *plan;
    const struct backtest_night *nights;
    size_t n_nights;
    struct arena *arena;
    struct backtest_result *result;
};

static const struct history_record *find_record(const struct backtest_night *night,
                                                const char *text)
{
    for (size_t i = 0; i < night->n_records; i++) {
        if (night->records[i].segment[0] == '\0' && strcmp(night->records[i].text, text) == 0)
            return &night->records[i];
    }
    return NULL;
}

/* A count that is known without a record of it. */
static bool find_count(const struct backtest_night *night, const struct measure *measure,
                       uint64_t *ret_count)
{
    const struct row_counts *counts = &night->counts;
    const uint64_t known[] = {
        [AGG_ROWS] = counts->new_rows,   [AGG_OLD_ROWS] = counts->old_rows,
        [AGG_KEPT] = counts->kept,       [AGG_ADDED] = counts->added,
        [AGG_REMOVED] = counts->removed, [AGG_DUPLICATES] = counts->duplicates,
    };
    if (!night->has_counts || measure->where != NULL || measure->aggregate > AGG_DUPLICATES)
        return false;
    *ret_count = known[measure->aggregate];
    return true;
}

static bool is_recorded(const struct backtest_night *night, const struct measure *measure)
{
    uint64_t count = 0;
    return measure->n_by == 0 &&
           (find_record(night, measure->text) != NULL || find_count(night, measure, &count));
}

bool backtest_is_recorded(const struct rule_set *rules, const struct backtest_night *night)
{
    const struct measure_plan *plan = rule_set_plan(rules);
    for (size_t i = 0; i < plan->n_measures; i++) {
        if (!is_recorded(night, &plan->measures[i]))
            return false;
    }
    return true;
}

/* A recorded number as a value of the measure's type. */
static struct value as_recorded(enum value_type type, const struct history_record *record,
                                struct arena *arena)
{
    char text[CELL_NUMBER_BYTES];
    struct cell cell;
    struct value value = {.type = type, .is_null = true};
    if (record == NULL || record->is_null)
        return value;
    value.is_null = false;
    switch (type) {
    case VALUE_DOUBLE:
        value.f64 = record->value;
        break;
    case VALUE_BOOLEAN:
        value.u8 = record->value != 0;
        break;
    case VALUE_NUMERIC:
        value.is_null =
            !cell_from_number(TYPE_NUMERIC, record->value, NUMERIC_DECIMALS, text, &cell);
        if (!value.is_null) {
            value.text.bytes = arena_strndup(arena, cell.text, cell.len);
            value.text.len = cell.len;
        }
        break;
    case VALUE_TEXT:
    case VALUE_UUID:
        value.is_null = true;
        break;
    default:
        value.is_null = !cell_from_number(TYPE_BIGINT, record->value, 0, text, &cell);
        value.i64 = value.is_null ? 0 : cell.i64;
        break;
    }
    return value;
}

static uint64_t rows_in_scope(const struct backtest_night *night, enum scope scope)
{
    switch (scope) {
    case SCOPE_OLD:
        return night->counts.old_rows;
    case SCOPE_KEPT:
        return night->counts.kept;
    default:
        return night->counts.new_rows;
    }
}

static struct measure_result recorded_measure(const struct backtest_night *night,
                                              const struct measure *measure, struct arena *arena)
{
    const struct history_record *record = find_record(night, measure->text);
    struct value *value = arena_alloc(arena, sizeof(*value));
    uint64_t *rows = arena_alloc(arena, sizeof(*rows));
    uint64_t count = 0;
    *value = as_recorded(measure->type, record, arena);
    if (record == NULL && find_count(night, measure, &count))
        *value = (struct value){.type = VALUE_INTEGER, .i64 = (int64_t)count};
    *rows = rows_in_scope(night, measure->scope);
    return (struct measure_result){
        .n_segments = measure->n_by > 0 ? 0 : 1, .values = value, .scope_rows = rows};
}

/* The comparison made again, or as far as it is recorded, as queries are in any case; missing[i]
 * says which measures are not. */
static struct diff_result find_result(const struct backtest *b, const struct backtest_night *night,
                                      bool *missing, struct arena *arena)
{
    struct diff_result result = {.counts = night->counts};
    if (night->result != NULL)
        result.counts = night->result->counts;
    result.measures = arena_calloc(arena, b->plan->n_measures, sizeof(*result.measures));
    for (size_t i = 0; i < b->plan->n_measures; i++) {
        const struct measure *measure = &b->plan->measures[i];
        if (night->result != NULL && measure->aggregate != AGG_SQL) {
            result.measures[i] = night->result->measures[i];
            continue;
        }
        missing[i] = !is_recorded(night, measure);
        result.measures[i] = recorded_measure(night, measure, arena);
    }
    return result;
}

static double gap_before(const struct backtest *b, size_t index, struct arena *arena)
{
    const struct backtest_night *night = &b->nights[index];
    if (night->baseline == BACKTEST_NO_NIGHT || !night->has_as_of ||
        !b->nights[night->baseline].has_as_of)
        return 1;
    int64_t *times = arena_calloc(arena, index + 1, sizeof(*times));
    size_t n = 0;
    for (size_t i = 0; i <= index; i++) {
        if (b->nights[i].has_as_of && (n == 0 || b->nights[i].as_of_us > times[n - 1]))
            times[n++] = b->nights[i].as_of_us;
    }
    return history_gap(times, n, b->nights[night->baseline].as_of_us, night->as_of_us);
}

/* What approvals of the nights between one that is judged and an earlier one say. */
struct excuses {
    struct history_excuse *items;
    size_t n;
    size_t capacity;
};

static void add_excuses(struct excuses *excuses, const struct backtest_night *night,
                        struct arena *arena)
{
    excuses->items = arena_grow(arena, excuses->items, sizeof(*excuses->items), &excuses->capacity,
                                excuses->n + night->n_excuses);
    for (size_t i = 0; i < night->n_excuses; i++)
        excuses->items[excuses->n++] = night->excuses[i];
}

static void add_night(struct history *history, const struct backtest *b, size_t index,
                      const struct excuses *excuses)
{
    const struct backtest_night *night = &b->nights[index];
    const struct history_load load = {.load = night->load,
                                      .has_as_of = night->has_as_of,
                                      .as_of_us = night->as_of_us,
                                      .approved = night->n_excuses > 0};
    size_t at = history_add_load(history, &load);
    if (at == HISTORY_NO_LOAD)
        return;
    for (size_t i = 0; i < night->n_records; i++) {
        struct history_record record = night->records[i];
        record.trains = record.trains && !history_is_excused(excuses->items, excuses->n,
                                                             night->load, INT64_MAX, record.text);
        history_add(history, at, &record);
    }
    if (night->result != NULL && !night->misled)
        history_add_result(history, at, b->plan, night->result,
                           gap_before(b, index, history->arena));
}

/* The published nights before this one, the newest first. */
static void look_back(struct history *history, const struct backtest *b, size_t index)
{
    struct excuses excuses = {0};
    for (size_t i = index; i-- > 0 && history->n_loads < HISTORY_MAX_LOADS;) {
        if (!b->nights[i].published)
            continue;
        if (i == b->nights[index].baseline)
            history->previous = history->n_loads;
        add_excuses(&excuses, &b->nights[i], history->arena);
        add_night(history, b, i, &excuses);
    }
}

static size_t rule_index(const struct backtest *b, const char *name)
{
    size_t i = 0;
    while (i + 1 < b->result->n_rules && strcmp(b->result->rules[i].name, name) != 0)
        i++;
    return i;
}

static bool is_missing(const struct backtest *b, const struct outcome *outcome, const bool *missing,
                       const char **ret_reason)
{
    for (size_t i = 0; i < outcome->n_measures; i++) {
        size_t index = outcome->measures[i].plan_index;
        if (!missing[index])
            continue;
        *ret_reason = b->plan->measures[index].aggregate == AGG_SQL
                          ? "its query was not run then"
                          : "a measure was not recorded then, and the rows are no longer kept";
        return true;
    }
    return false;
}

/* Takes over one outcome; several columns and segments of a rule count as one. */
static void take_outcome(const struct backtest *b, const struct outcome *outcome,
                         const bool *missing, struct backtest_outcome *taken)
{
    bool found = outcome->kind == OUTCOME_FINDING || outcome->kind == OUTCOME_ERROR;
    const char *reason = NULL;
    if (is_missing(b, outcome, missing, &reason))
        taken->unknown = reason;
    else if (outcome->kind == OUTCOME_NOT_APPLICABLE)
        reason = arena_strdup(b->arena, outcome->sentence);
    if (reason != NULL) {
        if (!taken->judged)
            taken->sentence = reason;
        return;
    }
    if (!taken->judged)
        taken->sentence = "";
    taken->judged = true;
    if (!found || (taken->found && outcome->action <= taken->action))
        return;
    taken->found = true;
    taken->action = outcome->action;
    taken->sentence = arena_strdup(b->arena, outcome->sentence);
}

static void sum_up_night(const struct backtest *b, struct backtest_verdict *verdict)
{
    for (size_t i = 0; i < b->result->n_rules; i++) {
        const struct backtest_outcome *outcome = &verdict->outcomes[i];
        struct backtest_rule *rule = &b->result->rules[i];
        bool stops = outcome->found && outcome->action >= ACTION_HOLD;
        rule->judged += outcome->judged;
        rule->in_part += outcome->judged && outcome->unknown != NULL;
        if (outcome->judged && outcome->unknown != NULL)
            rule->unknown = outcome->unknown;
        rule->not_judged += !outcome->judged;
        rule->stopped += stops;
        rule->warned += outcome->found && !stops;
        if (!outcome->judged)
            rule->reason = outcome->sentence;
        if (outcome->found && !rule->shadow &&
            (enum verdict)(outcome->action + VERDICT_WARN) > verdict->verdict)
            verdict->verdict = (enum verdict)(outcome->action + VERDICT_WARN);
    }
}

static enum error_code judge_night(const struct backtest *b, size_t index, struct arena *arena,
                                   struct error *err)
{
    const struct backtest_night *night = &b->nights[index];
    struct backtest_verdict *verdict = &b->result->nights[index];
    bool *missing = arena_calloc(arena, b->plan->n_measures + 1, sizeof(*missing));
    struct history history;
    struct judgement judgement;
    history_init(&history, arena);
    look_back(&history, b, index);
    const struct diff_result result = find_result(b, night, missing, arena);
    const struct judge_context context = {
        .has_old = night->has_baseline,
        .has_as_of = night->has_as_of,
        .as_of_unix_us = night->as_of_us,
        .history = &history,
        .gap = gap_before(b, index, arena),
        .sql_errors = arena_calloc(arena, b->plan->n_measures + 1, sizeof(const char *)),
    };
    TRY(rule_set_judge(b->rules, &result, &context, arena, &judgement, err));
    verdict->outcomes = arena_calloc(b->arena, b->result->n_rules, sizeof(*verdict->outcomes));
    for (size_t i = 0; i < b->result->n_rules; i++)
        verdict->outcomes[i].sentence = b->result->rules[i].fits
                                            ? "segments cannot be judged without rows, which are "
                                              "no longer kept"
                                            : "no column fits";
    for (size_t i = 0; i < judgement.n_outcomes; i++) {
        const struct outcome *outcome = &judgement.outcomes[i];
        take_outcome(b, outcome, missing, &verdict->outcomes[rule_index(b, outcome->rule)]);
    }
    sum_up_night(b, verdict);
    return OK;
}

static void name_rules(struct backtest *b)
{
    struct backtest_result *result = b->result;
    result->n_rules = rule_set_n_rules(b->rules) + 1;
    result->rules = arena_calloc(b->arena, result->n_rules, sizeof(*result->rules));
    for (size_t i = 0; i + 1 < result->n_rules; i++) {
        struct rule_info info = rule_set_rule(b->rules, i);
        result->rules[i].name = info.name;
        result->rules[i].shadow = info.shadow;
        result->rules[i].fits = info.n_checks > 0;
    }
    result->rules[result->n_rules - 1].name = RULE_DUPLICATE_KEYS;
    result->rules[result->n_rules - 1].fits = true;
}

enum error_code backtest_run(const struct rule_set *rules, const struct backtest_night *nights,
                             size_t n_nights, struct arena *arena,
                             struct backtest_result *ret_result, struct error *err)
{
    struct backtest_result result = {.n_nights = n_nights};
    struct backtest b = {.rules = rules,
                         .plan = rule_set_plan(rules),
                         .nights = nights,
                         .n_nights = n_nights,
                         .arena = arena,
                         .result = &result};
    name_rules(&b);
    result.nights = arena_calloc(arena, n_nights + 1, sizeof(*result.nights));
    for (size_t i = 0; i < n_nights; i++) {
        struct arena scratch CLEANUP(arena_release) = {0};
        TRY(interrupt_check(err));
        TRY(judge_night(&b, i, &scratch, err));
    }
    *ret_result = result;
    return OK;
}
