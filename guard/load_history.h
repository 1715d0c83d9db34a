/* The history that a load is judged against, and what people say about it. */
#ifndef LG_GUARD_LOAD_HISTORY_H
#define LG_GUARD_LOAD_HISTORY_H

#include "guard/gate.h"
#include "rules/history.h"
#include "rules/judgement.h"
#include "store/ledger.h"

/*
 * Fills context->history, with what the rules look at, and context->gap for a load that is compared
 * with the baseline; everything belongs to the arena.
 */
enum error_code load_history_read(struct gate *gate, const struct rule_set *rules,
                                  const struct load_record *load,
                                  const struct load_record *baseline, struct arena *arena,
                                  struct judge_context *context, struct error *err) MUST_CHECK;

/* What approvals of published loads from `since` on say about the history. */
enum error_code load_history_excuses(struct gate *gate, int64_t since, struct arena *arena,
                                     struct history_excuse **ret_excuses, size_t *ret_n,
                                     struct error *err) MUST_CHECK;

/*
 * The texts of the measures that a judged load had findings on, or that could not be told: an
 * approval keeps them from training, or with new_normal those of all earlier loads. ERR_CORRUPT if
 * the report cannot be read.
 */
enum error_code load_history_found(struct gate *gate, int64_t load, struct arena *arena,
                                   const char ***ret_texts, size_t *ret_n,
                                   struct error *err) MUST_CHECK;

#endif
