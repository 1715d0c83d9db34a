/* The order in which outcomes are reported; for rules/ only. */
#ifndef LG_RULES_OUTCOME_ORDER_H
#define LG_RULES_OUTCOME_ORDER_H

#include "base/arena.h"
#include "rules/judgement.h"

/* The outcomes by rank, see struct judgement, in their own order within each; in the arena. */
struct outcome *outcomes_sort(const struct outcome *outcomes, size_t n, struct arena *arena);

#endif
