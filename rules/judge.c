#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "rules/compiled.h"
#include "rules/history_eval.h"
#include "rules/outcome_order.h"
#include "rules/past.h"
#include "rules/sentence.h"

/* Everything that judging one load needs, and the outcomes so far. */
struct judging {
    const struct rule_set *set;
    const struct diff_result *result;
    const struct judge_context *context;
    struct arena *arena;
    struct outcome *outcomes;
    size_t n_outcomes;
    size_t capacity;
    struct value *values; /* see find_values */
    size_t values_capacity;
    struct history_outcome *calls; /* of the condition that values are of */
    size_t calls_capacity;
};

/* What one condition came to for one segment. */
struct evaluation {
    enum outcome_kind kind;
    const char *sentence; /* of an error or what is not applicable */
    const char *basis;    /* of the limits that were applied */
    size_t n_loads;
    bool lacks_history;
};

/* Segments that are not applicable for one kind of reason, and what was said first. */
struct reason {
    size_t n_segments;
    const char *first;
};

/* What to say about all segments of a check together. */
struct tally {
    size_t passed;
    const char *basis;   /* of the limits by which they did */
    size_t passed_cold;  /* by the limit for a short history */
    struct reason other; /* for which segments are not applicable */
    struct reason lacks_history;
    size_t found;
    size_t untold; /* findings and errors beyond the cap */
};

#define ALL_ROWS SIZE_MAX

#define BASIS_WARM "history"
#define BASIS_COLD "short history"

static void add_outcome(struct judging *j, const struct outcome *outcome)
{
    j->outcomes =
        arena_grow(j->arena, j->outcomes, sizeof(*j->outcomes), &j->capacity, j->n_outcomes + 1);
    j->outcomes[j->n_outcomes++] = *outcome;
}

static const struct rule_info *info_of(const struct judging *j, const struct check *check)
{
    return &j->set->rules[check->rule].info;
}

/* The parts of an outcome that do not depend on what was found. */
static struct outcome blank_outcome(const struct judging *j, const struct check *check,
                                    const struct check_action *action)
{
    const struct rule_info *info = info_of(j, check);
    return (struct outcome){
        .rule = info->name,
        .action = action->action,
        .shadow = info->shadow,
        .releasable = true,
        .column = check->column,
        .condition = action->condition.text,
        .basis = "fixed",
        .because = info->because,
        .sentence = "",
        .example_measure = OUTCOME_NO_EXAMPLES,
        .file = info->file,
        .line = info->line,
    };
}

static const struct measure_result *result_of(const struct judging *j, size_t plan_index)
{
    return &j->result->measures[plan_index];
}

static size_t entry_of(size_t segment)
{
    return segment == ALL_ROWS ? 0 : segment;
}

static const struct segment *segments_of(const struct judging *j, const struct check *check)
{
    return result_of(j, check->actions[0].condition.slots[0])->segments;
}

static const char *segment_text(const struct judging *j, const struct check *check, size_t segment)
{
    return segment == ALL_ROWS ? NULL : segments_of(j, check)[segment].text;
}

static const char *segment_key(const struct judging *j, const struct check *check, size_t segment)
{
    return segment == ALL_ROWS ? "" : segments_of(j, check)[segment].text;
}

static enum error_code evaluate_history(struct judging *j, const struct check *check,
                                        const struct condition *condition, size_t segment,
                                        struct error *err)
{
    uint64_t *scope_rows = arena_calloc(j->arena, condition->n_slots, sizeof(*scope_rows));
    for (size_t i = 0; i < condition->n_slots; i++)
        scope_rows[i] = result_of(j, condition->slots[i])->scope_rows[entry_of(segment)];
    const struct history_view view = {
        .history = j->context->history,
        .measures = j->set->plan.measures,
        .condition = condition,
        .segment = segment_key(j, check, segment),
        .scope_rows = scope_rows,
        .gap = j->context->gap < 1 ? 1 : j->context->gap,
        .min_loads = j->set->rules[check->rule].min_history,
        .arena = j->arena,
    };
    return history_evaluate(&view, j->values, j->calls, err);
}

/* Fills j->values with what a condition looks at, as_of, its measures and what its calls of history
 * come to, and j->calls with how. Valid until the next call. */
static enum error_code find_values(struct judging *j, const struct check *check,
                                   const struct condition *condition, size_t segment,
                                   struct error *err)
{
    j->values = arena_grow(j->arena, j->values, sizeof(*j->values), &j->values_capacity,
                           condition->n_slots + condition->n_calls + 1);
    j->values[0] = history_time(j->context->has_as_of, j->context->as_of_unix_us);
    for (size_t i = 0; i < condition->n_slots; i++)
        j->values[i + 1] = result_of(j, condition->slots[i])->values[entry_of(segment)];
    if (condition->n_calls == 0)
        return OK;
    j->calls =
        arena_grow(j->arena, j->calls, sizeof(*j->calls), &j->calls_capacity, condition->n_calls);
    return evaluate_history(j, check, condition, segment, err);
}

/* Whether the rows of the last good load had a value for a measure that is NULL now. */
static bool old_rows_had_value(const struct judging *j, const struct check *check,
                               size_t plan_index, size_t segment)
{
    size_t mirror = j->set->mirrors[plan_index];
    if (mirror == PLAN_NO_MEASURE || !j->context->has_old)
        return false;
    if (segment != ALL_ROWS) {
        const struct segment *rows = &segments_of(j, check)[segment];
        if (rows->new_rows == 0 || rows->old_rows == 0)
            return false;
    }
    bool paired = j->set->plan.measures[plan_index].scope == SCOPE_KEPT;
    if (paired && result_of(j, plan_index)->scope_rows[entry_of(segment)] == 0)
        return false;
    return result_of(j, mirror)->values[entry_of(segment)].i64 > 0;
}

static bool was_known(const struct judging *j, const struct check *check, size_t plan_index,
                      size_t segment)
{
    const struct history *history = j->context->history;
    const struct history_series *series = history_find(
        history, j->set->plan.measures[plan_index].text, segment_key(j, check, segment));
    if (series != NULL && history->previous != HISTORY_NO_LOAD &&
        (series->known >> history->previous & 1) != 0)
        return (series->null >> history->previous & 1) == 0;
    return old_rows_had_value(j, check, plan_index, segment);
}

/* A condition without a value: an error if it had one for the last good load. */
static struct evaluation unknown_value(struct judging *j, const struct check *check,
                                       const struct condition *condition, size_t segment)
{
    const char *missing = NULL;
    if (condition->uses_as_of && j->values[0].is_null)
        return (struct evaluation){OUTCOME_NOT_APPLICABLE, "the load has no as_of time", NULL, 0,
                                   false};
    for (size_t i = 0; i < condition->n_slots; i++) {
        if (!j->values[i + 1].is_null)
            continue;
        const char *text = j->set->plan.measures[condition->slots[i]].text;
        if (was_known(j, check, condition->slots[i], segment))
            return (struct evaluation){
                OUTCOME_ERROR,
                arena_printf(j->arena, "%s has no value in this load, but had one before", text),
                NULL, 0, false};
        if (missing == NULL)
            missing = arena_printf(j->arena, "%s has no value to judge", text);
    }
    bool has_measures = missing == NULL;
    for (size_t i = 0; i < condition->n_calls && missing == NULL; i++)
        missing = j->calls[i].missing;
    bool lacks_history = has_measures && missing != NULL;
    if (missing == NULL)
        missing = "the condition has no value, as after a division by zero";
    return (struct evaluation){OUTCOME_NOT_APPLICABLE, missing, NULL, 0, lacks_history};
}

/* Where the limits of a condition come from. */
static void find_basis(const struct judging *j, const struct condition *condition,
                       struct evaluation *evaluation)
{
    evaluation->basis = "fixed";
    for (size_t i = 0; i < condition->n_calls; i++) {
        const struct history_outcome *call = &j->calls[i];
        if (call->missing != NULL)
            continue;
        evaluation->basis = call->is_cold ? BASIS_COLD : BASIS_WARM;
        evaluation->n_loads = call->n_loads;
    }
}

static struct evaluation file_error(struct judging *j, const struct condition *condition)
{
    for (size_t i = 0; i < condition->n_file_counts; i++) {
        size_t index = condition->file_counts[i];
        const struct value *count = &result_of(j, index)->values[0];
        if (count->is_null || count->i64 == 0)
            return (struct evaluation){OUTCOME_ERROR,
                                       arena_printf(j->arena, "%s is 0: the file matches no row",
                                                    j->set->plan.measures[index].text),
                                       NULL, 0, false};
    }
    return (struct evaluation){OUTCOME_PASS, "", NULL, 0, false};
}

/* Whether a measure with SQL of its own has no value, and what that makes of the condition. */
static bool find_sql_problem(struct judging *j, const struct check *check,
                             const struct condition *condition, struct evaluation *ret_evaluation)
{
    const struct judge_context *context = j->context;
    for (size_t i = 0; i < condition->n_slots; i++) {
        size_t index = condition->slots[i];
        if (j->set->plan.measures[index].aggregate != AGG_SQL)
            continue;
        if (context->sql_errors == NULL) {
            *ret_evaluation = (struct evaluation){
                .kind = OUTCOME_NOT_APPLICABLE,
                .sentence = context->why_no_sql == NULL
                                ? "sql: needs a database, and there is none here"
                                : context->why_no_sql};
            return true;
        }
        if (context->sql_errors[index] == NULL)
            continue;
        const struct rule_info *info = info_of(j, check);
        *ret_evaluation = (struct evaluation){
            .kind = OUTCOME_ERROR,
            .sentence = arena_printf(j->arena, "%s:%u: the query of sql: failed: %s", info->file,
                                     info->line, context->sql_errors[index])};
        return true;
    }
    return false;
}

static enum error_code evaluate(struct judging *j, const struct check *check,
                                const struct condition *condition, size_t segment,
                                struct evaluation *ret_evaluation, struct error *err)
{
    struct value truth;
    if (condition->needs_old && !j->context->has_old) {
        *ret_evaluation = (struct evaluation){
            OUTCOME_NOT_APPLICABLE, "there is no last good load to compare with", NULL, 0, false};
        return OK;
    }
    if (find_sql_problem(j, check, condition, ret_evaluation))
        return OK;
    *ret_evaluation = file_error(j, condition);
    if (ret_evaluation->kind == OUTCOME_ERROR)
        return OK;
    TRY(find_values(j, check, condition, segment, err));
    TRY(expr_eval_measures(condition->expr, j->values, &truth, err));
    if (truth.is_null)
        *ret_evaluation = unknown_value(j, check, condition, segment);
    else
        ret_evaluation->kind = truth.u8 != 0 ? OUTCOME_FINDING : OUTCOME_PASS;
    find_basis(j, condition, ret_evaluation);
    return OK;
}

static void describe_measures(struct judging *j, const struct condition *condition, size_t segment,
                              struct outcome *outcome)
{
    struct outcome_measure *measures =
        arena_calloc(j->arena, condition->n_slots, sizeof(*measures));
    for (size_t i = 0; i < condition->n_slots; i++) {
        size_t index = condition->slots[i];
        const struct measure_result *result = result_of(j, index);
        measures[i].text = j->set->plan.measures[index].text;
        measures[i].plan_index = index;
        measures[i].value = result->values[entry_of(segment)];
        measures[i].relative_error = result->relative_error;
        measures[i].has_arrived_at = result->arrived_at != NULL && !measures[i].value.is_null;
        if (measures[i].has_arrived_at)
            measures[i].arrived_at = result->arrived_at[entry_of(segment)];
    }
    outcome->measures = measures;
    outcome->n_measures = condition->n_slots;
}

static bool is_share(const struct judging *j, size_t sole_measure)
{
    if (sole_measure == CONDITION_NONE)
        return false;
    enum aggregate aggregate = j->set->plan.measures[sole_measure].aggregate;
    return aggregate == AGG_SHARE || aggregate == AGG_ARRIVALS || aggregate == AGG_TOP_SHARE ||
           aggregate == AGG_KS || aggregate == AGG_JS || aggregate == AGG_OVERLAP;
}

/* The value that the rows moved to, if the measure is about one. */
static const struct value *arrived_at(const struct judging *j, size_t sole_measure, size_t segment)
{
    if (sole_measure == CONDITION_NONE || result_of(j, sole_measure)->arrived_at == NULL)
        return NULL;
    return &result_of(j, sole_measure)->arrived_at[entry_of(segment)];
}

static const struct history_series *find_series(const struct judging *j, size_t plan_index,
                                                const char *segment)
{
    return history_find(j->context->history, j->set->plan.measures[plan_index].text,
                        segment == NULL ? "" : segment);
}

static void describe_comparison(struct judging *j, const struct comparison *comparison,
                                size_t segment, struct outcome *outcome)
{
    outcome->has_limit = true;
    outcome->basis = comparison->from_history ? "history" : "fixed";
    outcome->limit_is_percentage =
        comparison->is_percentage || is_share(j, comparison->sole_measure);
    outcome->example_measure =
        comparison->example == CONDITION_NONE ? OUTCOME_NO_EXAMPLES : comparison->example;
    if (comparison->sole_measure != CONDITION_NONE)
        past_of_series(j->context->history,
                       find_series(j, comparison->sole_measure, outcome->segment), j->arena,
                       outcome);
    outcome->sentence = sentence_limit(j->set, comparison, &outcome->measured, &outcome->limit,
                                       outcome->limit_is_percentage,
                                       arrived_at(j, comparison->sole_measure, segment), j->arena);
}

static void describe_beyond(struct judging *j, const struct history_call *call,
                            const struct history_outcome *found, size_t segment,
                            struct outcome *outcome)
{
    double limit = found->measured > found->ceiling ? found->ceiling : found->floor;
    outcome->has_limit = true;
    outcome->measured = (struct value){.type = VALUE_DOUBLE, .f64 = found->measured};
    outcome->limit = (struct value){.type = VALUE_DOUBLE, .f64 = limit};
    outcome->limit_is_percentage = call->is_percentage || is_share(j, call->sole_measure);
    outcome->example_measure =
        call->example == CONDITION_NONE ? OUTCOME_NO_EXAMPLES : call->example;
    outcome->basis = found->is_cold ? "short history" : "history";
    outcome->n_loads = found->n_loads;
    outcome->has_range = !found->is_cold;
    outcome->range[0] = found->low;
    outcome->range[1] = found->high;
    outcome->has_band = true;
    outcome->band[0] = found->floor;
    outcome->band[1] = found->ceiling;
    past_of_call(j->context->history, found, j->arena, outcome);
    outcome->sentence = sentence_beyond(j->set, call, outcome,
                                        arrived_at(j, call->sole_measure, segment), j->arena);
}

/* Finds the first call of beyond() that the finding rests on. */
static bool find_beyond(struct judging *j, const struct condition *condition, size_t segment,
                        struct outcome *outcome)
{
    for (size_t i = 0; i < condition->n_calls; i++) {
        const struct history_outcome *found = &j->calls[i];
        if (!condition->calls[i].decides || found->value.is_null || found->value.u8 == 0)
            continue;
        describe_beyond(j, &condition->calls[i], found, segment, outcome);
        return true;
    }
    return false;
}

/* Finds the first comparison with a constant that is true. */
static enum error_code find_limit(struct judging *j, const struct condition *condition,
                                  size_t segment, struct outcome *outcome, struct error *err)
{
    if (find_beyond(j, condition, segment, outcome))
        return OK;
    for (size_t i = 0; i < condition->n_comparisons; i++) {
        const struct comparison *comparison = &condition->comparisons[i];
        struct value truth;
        TRY(expr_eval_measures(comparison->test, j->values, &truth, err));
        if (truth.is_null || truth.u8 == 0)
            continue;
        TRY(expr_eval_measures(comparison->measured, j->values, &outcome->measured, err));
        TRY(expr_eval_measures(comparison->limit, j->values, &outcome->limit, err));
        describe_comparison(j, comparison, segment, outcome);
        return OK;
    }
    return OK;
}

static const char *with_segment(struct judging *j, const char *segment, const char *sentence)
{
    return segment == NULL ? sentence : arena_printf(j->arena, "%s: %s", segment, sentence);
}

/* How the values were divided, where there were too many to judge each. */
static void describe_rest(const struct judging *j, const struct check *check, size_t segment,
                          struct outcome *outcome)
{
    if (segment == ALL_ROWS)
        return;
    size_t n = result_of(j, check->actions[0].condition.slots[0])->n_segments;
    const struct segment *last = &segments_of(j, check)[n - 1];
    if (!last->is_rest)
        return;
    outcome->n_single = n - 1;
    outcome->n_rest = last->n_values;
}

static enum error_code add_finding(struct judging *j, const struct check *check,
                                   const struct check_action *action, size_t segment,
                                   struct error *err)
{
    const struct condition *condition = &action->condition;
    TRY(find_values(j, check, condition, segment, err));
    struct outcome outcome = blank_outcome(j, check, action);
    outcome.kind = OUTCOME_FINDING;
    outcome.segment = segment_text(j, check, segment);
    describe_rest(j, check, segment, &outcome);
    describe_measures(j, condition, segment, &outcome);
    TRY(find_limit(j, condition, segment, &outcome, err));
    if (!outcome.has_limit)
        outcome.sentence = sentence_values(outcome.measures, outcome.n_measures, j->arena);
    outcome.sentence = with_segment(j, outcome.segment, outcome.sentence);
    add_outcome(j, &outcome);
    return OK;
}

static void add_other(struct judging *j, const struct check *check,
                      const struct check_action *action, const struct evaluation *evaluation,
                      size_t segment)
{
    struct outcome outcome = blank_outcome(j, check, action);
    outcome.kind = evaluation->kind;
    outcome.segment = segment_text(j, check, segment);
    if (evaluation->kind == OUTCOME_ERROR)
        outcome.action = ACTION_HOLD;
    if (evaluation->basis != NULL) {
        outcome.basis = evaluation->basis;
        outcome.n_loads = evaluation->n_loads;
    }
    outcome.lacks_history = evaluation->lacks_history;
    describe_measures(j, &action->condition, segment, &outcome);
    outcome.sentence = with_segment(j, outcome.segment, evaluation->sentence);
    add_outcome(j, &outcome);
}

/*
 * How much an evaluation counts among those of one rule. What could not be told holds the load, so
 * a warning does not stand in for it.
 */
static int weight(enum outcome_kind kind, enum action action)
{
    switch (kind) {
    case OUTCOME_FINDING:
        return action >= ACTION_HOLD ? 4 : 2;
    case OUTCOME_ERROR:
        return 3;
    case OUTCOME_PASS:
        return 1;
    default:
        return 0;
    }
}

/* Evaluates the actions, the strongest first, until one finds something. */
static enum error_code evaluate_actions(struct judging *j, const struct check *check,
                                        size_t segment, const struct check_action **ret_action,
                                        struct evaluation *ret_evaluation, struct error *err)
{
    int heaviest = -1;
    *ret_action = &check->actions[0];
    for (size_t i = 0; i < check->n_actions; i++) {
        struct evaluation evaluation;
        const struct check_action *action = &check->actions[i];
        TRY(evaluate(j, check, &action->condition, segment, &evaluation, err));
        if (weight(evaluation.kind, action->action) > heaviest) {
            heaviest = weight(evaluation.kind, action->action);
            *ret_evaluation = evaluation;
            *ret_action = action;
        }
        if (evaluation.kind == OUTCOME_FINDING)
            break;
    }
    return OK;
}

static enum error_code judge_rows(struct judging *j, const struct check *check, struct error *err)
{
    const struct check_action *action = NULL;
    struct evaluation evaluation = {0};
    int64_t min_rows = j->set->rules[check->rule].min_rows;
    const struct row_counts *counts = &j->result->counts;
    if (counts->new_rows < (uint64_t)min_rows && counts->old_rows < (uint64_t)min_rows) {
        action = &check->actions[0];
        evaluation.kind = OUTCOME_NOT_APPLICABLE;
        evaluation.sentence = "there are fewer rows than min_rows";
    } else {
        TRY(evaluate_actions(j, check, ALL_ROWS, &action, &evaluation, err));
    }
    if (evaluation.kind == OUTCOME_FINDING)
        return add_finding(j, check, action, ALL_ROWS, err);
    add_other(j, check, action, &evaluation, ALL_ROWS);
    return OK;
}

/* Whether the segment has rows on one side only, and enough of them to tell. */
static bool came_or_went(const struct judging *j, const struct check *check,
                         const struct segment *segment)
{
    uint64_t min_rows = (uint64_t)j->set->rules[check->rule].min_rows;
    uint64_t larger = segment->new_rows > segment->old_rows ? segment->new_rows : segment->old_rows;
    return min_rows > 0 && j->context->has_old && !segment->is_rest && larger >= min_rows &&
           (segment->new_rows == 0 || segment->old_rows == 0);
}

static void add_coming_or_going(struct judging *j, const struct check *check, size_t index)
{
    const struct segment *segment = &segments_of(j, check)[index];
    struct outcome outcome = blank_outcome(j, check, &check->actions[0]);
    bool went = segment->new_rows == 0;
    char rows[FIGURE_TEXT_BYTES];
    struct value count = {.type = VALUE_INTEGER,
                          .i64 = (int64_t)(went ? segment->old_rows : segment->new_rows)};
    figure_text(&count, false, 0, rows);
    outcome.kind = OUTCOME_FINDING;
    outcome.segment = segment->text;
    outcome.column = NULL;
    outcome.condition = arena_printf(j->arena, "a segment of at least %lld rows %s",
                                     (long long)j->set->rules[check->rule].min_rows,
                                     went ? "vanished" : "appeared");
    outcome.sentence =
        went ? arena_printf(j->arena, "%s has vanished: it had %s rows in the last good load",
                            segment->text, rows)
             : arena_printf(j->arena, "%s has appeared: it has %s rows and had none", segment->text,
                            rows);
    add_outcome(j, &outcome);
}

/* A finding or error of one segment, unless there are too many to list. */
static enum error_code add_segment(struct judging *j, const struct check *check,
                                   const struct check_action *action,
                                   const struct evaluation *evaluation, size_t segment,
                                   struct tally *tally, struct error *err)
{
    if (tally->found == JUDGEMENT_MAX_SEGMENT_FINDINGS) {
        tally->untold++;
        return OK;
    }
    tally->found++;
    if (evaluation->kind == OUTCOME_FINDING)
        return add_finding(j, check, action, segment, err);
    add_other(j, check, action, evaluation, segment);
    return OK;
}

static void count_reason(struct reason *reason, const char *text)
{
    if (reason->n_segments++ == 0)
        reason->first = text;
}

static void count_pass(struct tally *tally, const char *basis)
{
    if (basis != NULL && strcmp(basis, BASIS_COLD) == 0) {
        tally->passed_cold++;
        return;
    }
    tally->basis = basis;
    tally->passed++;
}

static enum error_code judge_segment(struct judging *j, const struct check *check, size_t index,
                                     struct tally *tally, struct error *err)
{
    const struct segment *segment = &segments_of(j, check)[index];
    const struct check_action *action = NULL;
    struct evaluation evaluation = {0};
    uint64_t min_rows = (uint64_t)j->set->rules[check->rule].min_rows;
    if (segment->new_rows < min_rows && segment->old_rows < min_rows) {
        count_reason(&tally->other, "fewer rows than min_rows");
        return OK;
    }
    if (came_or_went(j, check, segment)) {
        if (!check->reports_segments)
            count_reason(&tally->other, "the segment stands on one side only");
        else if (tally->found++ < JUDGEMENT_MAX_SEGMENT_FINDINGS)
            add_coming_or_going(j, check, index);
        else
            tally->untold++;
        return OK;
    }
    TRY(evaluate_actions(j, check, index, &action, &evaluation, err));
    if (evaluation.kind == OUTCOME_PASS)
        count_pass(tally, evaluation.basis);
    else if (evaluation.kind == OUTCOME_NOT_APPLICABLE)
        count_reason(evaluation.lacks_history ? &tally->lacks_history : &tally->other,
                     evaluation.sentence);
    else
        return add_segment(j, check, action, &evaluation, index, tally, err);
    return OK;
}

/* One outcome for all segments that came to the same. */
static void add_summary(struct judging *j, const struct check *check, size_t n_segments,
                        const struct outcome *what)
{
    if (n_segments == 0)
        return;
    struct outcome outcome = blank_outcome(j, check, &check->actions[0]);
    outcome.kind = what->kind;
    outcome.n_segments = n_segments;
    outcome.sentence = what->sentence;
    outcome.lacks_history = what->lacks_history;
    if (what->basis != NULL)
        outcome.basis = what->basis;
    add_outcome(j, &outcome);
}

/* Of too many segments only the largest have a history. */
static const char *tell_which_have_history(const struct judging *j, size_t n_segments,
                                           const char *sentence)
{
    if (n_segments <= HISTORY_MAX_SEGMENTS)
        return sentence;
    return arena_printf(j->arena, "%s; only the %d segments with the most rows have a history",
                        sentence, HISTORY_MAX_SEGMENTS);
}

static void add_summaries(struct judging *j, const struct check *check, const struct tally *tally,
                          size_t n)
{
    const struct outcome untold = {
        .kind = OUTCOME_FINDING,
        .sentence = arena_printf(j->arena, "%zu more segments are like this", tally->untold)};
    const struct outcome other = {.kind = OUTCOME_NOT_APPLICABLE, .sentence = tally->other.first};
    const struct outcome lacks_history = {
        .kind = OUTCOME_NOT_APPLICABLE,
        .sentence = tell_which_have_history(j, n, tally->lacks_history.first),
        .lacks_history = true};
    const struct outcome cold = {
        .kind = OUTCOME_PASS,
        .sentence = tell_which_have_history(j, n, "judged by the rule's limit for a short history"),
        .basis = BASIS_COLD};
    const struct outcome passed = {.kind = OUTCOME_PASS, .sentence = "", .basis = tally->basis};
    add_summary(j, check, tally->untold, &untold);
    add_summary(j, check, tally->other.n_segments, &other);
    add_summary(j, check, tally->lacks_history.n_segments, &lacks_history);
    add_summary(j, check, tally->passed_cold, &cold);
    add_summary(j, check, tally->passed, &passed);
}

static enum error_code judge_segments(struct judging *j, const struct check *check,
                                      struct error *err)
{
    struct tally tally = {0};
    size_t n = result_of(j, check->actions[0].condition.slots[0])->n_segments;
    for (size_t i = 0; i < n; i++)
        TRY(judge_segment(j, check, i, &tally, err));
    add_summaries(j, check, &tally, n);
    return OK;
}

/* Reason for which a column that should be a category is none; NULL if all are. */
static const char *no_category(struct judging *j, const struct check *check)
{
    for (size_t i = 0; i < check->n_categories; i++) {
        const struct category_test *test = &check->categories[i];
        const struct value *now = &result_of(j, test->distinct)->values[0];
        const struct value *before = &result_of(j, test->old_distinct)->values[0];
        int64_t distinct = now->is_null ? 0 : now->i64;
        if (!before->is_null && before->i64 > distinct)
            distinct = before->i64;
        if (distinct < CATEGORY_MIN || distinct > CATEGORY_MAX)
            return arena_printf(j->arena, "%s has %lld different value%s; a category has %d to %d",
                                j->set->plan.schema->columns[test->column].name,
                                (long long)distinct, distinct == 1 ? "" : "s", CATEGORY_MIN,
                                CATEGORY_MAX);
    }
    return NULL;
}

static enum error_code judge_check(struct judging *j, const struct check *check, struct error *err)
{
    const char *reason = no_category(j, check);
    if (reason != NULL) {
        struct outcome outcome = blank_outcome(j, check, &check->actions[0]);
        outcome.kind = OUTCOME_NOT_APPLICABLE;
        outcome.sentence = reason;
        add_outcome(j, &outcome);
        return OK;
    }
    return check->n_by > 0 ? judge_segments(j, check, err) : judge_rows(j, check, err);
}

/* Rows whose key stands twice cannot be told apart, so nobody can release them. */
static void judge_duplicates(struct judging *j)
{
    uint64_t duplicates = j->result->counts.duplicates;
    char rows[FIGURE_TEXT_BYTES];
    struct outcome outcome = {
        .kind = duplicates > 0 ? OUTCOME_FINDING : OUTCOME_PASS,
        .rule = RULE_DUPLICATE_KEYS,
        .action = ACTION_BLOCK,
        .releasable = false,
        .condition = "duplicates > 0",
        .has_limit = duplicates > 0,
        .measured = {.type = VALUE_INTEGER, .i64 = (int64_t)duplicates},
        .limit = {.type = VALUE_INTEGER},
        .basis = "fixed",
        .because = "rows with the same key cannot be told apart",
        .sentence = "",
        .example_measure = OUTCOME_NO_EXAMPLES,
        .file = "",
    };
    struct outcome_measure *measure = arena_alloc(j->arena, sizeof(*measure));
    *measure = (struct outcome_measure){
        .text = "duplicates", .plan_index = j->set->duplicates, .value = outcome.measured};
    outcome.measures = measure;
    outcome.n_measures = 1;
    if (duplicates > 0) {
        outcome.example_measure = j->set->duplicates;
        outcome.sentence = arena_printf(j->arena, "%s rows share their key with another row",
                                        figure_text(&outcome.measured, false, 0, rows));
    }
    add_outcome(j, &outcome);
}

static enum verdict verdict_of(const struct outcome *outcome)
{
    if (outcome->shadow)
        return VERDICT_PASS;
    if (outcome->kind == OUTCOME_ERROR)
        return VERDICT_HOLD;
    if (outcome->kind != OUTCOME_FINDING)
        return VERDICT_PASS;
    return (enum verdict)(outcome->action + VERDICT_WARN);
}

enum error_code rule_set_judge(const struct rule_set *set, const struct diff_result *result,
                               const struct judge_context *context, struct arena *arena,
                               struct judgement *ret_judgement, struct error *err)
{
    struct judging j = {.set = set, .result = result, .context = context, .arena = arena};
    judge_duplicates(&j);
    for (size_t i = 0; i < set->n_checks; i++)
        TRY(judge_check(&j, &set->checks[i], err));
    j.outcomes = outcomes_sort(j.outcomes, j.n_outcomes, arena);
    struct judgement judgement = {
        .outcomes = j.outcomes,
        .n_outcomes = j.n_outcomes,
        .n_loads = context->history == NULL ? 0 : context->history->n_loads,
        .gap = context->gap < 1 ? 1 : context->gap,
    };
    for (size_t i = 0; i < j.n_outcomes; i++) {
        enum verdict verdict = verdict_of(&j.outcomes[i]);
        judgement.n_findings += verdict != VERDICT_PASS;
        if (verdict > judgement.verdict)
            judgement.verdict = verdict;
    }
    *ret_judgement = judgement;
    return OK;
}
