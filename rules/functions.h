/* The functions of the language: what takes which arguments, and what to say about the others. */
#ifndef LG_RULES_FUNCTIONS_H
#define LG_RULES_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "diff/diff.h"
#include "rules/condition.h"

/* What a function takes. */
enum argument_class {
    TAKES_ANY,       /* a value of any type */
    TAKES_CONDITION, /* true or false */
    TAKES_NUMBER,
    TAKES_AMOUNT,         /* a number or a duration */
    TAKES_ORDERED,        /* a number, a date, a time or a duration */
    TAKES_COLUMN,         /* the name of a column */
    TAKES_NEW_COLUMN,     /* the name of a column, its new value */
    TAKES_ORDERED_COLUMN, /* the same, of numbers, dates or times */
    TAKES_NUMBER_COLUMN,
    TAKES_ALIKE, /* several values of one kind */
};

/* Functions of values: of a row, or of measures. */
struct scalar_function {
    const char *name;
    enum expr_op op;
    enum argument_class takes;
    size_t min_args;
    size_t max_args;
    bool row_only; /* compares a row with its old one, so has no meaning for measures */
};

/* What follows the argument. */
enum parameter_class {
    PARAMETER_NONE,
    PARAMETER_FRACTION, /* a number between 0 and 1 */
    PARAMETER_ROWS,     /* a whole number from 1 to OVERLAP_MAX_ROWS */
};

/* Functions of many rows. */
struct aggregate_function {
    const char *name;
    enum aggregate aggregate;
    enum argument_class takes;
    enum parameter_class parameter;
};

/* Measures without argument. */
struct bare_measure {
    const char *name;
    enum aggregate aggregate; /* AGG_COUNT for changed */
};

/* Functions of measures of earlier loads. */
struct history_function_info {
    const char *name;
    enum history_function function;
    size_t min_args;
    size_t max_args;
    const char *usage; /* "beyond(measure, cold, warm)" */
};

/* NULL if there is none of that name. */
const struct scalar_function *find_scalar_function(const char *name);
const struct aggregate_function *find_aggregate_function(const char *name);
const struct bare_measure *find_bare_measure(const char *name);
const struct history_function_info *find_history_function(const char *name);

/* All of them, for lists; returns how many. */
size_t scalar_functions_all(const struct scalar_function **ret_functions);
size_t aggregate_functions_all(const struct aggregate_function **ret_functions);
size_t bare_measures_all(const struct bare_measure **ret_measures);
size_t history_functions_all(const struct history_function_info **ret_functions);

/* What to say about a name that other tools know; NULL members if nothing is to be said. */
struct remedy {
    const char *message; /* after the name; NULL: there is no such function */
    const char *hint;
};
struct remedy function_remedy(const char *name);

/* The function nearest to a name, or NULL. */
const char *suggest_function(const char *name);

/* "a number", "text"; never NULL. */
const char *value_type_words(enum value_type type);
bool value_type_is_number(enum value_type type);

/* Whether the name of a column is wanted, and not of its old value. */
bool argument_class_is_new_column(enum argument_class takes);

/* What the class wants, in words: "a number". */
const char *argument_class_words(enum argument_class takes);
bool argument_class_accepts(enum argument_class takes, enum value_type type);

#endif
