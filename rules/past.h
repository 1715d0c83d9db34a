/* What a finding's measure came to for earlier loads; for rules/ only. */
#ifndef LG_RULES_PAST_H
#define LG_RULES_PAST_H

#include "rules/history_eval.h"
#include "rules/judgement.h"

/* Sets outcome->past to what a call of beyond() looked at. */
void past_of_call(const struct history *history, const struct history_outcome *call,
                  struct arena *arena, struct outcome *outcome);

/* Sets outcome->past to the records of one measure; none if series is NULL. */
void past_of_series(const struct history *history, const struct history_series *series,
                    struct arena *arena, struct outcome *outcome);

#endif
