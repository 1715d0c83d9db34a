/*
 * What reports draw of one column: how its values are distributed on both sides, and from where to
 * where they moved. Computed on demand from two packed snapshots. Counts are exact; only where the
 * bins lie is chosen from a sample, the same one each time: of a large snapshot from some blocks.
 */
#ifndef LG_DIFF_DISTRIBUTION_H
#define LG_DIFF_DISTRIBUTION_H

#include "diff/diff.h"

#define DISTRIBUTION_MIN_BINS 8
#define DISTRIBUTION_MAX_BINS 200
#define TRANSITIONS_MIN_GROUPS 6
#define TRANSITIONS_MAX_GROUPS 32

/* Rows of one segment. Rows count on each side by that side's values of the by-columns. */
struct segment_choice {
    const size_t *by; /* columns, those of the measure */
    size_t n_by;
    const char *text;               /* as in struct segment */
    const struct segment *segments; /* all of them, of the measure's result: the rest segment is */
    size_t n_segments;              /* what none of the others is */
};

enum bin_kind {
    BIN_VALUE,  /* one value */
    BIN_RANGE,  /* low <= x < high */
    BIN_BELOW,  /* x < high, among them -infinity */
    BIN_ABOVE,  /* x >= low, among them infinity, but not NaN */
    BIN_OTHERS, /* of categories: all values that have no bin of their own */
    BIN_NULL,   /* in transitions only */
    BIN_NAN,    /* in transitions only */
};

/*
 * low and high are numbers in the unit of the column: days since 2000-01-01 for a date,
 * microseconds since then for a time.
 */
struct bin {
    enum bin_kind kind;
    const char
        *label;  /* "twitter", "10 to 19", "below 0", "90 and above", "other values", "NULL" */
    double low;  /* RANGE, ABOVE, and VALUE of a number, date or time */
    double high; /* RANGE, BELOW */
    struct value value; /* VALUE */
    uint64_t old_rows;
    uint64_t new_rows;
};

enum distribution_scale {
    SCALE_CATEGORIES, /* bins in the order of their rows, both sides together, others last */
    SCALE_LINEAR,     /* ranges of equal width at round numbers, in ascending order */
    SCALE_LOG, /* heavy tailed: a range from 0, then ranges that widen by a constant factor */
};

/*
 * bins[n_bins] are neighbours without gaps: BELOW and ABOVE stand at the ends and only where they
 * have rows. A number of few different values has a VALUE bin for each of them, in ascending order.
 * The rows of a side are those of its bins, its NULLs and its NaNs. Owned by the arena.
 */
struct distribution {
    enum distribution_scale scale;
    enum value_type type;
    struct bin *bins;
    size_t n_bins;
    uint64_t old_rows; /* all of the side, or of the segment */
    uint64_t new_rows;
    uint64_t old_nulls;
    uint64_t new_nulls;
    uint64_t old_nans;
    uint64_t new_nans;
};

/*
 * The distribution of a column in at most max_bins bins (8 to DISTRIBUTION_MAX_BINS; about 40 draw
 * well). Numbers, dates and times: ranges over what lies between the quantiles 0.5 % and 99.5 % of
 * both sides, or values; text, booleans and UUIDs: the most frequent values and the others. Rows
 * with repeated keys count. old_snapshot may be NULL. segment NULL: all rows. ERR_CORRUPT,
 * ERR_CANCELLED, ERR_MEMORY.
 */
enum error_code diff_distribution(struct packed *old_snapshot, struct packed *new_snapshot,
                                  size_t column, const struct segment_choice *segment,
                                  size_t max_bins, struct arena *arena,
                                  struct distribution *ret_distribution,
                                  struct error *err) MUST_CHECK;

/*
 * groups[n_groups] are the same on both sides; old_rows and new_rows of a group are the sums of its
 * row and its column. rows[from * n_groups + to] are the kept rows whose old value is in group
 * `from` and whose new value is in group `to`. Owned by the arena.
 */
struct transitions {
    enum value_type type;
    struct bin *groups;
    size_t n_groups;
    const uint64_t *rows; /* n_groups * n_groups */
    uint64_t kept;        /* the sum of them */
    uint64_t changed;     /* of these, rows whose value is distinct from the old one */
};

/*
 * From where to where the kept rows moved, in at most max_groups groups (6 to
 * TRANSITIONS_MAX_GROUPS; about 8 draw well). Numbers, dates and times: ranges between quantiles of
 * the old values in ascending order, and values that many rows have or moved to as groups of their
 * own among them, then NaN and NULL if there are any; text, booleans and UUIDs: the most frequent
 * values of both sides, the others, NULL. A segment limits the rows by their old values. Errors as
 * above.
 */
enum error_code diff_transitions(struct packed *old_snapshot, struct packed *new_snapshot,
                                 size_t column, const struct segment_choice *segment,
                                 size_t max_groups, struct arena *arena,
                                 struct transitions *ret_transitions, struct error *err) MUST_CHECK;

#endif
