/* What was compared, for earlier loads and for this one. */
#ifndef LG_REPORT_SERIES_HTML_H
#define LG_REPORT_SERIES_HTML_H

#include <jansson.h>

#include "report/markup.h"

/* Puts a line from the oldest load to this one, with the values that are allowed, for a finding as
 * report_json makes it. Nothing if fewer than two earlier loads are known. */
void series_html_put(struct markup *markup, const json_t *finding);

#endif
