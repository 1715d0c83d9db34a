#include "rules/suggest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rules/condition.h"

#define EULER_GAMMA 0.57721566490153286
#define US_PER_YEAR (365.25 * 86400e6)
#define DEFAULT_LOADS_PER_YEAR 365.25

/* See the header: less than this is a walk, and a correlation beyond so many errors is a trend. */
#define LEAST_STEPS 0.5
#define SURE_ERRORS 4

double suggest_room(double range, size_t n, double p)
{
    double beyond = 2 / ((double)n + 1);
    if (p >= beyond)
        return 0;
    return range * log(beyond / p) / (2 * (log((double)n / 2) + EULER_GAMMA));
}

/* What the loads came to, the oldest first. */
struct past_values {
    double *all; /* of every load */
    size_t n_all;
    double *training;
    size_t n_training;
};

static const struct history_record *record_of(const struct backtest_night *night, const char *text)
{
    for (size_t i = 0; i < night->n_records; i++) {
        const struct history_record *record = &night->records[i];
        if (record->segment[0] == '\0' && strcmp(record->text, text) == 0)
            return record;
    }
    return NULL;
}

/* Whether later loads are judged against what a night came to. */
static bool trains(const struct backtest_night *nights, size_t n_nights, size_t night,
                   const struct history_record *record)
{
    bool excused = false;
    for (size_t i = 0; i < n_nights && !excused; i++)
        excused = history_is_excused(nights[i].excuses, nights[i].n_excuses, nights[night].load,
                                     INT64_MAX, record->text);
    return nights[night].published && record->trains && !excused;
}

static struct past_values values_of(const struct measure *measure,
                                    const struct backtest_night *nights, size_t n_nights,
                                    struct arena *arena)
{
    struct past_values past = {
        .all = arena_calloc(arena, n_nights + 1, sizeof(double)),
        .training = arena_calloc(arena, n_nights + 1, sizeof(double)),
    };
    for (size_t i = 0; i < n_nights; i++) {
        const struct history_record *record = record_of(&nights[i], measure->text);
        bool alone = !nights[i].has_baseline && measure_spans_loads(measure);
        if (alone || record == NULL || record->is_null || !isfinite(record->value))
            continue;
        past.all[past.n_all++] = record->value;
        if (trains(nights, n_nights, i, record))
            past.training[past.n_training++] = record->value;
    }
    return past;
}

/* Whether values move on from load to load, instead of around what they always were. */
static bool is_trend(const double *values, size_t n)
{
    double mean = 0;
    double squares = 0;
    double steps = 0;
    double with_time = 0;
    double middle = (double)(n - 1) / 2;
    for (size_t i = 0; i < n; i++)
        mean += values[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        squares += pow(values[i] - mean, 2);
        with_time += (values[i] - mean) * ((double)i - middle);
        steps += i == 0 ? 0 : pow(values[i] - values[i - 1], 2);
    }
    double size = (double)n;
    double correlation = with_time / sqrt(squares * size * (size * size - 1) / 12);
    double error = sqrt(fmax(1 - correlation * correlation, 0) / (size - 2));
    return steps / (size - 1) < LEAST_STEPS * squares / size ||
           fabs(correlation) > SURE_ERRORS * error;
}

static void find_range(const struct past_values *past, struct suggestion *suggestion)
{
    suggestion->min = suggestion->max = past->training[0];
    for (size_t i = 1; i < past->n_training; i++) {
        suggestion->min = fmin(suggestion->min, past->training[i]);
        suggestion->max = fmax(suggestion->max, past->training[i]);
    }
}

static struct suggestion classify(const struct measure *measure, const struct past_values *past)
{
    struct suggestion suggestion = {
        .measure = measure, .n_loads = past->n_training, .n_judged = past->n_all};
    if (past->n_training < SUGGEST_MIN_LOADS) {
        suggestion.kind = SUGGESTION_SHORT;
        return suggestion;
    }
    find_range(past, &suggestion);
    if (suggestion.min == suggestion.max)
        suggestion.kind = SUGGESTION_CONSTANT;
    else if (is_trend(past->training, past->n_training))
        suggestion.kind = SUGGESTION_TREND;
    return suggestion;
}

/* Whole numbers get whole limits; a count, share or spread that was never negative no limit below
 * 0. */
static void set_limits(struct suggestion *suggestion, double p)
{
    double room = 0;
    if (suggestion->kind == SUGGESTION_RANGE)
        room = suggest_room(suggestion->max - suggestion->min, suggestion->n_loads, p);
    suggestion->low = suggestion->min - room;
    suggestion->high = suggestion->max + room;
    if (suggestion->measure->type == VALUE_INTEGER) {
        suggestion->low = floor(suggestion->low);
        suggestion->high = ceil(suggestion->high);
    }
    if (suggestion->min >= 0 && suggestion->low < 0)
        suggestion->low = 0;
}

static void count_stopped(const struct past_values *past, struct suggestion *suggestion)
{
    for (size_t i = 0; i < past->n_all; i++)
        suggestion->n_stopped += past->all[i] < suggestion->low || past->all[i] > suggestion->high;
}

static bool has_limits(const struct suggestion *suggestion)
{
    return suggestion->kind == SUGGESTION_RANGE || suggestion->kind == SUGGESTION_CONSTANT;
}

/* What says nothing about the new load, or is judged without any rule, needs no limit. */
static bool is_wanted(const struct measure *measure)
{
    bool of_last =
        measure->aggregate == AGG_OLD_ROWS || (measure->arg != NULL && measure->scope == SCOPE_OLD);
    return !of_last && measure->aggregate != AGG_DUPLICATES && measure->n_by == 0 &&
           measure->where == NULL &&
           (measure->type == VALUE_DOUBLE || measure->type == VALUE_INTEGER ||
            measure->type == VALUE_NUMERIC);
}

void suggest_limits(const struct measure_plan *plan, const struct backtest_night *nights,
                    size_t n_nights, double per_load, struct arena *arena,
                    struct suggestion **ret_suggestions, size_t *ret_n)
{
    struct past_values *past = arena_calloc(arena, plan->n_measures + 1, sizeof(*past));
    struct suggestion *all = arena_calloc(arena, plan->n_measures + 1, sizeof(*all));
    size_t n = 0;
    size_t n_limits = 0;
    for (size_t i = 0; i < plan->n_measures; i++) {
        if (!is_wanted(&plan->measures[i]))
            continue;
        past[n] = values_of(&plan->measures[i], nights, n_nights, arena);
        all[n] = classify(&plan->measures[i], &past[n]);
        n_limits += has_limits(&all[n]);
        n++;
    }
    for (size_t i = 0; i < n; i++) {
        if (!has_limits(&all[i]))
            continue;
        set_limits(&all[i], per_load / (double)n_limits);
        count_stopped(&past[i], &all[i]);
    }
    *ret_suggestions = all;
    *ret_n = n;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

double suggest_loads_per_year(const struct backtest_night *nights, size_t n_nights)
{
    double *intervals = calloc(n_nights + 1, sizeof(*intervals));
    size_t n = 0;
    double median = 0;
    for (size_t i = 1; intervals != NULL && i < n_nights; i++) {
        if (nights[i].has_as_of && nights[i - 1].has_as_of &&
            nights[i].as_of_us > nights[i - 1].as_of_us)
            intervals[n++] = (double)nights[i].as_of_us - (double)nights[i - 1].as_of_us;
    }
    if (n > 0) {
        qsort(intervals, n, sizeof(*intervals), compare_doubles);
        median = intervals[n / 2];
    }
    free(intervals);
    return median > 0 ? US_PER_YEAR / median : DEFAULT_LOADS_PER_YEAR;
}

/* A text in single quotes, as YAML has it. */
static enum error_code write_quoted(const char *before, const char *text, struct buffer *out,
                                    struct error *err)
{
    TRY(buffer_printf(out, err, "%s'", before));
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\'')
            TRY(buffer_append_char(out, '\'', err));
        TRY(buffer_append_char(out, *p, err));
    }
    return buffer_append_string(out, "'\n", err);
}

enum { NAME_BYTES = 180, CONDITION_BYTES = 4096 };

static enum error_code write_rule(const struct suggestion *s, size_t number, struct buffer *out,
                                  struct error *err)
{
    char name[NAME_BYTES];
    char condition[CONDITION_BYTES];
    const char *text = s->measure->text;
    int len = 0;
    if (strlen(text) + sizeof("usual ") > sizeof(name))
        (void)snprintf(name, sizeof(name), "usual measure %zu", number);
    else
        (void)snprintf(name, sizeof(name), "usual %s", text);
    if (s->kind == SUGGESTION_CONSTANT)
        len = snprintf(condition, sizeof(condition), "%s <> %.10g", text, s->low);
    else if (s->low == 0 && s->min >= 0)
        len = snprintf(condition, sizeof(condition), "%s > %.10g", text, s->high);
    else
        len = snprintf(condition, sizeof(condition), "%s < %.10g or %s > %.10g", text, s->low, text,
                       s->high);
    if (len < 0 || (size_t)len >= sizeof(condition))
        return buffer_append_string(out, "# its expression is too long for a suggestion\n", err);
    TRY(write_quoted("- name: ", name, out, err));
    return write_quoted("  hold: ", condition, out, err);
}

static enum error_code write_one(const struct suggestion *s, size_t number, struct buffer *out,
                                 struct error *err)
{
    const char *text = s->measure->text;
    switch (s->kind) {
    case SUGGESTION_SHORT:
        return buffer_printf(out, err, "# %s: needs %d loads of history and has %zu\n", text,
                             SUGGEST_MIN_LOADS, s->n_loads);
    case SUGGESTION_TREND:
        return buffer_printf(
            out, err,
            "# %s: moves on from load to load, %.6g to %.6g in %zu loads; a fixed limit\n"
            "# would soon be passed: compare it with the load before, or use beyond()\n",
            text, s->min, s->max, s->n_loads);
    case SUGGESTION_CONSTANT:
        TRY(buffer_printf(out, err, "# always %.6g in %zu loads; %zu of %zu would be stopped\n",
                          s->min, s->n_loads, s->n_stopped, s->n_judged));
        return write_rule(s, number, out, err);
    case SUGGESTION_RANGE:
        break;
    }
    TRY(buffer_printf(out, err, "# %.6g to %.6g in %zu loads; %zu of %zu would be stopped\n",
                      s->min, s->max, s->n_loads, s->n_stopped, s->n_judged));
    return write_rule(s, number, out, err);
}

enum error_code suggest_write_yaml(const struct suggestion *suggestions, size_t n,
                                   struct buffer *out, struct error *err)
{
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        any |= has_limits(&suggestions[i]);
        TRY(write_one(&suggestions[i], i + 1, out, err));
    }
    return any ? OK : buffer_append_string(out, "[]\n", err);
}
