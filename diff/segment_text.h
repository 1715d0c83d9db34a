/* How a segment is called; see struct segment in diff/diff.h. */
#ifndef LG_DIFF_SEGMENT_TEXT_H
#define LG_DIFF_SEGMENT_TEXT_H

#include "base/arena.h"
#include "diff/expr.h"

#define SEGMENT_REST_TEXT "other values"

/* "network=twitter, tier=NULL" for n names and values; in the arena. */
const char *segment_text(const char *const *names, const struct value *values, size_t n,
                         struct arena *arena);

#endif
