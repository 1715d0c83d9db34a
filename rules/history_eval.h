/* Values of functions of history for one load, condition and segment; for rules/ only. */
#ifndef LG_RULES_HISTORY_EVAL_H
#define LG_RULES_HISTORY_EVAL_H

#include "diff/diff.h"
#include "rules/condition.h"
#include "rules/history.h"

/* What a condition is judged with. Borrowed. */
struct history_view {
    const struct history *history; /* or NULL */
    const struct measure *measures;
    const struct condition *condition;
    const char *segment;        /* "" for all rows */
    const uint64_t *scope_rows; /* n_slots of the condition: rows in scope of each measure */
    double gap;                 /* see judge_context */
    size_t min_loads;           /* that a range needs */
    struct arena *arena;
};

/* What one call came to. */
struct history_outcome {
    struct value value;
    const char *missing; /* why there is no value, if that is for want of history; else NULL */

    /* Of beyond(), unless value is NULL. */
    bool is_cold;    /* judged by its limit for a short history */
    double measured; /* what was looked at */
    double low;      /* of the training loads, widened for a gap */
    double high;
    double floor; /* what is not beyond */
    double ceiling;
    size_t n_loads; /* that went into it */

    /* Of beyond(): the first n_loads are what it looked at, the newest first. */
    double numbers[HISTORY_MAX_LOADS];
    size_t loads[HISTORY_MAX_LOADS]; /* indices into history->loads */
};

/*
 * Computes calls[0 .. n_calls - 1] of the condition. values holds as_of and the measures of this
 * load, and room for the values of the calls, which are filled in. ERR_MEMORY.
 */
enum error_code history_evaluate(const struct history_view *view, struct value *values,
                                 struct history_outcome *ret_outcomes,
                                 struct error *err) MUST_CHECK;

#endif
