/* The example rows of a finding as an HTML table. */
#ifndef LG_REPORT_EXAMPLE_HTML_H
#define LG_REPORT_EXAMPLE_HTML_H

#include <jansson.h>

#include "report/markup.h"

/*
 * Puts rows, a list as "examples" of report_json makes it, under a title; what stood before and
 * what stands now side by side. key has the names of the key columns, columns those of the values.
 * Nothing for no rows.
 */
void example_html_put(struct markup *markup, const char *title, const json_t *rows,
                      const json_t *key, const json_t *columns);

#endif
