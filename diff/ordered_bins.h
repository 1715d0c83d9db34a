/*
 * Bins of an ordered type: neighbouring ranges chosen from a sample of the values, so that many
 * values can be counted in little memory and nearly as finely as if each were counted by itself.
 * Values that are frequent in the sample are bins of their own; all are if they are few, and whole
 * numbers within a narrow range. What is counted per bin is exact; only what lies inside a bin of
 * several values is not known.
 *
 * A value is found by a map from its size to one of many equal cells, linear or logarithmic as fits
 * the sample, and a few comparisons with the edges that lie in the cell, without a branch.
 */
#ifndef LG_DIFF_ORDERED_BINS_H
#define LG_DIFF_ORDERED_BINS_H

#include "diff/value_order.h"

/*
 * Bin b holds the orders from edges[b - 1], included, to edges[b]; the first and the last one have
 * no bound on one side. Zero-initialise before ordered_bins_init.
 */
struct ordered_bins {
    enum value_type type;
    int64_t *edges; /* n_edges, ascending and different, and some that are above all */
    size_t n_edges;
    bool is_direct; /* edges are neighbouring integers */
    bool is_log;
    uint16_t *base; /* per cell: number of edges in lower cells */
    double low;     /* linear map: cell (x - low) * scale */
    double scale;
    uint64_t smallest; /* logarithmic map, over the bits of the magnitude */
    unsigned shift;
    int64_t offset;
    unsigned steps; /* comparisons by which nearly all values are found */
};

/*
 * Chooses about max_bins bins (16 to ORDERED_BINS_MAX; up to three times as many where values are
 * frequent) from n sorted orders of a type that has an order. ERR_MEMORY.
 */
#define ORDERED_BINS_MAX ((size_t)1024)
enum error_code ordered_bins_init(struct ordered_bins *bins, enum value_type type,
                                  const int64_t *sorted, size_t n, size_t max_bins,
                                  struct error *err) MUST_CHECK;

/* The same with these edges, ascending and different, at most ORDERED_BINS_MAX of them. */
enum error_code ordered_bins_of_edges(struct ordered_bins *bins, enum value_type type,
                                      const int64_t *edges, size_t n_edges, const int64_t *sorted,
                                      size_t n, struct error *err) MUST_CHECK;
void ordered_bins_release(struct ordered_bins *bins);

static inline size_t ordered_bins_count(const struct ordered_bins *bins)
{
    return bins->n_edges + 1;
}

/* Bins of n values, at most SLICE_ROWS, none of them NULL. */
void ordered_bins_find(const struct ordered_bins *bins, const struct vector *values, size_t n,
                       uint32_t *ret_bins);

/* Whether all values of a bin are equal. */
bool ordered_bins_is_value(const struct ordered_bins *bins, size_t bin);

/* Whether a bin holds only infinities or NaN; of dates and times, infinities. */
bool ordered_bins_is_infinite(const struct ordered_bins *bins, size_t bin);

#endif
