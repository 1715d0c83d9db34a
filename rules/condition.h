/* A condition of a rule, checked and resolved against a schema: ready to be judged. */
#ifndef LG_RULES_CONDITION_H
#define LG_RULES_CONDITION_H

#include <stdbool.h>
#include <stddef.h>

#include "diff/diff.h"

/* A comparison of a measure with a constant, on which the condition being true can rest. */
struct comparison {
    const struct expr *test;     /* the comparison itself */
    const struct expr *measured; /* the side that measures */
    const struct expr *limit;    /* the constant side; may look at as_of */
    const char *text;            /* of the side that measures */
    size_t example;              /* plan index of its first measure that has examples, or none */
    size_t sole_measure;         /* plan index if the side is one measure alone, or none */
    bool is_percentage;
    bool from_history; /* the limit looks at earlier loads */
};

enum history_function {
    HISTORY_BEYOND,   /* whether a measure lies outside what is usual */
    HISTORY_PREVIOUS, /* its value for the last good load */
    HISTORY_USUAL,    /* median over the training loads */
    HISTORY_SPREAD,   /* scaled median absolute deviation: 1.4826 * median(|m - usual(m)|) */
    HISTORY_LOWEST,
    HISTORY_HIGHEST,
    HISTORY_RECENT, /* mean over this load and the training loads before it, window in all */
};

/* A share in the expression of beyond(): what chance alone moves. */
struct share_term {
    const struct expr *share; /* over the condition's slots */
    const struct expr *rows;  /* that it is a share of; NULL: the rows in scope of the measure */
    size_t measure;           /* slot of the measure if rows is NULL */
};

/* A call of a function of history. Its value is a slot of the condition of its own. */
struct history_call {
    enum history_function function;
    const struct expr *of; /* the measure, over the condition's slots; may hold recent() */
    const char *text;      /* of it */
    size_t sole_measure;   /* plan index if it is one measure alone, or none */
    size_t example;        /* plan index of its first measure that has examples, or none */
    bool spans;            /* it compares two loads, so it grows with the time between them */
    bool is_percentage;
    unsigned window; /* of recent(), or the longest of those in `of`; else 1 */

    /* For HISTORY_BEYOND. */
    bool has_cold;
    double cold; /* limit of the magnitude while history is too short */
    double warm; /* room beyond the range at least */
    const struct share_term *shares;
    size_t n_shares;
    bool decides; /* nothing but and/or lies between it and the whole condition */
};

#define CONDITION_NONE SIZE_MAX

/*
 * expr is a measure-scope expression whose EXPR_MEASURE nodes count within the condition: 0 is
 * as_of, i + 1 is the measure with plan index slots[i], and n_slots + 1 + i is calls[i]. A call
 * stands after those that it holds.
 */
struct condition {
    const struct expr *expr;
    const char *text;
    const size_t *slots;
    size_t n_slots;
    const struct history_call *calls;
    size_t n_calls;
    const struct comparison *comparisons;
    size_t n_comparisons;
    const size_t *file_counts; /* plan indices; each counts the rows that a file matches */
    size_t n_file_counts;
    bool needs_old;
    bool uses_as_of;
};

/* Whether the measure compares a load with the one before it, or looks at that one alone. */
bool measure_spans_loads(const struct measure *measure);

#endif
