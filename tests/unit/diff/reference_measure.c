#include "tests/unit/diff/reference_values.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t key_of(const struct reference_table *table, size_t row)
{
    return table->values[row * table->schema->n_columns + table->schema->keys[0]].i64;
}

static size_t first_not_below(const struct reference_table *table, wide key)
{
    size_t low = 0;
    size_t high = table->n_rows;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (key_of(table, middle) < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t count_key(const struct reference_table *table, int64_t key, size_t *ret_row)
{
    *ret_row = first_not_below(table, key);
    return first_not_below(table, (wide)key + 1) - *ret_row;
}

enum place {
    PLACE_KEPT,
    PLACE_ALONE,
    PLACE_DUPLICATE,
    PLACE_BLOCKED,
};

/* What became of a row of a table, and its other half if it is kept. */
static enum place place_of(const struct reference_table *table, size_t row,
                           const struct reference_table *other, const struct value **ret_other)
{
    size_t at = 0;
    int64_t key = key_of(table, row);
    *ret_other = NULL;
    size_t here = count_key(table, key, &at);
    size_t there = count_key(other, key, &at);
    if (here > 1)
        return PLACE_DUPLICATE;
    if (there > 1)
        return PLACE_BLOCKED;
    if (there == 0)
        return PLACE_ALONE;
    *ret_other = other->values + at * other->schema->n_columns;
    return PLACE_KEPT;
}

static bool counts_place(enum aggregate aggregate, enum scope scope, bool new_side,
                         enum place place)
{
    switch (aggregate) {
    case AGG_ROWS:
        return new_side;
    case AGG_OLD_ROWS:
        return !new_side;
    case AGG_ADDED:
        return new_side && place == PLACE_ALONE;
    case AGG_REMOVED:
        return !new_side && place == PLACE_ALONE;
    case AGG_DUPLICATES:
        return new_side && place == PLACE_DUPLICATE;
    case AGG_KEPT:
    case AGG_ARRIVALS:
        return new_side && place == PLACE_KEPT;
    default:
        break;
    }
    if (scope == SCOPE_KEPT)
        return new_side && place == PLACE_KEPT;
    return new_side == (scope == SCOPE_NEW);
}

/* Rows in scope, with what the measure sees of each. */
struct seen {
    struct value arg;
    struct value old;
    bool filtered;
};

struct collected {
    struct seen *rows;
    size_t n;
};

static bool is_true(const struct expr *expr, const struct reference_row *row, bool old_only)
{
    if (expr == NULL)
        return true;
    struct value value = reference_eval(expr, row, old_only);
    return !value.is_null && value.u8 != 0;
}

static bool in_segment(const struct measure *measure, const struct value *values,
                       const struct value *segment)
{
    for (size_t i = 0; segment != NULL && i < measure->n_by; i++)
        if (!reference_same(&values[measure->by[i]], &segment[i]))
            return false;
    return true;
}

static void collect_side(const struct measure *measure, const struct reference_table *table,
                         const struct reference_table *other, bool new_side,
                         const struct value *segment, struct collected *collected)
{
    bool paired = measure->aggregate == AGG_KEPT || measure->aggregate == AGG_ARRIVALS ||
                  (measure->aggregate > AGG_DUPLICATES && measure->scope == SCOPE_KEPT);
    for (size_t r = 0; r < table->n_rows; r++) {
        struct reference_row row = {.schema = table->schema};
        const struct value *values = table->values + r * table->schema->n_columns;
        const struct value *other_values = NULL;
        enum place place = place_of(table, r, other, &other_values);
        if (!counts_place(measure->aggregate, measure->scope, new_side, place))
            continue;
        row.new_values = new_side ? values : other_values;
        row.old_values = new_side ? other_values : values;
        const struct value *own = paired ? row.old_values : values;
        assert(own != NULL);
        bool filtered = is_true(measure->filter, &row, !new_side);
        if (!in_segment(measure, own, segment) || !is_true(measure->where, &row, !new_side) ||
            (!filtered && measure->aggregate != AGG_ARRIVALS))
            continue;
        struct seen *seen = &collected->rows[collected->n++];
        *seen = (struct seen){.filtered = filtered};
        if (measure->arg != NULL)
            seen->arg = reference_eval(measure->arg, &row, !new_side);
        if (measure->aggregate == AGG_ARRIVALS)
            seen->old = reference_eval(measure->arg, &row, true);
    }
}

static struct value of_count(uint64_t count)
{
    return (struct value){.type = VALUE_INTEGER, .i64 = (int64_t)count};
}

static bool is_hit(enum aggregate aggregate, const struct value *arg)
{
    if (aggregate <= AGG_DUPLICATES)
        return true;
    if (aggregate == AGG_NULLS)
        return arg->is_null;
    if (arg->is_null)
        return false;
    if (aggregate == AGG_INVALID)
        return reference_is_nan(arg) || reference_infinity_of(arg) != 0 ||
               (reference_is_time(arg) && reference_is_infinite_time(arg));
    return arg->type != VALUE_BOOLEAN || arg->u8 != 0;
}

static struct value count_hits(const struct measure *measure, const struct collected *collected)
{
    uint64_t hits = 0;
    for (size_t i = 0; i < collected->n; i++)
        hits += is_hit(measure->aggregate, &collected->rows[i].arg);
    if (measure->aggregate != AGG_SHARE)
        return of_count(hits);
    return collected->n == 0 ? reference_null_value(VALUE_DOUBLE)
                             : reference_of_double((double)hits / (double)collected->n);
}

static struct reference_result sum_durations(const struct measure *measure,
                                             const struct collected *collected)
{
    wide total = 0;
    wide n = 0;
    for (size_t i = 0; i < collected->n; i++)
        if (!collected->rows[i].arg.is_null) {
            total += collected->rows[i].arg.i64;
            n++;
        }
    if (n == 0)
        return (struct reference_result){.value = reference_null_value(VALUE_DURATION)};
    if (measure->aggregate == AGG_MEAN)
        total = (total * 2 + (total < 0 ? -n : n)) / (n * 2);
    return (struct reference_result){.value = reference_of_wide(VALUE_DURATION, total)};
}

static struct reference_result sum_up(const struct measure *measure,
                                      const struct collected *collected)
{
    struct reference_result result = {.value = reference_null_value(VALUE_DOUBLE)};
    quad sum = 0;
    uint64_t n = 0;
    for (size_t i = 0; i < collected->n; i++) {
        const struct value *arg = &collected->rows[i].arg;
        if (arg->is_null)
            continue;
        n++;
        sum += arg->type == VALUE_INTEGER ? (quad)arg->i64 : (quad)reference_as_double(arg);
        result.magnitude += fabs(reference_as_double(arg));
    }
    if (measure->aggregate == AGG_MEAN && n > 0)
        sum /= (quad)n;
    if (n > 0)
        result.value = reference_of_double((double)sum);
    return result;
}

static struct value deviation(const struct collected *collected)
{
    long double mean = 0;
    long double squares = 0;
    long double n = 0;
    for (size_t i = 0; i < collected->n; i++)
        if (!collected->rows[i].arg.is_null) {
            mean += (long double)reference_as_double(&collected->rows[i].arg);
            n += 1;
        }
    if (n < 2)
        return reference_null_value(VALUE_DOUBLE);
    mean /= n;
    for (size_t i = 0; i < collected->n; i++)
        if (!collected->rows[i].arg.is_null) {
            long double x = (long double)reference_as_double(&collected->rows[i].arg) - mean;
            squares += x * x;
        }
    return reference_of_double((double)sqrtl(squares / (n - 1)));
}

static struct value extreme(const struct measure *measure, const struct collected *collected)
{
    struct value best = reference_null_value(measure->arg->type);
    for (size_t i = 0; i < collected->n; i++) {
        const struct value *arg = &collected->rows[i].arg;
        if (arg->is_null)
            continue;
        int order = best.is_null ? 0 : reference_compare(arg, &best);
        if (best.is_null || (measure->aggregate == AGG_MIN ? order < 0 : order > 0))
            best = *arg;
    }
    return best;
}

static int compare_seen(const void *a, const void *b)
{
    const struct value *x = &((const struct seen *)a)->arg;
    const struct value *y = &((const struct seen *)b)->arg;
    if (x->is_null || y->is_null)
        return (int)x->is_null - (int)y->is_null;
    return reference_compare(x, y);
}

/* Rows without NULL, which are the first once sorted. */
static size_t sort_rows(struct collected *collected)
{
    size_t n = 0;
    qsort(collected->rows, collected->n, sizeof(*collected->rows), compare_seen);
    while (n < collected->n && !collected->rows[n].arg.is_null)
        n++;
    return n;
}

static struct value quantile(const struct measure *measure, struct collected *collected)
{
    for (size_t i = 0; i < collected->n; i++)
        collected->rows[i].arg = reference_converted(collected->rows[i].arg, VALUE_DOUBLE);
    size_t n = sort_rows(collected);
    if (n == 0)
        return reference_null_value(VALUE_DOUBLE);
    double place = measure->parameter * (double)(n - 1);
    size_t below = (size_t)place;
    double low = collected->rows[below].arg.f64;
    double high = below + 1 < n ? collected->rows[below + 1].arg.f64 : low;
    double part = place - (double)below;
    return reference_of_double(part == 0 || low == high ? low : low + part * (high - low));
}

static uint64_t run_length(const struct collected *collected, size_t start)
{
    size_t end = start;
    while (end < collected->n &&
           reference_same(&collected->rows[start].arg, &collected->rows[end].arg))
        end++;
    return end - start;
}

static struct value distinct(struct collected *collected)
{
    size_t n = sort_rows(collected);
    uint64_t count = 0;
    for (size_t i = 0; i < n; i += run_length(collected, i))
        count++;
    return of_count(count);
}

static struct value top_share(struct collected *collected)
{
    uint64_t best = 0;
    (void)sort_rows(collected);
    for (size_t i = 0; i < collected->n; i += run_length(collected, i))
        best = run_length(collected, i) > best ? run_length(collected, i) : best;
    return collected->n == 0 ? reference_null_value(VALUE_DOUBLE)
                             : reference_of_double((double)best / (double)collected->n);
}

static double arrivals_at(const struct collected *collected, const struct value *value)
{
    double in = 0;
    double out = 0;
    double old = 0;
    double elsewhere = 0;
    double n = (double)collected->n;
    for (size_t i = 0; i < collected->n; i++) {
        const struct seen *row = &collected->rows[i];
        bool moved_row = row->filtered && !reference_same(&row->arg, &row->old);
        in += moved_row && reference_same(&row->arg, value);
        out += moved_row && reference_same(&row->old, value);
        elsewhere += moved_row && !reference_same(&row->arg, value);
        old += reference_same(&row->old, value);
    }
    double natural = out;
    if (old < n && elsewhere * (old / n) / (1 - old / n) > natural)
        natural = elsewhere * (old / n) / (1 - old / n);
    double beyond = in - natural - 4 * sqrt(2 * natural);
    return beyond > 0 ? beyond / n : 0;
}

static struct reference_result arrivals(struct collected *collected)
{
    struct reference_result best = {.value = reference_null_value(VALUE_DOUBLE)};
    if (collected->n == 0)
        return best;
    best.value = reference_of_double(0);
    (void)sort_rows(collected);
    for (size_t i = 0; i < collected->n; i += run_length(collected, i)) {
        double share = arrivals_at(collected, &collected->rows[i].arg);
        if (share > best.value.f64) {
            best.value = reference_of_double(share);
            best.about = collected->rows[i].arg;
        }
    }
    return best;
}

static struct reference_result aggregate(const struct measure *measure, struct collected *collected)
{
    struct reference_result result = {0};
    switch (measure->aggregate) {
    case AGG_SUM:
    case AGG_MEAN:
        return measure->arg->type == VALUE_DURATION ? sum_durations(measure, collected)
                                                    : sum_up(measure, collected);
    case AGG_STDDEV:
        result.value = deviation(collected);
        break;
    case AGG_MIN:
    case AGG_MAX:
        result.value = extreme(measure, collected);
        break;
    case AGG_QUANTILE:
        result.value = quantile(measure, collected);
        break;
    case AGG_DISTINCT:
        result.value = distinct(collected);
        break;
    case AGG_TOP_SHARE:
        result.value = top_share(collected);
        break;
    case AGG_ARRIVALS:
        return arrivals(collected);
    default:
        result.value = count_hits(measure, collected);
        break;
    }
    return result;
}

struct reference_result reference_measure(const struct measure *measure,
                                          const struct reference_table *old_table,
                                          const struct reference_table *new_table,
                                          const struct value *segment)
{
    struct collected collected = {0};
    collected.rows = calloc(old_table->n_rows + new_table->n_rows + 1, sizeof(*collected.rows));
    collect_side(measure, new_table, old_table, true, segment, &collected);
    collect_side(measure, old_table, new_table, false, segment, &collected);
    struct reference_result result = aggregate(measure, &collected);
    result.scope_rows = collected.n;
    free(collected.rows);
    return result;
}

struct row_counts reference_counts(const struct reference_table *old_table,
                                   const struct reference_table *new_table)
{
    const struct value *other = NULL;
    struct row_counts counts = {.old_rows = old_table->n_rows, .new_rows = new_table->n_rows};
    for (size_t r = 0; r < new_table->n_rows; r++) {
        enum place place = place_of(new_table, r, old_table, &other);
        struct reference_row row = {.schema = new_table->schema,
                                    .new_values =
                                        new_table->values + r * new_table->schema->n_columns,
                                    .old_values = other};
        counts.kept += place == PLACE_KEPT;
        counts.added += place == PLACE_ALONE;
        counts.duplicates += place == PLACE_DUPLICATE;
        counts.changed += place == PLACE_KEPT && reference_eval_changed(&row).u8 != 0;
    }
    for (size_t r = 0; r < old_table->n_rows; r++)
        counts.removed += place_of(old_table, r, new_table, &other) == PLACE_ALONE;
    return counts;
}
