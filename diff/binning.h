/* Bins to draw or to group by, chosen from what was seen of a column, and the rows found in them.
 */
#ifndef LG_DIFF_BINNING_H
#define LG_DIFF_BINNING_H

#include "diff/candidates.h"
#include "diff/distribution.h"
#include "diff/order_sample.h"
#include "diff/ordered_bins.h"
#include "diff/value_counter.h"

/*
 * What was seen of the values: up to `few` different ones exactly; a sample of each side, and of
 * the values that rows moved to. Zero-initialise, then seen_init.
 */
#define SEEN_MOVED 2
struct seen_values {
    enum value_type type;
    size_t few;
    bool is_ordered;
    bool has_many; /* more than `few`, of an ordered type */
    struct value_counter values;
    struct order_sample samples[3]; /* by side, then SEEN_MOVED */
    uint64_t rows[3];
};

void seen_init(struct seen_values *seen, enum value_type type, size_t few);
void seen_release(struct seen_values *seen);

/* Adds the selected rows of n; as SEEN_MOVED they count for the sample only. ERR_MEMORY. */
enum error_code seen_add(struct seen_values *seen, size_t sample, const struct vector *values,
                         size_t n, const uint8_t *select, struct error *err) MUST_CHECK;

/*
 * bins[n_bins], in the arena, and after them places for NaN and NULL, so that every row has a place
 * from 0 to n_bins + 1. places maps what ordered_bins_find or candidates_find say to them.
 */
struct binning {
    enum value_type type;
    enum distribution_scale scale;
    bool is_ordered;
    struct bin *bins;
    size_t n_bins;
    struct ordered_bins ordered;
    struct candidates categories;
    uint32_t *places;
};

void binning_release(struct binning *binning);

/* To draw: equal steps at round numbers, or few values, or categories. ERR_MEMORY. */
enum error_code binning_to_draw(struct binning *binning, const struct seen_values *seen,
                                size_t max_bins, struct arena *arena, struct error *err) MUST_CHECK;

/* To group: quantiles of the old side and values that stand out. ERR_MEMORY. */
enum error_code binning_to_group(struct binning *binning, const struct seen_values *seen,
                                 size_t max_groups, struct arena *arena,
                                 struct error *err) MUST_CHECK;

/* Place of each of n rows. */
void binning_find(const struct binning *binning, const struct vector *values, size_t n,
                  uint32_t *ret_places);

/*
 * Makes bins of ascending edges, which are orders: bin i from edges[i], included, to edges[i + 1],
 * with one more below the first and one from the last one on. Those that hold one value become
 * VALUE bins. For binning_to_draw and binning_to_group.
 */
enum error_code binning_from_edges(struct binning *binning, const struct seen_values *seen,
                                   const int64_t *edges, size_t n_edges, struct arena *arena,
                                   struct error *err) MUST_CHECK;

/* Round numbers between which to draw an ordered type; at most max_bins - 1 edges. diff/scale.c */
size_t scale_edges(enum value_type type, const int64_t *sorted, size_t n, size_t max_bins,
                   int64_t *ret_edges, enum distribution_scale *ret_scale);

/* What a RANGE, BELOW or ABOVE bin between two orders is called; doubles with seven digits. */
const char *bin_label(enum value_type type, enum bin_kind kind, int64_t low, int64_t high,
                      struct arena *arena);

#endif
