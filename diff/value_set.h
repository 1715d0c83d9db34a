/* What kernels and SQL text need of a set of values beyond diff/expr.h. */
#ifndef LG_DIFF_VALUE_SET_H
#define LG_DIFF_VALUE_SET_H

#include "diff/vector.h"

/* A value of the set, index from 0 in no order; its text belongs to the set. */
struct value value_set_member(const struct value_set *set, size_t index);

/* Sets a byte per row: 1 if the value is in the set. Rows that are NULL get anything. */
void value_set_lookup(const struct value_set *set, const struct vector *values, size_t n,
                      uint8_t *ret_found);

#endif
