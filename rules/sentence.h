/* Sentences about outcomes, for people. */
#ifndef LG_RULES_SENTENCE_H
#define LG_RULES_SENTENCE_H

#include "rules/compiled.h"
#include "rules/figure.h"

/*
 * What a finding with a limit is about: "93.2 % of kept rows moved to score = 1 (limit 25 %)".
 * arrived_at is the value of an arrivals() measure, or NULL. The text belongs to the arena.
 */
const char *sentence_limit(const struct rule_set *set, const struct comparison *comparison,
                           const struct value *measured, const struct value *limit,
                           bool is_percentage, const struct value *arrived_at, struct arena *arena);

/*
 * What a finding of beyond() is about, from the outcome's value, limit and range: "jumped(score) is
 * 4.1 % (limit 1.2 %; 0.3 % to 0.6 % in the last 12 loads)".
 */
const char *sentence_beyond(const struct rule_set *set, const struct history_call *call,
                            const struct outcome *outcome, const struct value *arrived_at,
                            struct arena *arena);

/* A finding whose condition compares with no constant: the values that it looked at. */
const char *sentence_values(const struct outcome_measure *measures, size_t n_measures,
                            struct arena *arena);

#endif
