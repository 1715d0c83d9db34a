/* Findings of one check on several segments, which stand together in a report. */
#ifndef LG_REPORT_GROUPS_H
#define LG_REPORT_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/arena.h"

/* How many outcomes from first on are segments of one check; at least 1. */
size_t groups_size(const json_t *outcomes, size_t first);

/* How many segments n outcomes from first on are about. */
uint64_t groups_count_segments(const json_t *outcomes, size_t first, size_t n);

/* Whether n outcomes from first on have the same condition: segments that vanished have one of
 * their own. */
bool groups_have_one_condition(const json_t *outcomes, size_t first, size_t n);

/* The first of the outcomes shortly before index that has the same examples, or NULL. */
const json_t *groups_same_examples(const json_t *outcomes, size_t index);

/* The outcome before index that has the drawing of the same column and segment, or NULL. */
const json_t *groups_same_drawing(const json_t *outcomes, size_t index);

/* "10,000 values are judged singly, and 52,120 others together", or "" where all are judged singly.
 */
const char *groups_rest_text(struct arena *arena, const json_t *outcome);

#endif
