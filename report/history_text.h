/* What earlier loads a report was judged by, in words. */
#ifndef LG_REPORT_HISTORY_TEXT_H
#define LG_REPORT_HISTORY_TEXT_H

#include <jansson.h>

#include "base/arena.h"

/*
 * "judged against 28 earlier loads", "no history: 14 checks used their limits for a short history";
 * NULL if no check looks at earlier loads. report is as report_json makes it.
 */
const char *history_text_loads(struct arena *arena, const json_t *report);

/* "6 nights lie between this load and the last good one", or NULL if no more than usual do. */
const char *history_text_gap(struct arena *arena, const json_t *report);

/* Where the limit of a finding comes from: "fixed by the rule", "from 12 earlier loads, which were
 * 0.3 % to 0.6 %". */
const char *history_text_limit(struct arena *arena, const json_t *finding);

/* A number of a finding as its limit is written: "0.3 %". */
const char *history_text_number(struct arena *arena, const json_t *finding, double number);

#endif
