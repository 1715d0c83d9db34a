/* The bad nights of the incidents, done to a quiet one. */
#ifndef LG_TESTS_INCIDENTS_DAMAGE_H
#define LG_TESTS_INCIDENTS_DAMAGE_H

#include "tests/incidents/feed.h"

/*
 * tonight is damaged in place. share is the part of the rows that is hit, at least one row, unless
 * the incident says otherwise; last is the night before, as it was published.
 */
typedef void (*damage_fn)(struct feed *tonight, const struct feed *last, double share,
                          uint64_t seed);

struct incident {
    const char *name;
    const char *what;
    damage_fn damage;
    unsigned copies;          /* of every row; 0 counts as 1 */
    enum feed_column omitted; /* column that is missing; FEED_ID: none */
    bool every_night;         /* the damage is done night after night, and stays */
    bool on_purpose;          /* nothing is wrong, and it stays: for a person to release */
    bool stale;               /* as_of is that of the night before the last one */
};

extern const struct incident incidents[];
extern const size_t n_incidents;

/* NULL if there is none of that name. */
const struct incident *incident_find(const char *name);

#endif
