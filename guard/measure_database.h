/*
 * Measures that come from the database: those of all rules if a feed says so, and the numbers that
 * rules with SQL of their own ask for.
 */
#ifndef LG_GUARD_MEASURE_DATABASE_H
#define LG_GUARD_MEASURE_DATABASE_H

#include "diff/diff.h"
#include "rules/rule_set.h"
#include "rules/sql_text.h"

struct store;

/* Where the two loads of a comparison stand in the database. */
struct measuring {
    struct store *store; /* tells where the database is; statements run in a session of their own */
    struct sql_relations relations;
    bool in_database; /* compute all measures there */
    int timeout_ms;   /* for each statement; 0: none */
};

/* The relations of two loads of a feed, as they are named in the store; old_load 0: a first load.
 * Whether keys are unique is for the caller to say. */
void measuring_relations(const char *feed, int64_t new_load, int64_t old_load, struct arena *arena,
                         struct sql_relations *ret_relations);

/* ERR_CONFIG names a rule with a measure that cannot be computed in the database. */
enum error_code measure_database_check(const struct rule_set *rules, struct error *err) MUST_CHECK;

/*
 * Computes the measures of the plan, except those with SQL of their own, as diff_run() does. All
 * statements see the same state. Results belong to the arena. ERR_REFUSED names a measure that
 * there is no SQL for; errors of store_exec().
 */
enum error_code measure_in_database(const struct measuring *measuring,
                                    const struct measure_plan *plan, struct arena *arena,
                                    struct diff_result *ret_result, struct error *err) MUST_CHECK;

/*
 * Puts the numbers of the measures with SQL of their own into the result. A statement that fails,
 * or returns anything but one number or NULL, is no error of the call: its reason stands in
 * *ret_errors, an array by plan index, NULL where all is well. ERR_STORE, ERR_CANCELLED,
 * ERR_MEMORY.
 */
enum error_code measure_own_sql(const struct measuring *measuring, const struct measure_plan *plan,
                                struct arena *arena, struct diff_result *result,
                                const char *const **ret_errors, struct error *err) MUST_CHECK;

#endif
