/* Judging: compares a load with the last good one, applies the rules, finds examples and what
 * reports draw. */
#ifndef LG_GUARD_JUDGE_H
#define LG_GUARD_JUDGE_H

#include "diff/diff.h"
#include "guard/measure_database.h"
#include "report/report.h"
#include "rules/rule_set.h"
#include "snapshot/packed.h"

#define JUDGE_EXAMPLES 5

/* What judging came to. Owns everything through its arena; texts of rules belong to the rule set.
 */
struct judged {
    struct arena arena;
    struct diff_result diff;
    struct judgement judgement;
    struct report_examples *examples; /* one for each outcome */
    struct report_drawing *drawings;  /* likewise */
    int64_t took_us;
};

/* Zero-initialise ret_judged before, release it afterwards also on failure. old_snapshot is NULL
 * for a first load. Shows progress on a terminal. */
enum error_code judge_run(struct packed *old_snapshot, struct packed *new_snapshot,
                          const struct rule_set *rules, const struct judge_context *context,
                          struct judged *ret_judged, struct error *err) MUST_CHECK;

/* The same for two loads that also stand in a database: the measures come from there if measuring
 * says so, and rules with sql: are asked there. measuring may be NULL. */
enum error_code judge_run_in(const struct measuring *measuring, struct packed *old_snapshot,
                             struct packed *new_snapshot, const struct rule_set *rules,
                             const struct judge_context *context, struct judged *ret_judged,
                             struct error *err) MUST_CHECK;
void judged_release(struct judged *judged);

/* Exit status for a verdict: 0, 3 for block, 4 for hold. */
int verdict_exit_status(enum verdict verdict);

#endif
