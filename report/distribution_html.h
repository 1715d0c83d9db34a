/* The old and the new values of a column, drawn over each other. */
#ifndef LG_REPORT_DISTRIBUTION_HTML_H
#define LG_REPORT_DISTRIBUTION_HTML_H

#include <jansson.h>

#include "report/markup.h"

/*
 * Puts the distribution of a drawing, the member of a finding as report_json makes it: a histogram,
 * or a table with bars for categories and where there are few bins. Nothing if it has none.
 */
void distribution_html_put(struct markup *markup, const json_t *drawing);

#endif
