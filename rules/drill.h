/*
 * Drills: copies of a load are damaged on purpose, from all rows down to one, and judged as if they
 * had been delivered. That shows how small a fault each rule still catches, and what none does.
 */
#ifndef LG_RULES_DRILL_H
#define LG_RULES_DRILL_H

#include "rules/damage.h"
#include "rules/rule_set.h"

/* The shares that are tried, from the largest down: 100 %, 80 %, 50 %, 20 %, … 0.0001 %. */
#define DRILL_MAX_STEPS 16

/* Shares in a row that nothing catches until smaller ones are not tried: at first, and after a
 * catch. */
#define DRILL_QUIET_STEPS 5
#define DRILL_QUIET_STEPS_AFTER 2

#define DRILL_NOTHING (-1.0)

/* One share of one damage. */
struct drill_step {
    double share;
    uint64_t rows; /* that were hit */
    enum verdict verdict;
};

/* One damage at all shares. Shares are DRILL_NOTHING where there is none. */
struct drill_row {
    struct damage damage;
    struct drill_step steps[DRILL_MAX_STEPS];
    size_t n_steps;
    double *caught;                  /* by each rule of the result, the smallest share */
    enum action *actions;            /* of each rule at that share */
    const struct drill_step *stops;  /* the smallest share that holds or blocks, or NULL */
    const struct drill_step *warns;  /* the smallest that is caught at all, or NULL */
    const struct drill_step *passes; /* a larger one than `stops` that is not stopped, or NULL */
};

/* Everything belongs to the arena, or to the rule set. */
struct drill_result {
    struct drill_row *rows;
    size_t n_rows;
    const char **rules; /* names; the last one is the built-in rule against duplicate keys */
    size_t n_rules;
    bool *still; /* for each rule: has a finding where nothing is damaged, so it is not counted */
    uint64_t judged_rows;
};

/* Called before each judgement and now and then during it; n_done of n damages are through. */
typedef void (*drill_progress_fn)(const struct damage *damage, size_t n_done, size_t n,
                                  uint64_t judged_rows, void *arg);

struct drill_options {
    struct damage_source source;
    const struct rule_set *rules;
    /*
     * How source.rows was judged against source.before, and how the load after it would be judged.
     * With source.before, damaged copies take the place of source.rows, so that damage comes on top
     * of what a night does anyway; without, that of the load after it, where nothing else moves.
     */
    struct judge_context last;
    struct judge_context next;
    const bool *columns; /* see damages_find */
    uint64_t seed;
    const char *directory; /* see damage_dose */
    size_t memory_bytes;
    drill_progress_fn progress; /* may be NULL */
    void *progress_arg;
};

/*
 * Runs the drill. A rule catches a damage if it has a finding, or could not tell, where it has none
 * where nothing is damaged; shadow rules do not count. ERR_CANCELLED leaves no file behind.
 */
enum error_code drill_run(const struct drill_options *options, struct arena *arena,
                          struct drill_result *ret_result, struct error *err) MUST_CHECK;

#endif
