/*
 * Aggregates while they run: each takes in slices of selected rows and keeps one state per segment.
 * Some need to see the rows again to be exact, and say so at the end of a pass.
 */
#ifndef LG_DIFF_ACCUMULATOR_H
#define LG_DIFF_ACCUMULATOR_H

#include "base/arena.h"
#include "diff/diff.h"
#include "diff/slice.h"

/*
 * What a measure gets of a slice of n rows. select: rows of its scope, a byte each, NULL for all.
 * segments: the segment of each row, NULL if there is only one. old is the argument's old value,
 * for the aggregates that look at both sides. moved is for ARRIVALS only: the rows in scope at
 * which it is distinct and the filter true. first is the number of such rows in earlier slices.
 *
 * The aggregates over all rows of both sides (see aggregate_has_two_sides) get rows of which arg,
 * select and segments are those of the new side and old, old_select and old_segments those of the
 * old one; has_side says which sides there are.
 */
struct intake {
    size_t n;
    uint64_t first;
    const struct vector *arg; /* NULL for the aggregates without argument */
    const struct vector *old;
    const uint8_t *moved;
    const uint8_t *select;
    const uint32_t *segments;
    const uint8_t *old_select;
    const uint32_t *old_segments;
    bool has_side[2];
    const struct slice *slice;
};

struct accumulator;

/* One family of aggregates. The functions that may be NULL say so. */
struct accumulator_class {
    enum error_code (*start)(struct accumulator *acc, struct error *err);
    /* Before the first pass, with some rows from all over the snapshots. NULL: no need of them. */
    enum error_code (*sample)(struct accumulator *acc, const struct intake *in, struct error *err);
    enum error_code (*end_sample)(struct accumulator *acc, struct error *err);
    enum error_code (*take)(struct accumulator *acc, const struct intake *in, struct error *err);
    /* After a pass; sets *ret_again if another is needed. NULL: one pass is enough. */
    enum error_code (*end_pass)(struct accumulator *acc, bool *ret_again, struct error *err);
    /* Value of a segment, and for some what it is about; both NULL values before the call. */
    void (*result)(const struct accumulator *acc, size_t segment, struct value *ret_value,
                   struct value *ret_about);
    /* Both NULL: exact. The relative error follows from the absolute one if that is known. */
    double (*relative_error)(const struct accumulator *acc);
    double (*absolute_error)(const struct accumulator *acc, size_t segment);
    void (*release)(struct accumulator *acc);
};

/*
 * state is an array of one element per segment, or one for all, of a type that is the class's own.
 * With a source the rows are taken in by that accumulator, of the same class, and this one has no
 * state: it only reads the results.
 */
struct accumulator {
    const struct accumulator_class *class;
    enum aggregate aggregate;
    enum value_type arg_type;
    double parameter;
    size_t n_segments;
    const struct accumulator *source;
    bool wants_sums; /* sums are needed for EMD */
    unsigned pass;
    uint64_t *scope_rows; /* n_segments */
    void *state;
    size_t total; /* of what the class keeps within bounds over all segments */
};

extern const struct accumulator_class count_class;
extern const struct accumulator_class sum_class;
extern const struct accumulator_class moments_class;
extern const struct accumulator_class extreme_class;
extern const struct accumulator_class quantile_class;
extern const struct accumulator_class distinct_class;
extern const struct accumulator_class top_share_class;
extern const struct accumulator_class arrivals_class;
extern const struct accumulator_class drift_class;
extern const struct accumulator_class overlap_class;
extern const struct accumulator_class spearman_class;

/*
 * arg_type is that of the vectors that will come as arg: DOUBLE for STDDEV and QUANTILE of any
 * number, and for SUM, MEAN and the drift measures of a NUMERIC. source may be NULL. ERR_MEMORY.
 */
enum error_code accumulator_init(struct accumulator *acc, const struct measure *measure,
                                 enum value_type arg_type, size_t n_segments,
                                 struct accumulator *source, struct error *err) MUST_CHECK;
void accumulator_release(struct accumulator *acc);

/* Whether sample and end_sample have to be called before the first pass. */
bool accumulator_wants_sample(const struct accumulator *acc);
enum error_code accumulator_sample(struct accumulator *acc, const struct intake *in,
                                   struct error *err) MUST_CHECK;
enum error_code accumulator_end_sample(struct accumulator *acc, struct error *err) MUST_CHECK;

enum error_code accumulator_take(struct accumulator *acc, const struct intake *in,
                                 struct error *err) MUST_CHECK;
enum error_code accumulator_end_pass(struct accumulator *acc, bool *ret_again,
                                     struct error *err) MUST_CHECK;

/* Fills in everything but the segments; texts are copied to the arena. */
void accumulator_result(const struct accumulator *acc, struct arena *arena,
                        struct measure_result *ret_result);

/* Sets acc->state to n_segments zeroed elements. ERR_MEMORY. */
enum error_code accumulator_new_state(struct accumulator *acc, size_t size,
                                      struct error *err) MUST_CHECK;

/* A share of a budget for each segment, between the bounds. */
size_t accumulator_share(const struct accumulator *acc, size_t budget, size_t least, size_t most);

static inline size_t intake_segment(const struct intake *in, size_t row)
{
    return in->segments != NULL ? in->segments[row] : 0;
}

/*
 * The selected rows of a slice that are not NULL, without gaps: in place if that is all of them.
 * segments is NULL if the slice has none. Has to stay where it was made.
 */
struct dense {
    size_t n;
    struct vector values;
    const uint32_t *segments;
    _Alignas(16) char value_memory[SLICE_ROWS * VECTOR_MAX_WIDTH];
    uint32_t segment_memory[SLICE_ROWS];
};
void dense_init(struct dense *dense, const struct intake *in);

#endif
