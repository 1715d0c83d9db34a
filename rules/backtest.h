/*
 * Backtests: rules judged over nights that are past, each with the history that there was then, to
 * see what they would have stopped.
 */
#ifndef LG_RULES_BACKTEST_H
#define LG_RULES_BACKTEST_H

#include "diff/diff.h"
#include "rules/history.h"
#include "rules/rule_set.h"

#define BACKTEST_NO_NIGHT SIZE_MAX

/* One load as it was. Everything is borrowed. */
struct backtest_night {
    int64_t load;
    bool has_as_of;
    int64_t as_of_us;  /* microseconds since the Unix epoch */
    bool published;    /* and not found bad since: later nights are judged against it */
    bool misled;       /* it was compared with a load that was found bad since */
    size_t baseline;   /* index of the night that it was compared with, or BACKTEST_NO_NIGHT */
    bool has_baseline; /* it was compared with a load, also one that is not among the nights */
    bool has_counts;
    struct row_counts counts;
    const struct history_record *records; /* what was measured then; texts as in the plan */
    size_t n_records;
    const struct history_excuse *excuses; /* what approvals of this load say about the history */
    size_t n_excuses;
    /* The comparison made again with the plan of the rules, or NULL if the rows are gone. */
    const struct diff_result *result;
};

/* What one rule came to on one night. */
struct backtest_outcome {
    bool judged;
    bool found; /* or could not tell */
    enum action action;
    const char *sentence; /* of what was found first, or why the rule was not judged */
    const char *unknown;  /* why some of its columns could not be judged, or NULL */
};

/* What all rules came to on one night. */
struct backtest_verdict {
    enum verdict verdict;
    struct backtest_outcome *outcomes; /* for each rule of the result */
};

/* What one rule came to over all nights. */
struct backtest_rule {
    const char *name;
    bool shadow;
    bool fits; /* there is a column that it applies to */
    size_t judged;
    size_t stopped; /* nights that it would have held or blocked */
    size_t warned;
    size_t in_part;      /* of the nights on which it was judged: not for all columns */
    const char *unknown; /* why not, on the latest of those, or NULL */
    size_t not_judged;
    const char *reason; /* of the latest night on which it was not judged, or NULL */
};

struct backtest_result {
    struct backtest_verdict *nights; /* as given */
    size_t n_nights;
    struct backtest_rule *rules; /* the last one is the built-in rule against duplicate keys */
    size_t n_rules;
};

/*
 * Whether the rules can be judged on what was measured then: all measures of the plan are recorded
 * and none is of segments, whose row counts are not. Otherwise the comparison has to be made again.
 */
bool backtest_is_recorded(const struct rule_set *rules, const struct backtest_night *night);

/*
 * Judges the nights in order, the oldest first. A night that was judged on records alone leaves out
 * rules of which a measure is missing, and rules by segment. Queries are not run again. The
 * allowance for chance then counts all rows of a measure's side, where: and filters aside.
 * Approvals take effect from their night on, bad marks on all nights. Everything belongs to the
 * arena or the rules. ERR_MEMORY, ERR_CANCELLED.
 */
enum error_code backtest_run(const struct rule_set *rules, const struct backtest_night *nights,
                             size_t n_nights, struct arena *arena,
                             struct backtest_result *ret_result, struct error *err) MUST_CHECK;

#endif
