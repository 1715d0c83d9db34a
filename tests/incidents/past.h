/* A feed with its nights so far, judged by the default rules without a database. */
#ifndef LG_TESTS_INCIDENTS_PAST_H
#define LG_TESTS_INCIDENTS_PAST_H

#include "rules/rule_set.h"
#include "tests/incidents/damage.h"

/* What one judged night measured, for the history of later ones. */
struct past_night {
    struct arena arena;
    struct diff_result result;
    struct judgement judgement;
    double gap;
    bool published;
    bool approved;
    int day;
};

#define PAST_MAX_NIGHTS 1200

struct past {
    struct arena arena;
    struct schema *schema;
    struct rule_set *rules;
    struct feed feed;    /* as it is tonight, without damage */
    struct feed last;    /* as it was published last */
    struct packed *live; /* the same, packed; NULL: nothing was published */
    int live_day;
    struct past_night *nights; /* all that were judged, in order of time */
    size_t n_nights;
};

/* The judgement of one night. Released by past_verdict_release. */
struct past_verdict {
    struct arena arena;
    struct diff_result result;
    struct judgement judgement;
    struct packed *packed;
    double gap;
};

/* A feed before its first night. */
void past_init(struct past *past, bool steady, size_t n_rows, uint64_t seed);
void past_release(struct past *past);

/* Judges rows as tonight's against what is live, with the history so far. */
void past_judge(struct past *past, const struct feed *rows, unsigned copies,
                struct past_verdict *ret_verdict);
void past_verdict_release(struct past_verdict *verdict);

/*
 * Ends the night: keeps what it measured; if published, the rows are live from now on. If approved,
 * the measures that it had findings on do not train.
 */
void past_end_night(struct past *past, const struct feed *rows, struct past_verdict *verdict,
                    bool published, bool approved);

/* Judges and publishes so many quiet nights, whatever the verdict. */
void past_quiet_nights(struct past *past, size_t n);

/* Whether the load would not be published. */
bool past_stopped(const struct past_verdict *verdict);

#endif
