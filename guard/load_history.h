/* The history that a load is judged against, and what people say about it. */
#ifndef LG_GUARD_LOAD_HISTORY_H
#define LG_GUARD_LOAD_HISTORY_H

#include "guard/gate.h"
#include "rules/judgement.h"
#include "store/ledger.h"

/*
 * Fills context->history and context->gap for a load that is compared with the baseline; everything
 * belongs to the arena.
 */
enum error_code load_history_read(struct gate *gate, const struct load_record *load,
                                  const struct load_record *baseline, struct arena *arena,
                                  struct judge_context *context, struct error *err) MUST_CHECK;

/*
 * What an approval does to the history, in the caller's transaction. The measures that the load had
 * findings on are left out for this load alone, or with new_normal for all earlier ones, so that
 * they start afresh with it.
 */
enum error_code load_history_excuse(struct gate *gate, int64_t load, bool new_normal,
                                    struct error *err) MUST_CHECK;

#endif
