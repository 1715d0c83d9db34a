/* Findings, and checks that could not be made, as HTML. */
#ifndef LG_REPORT_FINDING_HTML_H
#define LG_REPORT_FINDING_HTML_H

#include <jansson.h>

#include "report/markup.h"

/* Puts all findings of a report as report_json makes it: the first ones whole, with examples and
 * drawings, further ones a line each. Segments of one check stand together. */
void finding_html_put_all(struct markup *markup, const json_t *report);

/* Puts the outcomes of kind "error". */
void finding_html_put_errors(struct markup *markup, const json_t *report);

/* Puts the outcomes of another kind as a table that is folded away; nothing if there are none. */
void finding_html_put_others(struct markup *markup, const json_t *report, const char *kind,
                             const char *title);

/* A sign and a word for an action or a verdict: "warn", "hold", "block", "pass". */
void finding_html_put_sign(struct markup *markup, const char *action);

#endif
