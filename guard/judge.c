#include "guard/judge.h"

#include "base/clock.h"
#include "guard/drawings.h"
#include "guard/progress.h"

void judged_release(struct judged *judged)
{
    arena_release(&judged->arena);
    *judged = (struct judged){0};
}

int verdict_exit_status(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_BLOCK:
        return error_exit_status(ERR_BLOCKED);
    case VERDICT_HOLD:
        return error_exit_status(ERR_HELD);
    case VERDICT_PASS:
    case VERDICT_WARN:
        break;
    }
    return 0;
}

static void show_progress(uint64_t rows_done, uint64_t rows_total, void *arg)
{
    progress_update(arg, rows_done, (double)rows_done / (double)(rows_total == 0 ? 1 : rows_total));
}

static enum error_code find_examples(struct packed *old_snapshot, struct packed *new_snapshot,
                                     const struct rule_set *rules, struct judged *judged,
                                     struct error *err)
{
    const struct judgement *judgement = &judged->judgement;
    judged->examples =
        arena_calloc(&judged->arena, judgement->n_outcomes + 1, sizeof(*judged->examples));
    for (size_t i = 0; i < judgement->n_outcomes; i++) {
        const struct outcome *outcome = &judgement->outcomes[i];
        if (outcome->kind != OUTCOME_FINDING || outcome->example_measure == OUTCOME_NO_EXAMPLES)
            continue;
        struct example *examples = NULL;
        TRY(diff_examples(old_snapshot, new_snapshot, rule_set_plan(rules),
                          outcome->example_measure, &judged->diff, outcome->segment, JUDGE_EXAMPLES,
                          &judged->arena, &examples, &judged->examples[i].n_examples, err));
        judged->examples[i].examples = examples;
    }
    return OK;
}

static enum error_code measure(const struct measuring *measuring, struct packed *old_snapshot,
                               struct packed *new_snapshot, const struct measure_plan *plan,
                               struct judged *judged, struct error *err)
{
    struct progress progress;
    if (measuring != NULL && measuring->in_database)
        return measure_in_database(measuring, plan, &judged->arena, &judged->diff, err);
    progress_begin(&progress, "judging");
    enum error_code code = diff_run(old_snapshot, new_snapshot, plan, &judged->arena, show_progress,
                                    &progress, &judged->diff, err);
    progress_end(&progress);
    return code;
}

enum error_code judge_run_in(const struct measuring *measuring, struct packed *old_snapshot,
                             struct packed *new_snapshot, const struct rule_set *rules,
                             const struct judge_context *context, struct judged *ret_judged,
                             struct error *err)
{
    int64_t started_us = clock_monotonic_us();
    struct measure_plan plan;
    struct judge_context with_sql = *context;
    TRY(rule_set_plan_for(rules, old_snapshot, new_snapshot, &ret_judged->arena, &plan, err));
    TRY(measure(measuring, old_snapshot, new_snapshot, &plan, ret_judged, err));
    if (measuring != NULL)
        TRY(measure_own_sql(measuring, &plan, &ret_judged->arena, &ret_judged->diff,
                            &with_sql.sql_errors, err));
    TRY(rule_set_judge(rules, &ret_judged->diff, &with_sql, &ret_judged->arena,
                       &ret_judged->judgement, err));
    TRY(find_examples(old_snapshot, new_snapshot, rules, ret_judged, err));
    ret_judged->took_us = clock_monotonic_us() - started_us;
    return drawings_find(old_snapshot, new_snapshot, rules, ret_judged, err);
}

enum error_code judge_run(struct packed *old_snapshot, struct packed *new_snapshot,
                          const struct rule_set *rules, const struct judge_context *context,
                          struct judged *ret_judged, struct error *err)
{
    return judge_run_in(NULL, old_snapshot, new_snapshot, rules, context, ret_judged, err);
}
