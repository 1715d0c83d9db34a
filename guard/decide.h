/* What people decide about loads. Each decision is one transaction with its audit entry and event.
 */
#ifndef LG_GUARD_DECIDE_H
#define LG_GUARD_DECIDE_H

#include "guard/gate.h"
#include "guard/states.h"
#include "store/ledger.h"

/* Who decides, and why. */
struct decider {
    const char *actor;
    const char *reason;
};

/* How a load is approved. */
struct approval_wish {
    bool override;   /* a blocked load too */
    bool new_normal; /* the measures that it had findings on start afresh with it; else this load is
                        left out of their history */
};

/*
 * Approves a held load, or with override a blocked one, and publishes it; the gate has been
 * entered. If the live load changed since it was judged, it is judged again: *ret_state is then
 * what came of that. ERR_REFUSED: not held or blocked, blocked without override, or not releasable.
 * After any other error the load waits for a person as before.
 */
enum error_code decide_approve(struct gate *gate, int64_t load, const struct approval_wish *wish,
                               const struct decider *decider, enum load_state *ret_state,
                               struct error *err) MUST_CHECK;

/* Ends a held or blocked load; its rows are dropped. ERR_REFUSED if it is neither. */
enum error_code decide_reject(struct gate *gate, int64_t load, const struct decider *decider,
                              struct error *err) MUST_CHECK;

/*
 * Points readers from the live load to another: to_load, or 0 for the newest that was live before,
 * is kept and is not marked bad. Takes no lock, so it works while a run is under way. The load that
 * was live is marked bad. ERR_REFUSED if there is nothing to go back to.
 */
enum error_code decide_rollback(struct gate *gate, int64_t to_load, const struct decider *decider,
                                int64_t *ret_from, int64_t *ret_to, struct error *err) MUST_CHECK;

/* Marks a load bad, or good again. */
enum error_code decide_mark(struct gate *gate, int64_t load, bool bad,
                            const struct decider *decider, struct error *err) MUST_CHECK;

#endif
