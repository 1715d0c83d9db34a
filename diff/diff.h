/*
 * Compares two packed snapshots: pairs their rows by key and computes measures, in one pass over
 * the columns that the measures need.
 */
#ifndef LG_DIFF_DIFF_H
#define LG_DIFF_DIFF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "diff/expr.h"
#include "snapshot/packed.h"

enum aggregate {
    AGG_ROWS,       /* rows of the new side */
    AGG_OLD_ROWS,   /* rows of the old side */
    AGG_KEPT,       /* keys on both sides. A key that stands twice on a side is not paired: none of
                       its rows, on either side, is kept, added or removed */
    AGG_ADDED,      /* rows only on the new side */
    AGG_REMOVED,    /* rows only on the old side */
    AGG_DUPLICATES, /* rows of the new side whose key stands more than once, all copies counted */
    AGG_COUNT,      /* arg BOOLEAN: true rows; else rows where it is not NULL */
    AGG_SHARE,      /* arg BOOLEAN: true rows / all rows of the scope, NULLs included */
    AGG_SUM,        /* number or DURATION; NULL rows left out; NULL over nothing */
    AGG_MEAN,
    AGG_STDDEV, /* sample standard deviation, numbers; NULL below two rows */
    AGG_MIN,    /* number, DATE, TIME, DURATION; exact, in the type of the argument */
    AGG_MAX,
    AGG_QUANTILE, /* number; parameter in [0, 1]; linear interpolation as SQL's percentile_cont */
    AGG_DISTINCT, /* number of different values, NULL not counted; exact to 2^16 values, beyond that
                     a sketch with the error stated in measure_error */
    AGG_NULLS,    /* rows where arg is NULL */
    AGG_ARRIVALS, /* share of kept rows that moved to one and the same value; see docs/rules.md. arg
                     is a new-side column; also yields the value */
    AGG_TOP_SHARE, /* share of the most frequent value, NULL counted as one, among the scope's rows
                    */
    AGG_INVALID,   /* rows where arg is NaN or infinite */
    AGG_KS, /* how far the distribution of a column moved: see diff/drift.h. arg is a column of
               the new side; all rows of the new side with all of the old one, whatever their
               keys. KS of an ordered type, EMD of a number */
    AGG_PSI,
    AGG_JS,
    AGG_EMD,
    AGG_OVERLAP, /* arg as for KS, parameter rows k: of the k rows with the largest values on either
                    side (ties: those with the smaller keys), the share whose keys are among those
                    of the other side. Of the larger side if one has fewer rows. NaN is above all,
                    NULLs are left out; NUMERIC compares as DOUBLE. NULL if the old side has none */
    AGG_SPEARMAN, /* rank correlation of the new and the old value of a column over the kept rows
                     that have both (C. Spearman, 1904), ties with their mean rank. 1 if both sides
                     have one value only, 0 if one has */
    AGG_SQL, /* the number that the measure's SQL gives; diff_run counts the rows in its place */
};

#define OVERLAP_MAX_ROWS 1000000

/*
 * Results: counts are INTEGER; SHARE, STDDEV, QUANTILE, ARRIVALS, TOP_SHARE and the drift measures
 * from KS on are DOUBLE; SUM and
 * MEAN are DOUBLE, or DURATION of a DURATION (NULL on overflow); MIN and MAX have the type of the
 * argument. Counts over nothing are 0, everything else over nothing is NULL.
 */

/*
 * The rows an aggregate with an argument runs over. Over SCOPE_OLD every column of an expression,
 * of whichever side, is the old row's own. Otherwise key columns of either side are the row's own,
 * and old value columns are NULL for a row without an old one. The aggregates without argument
 * (ROWS to DUPLICATES) and those from KS on have their rows by definition and ignore the scope.
 */
enum scope {
    SCOPE_NEW,  /* all rows of the new side */
    SCOPE_OLD,  /* all rows of the old side */
    SCOPE_KEPT, /* paired rows */
};

#define MEASURE_MAX_BY 8

/*
 * One number to compute (per segment, if n_by > 0). filter and where are BOOLEAN expressions or
 * NULL; only rows for which both are true are in scope. For the aggregates without argument,
 * where is given in terms of the new side and applied to the old row's own columns for
 * OLD_ROWS and REMOVED; filter and where also for the old rows of KS, PSI, JS, EMD and OVERLAP.
 */
struct measure {
    enum aggregate aggregate;
    enum scope scope;
    const struct expr *arg;
    const struct expr *filter;
    const struct expr *where;
    double parameter;
    const char *sql;           /* of AGG_SQL, with {new} and {old} for the two loads */
    size_t by[MEASURE_MAX_BY]; /* columns to segment by */
    size_t n_by;
    const char *text;     /* as a person would write it; identifies the measure in history */
    enum value_type type; /* of the result */
};

struct measure_plan {
    const struct schema *schema;
    const struct measure *measures;
    size_t n_measures;
};

/*
 * One group of rows with equal values in the by-columns. The text joins columns by ", ", as in
 * "network=twitter, tier=NULL". A text value that could be read otherwise (NULL, empty, with a
 * comma, equals sign, quote or space at an end) stands in double quotes, quotes in it doubled.
 * Values above 200 bytes are cut and end in a hash. The rest is called "other values".
 */
struct segment {
    const char *text;
    uint64_t new_rows;
    uint64_t old_rows;
    bool is_rest;      /* the values beyond the limit, taken together */
    uint64_t n_values; /* of the rest: how many different values it stands for; of others 1 */
    bool is_estimate;  /* n_values with a standard error of 1.6 %; beyond 65,536 values in all */
};

/*
 * Per segmentation. With more different values those with the most rows (old and new together)
 * are segments of their own and all others are one rest segment. Exact up to 65,536 different
 * values; beyond that rows are counted in bounded memory, and only a value with more than one in
 * 32,768 of all rows is sure to be counted among the largest.
 */
#define DIFF_MAX_SEGMENTS 10000

/* What one measure came to. Without by there is one entry and segments is NULL. */
struct measure_result {
    size_t n_segments;
    const struct segment
        *segments;              /* shared by measures with the same by; sorted by text, rest last */
    const struct value *values; /* n_segments; NULL value over an empty scope */
    const uint64_t *scope_rows; /* n_segments; rows in scope. The filter of ARRIVALS does not limit
                                   its scope, only what counts as a move. New rows for those that
                                   compare all rows of both sides */
    const struct value *arrived_at; /* n_segments; for ARRIVALS and TOP_SHARE the value of the
                                       argument's type that it is about, else NULL */
    double relative_error;          /* of a sketch, the largest over the segments; 0 if exact */
    double absolute_error; /* of KS, EMD, SPEARMAN: no value is further from the true one */
};

struct row_counts {
    uint64_t old_rows;
    uint64_t new_rows;
    uint64_t kept;
    uint64_t changed; /* kept rows in which any value column is distinct */
    uint64_t added;
    uint64_t removed;
    uint64_t duplicates;
};

/* Everything is owned by the arena that was given to diff_run. */
struct diff_result {
    struct row_counts counts;
    struct measure_result *measures; /* plan->n_measures */
};

/* Called about ten times a second with rows done of the sum of both sides; may be NULL. */
typedef void (*diff_progress_fn)(uint64_t rows_done, uint64_t rows_total, void *arg);

/*
 * Runs the plan. old is NULL for a first load: the old side is then empty. Memory is bounded by the
 * number of measures and segments, not by rows. ERR_CORRUPT from a damaged snapshot, ERR_CANCELLED,
 * ERR_MEMORY.
 */
enum error_code diff_run(struct packed *old_snapshot, struct packed *new_snapshot,
                         const struct measure_plan *plan, struct arena *arena,
                         diff_progress_fn progress, void *progress_arg,
                         struct diff_result *ret_result, struct error *err) MUST_CHECK;

/* A row before and after; a side that has no such row has values NULL. */
struct example {
    const struct value *key;        /* schema->n_keys values in key order */
    const struct value *old_values; /* n_columns values in schema order, or NULL */
    const struct value *new_values; /* n_columns values in schema order, or NULL */
};

/*
 * Finds up to max_examples rows that make the measure what it is: rows for which a condition is
 * true, the extreme rows of min and max, the arrivals at the value, NULL or invalid rows, added,
 * removed or duplicate rows; nothing for sums, means and the like. segment limits them to one
 * segment by its text (NULL: all). Blocks are visited in an order spread over the snapshot and the
 * search stops when enough are found. Examples and their texts are owned by the arena.
 */
enum error_code diff_examples(struct packed *old_snapshot, struct packed *new_snapshot,
                              const struct measure_plan *plan, size_t measure,
                              const struct diff_result *result, const char *segment,
                              size_t max_examples, struct arena *arena,
                              struct example **ret_examples, size_t *ret_n_examples,
                              struct error *err) MUST_CHECK;

#endif
