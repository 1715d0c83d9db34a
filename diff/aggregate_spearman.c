/*
 * spearman(): the first pass counts the new and the old values in fine bins (diff/ordered_bins.h),
 * from which each bin's mean rank follows; the second sums the products of the two ranks of each
 * row, both less their means. Exact if every bin that has rows is a single value. Else rows of a
 * bin count as tied, and the bound follows from geometry: rank vectors x and y of the rows, less
 * their means, and the same with ties, x' and y', have the correlations cos(x, y) and cos(x', y').
 * Inside a bin x - x' sums to 0, so it is orthogonal to x', and its square is at most (n^3 - n) /
 * 12 per bin of n rows, that of n different ranks. With that the angles between x and x', y and y'
 * are bounded, and two unit vectors at an angle a are 2 sin(a / 2) apart.
 */
#include <math.h>
#include <stdlib.h>

#include "diff/accumulator.h"
#include "diff/order_sample.h"
#include "diff/ordered_bins.h"

#define TOTAL_COUNTS ((size_t)1 << 22)
#define MIN_BINS ((size_t)16)

/* Per segment: counts and then centred ranks of the bins of each side. */
struct ranks {
    double *bins[2]; /* counts in the first pass, centred mean ranks in the second */
    double rows;
    double square[2]; /* sums of the squares of the centred ranks */
    double hidden[2]; /* and what they may have more because of what bins hide */
    double product;
};

struct spearman {
    struct order_sample samples[2];
    struct ordered_bins bins;
    size_t n_bins;
    struct ranks *segments;
};

static enum error_code out_of_memory(struct error *err)
{
    return error_set(err, ERR_MEMORY, "out of memory for a rank correlation");
}

static enum error_code spearman_start(struct accumulator *acc, struct error *err)
{
    struct spearman *spearman = calloc(1, sizeof(*spearman));
    acc->state = spearman;
    if (spearman == NULL)
        return out_of_memory(err);
    spearman->segments = calloc(acc->n_segments + 1, sizeof(*spearman->segments));
    return spearman->segments == NULL ? out_of_memory(err) : OK;
}

/* The rows that have both values. */
struct pairs {
    struct dense sides[2];
};

static void pairs_init(struct pairs *pairs, const struct intake *in)
{
    uint8_t wanted[SLICE_ROWS];
    const uint8_t *new_nulls = in->arg->nulls;
    const uint8_t *old_nulls = in->old->nulls;
    for (size_t i = 0; i < in->n; i++)
        wanted[i] = (in->select == NULL || in->select[i] != 0) &&
                    (new_nulls == NULL || new_nulls[i] == 0) &&
                    (old_nulls == NULL || old_nulls[i] == 0);
    struct intake one = {.n = in->n, .arg = in->arg, .select = wanted, .segments = in->segments};
    dense_init(&pairs->sides[SIDE_NEW], &one);
    one.arg = in->old;
    dense_init(&pairs->sides[SIDE_OLD], &one);
}

static enum error_code spearman_sample(struct accumulator *acc, const struct intake *in,
                                       struct error *err)
{
    struct spearman *spearman = acc->state;
    struct pairs pairs;
    int64_t memory[SLICE_ROWS];
    pairs_init(&pairs, in);
    for (enum side side = SIDE_NEW; side <= SIDE_OLD; side++) {
        const struct dense *dense = &pairs.sides[side];
        TRY(order_sample_add(&spearman->samples[side],
                             vector_orders(&dense->values, dense->n, memory), dense->n, err));
    }
    return OK;
}

static enum error_code spearman_end_sample(struct accumulator *acc, struct error *err)
{
    struct spearman *spearman = acc->state;
    int64_t *sorted = NULL;
    size_t n = 0;
    size_t max_bins = accumulator_share(acc, TOTAL_COUNTS / 6, MIN_BINS, ORDERED_BINS_MAX);
    TRY(order_samples_join(spearman->samples, 2, &sorted, &n, err));
    enum error_code code =
        ordered_bins_init(&spearman->bins, acc->arg_type, sorted, n, max_bins, err);
    free(sorted);
    if (code != OK)
        return code;
    spearman->n_bins = ordered_bins_count(&spearman->bins);
    for (size_t i = 0; i < acc->n_segments; i++)
        for (enum side side = SIDE_NEW; side <= SIDE_OLD; side++) {
            struct ranks *ranks = &spearman->segments[i];
            ranks->bins[side] = calloc(spearman->n_bins, sizeof(*ranks->bins[side]));
            if (ranks->bins[side] == NULL)
                return out_of_memory(err);
        }
    return OK;
}

static enum error_code spearman_take(struct accumulator *acc, const struct intake *in,
                                     struct error *err)
{
    struct spearman *spearman = acc->state;
    struct pairs pairs;
    uint32_t found[2][SLICE_ROWS];
    (void)err;
    pairs_init(&pairs, in);
    size_t n = pairs.sides[SIDE_NEW].n;
    for (enum side side = SIDE_NEW; side <= SIDE_OLD; side++)
        ordered_bins_find(&spearman->bins, &pairs.sides[side].values, n, found[side]);
    for (size_t i = 0; i < n; i++) {
        const uint32_t *segments = pairs.sides[SIDE_NEW].segments;
        struct ranks *ranks = &spearman->segments[segments != NULL ? segments[i] : 0];
        double *new_bin = &ranks->bins[SIDE_NEW][found[SIDE_NEW][i]];
        double *old_bin = &ranks->bins[SIDE_OLD][found[SIDE_OLD][i]];
        if (acc->pass > 0) {
            ranks->product += *new_bin * *old_bin;
            continue;
        }
        ranks->rows += 1;
        *new_bin += 1;
        *old_bin += 1;
    }
    return OK;
}

/* Turns counts into mean ranks less the mean of all, which is (rows - 1) / 2 counted from 0. */
static void rank_bins(const struct spearman *spearman, struct ranks *ranks, enum side side)
{
    double below = 0;
    for (size_t bin = 0; bin < spearman->n_bins; bin++) {
        double n = ranks->bins[side][bin];
        double rank = below + (n - 1) / 2 - (ranks->rows - 1) / 2;
        ranks->bins[side][bin] = rank;
        ranks->square[side] += n * rank * rank;
        if (!ordered_bins_is_value(&spearman->bins, bin))
            ranks->hidden[side] += (n * n * n - n) / 12;
        below += n;
    }
}

static enum error_code spearman_end_pass(struct accumulator *acc, bool *ret_again,
                                         struct error *err)
{
    struct spearman *spearman = acc->state;
    (void)err;
    if (acc->pass > 0)
        return OK;
    for (size_t i = 0; i < acc->n_segments; i++) {
        rank_bins(spearman, &spearman->segments[i], SIDE_NEW);
        rank_bins(spearman, &spearman->segments[i], SIDE_OLD);
        *ret_again |= spearman->segments[i].rows > 0;
    }
    return OK;
}

static void spearman_result(const struct accumulator *acc, size_t segment, struct value *ret_value,
                            struct value *ret_about)
{
    const struct ranks *ranks = &((const struct spearman *)acc->state)->segments[segment];
    double new_square = ranks->square[SIDE_NEW];
    double old_square = ranks->square[SIDE_OLD];
    (void)ret_about;
    if (ranks->rows == 0)
        return;
    double correlation = new_square == 0 && old_square == 0 ? 1 : 0;
    if (new_square > 0 && old_square > 0)
        correlation = ranks->product / sqrt(new_square) / sqrt(old_square);
    correlation = fmax(-1, fmin(1, correlation));
    *ret_value = (struct value){.type = VALUE_DOUBLE, .f64 = correlation};
}

/* The distance of two unit vectors whose angle has this cosine at least. */
static double distance(double square, double hidden)
{
    if (hidden == 0)
        return 0;
    return sqrt(2 - 2 * sqrt(square / (square + hidden)));
}

static double spearman_absolute_error(const struct accumulator *acc, size_t segment)
{
    const struct ranks *ranks = &((const struct spearman *)acc->state)->segments[segment];
    double error = distance(ranks->square[SIDE_NEW], ranks->hidden[SIDE_NEW]) +
                   distance(ranks->square[SIDE_OLD], ranks->hidden[SIDE_OLD]);
    return fmin(error, 2);
}

static void spearman_release(struct accumulator *acc)
{
    struct spearman *spearman = acc->state;
    for (size_t i = 0; spearman->segments != NULL && i < acc->n_segments; i++) {
        free(spearman->segments[i].bins[SIDE_NEW]);
        free(spearman->segments[i].bins[SIDE_OLD]);
    }
    free(spearman->segments);
    order_sample_release(&spearman->samples[SIDE_NEW]);
    order_sample_release(&spearman->samples[SIDE_OLD]);
    ordered_bins_release(&spearman->bins);
}

const struct accumulator_class spearman_class = {.start = spearman_start,
                                                 .sample = spearman_sample,
                                                 .end_sample = spearman_end_sample,
                                                 .take = spearman_take,
                                                 .end_pass = spearman_end_pass,
                                                 .result = spearman_result,
                                                 .absolute_error = spearman_absolute_error,
                                                 .release = spearman_release};
