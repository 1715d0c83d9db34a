/* One load from the scorer's start to its end. */
#ifndef LG_GUARD_LOAD_RUN_H
#define LG_GUARD_LOAD_RUN_H

#include "guard/feed_scorer.h"
#include "guard/gate.h"
#include "guard/load_judge.h"
#include "guard/states.h"

struct load_run_options {
    struct run_source source;
    int64_t as_of_us;         /* STORE_NO_TIME: now */
    int64_t scheduled_for_us; /* STORE_NO_TIME: not part of a schedule */
};

/* How it ended. Zero-initialise before, release after, also on failure. */
struct load_run_result {
    int64_t load_id;
    bool already_done; /* the night had a load; state is that load's */
    enum load_state state;
    struct load_record record; /* as of the end; texts in arena */
    struct load_verdict verdict;
    struct packed *rows; /* as packed while staging; NULL before */
    bool judged;
    const char *stderr_tail;
    int64_t took_us;
    struct arena arena;
};
void load_run_result_release(struct load_run_result *result);

/*
 * Runs a load through the whole gate. The gate has been entered. OK also for a load that ends held
 * or blocked; an error ends the load as failed, with the last good load still live.
 */
enum error_code load_run(struct gate *gate, const struct load_run_options *options,
                         struct load_run_result *ret_result, struct error *err) MUST_CHECK;

/*
 * Runs scorer and judgement without writing anything to the store but what reading the last good
 * load needs.
 */
enum error_code load_run_dry(struct gate *gate, const struct load_run_options *options,
                             struct load_run_result *ret_result, struct error *err) MUST_CHECK;

/*
 * Takes a load that may be published to its end: releases it, and judges it again when the live
 * load changed meanwhile: *verdict, which the caller releases, is then what came of that. Used by
 * runs and by approvals.
 */
enum error_code load_publish(struct gate *gate, int64_t load_id, const char *actor,
                             const char *reason, struct load_verdict *verdict,
                             enum load_state *ret_state, struct error *err) MUST_CHECK;

#endif
