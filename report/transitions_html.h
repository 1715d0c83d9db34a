/* From which values to which the kept rows moved. */
#ifndef LG_REPORT_TRANSITIONS_HTML_H
#define LG_REPORT_TRANSITIONS_HTML_H

#include <jansson.h>

#include "report/markup.h"

/* Puts the transitions of a drawing, the member of a finding as report_json makes it, as a table.
 * Nothing if it has none, or nothing moved. */
void transitions_html_put(struct markup *markup, const json_t *drawing);

#endif
