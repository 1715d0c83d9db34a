#include "rules/history_eval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "rules/file_set.h"

/* The allowance for chance: this many standard deviations of a share. */
#define CHANCE_DEVIATIONS 4

/* Makes the median absolute deviation of normal values their standard deviation: 1 / 0.6745. */
#define DEVIATION_SCALE 1.4826

/* Means of windows that overlap differ less among each other than from one that does not. */
#define OVERLAP_FACTOR 2

#define NOW SIZE_MAX

/* One call being evaluated: the loads that have all its measures, the newest first. */
struct past {
    const struct history_view *view;
    const struct history_series **series; /* n_slots of the condition */
    const struct value *now;
    struct value *values; /* scratch, as long as now */
    size_t loads[HISTORY_MAX_LOADS];
    size_t n_loads;
};

static size_t n_values(const struct condition *condition)
{
    return 1 + condition->n_slots + condition->n_calls;
}

/* The loads that have a value of all measures in the expression; those that train, or all. */
static uint32_t usable_loads(const struct past *past, const struct expr *expr, bool training)
{
    const struct condition *condition = past->view->condition;
    uint32_t usable = UINT32_MAX;
    if (expr->kind == EXPR_MEASURE && expr->measure > condition->n_slots)
        return usable_loads(past, condition->calls[expr->measure - condition->n_slots - 1].of,
                            training);
    if (expr->kind == EXPR_MEASURE && expr->measure > 0) {
        const struct history_series *series = past->series[expr->measure - 1];
        if (series == NULL)
            return 0;
        return series->known & ~series->null & (training ? series->trains : UINT32_MAX);
    }
    for (size_t i = 0; expr->kind == EXPR_CALL && i < expr->n_args; i++)
        usable &= usable_loads(past, expr->args[i], training);
    return usable;
}

/*
 * Whether a person has lately approved a change of what the expression looks at: the ranges are
 * then of a time that is over, and too few loads have come since to have others.
 */
static bool is_unsettled(const struct past *past, const struct expr *expr)
{
    const struct history *history = past->view->history;
    uint32_t excused = usable_loads(past, expr, false) & ~usable_loads(past, expr, true);
    for (size_t i = 0; i < history->n_loads && i < past->view->min_loads; i++) {
        if ((excused >> i & 1) != 0 && history->loads[i].approved)
            return true;
    }
    return false;
}

static void find_loads(struct past *past, const struct expr *expr)
{
    const struct history *history = past->view->history;
    past->n_loads = 0;
    if (history == NULL)
        return;
    uint32_t usable = usable_loads(past, expr, true);
    for (size_t i = 0; i < history->n_loads; i++) {
        if ((usable >> i & 1) != 0)
            past->loads[past->n_loads++] = i;
    }
}

/* A recorded number as a value of the measure's type. */
static struct value as_recorded(enum value_type type, double number, struct arena *arena)
{
    struct value value = {.type = type};
    char digits[32];
    struct error ignored;
    switch (type) {
    case VALUE_DOUBLE:
        value.f64 = number;
        return value;
    case VALUE_NUMERIC:
        (void)snprintf(digits, sizeof(digits), "%.17g", number);
        if (file_set_parse_value(digits, strlen(digits), type, false, arena, &value, &ignored) ==
            OK)
            return value;
        break;
    case VALUE_INTEGER:
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DURATION:
        if (number >= -0x1p63 && number < 0x1p63) {
            value.i64 = (int64_t)number;
            return value;
        }
        break;
    default:
        break;
    }
    return (struct value){.type = type, .is_null = true};
}

static enum error_code value_at(struct past *past, const struct expr *expr, size_t position,
                                double *ret_number, bool *ret_known, struct error *err);

/* The mean of a measure over a window that begins at a position: NOW or an index of loads. */
static enum error_code mean_from(struct past *past, const struct history_call *call,
                                 size_t position, struct value *ret_value, struct error *err)
{
    double sum = 0;
    size_t first = position == NOW ? 0 : position + 1;
    *ret_value = (struct value){.type = VALUE_DOUBLE, .is_null = true};
    for (unsigned i = 0; i < call->window; i++) {
        double number = 0;
        bool known = false;
        size_t at = i == 0 ? position : first + i - 1;
        if (at != NOW && at >= past->n_loads)
            return OK;
        TRY(value_at(past, call->of, at, &number, &known, err));
        if (!known)
            return OK;
        sum += number;
    }
    *ret_value = (struct value){.type = VALUE_DOUBLE, .f64 = sum / call->window};
    return OK;
}

/* Fills the values of the means that the expression looks at, which needs the measures' places. */
static enum error_code fill_means(struct past *past, const struct expr *expr, size_t position,
                                  struct error *err)
{
    const struct condition *condition = past->view->condition;
    for (size_t i = 0; expr->kind == EXPR_CALL && i < expr->n_args; i++)
        TRY(fill_means(past, expr->args[i], position, err));
    if (expr->kind != EXPR_MEASURE || expr->measure <= condition->n_slots)
        return OK;
    struct value mean;
    TRY(mean_from(past, &condition->calls[expr->measure - condition->n_slots - 1], position, &mean,
                  err));
    past->values[expr->measure] = mean;
    return OK;
}

static struct value as_of_at(const struct history *history, size_t load)
{
    return history_time(history->loads[load].has_as_of, history->loads[load].as_of_us);
}

static void fill_measures(struct past *past, const struct expr *expr, size_t position)
{
    const struct history_view *view = past->view;
    const struct condition *condition = view->condition;
    for (size_t i = 0; expr->kind == EXPR_CALL && i < expr->n_args; i++)
        fill_measures(past, expr->args[i], position);
    size_t slot = expr->kind == EXPR_MEASURE ? expr->measure : SIZE_MAX;
    if (slot > condition->n_slots)
        return;
    if (position == NOW)
        past->values[slot] = past->now[slot];
    else if (slot == 0)
        past->values[0] = as_of_at(view->history, past->loads[position]);
    else
        past->values[slot] =
            as_recorded(view->measures[condition->slots[slot - 1]].type,
                        past->series[slot - 1]->values[past->loads[position]], view->arena);
}

static enum error_code value_at(struct past *past, const struct expr *expr, size_t position,
                                double *ret_number, bool *ret_known, struct error *err)
{
    struct value value;
    TRY(fill_means(past, expr, position, err));
    fill_measures(past, expr, position);
    if (expr->kind == EXPR_MEASURE)
        value = past->values[expr->measure];
    else
        TRY(expr_eval_measures(expr, past->values, &value, err));
    *ret_known = history_number(&value, ret_number) && !isnan(*ret_number);
    return OK;
}

/* Values of the training windows that do not overlap with this load's. */
static enum error_code training_values(struct past *past, const struct history_call *call,
                                       double *numbers, size_t *loads, size_t *ret_n,
                                       struct error *err)
{
    size_t n = 0;
    for (size_t i = call->window - 1; i + call->window <= past->n_loads; i++) {
        bool known = false;
        TRY(value_at(past, call->of, i, &numbers[n], &known, err));
        loads[n] = past->loads[i];
        n += known;
    }
    *ret_n = n;
    return OK;
}

/* The mean of p (1 - p) of a share over the training windows: tonight's is what is in doubt. */
static enum error_code usual_variance(struct past *past, const struct history_call *call,
                                      const struct expr *share, double *ret_variance,
                                      struct error *err)
{
    double sum = 0;
    size_t n = 0;
    for (size_t i = call->window - 1; i + call->window <= past->n_loads; i++) {
        double p = 0;
        bool known = false;
        TRY(value_at(past, share, i, &p, &known, err));
        p = fmin(fmax(p, 0), 1);
        sum += known ? p * (1 - p) : 0;
        n += known;
    }
    *ret_variance = n == 0 ? 0.25 : sum / (double)n;
    return OK;
}

/*
 * What chance alone may move a sum of shares by: for each share p of n rows a variance of
 * (p (1 - p) + 1 / n) / n.
 */
static enum error_code chance_of(struct past *past, const struct history_call *call,
                                 double *ret_chance, struct error *err)
{
    double variance = 0;
    for (size_t i = 0; i < call->n_shares; i++) {
        const struct share_term *term = &call->shares[i];
        double one = 0;
        double n = 0;
        bool known = true;
        TRY(usual_variance(past, call, term->share, &one, err));
        if (term->rows == NULL)
            n = (double)past->view->scope_rows[term->measure - 1];
        else
            TRY(value_at(past, term->rows, NOW, &n, &known, err));
        if (known && n >= 1)
            variance += (one + 1 / n) / n;
    }
    *ret_chance = CHANCE_DEVIATIONS * sqrt(variance / call->window);
    return OK;
}

static const char *too_few(const struct history_view *view, size_t needed, size_t n)
{
    return arena_printf(view->arena, "needs %zu loads of history and has %zu", needed, n);
}

static void judge_cold(const struct history_view *view, const struct history_call *call, size_t n,
                       struct history_outcome *outcome)
{
    double limit = call->cold * (call->spans ? view->gap : 1);
    outcome->is_cold = true;
    outcome->floor = -limit;
    outcome->ceiling = limit;
    outcome->n_loads = n;
}

/* After a gap a measure that compares two loads may have grown with the time between them. */
static void judge_warm(const struct history_view *view, const struct history_call *call, size_t n,
                       double chance, struct history_outcome *outcome)
{
    const double *numbers = outcome->numbers;
    double gap = call->spans ? view->gap : 1;
    outcome->low = outcome->high = numbers[0];
    for (size_t i = 1; i < n; i++) {
        outcome->low = fmin(outcome->low, numbers[i]);
        outcome->high = fmax(outcome->high, numbers[i]);
    }
    outcome->low = fmin(outcome->low, outcome->low * gap);
    outcome->high = fmax(outcome->high, outcome->high * gap);
    double range = outcome->high - outcome->low;
    if (call->window > 1)
        range *= OVERLAP_FACTOR;
    double room = fmax(fmax(range, call->warm * gap), chance);
    outcome->floor = outcome->low - room;
    outcome->ceiling = outcome->high + room;
    outcome->n_loads = n;
}

static void allow_cold(const struct history_view *view, const struct history_call *call,
                       struct history_outcome *outcome)
{
    double limit = call->cold * (call->spans ? view->gap : 1);
    outcome->floor = fmin(outcome->floor, -limit);
    outcome->ceiling = fmax(outcome->ceiling, limit);
}

static enum error_code evaluate_beyond(struct past *past, const struct history_call *call,
                                       struct history_outcome *outcome, struct error *err)
{
    const struct history_view *view = past->view;
    double chance = 0;
    size_t n = 0;
    bool known = false;
    outcome->value = (struct value){.type = VALUE_BOOLEAN, .is_null = true};
    TRY(training_values(past, call, outcome->numbers, outcome->loads, &n, err));
    if (n < view->min_loads && !call->has_cold) {
        outcome->missing = too_few(view, view->min_loads + 2 * (call->window - 1), past->n_loads);
        return OK;
    }
    TRY(value_at(past, call->of, NOW, &outcome->measured, &known, err));
    if (!known)
        return OK;
    if (n < view->min_loads) {
        judge_cold(view, call, n, outcome);
    } else {
        TRY(chance_of(past, call, &chance, err));
        judge_warm(view, call, n, chance, outcome);
        if (call->has_cold && is_unsettled(past, call->of))
            allow_cold(view, call, outcome);
    }
    outcome->value.is_null = false;
    outcome->value.u8 = outcome->measured < outcome->floor || outcome->measured > outcome->ceiling;
    return OK;
}

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *numbers, size_t n)
{
    qsort(numbers, n, sizeof(*numbers), compare_numbers);
    return n % 2 == 1 ? numbers[n / 2] : (numbers[n / 2 - 1] + numbers[n / 2]) / 2;
}

static double spread_of(double *numbers, size_t n)
{
    double middle = median(numbers, n);
    for (size_t i = 0; i < n; i++)
        numbers[i] = fabs(numbers[i] - middle);
    return DEVIATION_SCALE * median(numbers, n);
}

static double extreme(const double *numbers, size_t n, bool highest)
{
    double found = numbers[0];
    for (size_t i = 1; i < n; i++)
        found = highest ? fmax(found, numbers[i]) : fmin(found, numbers[i]);
    return found;
}

static enum error_code evaluate_summary(struct past *past, const struct history_call *call,
                                        struct history_outcome *outcome, struct error *err)
{
    const struct history_view *view = past->view;
    double *numbers = outcome->numbers;
    size_t n = 0;
    outcome->value = (struct value){.type = VALUE_DOUBLE, .is_null = true};
    TRY(training_values(past, call, numbers, outcome->loads, &n, err));
    if (n < view->min_loads) {
        outcome->missing = too_few(view, view->min_loads + 2 * (call->window - 1), past->n_loads);
        return OK;
    }
    outcome->value.is_null = false;
    outcome->n_loads = n;
    switch (call->function) {
    case HISTORY_USUAL:
        outcome->value.f64 = median(numbers, n);
        break;
    case HISTORY_SPREAD:
        outcome->value.f64 = spread_of(numbers, n);
        break;
    default:
        outcome->value.f64 = extreme(numbers, n, call->function == HISTORY_HIGHEST);
        break;
    }
    return OK;
}

/* The last good load counts whether it trains or not. */
static enum error_code evaluate_previous(struct past *past, const struct history_call *call,
                                         struct history_outcome *outcome, struct error *err)
{
    const struct history *history = past->view->history;
    double number = 0;
    bool known = false;
    outcome->value = (struct value){.type = VALUE_DOUBLE, .is_null = true};
    outcome->missing = "there is no last good load with this measure";
    if (history == NULL || history->previous == HISTORY_NO_LOAD ||
        (usable_loads(past, call->of, false) >> history->previous & 1) == 0)
        return OK;
    past->loads[0] = history->previous;
    past->n_loads = 1;
    TRY(value_at(past, call->of, 0, &number, &known, err));
    if (!known)
        return OK;
    outcome->missing = NULL;
    outcome->n_loads = 1;
    outcome->value = (struct value){.type = VALUE_DOUBLE, .f64 = number};
    return OK;
}

static enum error_code evaluate_call(struct past *past, const struct history_call *call,
                                     struct history_outcome *outcome, struct error *err)
{
    find_loads(past, call->of);
    switch (call->function) {
    case HISTORY_BEYOND:
        return evaluate_beyond(past, call, outcome, err);
    case HISTORY_PREVIOUS:
        return evaluate_previous(past, call, outcome, err);
    case HISTORY_RECENT:
        TRY(mean_from(past, call, NOW, &outcome->value, err));
        if (outcome->value.is_null && past->n_loads + 1 < call->window)
            outcome->missing = too_few(past->view, call->window - 1, past->n_loads);
        return OK;
    default:
        return evaluate_summary(past, call, outcome, err);
    }
}

enum error_code history_evaluate(const struct history_view *view, struct value *values,
                                 struct history_outcome *ret_outcomes, struct error *err)
{
    const struct condition *condition = view->condition;
    if (condition->n_calls == 0)
        return OK;
    struct past past = {
        .view = view,
        .series = arena_calloc(view->arena, condition->n_slots, sizeof(*past.series)),
        .now = values,
        .values = arena_calloc(view->arena, n_values(condition), sizeof(*past.values)),
    };
    for (size_t i = 0; i < condition->n_slots; i++)
        past.series[i] =
            history_find(view->history, view->measures[condition->slots[i]].text, view->segment);
    for (size_t i = 0; i < condition->n_calls; i++) {
        ret_outcomes[i] = (struct history_outcome){0};
        TRY(evaluate_call(&past, &condition->calls[i], &ret_outcomes[i], err));
        values[1 + condition->n_slots + i] = ret_outcomes[i].value;
    }
    return OK;
}
