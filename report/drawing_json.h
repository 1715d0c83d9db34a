/* What is drawn of a column, as JSON. */
#ifndef LG_REPORT_DRAWING_JSON_H
#define LG_REPORT_DRAWING_JSON_H

#include <jansson.h>

#include "report/examples.h"

/*
 * The member "drawing" of a finding; null if nothing is drawn. Rows are shown in the given columns
 * and lower *budget_bytes as examples_json does. A new reference; NULL without memory.
 */
json_t *drawing_json(const struct schema *schema, const struct report_drawing *drawing,
                     const struct example_columns *columns, size_t *budget_bytes);

#endif
