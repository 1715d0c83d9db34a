#include "rules/drill.h"

#include <string.h>

#include "diff/diff.h"

static const double shares[DRILL_MAX_STEPS] = {1,    0.8,  0.5,  0.2,  0.1,  0.05, 0.02, 0.01,
                                               5e-3, 2e-3, 1e-3, 5e-4, 2e-4, 1e-4, 1e-5, 1e-6};

/* One drill under way. */
struct drill {
    const struct drill_options *options;
    struct drill_result *result;
    struct arena *arena;
    size_t n_done;
    const struct damage *damage;
    bool *found; /* for each rule, in the judgement at hand */
    enum action *actions;
};

static void tell(uint64_t rows_done, uint64_t rows_total, void *arg)
{
    struct drill *drill = arg;
    (void)rows_total;
    if (drill->options->progress != NULL && drill->damage != NULL)
        drill->options->progress(drill->damage, drill->n_done, drill->result->n_rows,
                                 drill->result->judged_rows + rows_done,
                                 drill->options->progress_arg);
}

static bool counts(const struct outcome *outcome)
{
    return !outcome->shadow && (outcome->kind == OUTCOME_FINDING || outcome->kind == OUTCOME_ERROR);
}

/* Notes which rules found something, with the strongest of what each would have done. */
static void note_findings(struct drill *drill, const struct judgement *judgement)
{
    struct drill_result *result = drill->result;
    memset(drill->found, 0, result->n_rules * sizeof(*drill->found));
    for (size_t i = 0; i < judgement->n_outcomes; i++) {
        const struct outcome *outcome = &judgement->outcomes[i];
        size_t rule = 0;
        while (rule < result->n_rules && strcmp(result->rules[rule], outcome->rule) != 0)
            rule++;
        if (!counts(outcome) || rule == result->n_rules)
            continue;
        if (!drill->found[rule] || outcome->action > drill->actions[rule])
            drill->actions[rule] = outcome->action;
        drill->found[rule] = true;
    }
}

static enum error_code judge_rows(struct drill *drill, struct packed *old_rows,
                                  struct packed *new_rows, const struct judge_context *context,
                                  struct error *err)
{
    struct arena arena CLEANUP(arena_release) = {0};
    struct measure_plan plan;
    struct diff_result diff;
    struct judgement judgement;
    TRY(rule_set_plan_for(drill->options->rules, old_rows, new_rows, &arena, &plan, err));
    TRY(diff_run(old_rows, new_rows, &plan, &arena, tell, drill, &diff, err));
    TRY(rule_set_judge(drill->options->rules, &diff, context, &arena, &judgement, err));
    note_findings(drill, &judgement);
    drill->result->judged_rows += packed_rows(old_rows) + packed_rows(new_rows);
    return OK;
}

/* Whether copies take the place of the load itself, not of the one after it. */
static bool is_last(const struct drill *drill, const struct damage *damage)
{
    return drill->options->source.before != NULL &&
           (damage == NULL || damage->kind != DAMAGE_STALE);
}

static enum error_code judge_copy(struct drill *drill, const struct damage *damage,
                                  struct packed *copy, struct error *err)
{
    const struct drill_options *options = drill->options;
    if (is_last(drill, damage))
        return judge_rows(drill, options->source.before, copy, &options->last, err);
    return judge_rows(drill, options->source.rows, copy, &options->next, err);
}

/* What the rules say when nothing is damaged: not to be taken for a catch. */
static enum error_code judge_undamaged(struct drill *drill, struct error *err)
{
    TRY(judge_copy(drill, NULL, drill->options->source.rows, err));
    memcpy(drill->result->still, drill->found, drill->result->n_rules * sizeof(*drill->found));
    return OK;
}

static enum error_code judge_damaged(struct drill *drill, const struct damage *damage, double share,
                                     struct error *err)
{
    const struct drill_options *options = drill->options;
    const struct damage_dose dose = {
        .share = share,
        .seed = options->seed,
        .directory = options->directory,
        .memory_bytes = options->memory_bytes,
    };
    struct packed *damaged CLEANUP(packed_cleanup) = NULL;
    TRY(damage_apply(damage, &options->source, &dose, &damaged, err));
    return judge_copy(drill, damage, damaged, err);
}

/* Takes over what the judgement at hand found, and says how the load would have ended. */
static enum verdict take_catches(struct drill *drill, struct drill_row *row, double share)
{
    enum verdict verdict = VERDICT_PASS;
    for (size_t i = 0; i < drill->result->n_rules; i++) {
        bool finds_anyway = drill->result->still[i] && row->damage.kind != DAMAGE_STALE;
        if (!drill->found[i] || finds_anyway)
            continue;
        row->caught[i] = share;
        row->actions[i] = drill->actions[i];
        if ((enum verdict)(drill->actions[i] + VERDICT_WARN) > verdict)
            verdict = (enum verdict)(drill->actions[i] + VERDICT_WARN);
    }
    return verdict;
}

/* Finds the smallest shares at which the load is stopped, or people are told. */
static void summarise(struct drill_row *row)
{
    for (size_t i = 0; i < row->n_steps; i++) {
        if (row->steps[i].verdict > VERDICT_PASS)
            row->warns = &row->steps[i];
        if (row->steps[i].verdict >= VERDICT_HOLD)
            row->stops = &row->steps[i];
    }
    for (size_t i = 0; row->stops != NULL && &row->steps[i] < row->stops; i++) {
        if (row->steps[i].verdict < VERDICT_HOLD)
            row->passes = &row->steps[i];
    }
}

static enum error_code drill_damage(struct drill *drill, struct drill_row *row, struct error *err)
{
    size_t quiet = 0;
    size_t patience = DRILL_QUIET_STEPS;
    drill->damage = &row->damage;
    for (size_t i = 0; i < DRILL_MAX_STEPS && quiet < patience; i++) {
        uint64_t hit = damage_rows(&row->damage, shares[i]);
        bool of_rows = row->damage.axis == DAMAGE_OF_ROWS;
        if (row->damage.axis == DAMAGE_WHOLE && i > 0)
            break;
        if (of_rows && i > 0 && hit == row->steps[row->n_steps - 1].rows)
            continue;
        tell(0, 0, drill);
        TRY(judge_damaged(drill, &row->damage, shares[i], err));
        struct drill_step *step = &row->steps[row->n_steps++];
        *step = (struct drill_step){.share = shares[i], .rows = hit};
        step->verdict = take_catches(drill, row, shares[i]);
        quiet = step->verdict == VERDICT_PASS ? quiet + 1 : 0;
        if (step->verdict != VERDICT_PASS)
            patience = DRILL_QUIET_STEPS_AFTER;
    }
    summarise(row);
    return OK;
}

static void name_rules(struct drill *drill)
{
    struct drill_result *result = drill->result;
    const struct rule_set *rules = drill->options->rules;
    result->n_rules = rule_set_n_rules(rules) + 1;
    result->rules = arena_calloc(drill->arena, result->n_rules, sizeof(*result->rules));
    for (size_t i = 0; i + 1 < result->n_rules; i++)
        result->rules[i] = rule_set_rule(rules, i).name;
    result->rules[result->n_rules - 1] = RULE_DUPLICATE_KEYS;
    result->still = arena_calloc(drill->arena, result->n_rules, sizeof(*result->still));
    drill->found = arena_calloc(drill->arena, result->n_rules, sizeof(*drill->found));
    drill->actions = arena_calloc(drill->arena, result->n_rules, sizeof(*drill->actions));
}

static void add_row(struct drill *drill, const struct damage *damage)
{
    struct drill_result *result = drill->result;
    struct drill_row *row = &result->rows[result->n_rows++];
    row->damage = *damage;
    row->caught = arena_calloc(drill->arena, result->n_rules, sizeof(*row->caught));
    row->actions = arena_calloc(drill->arena, result->n_rules, sizeof(*row->actions));
    for (size_t i = 0; i < result->n_rules; i++)
        row->caught[i] = DRILL_NOTHING;
}

enum error_code drill_run(const struct drill_options *options, struct arena *arena,
                          struct drill_result *ret_result, struct error *err)
{
    struct drill_result result = {0};
    struct drill drill = {.options = options, .result = &result, .arena = arena};
    struct damage *damages = NULL;
    size_t n = 0;
    TRY(damages_find(&options->source, options->columns, arena, &damages, &n, err));
    name_rules(&drill);
    TRY(judge_undamaged(&drill, err));
    result.rows = arena_calloc(arena, n + 1, sizeof(*result.rows));
    for (size_t i = 0; i < n; i++)
        add_row(&drill, &damages[i]);
    for (size_t i = 0; i < n; i++) {
        drill.n_done = i;
        if (result.rows[i].damage.refused == NULL)
            TRY(drill_damage(&drill, &result.rows[i], err));
    }
    *ret_result = result;
    return OK;
}
