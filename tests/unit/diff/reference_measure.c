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
    case AGG_SPEARMAN:
        return new_side && place == PLACE_KEPT;
    case AGG_KS:
    case AGG_PSI:
    case AGG_JS:
    case AGG_EMD:
    case AGG_OVERLAP:
        return true;
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
    bool is_new;
    const struct value *row;   /* in the table */
    const struct value *other; /* its other half, if it is kept */
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
                  measure->aggregate == AGG_SPEARMAN ||
                  (measure->aggregate > AGG_DUPLICATES && measure->aggregate < AGG_KS &&
                   measure->scope == SCOPE_KEPT);
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
        *seen = (struct seen){
            .filtered = filtered, .is_new = new_side, .row = values, .other = other_values};
        if (measure->arg != NULL)
            seen->arg = reference_eval(measure->arg, &row, !new_side);
        if (measure->aggregate == AGG_ARRIVALS || measure->aggregate == AGG_SPEARMAN)
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

/* Numerics are ordered as doubles. */
static struct value in_order(struct value value)
{
    return value.type == VALUE_NUMERIC ? reference_converted(value, VALUE_DOUBLE) : value;
}

/* The shares of one value and of all below it, on each side. */
struct step {
    struct value value;
    double p;
    double q;
};

/*
 * The different values in ascending order with their shares of each side; those of NULL apart.
 * False if a side has no rows.
 */
static bool find_steps(const struct collected *collected, bool with_nulls, bool only_finite,
                       struct step *steps, size_t *ret_n, struct step *ret_nulls)
{
    struct collected sorted = {.rows = calloc(collected->n + 1, sizeof(*sorted.rows))};
    double rows[2] = {0};
    for (size_t i = 0; i < collected->n; i++) {
        struct seen seen = collected->rows[i];
        seen.arg = in_order(seen.arg);
        bool infinite = !seen.arg.is_null &&
                        (reference_is_nan(&seen.arg) || reference_infinity_of(&seen.arg) != 0);
        if ((seen.arg.is_null && !with_nulls) || (only_finite && infinite))
            continue;
        sorted.rows[sorted.n++] = seen;
        rows[seen.is_new]++;
    }
    size_t n_values = sort_rows(&sorted);
    *ret_n = 0;
    *ret_nulls = (struct step){0};
    for (size_t i = 0; i < sorted.n && rows[0] > 0 && rows[1] > 0;) {
        size_t end = i + 1;
        double counts[2] = {0};
        while (end < sorted.n && compare_seen(&sorted.rows[i], &sorted.rows[end]) == 0)
            end++;
        for (size_t k = i; k < end; k++)
            counts[sorted.rows[k].is_new]++;
        struct step *step = i < n_values ? &steps[(*ret_n)++] : ret_nulls;
        *step = (struct step){sorted.rows[i].arg, counts[1] / rows[1], counts[0] / rows[0]};
        i = end;
    }
    free(sorted.rows);
    return rows[0] > 0 && rows[1] > 0;
}

static double term(enum aggregate aggregate, double p, double q)
{
    if (aggregate == AGG_PSI) {
        p = p > 0.0001 ? p : 0.0001;
        q = q > 0.0001 ? q : 0.0001;
        return (p - q) * (log(p) - log(q));
    }
    double sum = p > 0 ? p * log2(2 * p / (p + q)) : 0;
    return (sum + (q > 0 ? q * log2(2 * q / (p + q)) : 0)) / 2;
}

static double divergence(enum aggregate aggregate, const struct step *steps, size_t n)
{
    double sum = 0;
    double p = 0;
    double q = 0;
    for (size_t i = 0; i < n; i++) {
        enum value_type type = steps[i].value.type;
        bool ordered = type != VALUE_TEXT && type != VALUE_BOOLEAN && type != VALUE_UUID;
        bool alone = !ordered || (steps[i].p + steps[i].q) / 2 >= 0.1;
        if (alone)
            sum += term(aggregate, steps[i].p, steps[i].q);
        p += alone ? 0 : steps[i].p;
        q += alone ? 0 : steps[i].q;
        if (alone || (p + q) / 2 >= 0.1) {
            sum += term(aggregate, p, q);
            p = q = 0;
        }
    }
    return sum + term(aggregate, p, q);
}

static struct reference_result drift(const struct measure *measure,
                                     const struct collected *collected)
{
    struct step *steps = calloc(collected->n + 1, sizeof(*steps));
    struct step nulls;
    size_t n = 0;
    enum aggregate aggregate = measure->aggregate;
    bool with_nulls = aggregate == AGG_PSI || aggregate == AGG_JS;
    double result = 0;
    double below = 0;
    double largest = 0;
    bool known = find_steps(collected, with_nulls, aggregate == AGG_EMD, steps, &n, &nulls);
    if (with_nulls && known)
        result = divergence(aggregate, steps, n) + term(aggregate, nulls.p, nulls.q);
    for (size_t i = 0; i < n && !with_nulls; i++) {
        below += steps[i].p - steps[i].q;
        if (aggregate == AGG_EMD)
            largest = fmax(largest, fabs(reference_as_double(&steps[i].value)));
        if (aggregate == AGG_KS)
            result = fabs(below) > result ? fabs(below) : result;
        else if (i + 1 < n)
            result += fabs(below) * (reference_as_double(&steps[i + 1].value) -
                                     reference_as_double(&steps[i].value));
    }
    free(steps);
    return (struct reference_result){.value = known ? reference_of_double(result)
                                                    : reference_null_value(VALUE_DOUBLE),
                                     .magnitude = largest};
}

/* Whether the row is among the k with the largest values of its side; rows are in key order. */
static bool is_top(const struct collected *collected, size_t at, double k)
{
    size_t better = 0;
    struct value own = in_order(collected->rows[at].arg);
    for (size_t i = 0; i < collected->n; i++) {
        struct value other = in_order(collected->rows[i].arg);
        if (other.is_null || collected->rows[i].is_new != collected->rows[at].is_new)
            continue;
        int order = reference_compare(&other, &own);
        better += order > 0 || (order == 0 && i < at);
    }
    return (double)better < k;
}

static struct value overlap(const struct measure *measure, const struct collected *collected)
{
    size_t rows[2] = {0};
    size_t both = 0;
    const struct value **old_tops = calloc(collected->n + 1, sizeof(*old_tops));
    for (size_t pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < collected->n; i++) {
            const struct seen *seen = &collected->rows[i];
            if (seen->is_new != (pass == 1) || seen->arg.is_null ||
                !is_top(collected, i, measure->parameter))
                continue;
            if (!seen->is_new)
                old_tops[rows[0]] = seen->row;
            for (size_t k = 0; seen->is_new && seen->other != NULL && k < rows[0]; k++)
                both += old_tops[k] == seen->other;
            rows[seen->is_new]++;
        }
    free(old_tops);
    size_t most = rows[0] > rows[1] ? rows[0] : rows[1];
    return rows[0] == 0 ? reference_null_value(VALUE_DOUBLE)
                        : reference_of_double((double)both / (double)most);
}

/* Mean rank of the value among those of all rows. */
static double rank_of(const struct collected *collected, size_t at, bool old)
{
    double rank = 0;
    struct value own = old ? collected->rows[at].old : collected->rows[at].arg;
    own = in_order(own);
    for (size_t i = 0; i < collected->n; i++) {
        struct value other = in_order(old ? collected->rows[i].old : collected->rows[i].arg);
        int order = reference_compare(&other, &own);
        rank += order < 0 ? 1 : order == 0 ? 0.5 : 0;
    }
    return rank;
}

static struct value spearman(struct collected *collected)
{
    double middle = 0;
    double xx = 0;
    double yy = 0;
    double xy = 0;
    size_t n = 0;
    for (size_t i = 0; i < collected->n; i++)
        if (!collected->rows[i].arg.is_null && !collected->rows[i].old.is_null)
            collected->rows[n++] = collected->rows[i];
    struct collected pairs = {.rows = collected->rows, .n = n};
    middle = (double)n / 2;
    for (size_t i = 0; i < n; i++) {
        double x = rank_of(&pairs, i, false) - middle;
        double y = rank_of(&pairs, i, true) - middle;
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    if (n == 0)
        return reference_null_value(VALUE_DOUBLE);
    if (xx == 0 || yy == 0)
        return reference_of_double(xx == yy ? 1 : 0);
    return reference_of_double(xy / sqrt(xx * yy));
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
    case AGG_KS:
    case AGG_PSI:
    case AGG_JS:
    case AGG_EMD:
        return drift(measure, collected);
    case AGG_OVERLAP:
        result.value = overlap(measure, collected);
        break;
    case AGG_SPEARMAN:
        result.value = spearman(collected);
        break;
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
    uint64_t scope_rows = 0;
    for (size_t i = 0; i < collected.n; i++)
        scope_rows += collected.rows[i].is_new || measure->aggregate < AGG_KS;
    struct reference_result result = aggregate(measure, &collected);
    result.scope_rows = scope_rows;
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
