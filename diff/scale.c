/*
 * Where the bins of a drawing lie: at round numbers, between the quantiles 0.5 % and 99.5 % of a
 * sample. Steps are 1, 2 or 5 times a power of ten, those of dates and times what a calendar has.
 * Where the middle of the values lies in a twentieth of that range, and nothing is negative, bins
 * widen by a factor instead.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "diff/binning.h"

#define MIN_TENS (-320)
#define MAX_TENS 308
#define MAX_MULTIPLE 1e15 /* beyond that, neighbouring multiples of a step are not apart */
#define INTEGER_LIMIT 9.2e18

/* digits * 10^tens, correctly rounded. */
static double decimal(double digits, int tens)
{
    char text[64];
    (void)snprintf(text, sizeof(text), "%.0fe%d", digits, tens);
    return strtod(text, NULL);
}

static int64_t order_of_number(enum value_type type, double number)
{
    if (type == VALUE_DOUBLE)
        return order_of_double(number);
    number = ceil(number);
    if (number >= INTEGER_LIMIT)
        return INT64_MAX;
    return number <= -INTEGER_LIMIT ? INT64_MIN : (int64_t)number;
}

/* Adds an edge if it is above the last one. */
static size_t add_edge(enum value_type type, double number, int64_t *edges, size_t n)
{
    int64_t order = order_of_number(type, number);
    if (n == 0 || edges[n - 1] < order)
        edges[n++] = order;
    return n;
}

/* The smallest round step that is at least `least`, as digits and tens. */
static void round_step(double least, int *ret_digits, int *ret_tens)
{
    static const int digits[] = {1, 2, 5};
    int tens = least > 0 ? (int)floor(log10(least)) - 1 : MIN_TENS;
    for (tens = tens < MIN_TENS ? MIN_TENS : tens; tens < MAX_TENS; tens++)
        for (size_t i = 0; i < ARRAY_SIZE(digits); i++)
            if (decimal(digits[i], tens) >= least) {
                *ret_digits = digits[i];
                *ret_tens = tens;
                return;
            }
    *ret_digits = 1;
    *ret_tens = MAX_TENS;
}

static size_t linear_edges(enum value_type type, double low, double high, size_t max_bins,
                           int64_t *ret_edges)
{
    int digits = 0;
    int tens = 0;
    size_t n = 0;
    double least = high / (double)(max_bins - 4) - low / (double)(max_bins - 4);
    double size = fmax(fabs(low), fabs(high));
    if (type != VALUE_DOUBLE)
        least = fmax(least, 1);
    round_step(fmax(least, size / MAX_MULTIPLE), &digits, &tens);
    double step = decimal(digits, tens);
    double first = floor(low / step);
    for (size_t i = 0; i + 1 < max_bins; i++) {
        n = add_edge(type, decimal((first + (double)i) * digits, tens), ret_edges, n);
        if ((first + (double)i) * step > high)
            break;
    }
    return n;
}

static size_t calendar_edges(enum value_type type, double low, double high, size_t max_bins,
                             int64_t *ret_edges)
{
    static const int64_t days[] = {1, 7, 30, 91, 365, 3650, 36500, 365000};
    static const int64_t seconds[] = {1, 10, 60, 600, 3600, 21600};
    double least = (high - low) / (double)(max_bins - 4);
    double unit = type == VALUE_DATE ? 1 : (double)USEC_PER_SEC * 86400;
    double step = 1;
    size_t n = 0;
    while (type == VALUE_TIME && step < least && step < (double)USEC_PER_SEC)
        step *= 10;
    for (size_t i = 0; type == VALUE_TIME && step < least && i < ARRAY_SIZE(seconds); i++)
        step = (double)seconds[i] * (double)USEC_PER_SEC;
    for (size_t i = 0; step < least && i < ARRAY_SIZE(days); i++)
        step = (double)days[i] * unit;
    step = fmax(step, ceil(least));
    double first = floor(low / step);
    for (size_t i = 0; i + 1 < max_bins; i++) {
        n = add_edge(type, (first + (double)i) * step, ret_edges, n);
        if ((first + (double)i) * step > high)
            break;
    }
    return n;
}

/* From 0, then from a round number below the smallest on; the finest ladder that fits. */
static size_t log_edges(enum value_type type, double low, double high, size_t max_bins,
                        int64_t *ret_edges)
{
    static const int ladders[][7] = {
        {10, 12, 15, 20, 30, 50, 70}, {10, 15, 20, 30, 50, 70}, {10, 20, 50}, {10, 30}, {10}};
    int first = (int)floor(log10(low));
    int last = (int)floor(log10(high)) + 1;
    for (size_t l = 0; l < ARRAY_SIZE(ladders); l++) {
        size_t n = add_edge(type, 0, ret_edges, 0);
        bool is_whole = false;
        for (int tens = first; tens <= last && n + 1 < max_bins && !is_whole; tens++)
            for (size_t i = 0; i < 7 && ladders[l][i] != 0 && n + 1 < max_bins && !is_whole; i++) {
                double edge = decimal(ladders[l][i], tens - 1);
                n = add_edge(type, edge, ret_edges, n);
                is_whole = edge > high;
            }
        if (is_whole)
            return n;
    }
    return 0;
}

static double number_at(enum value_type type, const int64_t *sorted, size_t i)
{
    return order_number(type, sorted[i]);
}

size_t scale_edges(enum value_type type, const int64_t *sorted, size_t n, size_t max_bins,
                   int64_t *ret_edges, enum distribution_scale *ret_scale)
{
    bool is_calendar = type == VALUE_DATE || type == VALUE_TIME;
    while (n > 1 && !isfinite(number_at(type, sorted, n - 1)))
        n--;
    while (n > 1 && !isfinite(number_at(type, sorted, 0)))
        sorted++, n--;
    while (is_calendar && n > 1 && sorted[n - 1] == INT64_MAX)
        n--;
    while (is_calendar && n > 1 && sorted[0] == INT64_MIN)
        sorted++, n--;
    size_t cut = n / 200;
    double low = number_at(type, sorted, cut);
    double high = number_at(type, sorted, n - 1 - cut);
    double middle = number_at(type, sorted, n / 2);
    *ret_scale = SCALE_LINEAR;
    if (!(high > low)) {
        low = number_at(type, sorted, 0);
        high = number_at(type, sorted, n - 1);
    }
    if (is_calendar)
        return calendar_edges(type, low, high, max_bins, ret_edges);
    if (low >= 0 && (middle - low) * 20 < high - low) {
        size_t first = cut;
        while (first < n && number_at(type, sorted, first) <= 0)
            first++;
        double smallest = number_at(type, sorted, first + (n - first) / 200);
        size_t n_edges = log_edges(type, smallest, high, max_bins, ret_edges);
        *ret_scale = n_edges > 0 ? SCALE_LOG : SCALE_LINEAR;
        if (n_edges > 0)
            return n_edges;
    }
    return linear_edges(type, low, high, max_bins, ret_edges);
}

/* An edge beside an infinite date or time is no date by itself. */
static int64_t calendar_order(enum value_type type, int64_t order)
{
    int64_t most = type == VALUE_DATE ? INT32_MAX : INT64_MAX / 8 * 7;
    if (order > most)
        return INT64_MAX;
    return order < -most ? INT64_MIN : order;
}

static const char *order_label(enum value_type type, int64_t order, struct arena *arena)
{
    char text[64];
    bool is_calendar = type == VALUE_DATE || type == VALUE_TIME;
    struct value value = order_value(type, is_calendar ? calendar_order(type, order) : order);
    if (type == VALUE_DOUBLE && isfinite(value.f64))
        return arena_printf(arena, "%.7g", value.f64);
    return arena_strdup(arena, value_format(&value, text, sizeof(text)));
}

const char *bin_label(enum value_type type, enum bin_kind kind, int64_t low, int64_t high,
                      struct arena *arena)
{
    bool is_counted = type == VALUE_INTEGER || type == VALUE_DATE;
    if (kind == BIN_BELOW)
        return arena_printf(arena, "below %s", order_label(type, high, arena));
    if (kind == BIN_ABOVE)
        return arena_printf(arena, "%s and above", order_label(type, low, arena));
    return arena_printf(arena, "%s to %s", order_label(type, low, arena),
                        order_label(type, is_counted ? high - 1 : high, arena));
}
