/*
 * Limits for measures from their own history, for a wanted number of false alarms a year.
 *
 * Of n loads, any limit that is to stop fewer than one in n cannot be read off the loads: it has to
 * be extrapolated. Both tails are taken to be exponential with scale b. The largest of m
 * exponential values is b (ln m + gamma) on average (A. Renyi, "On the theory of order statistics",
 * 1953; gamma = 0.5772 is Euler's constant), and half of the loads lie on either side, so the range
 * of n loads is about R = 2 b (ln(n / 2) + gamma). Beyond the range lies the next load with the
 * chance 2 / (n + 1) whatever the distribution, and further out by t with that times exp(-t / b).
 * For a chance p per load the limits are therefore
 *
 *     min - t, max + t   with   t = R ln(2 / ((n + 1) p)) / (2 (ln(n / 2) + gamma)), at least 0.
 *
 * Measures with tails heavier than exponential will be stopped more often than that.
 *
 * All that holds for values that come back to where they were. One that grows, or goes on from
 * where the load before left it, passes any fixed limit sooner or later. It is told by the mean
 * square of the differences from load to load over the variance, which is 2 on average if the order
 * means nothing, 1.4 for weekends, 0.75 for a wave of seven loads, and next to 0 for a random walk
 * (J. von Neumann, "Distribution of the ratio of the mean square successive difference to the
 * variance", 1941), and by the correlation with the number of the load in units of its standard
 * error.
 */
#ifndef LG_RULES_SUGGEST_H
#define LG_RULES_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "rules/backtest.h"

/* Fewer loads than this say too little. */
#define SUGGEST_MIN_LOADS 8

enum suggestion_kind {
    SUGGESTION_RANGE,    /* low and high */
    SUGGESTION_CONSTANT, /* all loads had one value: any other is told */
    SUGGESTION_TREND,    /* it moves on from load to load: no fixed limit holds for long */
    SUGGESTION_SHORT,    /* too few loads */
};

/* A limit for one measure. Texts belong to the plan. */
struct suggestion {
    enum suggestion_kind kind;
    const struct measure *measure;
    size_t n_loads; /* that train and have a value */
    double min;     /* of those */
    double max;
    double low; /* the limits; of a constant its value */
    double high;
    size_t n_judged;  /* loads with a value, whatever became of them */
    size_t n_stopped; /* of those, beyond the limits */
};

/*
 * t of above, or 0 if p is not smaller than 2 / (n + 1). n is at least 2.
 */
double suggest_room(double range, size_t n, double p);

/*
 * Suggestions for all measures over all rows of the rules that come to a number, in the order of
 * the plan. per_load is the chance of a false alarm for a load that is wanted of all suggestions
 * together, shared out evenly. Only published nights count as history; all are tried.
 */
void suggest_limits(const struct measure_plan *plan, const struct backtest_night *nights,
                    size_t n_nights, double per_load, struct arena *arena,
                    struct suggestion **ret_suggestions, size_t *ret_n);

/* Loads a year by the median interval between as_of times; 365.25 where too little is known. */
double suggest_loads_per_year(const struct backtest_night *nights, size_t n_nights);

/*
 * The suggestions as YAML: a list of rules, each below a comment that says what supports it. Errors
 * of buffer_append.
 */
enum error_code suggest_write_yaml(const struct suggestion *suggestions, size_t n,
                                   struct buffer *out, struct error *err) MUST_CHECK;

#endif
