/*
 * A few values that are looked for in very many rows: most lookups find nothing and have to be
 * cheap. Values that are bits are found by a multiplication and two comparisons, without a branch.
 */
#ifndef LG_DIFF_CANDIDATES_H
#define LG_DIFF_CANDIDATES_H

#include "diff/value_table.h"

/*
 * Entries of the table are the candidates. Each value that is bits stands in one of two slots next
 * to each other; bits is NULL where values are looked up in the table itself.
 */
struct candidates {
    struct value_table table; /* of one column */
    uint64_t *bits;
    uint32_t *entries;   /* VALUE_TABLE_NONE where there is none */
    unsigned shift;      /* 64 less the logarithm of the number of slots */
    uint32_t null_entry; /* VALUE_TABLE_NONE if NULL is no candidate */
};

/* Add values to the table, then build. */
void candidates_init(struct candidates *candidates, enum value_type type);
void candidates_release(struct candidates *candidates);

/* ERR_MEMORY. */
enum error_code candidates_build(struct candidates *candidates, struct error *err) MUST_CHECK;

/* Entry of each of n rows, at most SLICE_ROWS, or VALUE_TABLE_NONE. */
void candidates_find(const struct candidates *candidates, const struct vector *values, size_t n,
                     uint32_t *ret_entries);

#endif
