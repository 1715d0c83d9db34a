/* What the rules say about one load: an outcome for each rule, column and segment, and a verdict.
 */
#ifndef LG_RULES_JUDGEMENT_H
#define LG_RULES_JUDGEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diff/expr.h"
#include "rules/history.h"

/* In order of strength. */
enum action {
    ACTION_WARN,
    ACTION_HOLD,
    ACTION_BLOCK,
};

/* "warn", "hold", "block"; never NULL. */
const char *action_name(enum action action);

/* In order of strength. */
enum verdict {
    VERDICT_PASS,
    VERDICT_WARN,
    VERDICT_HOLD,
    VERDICT_BLOCK,
};

/* "pass", "warn", "hold", "block"; never NULL. */
const char *verdict_name(enum verdict verdict);

enum outcome_kind {
    OUTCOME_PASS,
    OUTCOME_FINDING,
    OUTCOME_NOT_APPLICABLE, /* listed, never a hold */
    OUTCOME_ERROR,          /* could not tell: holds the load */
};

/* "pass", "finding", "not applicable", "error"; never NULL. */
const char *outcome_kind_name(enum outcome_kind kind);

#define OUTCOME_NO_EXAMPLES SIZE_MAX

/* Name of the built-in rule that blocks a load with duplicate keys; no other rule can have it. */
#define RULE_DUPLICATE_KEYS "duplicate keys"

/* A measure that a condition looks at. */
struct outcome_measure {
    const char *text;   /* "share(score = 1 and old.score > 1)" */
    size_t plan_index;  /* into rule_set_plan()->measures */
    struct value value; /* NULL if it has none */
    bool has_arrived_at;
    struct value arrived_at; /* of arrivals(): the value that rows moved to; may be NULL itself */
    double relative_error;   /* of a sketch; 0: exact */
};

/* What was compared came to this for an earlier load. */
struct outcome_past {
    int64_t load;
    bool has_as_of;
    int64_t as_of_us; /* microseconds since the Unix epoch */
    double number;
};

/* What one rule came to, for one column (each:) and one segment (by:). Texts are never NULL unless
 * said. */
struct outcome {
    enum outcome_kind kind;
    const char *rule;
    enum action action;  /* of a finding; of an error ACTION_HOLD; else the rule's strongest */
    bool shadow;         /* evaluated and recorded, does not count for the verdict */
    bool releasable;     /* false: no person can release it (duplicate keys) */
    const char *column;  /* the column that each: chose, or NULL */
    const char *segment; /* "network=twitter", or NULL for all rows */
    size_t n_single;     /* of a finding with a segment, where there are too many to judge each: */
    uint64_t n_rest;     /* segments judged singly, and values that are judged together */
    const char *condition; /* with x replaced by the column's name */
    const struct outcome_measure *measures;
    size_t n_measures;

    /* For a finding whose condition compares with a constant: the first such comparison that is
     * true. */
    bool has_limit;
    struct value measured;    /* what was compared */
    struct value limit;       /* what it was compared with */
    bool limit_is_percentage; /* both read best as percentages */

    /*
     * Where the limit comes from: "fixed", the rule's own; "history", what earlier loads were like;
     * "short history", the rule's own because there are too few of those. Also set of passes.
     */
    const char *basis;
    bool has_range;  /* of a finding from history by beyond() */
    double range[2]; /* lowest and highest of the earlier loads, widened for a gap */
    size_t n_loads;  /* earlier loads that the limit comes from */
    bool has_band;   /* of a finding by beyond() */
    double band[2];  /* lowest and highest value that would have been no finding */
    const struct outcome_past *past; /* of a finding: earlier loads, the newest first */
    size_t n_past;
    bool lacks_history;     /* not applicable since there are too few earlier loads */
    const char *because;    /* the rule's own reason, or "" */
    const char *sentence;   /* for people: what was found, why it is not applicable or an error */
    size_t example_measure; /* plan index for diff_examples, or OUTCOME_NO_EXAMPLES */

    const char *file; /* where the rule stands; "" for built-in ones */
    unsigned line;
    size_t n_segments; /* of a pass or not applicable with by: segments that it stands for; else 0
                        */
};

#define JUDGEMENT_MAX_SEGMENT_FINDINGS 100 /* per rule and column; the rest is one more finding */

/*
 * outcomes: findings first, the strongest first, then errors, then what is not applicable, then
 * passes; each in the order of the rules. n_findings counts findings and errors without shadow.
 */
struct judgement {
    enum verdict verdict;
    const struct outcome *outcomes;
    size_t n_outcomes;
    size_t n_findings;
    size_t n_loads; /* of history that there was to judge by */
    double gap;     /* usual intervals since the last good load; 1: as usual */
};

/* What judging needs to know beside the measures. */
struct judge_context {
    bool has_old; /* false for a first load: rules that need the old side are not applicable */
    bool has_as_of;
    int64_t as_of_unix_us; /* the load's as_of, microseconds since the Unix epoch */

    /*
     * Earlier loads, or NULL where there are none or they are not known. Texts of measures and
     * segments are those of the plan.
     */
    const struct history *history;

    /*
     * Why a measure with SQL of its own has no value, by plan index, NULL where it has one. NULL
     * altogether if nobody could ask: rules with sql: are not applicable then, and why_no_sql says
     * why; NULL there says that there is no database.
     */
    const char *const *sql_errors;
    const char *why_no_sql;

    /* Usual intervals that lie between the last good load and this one, at least 1: after nights
     * that were not published more has changed. 0 counts as 1. */
    double gap;
};

#endif
