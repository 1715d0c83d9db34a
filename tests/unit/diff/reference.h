/*
 * What expressions and measures are, computed a row at a time in the plainest way there is, so that
 * the vectorised form can be held to it. Shares no code with it.
 */
#ifndef LG_TESTS_UNIT_DIFF_REFERENCE_H
#define LG_TESTS_UNIT_DIFF_REFERENCE_H

#include "diff/diff.h"

/* n_rows * n_columns values, row by row, in the order of the keys. */
struct reference_table {
    const struct schema *schema;
    const struct value *values;
    size_t n_rows;
};

/* A row of either side, NULL where there is none, and what is known of it. */
struct reference_row {
    const struct schema *schema;
    const struct value *new_values;
    const struct value *old_values;
};

/* old_only: every column is the old row's own, see SCOPE_OLD. */
struct value reference_eval(const struct expr *expr, const struct reference_row *row,
                            bool old_only);

/* <0, 0, >0; by value whatever the types, NaN above all. Neither is NULL. */
int reference_compare(const struct value *a, const struct value *b);

/* Both NULL, or equal. */
bool reference_same(const struct value *a, const struct value *b);

struct reference_result {
    struct value value;
    struct value about;
    uint64_t scope_rows;
    double magnitude; /* what limits the effect of rounding: of sums that of the absolute values, of
                         EMD the largest absolute value */
};

/*
 * One measure, of one segment if segment is not NULL: n_by values that the by-columns of its rows
 * have. Keys are compared by their first column, which is an INTEGER.
 */
struct reference_result reference_measure(const struct measure *measure,
                                          const struct reference_table *old_table,
                                          const struct reference_table *new_table,
                                          const struct value *segment);

struct row_counts reference_counts(const struct reference_table *old_table,
                                   const struct reference_table *new_table);

#endif
