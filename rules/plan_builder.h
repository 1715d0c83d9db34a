/* The measures of a rule set while it is being made: equal ones are one. */
#ifndef LG_RULES_PLAN_BUILDER_H
#define LG_RULES_PLAN_BUILDER_H

#include "base/arena.h"
#include "diff/diff.h"

#define PLAN_MAX_MEASURES 100000
#define PLAN_NO_MEASURE SIZE_MAX

/* Zero-initialise all but the arena. */
struct plan_builder {
    struct arena *arena;
    struct measure *measures;
    const char **keys; /* what tells measures apart */
    size_t *mirrors;   /* per measure: see plan_mirror */
    size_t n_measures;
    size_t capacity;
    size_t keys_capacity;
    size_t mirrors_capacity;
    size_t *slots; /* hash table of index + 1, 0 for free */
    size_t n_slots;
};

/*
 * Index of the measure, which is added if no equal one is there. Two measures are equal if text, by
 * and the paths of files in them are; `identity` is the text with those paths written in full.
 * PLAN_NO_MEASURE beyond PLAN_MAX_MEASURES. The measure is copied, what it points to is not.
 */
size_t plan_add(struct plan_builder *builder, const struct measure *measure, const char *identity);

/*
 * For a measure of the new or the paired rows that can be NULL: the index of a count that tells
 * whether the old rows had a value for it; PLAN_NO_MEASURE for others.
 */
size_t plan_mirror(const struct plan_builder *builder, size_t index);

#endif
