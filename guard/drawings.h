/* What reports draw of the columns that findings are about. */
#ifndef LG_GUARD_DRAWINGS_H
#define LG_GUARD_DRAWINGS_H

#include "guard/judge.h"

/* Findings that come with a drawing, and different columns and segments that are drawn: each takes
 * a pass or two over the rows. */
#define DRAWINGS_MAX_FINDINGS 20
#define DRAWINGS_MAX_SUBJECTS 6

#define DRAWINGS_BINS 48
#define DRAWINGS_CATEGORIES 13
#define DRAWINGS_GROUPS 9
#define DRAWINGS_WORST 3

/* Fills judged->drawings, one for each outcome; everything belongs to the arena of *judged.
 * old_snapshot may be NULL. Errors of diff_distribution. */
enum error_code drawings_find(struct packed *old_snapshot, struct packed *new_snapshot,
                              const struct rule_set *rules, struct judged *judged,
                              struct error *err) MUST_CHECK;

#endif
