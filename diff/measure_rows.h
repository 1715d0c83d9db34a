/* Which rows a measure looks at, and how its expressions are bound to them. */
#ifndef LG_DIFF_MEASURE_ROWS_H
#define LG_DIFF_MEASURE_ROWS_H

#include "diff/diff.h"
#include "diff/program.h"

struct measure_rows {
    unsigned kinds;         /* a set of enum row_kind */
    enum binding binding;   /* of the columns */
    enum side segment_side; /* whose by-columns say to which segment a row belongs */
};

struct measure_rows measure_rows(const struct measure *measure);

/* Whether the aggregate is a count of rows without an argument. */
bool aggregate_has_no_arg(enum aggregate aggregate);

/* Whether it is one of KS to SPEARMAN, which take a column and look at its old values too. */
bool aggregate_is_drift(enum aggregate aggregate);

/* Whether the aggregate compares all rows of the new side with all rows of the old one. */
bool aggregate_has_two_sides(enum aggregate aggregate);

/*
 * The nodes that a measure takes in, added to the program. select is PROGRAM_NONE if all rows are
 * in scope. old is for the aggregates that look at both sides, old_select for those over all rows
 * of both sides, moved for ARRIVALS only; else PROGRAM_NONE, as is arg without one.
 */
struct measure_nodes {
    uint32_t arg;
    uint32_t select;
    uint32_t old;
    uint32_t moved;
    uint32_t old_select;
};

struct measure_nodes measure_add_nodes(const struct measure *measure, struct program *program);

#endif
