/* Judging a staged load of a feed, and writing down what came of it. */
#ifndef LG_GUARD_LOAD_JUDGE_H
#define LG_GUARD_LOAD_JUDGE_H

#include "guard/gate.h"
#include "guard/judge.h"
#include "guard/states.h"
#include "store/ledger.h"

/* A judged load with the state of the world under which it was judged. */
struct load_verdict {
    struct judged judged;
    struct load_record baseline; /* id 0: a first load */
    int64_t live_load;
    int64_t epoch;
    const char *evidence_digest;
    const char *summary;
    bool releasable;
    struct arena arena;
};
void load_verdict_release(struct load_verdict *verdict);

/*
 * Compares the load's rows with the last good load. completeness is what the ledger says
 * ("none": nobody vouches for the rows, so the load is held). Writes nothing.
 */
enum error_code load_judge(struct gate *gate, const struct load_record *load, struct packed *rows,
                           struct load_verdict *ret_verdict, struct error *err) MUST_CHECK;

/* The report of the verdict; borrows from both. */
struct report load_report(const struct gate *gate, const struct load_record *load,
                          const struct load_verdict *verdict, struct arena *arena);

/*
 * Records the verdict and what follows from it in one transaction: from → judged → releasing, held
 * or blocked, with measures, report, audit and, unless the load may pass, the event.
 */
enum error_code load_decide(struct gate *gate, const struct load_record *load,
                            const struct load_verdict *verdict, enum load_state from,
                            enum load_state *ret_state, struct error *err) MUST_CHECK;

#endif
