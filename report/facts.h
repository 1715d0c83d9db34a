/* What the head of a report says, from the report as JSON. */
#ifndef LG_REPORT_FACTS_H
#define LG_REPORT_FACTS_H

#include <stdbool.h>

#include <jansson.h>

#include "base/arena.h"
#include "rules/judgement.h"

enum verdict facts_verdict(const json_t *report);

/* "2011-05-22 04:00 UTC", to the second; a stored time that cannot be read as it is; NULL if there
 * is none. */
const char *facts_time(struct arena *arena, const json_t *report, const char *name);

/* What the rows were compared with: " — compared with load 11 (as of …)"; "" for two files. */
const char *facts_comparison(struct arena *arena, const json_t *report);

/* "compared in 4.2 s", or NULL. */
const char *facts_judged_in(struct arena *arena, const json_t *report);

/* "1 block, 5 hold, 1 could not tell", or NULL if there is nothing. */
const char *facts_tally(struct arena *arena, const json_t *report);

/* Outcomes of one kind: "error", "pass", "not applicable". */
bool facts_is_outcome(const json_t *outcome, const char *kind);
size_t facts_count_outcomes(const json_t *outcomes, const char *kind);

#endif
