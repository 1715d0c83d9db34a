/* Which columns of example rows are worth showing, and the rows as JSON. */
#ifndef LG_REPORT_EXAMPLES_H
#define LG_REPORT_EXAMPLES_H

#include <jansson.h>

#include "report/report.h"

#define EXAMPLES_MAX_COLUMNS 16 /* value columns kept for one finding */

/* Value columns, those that matter most first. left_out counts changed ones beyond the limit. */
struct example_columns {
    size_t index[EXAMPLES_MAX_COLUMNS];
    size_t n;
    size_t left_out;
};

/*
 * The columns that the outcome is about (its own, those its condition and measures name), then
 * those that changed in the examples, the most often changed first; if there are none, the first
 * ones of the schema.
 */
struct example_columns examples_choose_columns(const struct schema *schema,
                                               const struct outcome *outcome,
                                               const struct report_examples *examples);

#define EXAMPLES_NO_SUBJECT SIZE_MAX

/* The value column that the outcome is about: its own, or else the first that it names. */
size_t examples_subject(const struct schema *schema, const struct outcome *outcome);

/*
 * [{key, old, new}]; a side without the row is null. *budget_bytes is lowered by what the texts
 * take; rows that it does not cover are left out. A new reference; NULL without memory.
 */
json_t *examples_json(const struct schema *schema, const struct example_columns *columns,
                      const struct report_examples *examples, size_t *budget_bytes);

#endif
