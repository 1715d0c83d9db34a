/* The loads of a feed that were judged, with what was measured, for looking back at them. */
#ifndef LG_GUARD_PAST_LOADS_H
#define LG_GUARD_PAST_LOADS_H

#include "guard/gate.h"
#include "rules/backtest.h"
#include "store/ledger.h"

struct past_loads {
    struct backtest_night *nights; /* the oldest first */
    struct load_record *records;   /* the same */
    size_t n;
};

/* The newest `limit` judged loads of the gate's feed. Everything belongs to the arena. */
enum error_code past_loads_read(struct gate *gate, size_t limit, struct arena *arena,
                                struct past_loads *ret_loads, struct error *err) MUST_CHECK;

/*
 * Makes the comparison of a load again if the rules need more than is recorded and both sides are
 * still kept; else its result stays NULL.
 */
enum error_code past_loads_compare(struct gate *gate, const struct rule_set *rules,
                                   struct past_loads *loads, size_t index, struct arena *arena,
                                   struct error *err) MUST_CHECK;

#endif
