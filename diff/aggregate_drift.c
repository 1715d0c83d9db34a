/*
 * ks(), psi(), js() and emd(): see diff/drift.h. Measures of the same column and rows share one
 * accumulator; the others only read its counts.
 */
#include "diff/drift.h"

#include <math.h>
#include <stdlib.h>

#include "diff/accumulator.h"
#include "diff/candidates.h"
#include "diff/order_sample.h"
#include "diff/ordered_bins.h"
#include "diff/value_counter.h"

#define TOTAL_COUNTS ((size_t)1 << 22)
#define MIN_BINS ((size_t)16)
#define SAMPLED_VALUES ((uint32_t)1 << 16)

/* Counts are of [side][segment * n_bins + bin], NULLs of [side][segment]. */
struct drift {
    bool is_ordered;
    size_t n_bins;
    struct order_sample samples[2];
    struct ordered_bins bins;
    struct value_counter sampled;
    struct candidates categories;
    uint64_t *counts[2];
    uint64_t *nulls[2];
    double *sums[2]; /* of distances to the lower edge of the bin, for emd only */
};

static struct drift *drift_of(const struct accumulator *acc)
{
    return acc->source != NULL ? acc->source->state : acc->state;
}

static enum error_code out_of_memory(struct error *err)
{
    return error_set(err, ERR_MEMORY, "out of memory for the drift of a column");
}

static enum error_code drift_start(struct accumulator *acc, struct error *err)
{
    struct drift *drift = calloc(1, sizeof(*drift));
    acc->state = drift;
    if (drift == NULL)
        return out_of_memory(err);
    drift->is_ordered = value_type_has_order(acc->arg_type);
    value_counter_init(&drift->sampled, &acc->arg_type, 1, SAMPLED_VALUES);
    candidates_init(&drift->categories, acc->arg_type);
    return OK;
}

/* The rows of one side as an intake of its own; false if the slice has none. */
static bool side_of(const struct intake *in, enum side side, struct intake *ret_side)
{
    bool is_new = side == SIDE_NEW;
    *ret_side = (struct intake){.n = in->n,
                                .arg = is_new ? in->arg : in->old,
                                .select = is_new ? in->select : in->old_select,
                                .segments = is_new ? in->segments : in->old_segments};
    return in->has_side[side];
}

static enum error_code sample_side(struct drift *drift, enum side side, const struct intake *in,
                                   struct error *err)
{
    if (!drift->is_ordered) {
        uint64_t hashes[SLICE_ROWS];
        struct vector values = *in->arg;
        uint8_t wanted[SLICE_ROWS];
        for (size_t i = 0; i < in->n; i++)
            wanted[i] = (in->select == NULL || in->select[i] != 0) &&
                        (values.nulls == NULL || values.nulls[i] == 0);
        value_hash_rows(&values, 1, in->n, hashes);
        return value_counter_add(&drift->sampled, &values, in->n, hashes, wanted, err);
    }
    struct dense dense;
    int64_t memory[SLICE_ROWS];
    dense_init(&dense, in);
    return order_sample_add(&drift->samples[side], vector_orders(&dense.values, dense.n, memory),
                            dense.n, err);
}

static enum error_code drift_sample(struct accumulator *acc, const struct intake *in,
                                    struct error *err)
{
    for (enum side side = SIDE_NEW; side <= SIDE_OLD; side++) {
        struct intake one;
        if (side_of(in, side, &one))
            TRY(sample_side(acc->state, side, &one, err));
    }
    return OK;
}

static enum error_code choose_bins(const struct accumulator *acc, struct drift *drift,
                                   struct error *err)
{
    int64_t *sorted = NULL;
    size_t n = 0;
    size_t max_bins = accumulator_share(acc, TOTAL_COUNTS / 6, MIN_BINS, ORDERED_BINS_MAX);
    TRY(order_samples_join(drift->samples, 2, &sorted, &n, err));
    enum error_code code = ordered_bins_init(&drift->bins, acc->arg_type, sorted, n, max_bins, err);
    free(sorted);
    drift->n_bins = ordered_bins_count(&drift->bins);
    return code;
}

static enum error_code choose_categories(struct drift *drift, struct error *err)
{
    uint32_t *chosen = NULL;
    size_t n = 0;
    TRY(value_counter_largest(&drift->sampled, DRIFT_CATEGORIES, &chosen, &n, err));
    enum error_code code = OK;
    for (size_t i = 0; i < n && code == OK; i++)
        code =
            value_table_copy_entry(&drift->categories.table, &drift->sampled.table, chosen[i], err);
    free(chosen);
    drift->n_bins = n + 1;
    value_counter_release(&drift->sampled);
    return code == OK ? candidates_build(&drift->categories, err) : code;
}

static enum error_code drift_end_sample(struct accumulator *acc, struct error *err)
{
    struct drift *drift = acc->state;
    TRY(drift->is_ordered ? choose_bins(acc, drift, err) : choose_categories(drift, err));
    for (enum side side = SIDE_NEW; side <= SIDE_OLD; side++) {
        size_t n = acc->n_segments * drift->n_bins + 1;
        order_sample_release(&drift->samples[side]);
        drift->nulls[side] = calloc(acc->n_segments + 1, sizeof(*drift->nulls[side]));
        drift->counts[side] = calloc(n, sizeof(*drift->counts[side]));
        if (acc->wants_sums)
            drift->sums[side] = calloc(n, sizeof(*drift->sums[side]));
        if (drift->nulls[side] == NULL || drift->counts[side] == NULL ||
            (acc->wants_sums && drift->sums[side] == NULL))
            return out_of_memory(err);
    }
    return OK;
}

static void count_nulls(uint64_t *nulls, const struct intake *in)
{
    if (in->arg->nulls == NULL)
        return;
    for (size_t i = 0; i < in->n; i++)
        nulls[intake_segment(in, i)] +=
            in->arg->nulls[i] != 0 && (in->select == NULL || in->select[i] != 0);
}

static bool is_lowest(const struct ordered_bins *bins, size_t bin)
{
    return bin == 0 || ordered_bins_is_infinite(bins, bin - 1);
}

/* Where distances in a bin are measured from: its lower edge, for the lowest bin its upper one. */
static double edge_of(const struct ordered_bins *bins, size_t bin)
{
    return order_number(bins->type, bins->edges[is_lowest(bins, bin) ? bin : bin - 1]);
}

static void add_distances(const struct drift *drift, double *sums, const struct dense *dense,
                          const uint32_t *found)
{
    bool is_double = dense->values.type == VALUE_DOUBLE;
    for (size_t i = 0; i < dense->n; i++) {
        size_t segment = dense->segments != NULL ? dense->segments[i] : 0;
        if (ordered_bins_is_infinite(&drift->bins, found[i]))
            continue;
        double x = is_double ? dense->values.f64[i] : (double)dense->values.i64[i];
        sums[segment * drift->n_bins + found[i]] += x - edge_of(&drift->bins, found[i]);
    }
}

static void take_side(struct drift *drift, enum side side, const struct intake *in)
{
    struct dense dense;
    uint32_t found[SLICE_ROWS];
    uint64_t *restrict counts = drift->counts[side];
    count_nulls(drift->nulls[side], in);
    dense_init(&dense, in);
    if (drift->is_ordered) {
        ordered_bins_find(&drift->bins, &dense.values, dense.n, found);
    } else {
        candidates_find(&drift->categories, &dense.values, dense.n, found);
        for (size_t i = 0; i < dense.n; i++)
            found[i] = found[i] == VALUE_TABLE_NONE ? (uint32_t)drift->n_bins - 1 : found[i];
    }
    if (drift->sums[side] != NULL)
        add_distances(drift, drift->sums[side], &dense, found);
    if (dense.segments == NULL)
        for (size_t i = 0; i < dense.n; i++)
            counts[found[i]]++;
    else
        for (size_t i = 0; i < dense.n; i++)
            counts[dense.segments[i] * drift->n_bins + found[i]]++;
}

static enum error_code drift_take(struct accumulator *acc, const struct intake *in,
                                  struct error *err)
{
    (void)err;
    for (enum side side = SIDE_NEW; side <= SIDE_OLD; side++) {
        struct intake one;
        if (side_of(in, side, &one))
            take_side(acc->state, side, &one);
    }
    return OK;
}

/* The counts of one segment, and rows with a value on each side. */
struct view {
    const struct drift *drift;
    const uint64_t *counts[2];
    const double *sums[2];
    double nulls[2];
    double rows[2];
};

static struct view view_of(const struct accumulator *acc, size_t segment, bool only_finite)
{
    const struct drift *drift = drift_of(acc);
    struct view view = {.drift = drift};
    for (enum side side = SIDE_NEW; side <= SIDE_OLD; side++) {
        view.counts[side] = drift->counts[side] + segment * drift->n_bins;
        if (drift->sums[side] != NULL)
            view.sums[side] = drift->sums[side] + segment * drift->n_bins;
        view.nulls[side] = (double)drift->nulls[side][segment];
        for (size_t bin = 0; bin < drift->n_bins; bin++)
            if (!only_finite || !ordered_bins_is_infinite(&drift->bins, bin))
                view.rows[side] += (double)view.counts[side][bin];
    }
    return view;
}

/* A value that is between two bounds. */
struct bounded {
    double low;
    double high;
};

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* Inside a bin the difference of the cumulative shares lies between -p_old and p_new of before. */
static struct bounded ks_of(const struct view *view)
{
    struct bounded ks = {0};
    double n = view->rows[SIDE_NEW];
    double m = view->rows[SIDE_OLD];
    uint64_t new_below = 0;
    uint64_t old_below = 0;
    for (size_t bin = 0; bin < view->drift->n_bins; bin++) {
        double before = (double)new_below / n - (double)old_below / m;
        new_below += view->counts[SIDE_NEW][bin];
        old_below += view->counts[SIDE_OLD][bin];
        double after = (double)new_below / n - (double)old_below / m;
        ks.low = larger(ks.low, fabs(after));
        if (ordered_bins_is_value(&view->drift->bins, bin) || view->counts[SIDE_NEW][bin] == 0 ||
            view->counts[SIDE_OLD][bin] == 0)
            continue;
        ks.high = larger(ks.high, before + (double)view->counts[SIDE_NEW][bin] / n);
        ks.high = larger(ks.high, (double)view->counts[SIDE_OLD][bin] / m - before);
    }
    ks.high = larger(ks.high, ks.low);
    return ks;
}

/*
 * The integral over a bin, whose sign is known if the difference of the cumulative shares cannot
 * change its own inside; else that is the lower bound.
 */
static struct bounded emd_of_bin(const struct view *view, size_t bin, double before)
{
    const struct ordered_bins *bins = &view->drift->bins;
    double p = (double)view->counts[SIDE_NEW][bin] / view->rows[SIDE_NEW];
    double q = (double)view->counts[SIDE_OLD][bin] / view->rows[SIDE_OLD];
    double new_distance = view->sums[SIDE_NEW][bin] / view->rows[SIDE_NEW];
    double old_distance = view->sums[SIDE_OLD][bin] / view->rows[SIDE_OLD];
    double between = fabs(new_distance - old_distance);
    bool is_highest = bin == bins->n_edges || ordered_bins_is_infinite(bins, bin + 1);
    if (is_highest || is_lowest(bins, bin)) {
        bool is_sure = p == 0 || q == 0 || ordered_bins_is_value(bins, bin);
        return (struct bounded){between,
                                is_sure ? between : fabs(new_distance) + fabs(old_distance)};
    }
    /* In halves, because the width itself can be more than a double holds. */
    double width = edge_of(bins, bin + 1) / 2 - edge_of(bins, bin) / 2;
    double area = 2 * fabs((before + p - q) * width - (new_distance - old_distance) / 2);
    bool is_sure = before - q >= 0 || before + p <= 0 || ordered_bins_is_value(bins, bin);
    double most = 2 * larger(before + p, q - before) * width;
    return (struct bounded){area, is_sure ? area : larger(area, most)};
}

static struct bounded emd_of(const struct view *view)
{
    struct bounded emd = {0};
    uint64_t new_below = 0;
    uint64_t old_below = 0;
    for (size_t bin = 0; bin < view->drift->n_bins; bin++) {
        if (ordered_bins_is_infinite(&view->drift->bins, bin))
            continue;
        double before =
            (double)new_below / view->rows[SIDE_NEW] - (double)old_below / view->rows[SIDE_OLD];
        struct bounded part = emd_of_bin(view, bin, before);
        emd.low += part.low;
        emd.high += part.high;
        new_below += view->counts[SIDE_NEW][bin];
        old_below += view->counts[SIDE_OLD][bin];
    }
    return emd;
}

double drift_psi_term(double p, double q)
{
    p = larger(p, DRIFT_LEAST_SHARE);
    q = larger(q, DRIFT_LEAST_SHARE);
    return (p - q) * log(p / q);
}

double drift_js_term(double p, double q)
{
    double middle = (p + q) / 2;
    double sum = p > 0 ? p * log2(p / middle) : 0;
    return (sum + (q > 0 ? q * log2(q / middle) : 0)) / 2;
}

/* Sums the terms of bins, taken together where they are small and ordered. */
static double sum_of_terms(const struct view *view, double (*term)(double p, double q))
{
    double n = view->rows[SIDE_NEW] + view->nulls[SIDE_NEW];
    double m = view->rows[SIDE_OLD] + view->nulls[SIDE_OLD];
    double sum = term(view->nulls[SIDE_NEW] / n, view->nulls[SIDE_OLD] / m);
    double group_p = 0;
    double group_q = 0;
    for (size_t bin = 0; bin < view->drift->n_bins; bin++) {
        double p = (double)view->counts[SIDE_NEW][bin] / n;
        double q = (double)view->counts[SIDE_OLD][bin] / m;
        bool is_alone = !view->drift->is_ordered || (p + q) / 2 >= DRIFT_GROUP_SHARE;
        if (is_alone) {
            sum += term(p, q);
            if (!view->drift->is_ordered)
                continue;
        } else {
            group_p += p;
            group_q += q;
        }
        if (is_alone || (group_p + group_q) / 2 >= DRIFT_GROUP_SHARE) {
            sum += term(group_p, group_q);
            group_p = group_q = 0;
        }
    }
    return larger(sum + term(group_p, group_q), 0);
}

/* False if a side has no row that counts. */
static bool bounds_of(const struct accumulator *acc, size_t segment, struct bounded *ret_bounds)
{
    struct view view = view_of(acc, segment, acc->aggregate == AGG_EMD);
    bool with_nulls = acc->aggregate == AGG_PSI || acc->aggregate == AGG_JS;
    for (enum side side = SIDE_NEW; side <= SIDE_OLD; side++)
        if (view.rows[side] + (with_nulls ? view.nulls[side] : 0) == 0)
            return false;
    if (acc->aggregate == AGG_KS)
        *ret_bounds = ks_of(&view);
    else if (acc->aggregate == AGG_EMD)
        *ret_bounds = emd_of(&view);
    else
        ret_bounds->low = ret_bounds->high =
            sum_of_terms(&view, acc->aggregate == AGG_PSI ? drift_psi_term : drift_js_term);
    return true;
}

static void drift_result(const struct accumulator *acc, size_t segment, struct value *ret_value,
                         struct value *ret_about)
{
    struct bounded bounds;
    (void)ret_about;
    if (!bounds_of(acc, segment, &bounds))
        return;
    double value = bounds.low;
    if (acc->aggregate != AGG_EMD && acc->aggregate != AGG_PSI)
        value = value < 1 ? value : 1;
    *ret_value =
        (struct value){.type = VALUE_DOUBLE, .f64 = isnan(value) ? (double)INFINITY : value};
}

static double drift_absolute_error(const struct accumulator *acc, size_t segment)
{
    struct bounded bounds;
    if (!bounds_of(acc, segment, &bounds) || !(bounds.high > bounds.low))
        return 0;
    return bounds.high - bounds.low;
}

static void drift_release(struct accumulator *acc)
{
    struct drift *drift = acc->state;
    for (enum side side = SIDE_NEW; side <= SIDE_OLD; side++) {
        order_sample_release(&drift->samples[side]);
        free(drift->counts[side]);
        free(drift->nulls[side]);
        free(drift->sums[side]);
    }
    ordered_bins_release(&drift->bins);
    value_counter_release(&drift->sampled);
    candidates_release(&drift->categories);
}

const struct accumulator_class drift_class = {.start = drift_start,
                                              .sample = drift_sample,
                                              .end_sample = drift_end_sample,
                                              .take = drift_take,
                                              .result = drift_result,
                                              .absolute_error = drift_absolute_error,
                                              .release = drift_release};
