/* A condition of a rule, checked and resolved against a schema: ready to be judged. */
#ifndef LG_RULES_CONDITION_H
#define LG_RULES_CONDITION_H

#include <stdbool.h>
#include <stddef.h>

#include "diff/expr.h"

/* A comparison of a measure with a constant, on which the condition being true can rest. */
struct comparison {
    const struct expr *test;     /* the comparison itself */
    const struct expr *measured; /* the side that measures */
    const struct expr *limit;    /* the constant side; may look at as_of */
    const char *text;            /* of the side that measures */
    size_t example;              /* plan index of its first measure that has examples, or none */
    size_t sole_measure;         /* plan index if the side is one measure alone, or none */
    bool is_percentage;
};

#define CONDITION_NONE SIZE_MAX

/*
 * expr is a measure-scope expression whose EXPR_MEASURE nodes count within the condition: 0 is
 * as_of, i + 1 is the measure with plan index slots[i].
 */
struct condition {
    const struct expr *expr;
    const char *text;
    const size_t *slots;
    size_t n_slots;
    const struct comparison *comparisons;
    size_t n_comparisons;
    const size_t *file_counts; /* plan indices; each counts the rows that a file matches */
    size_t n_file_counts;
    bool needs_old;
    bool uses_as_of;
};

#endif
