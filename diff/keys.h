/* Keys of rows of two blocks, compared a run at a time. */
#ifndef LG_DIFF_KEYS_H
#define LG_DIFF_KEYS_H

#include "snapshot/batch.h"

/* How many of the up to max rows from row i of x on have the same keys as those from row j of y on.
 */
size_t keys_equal_run(const struct batch *x, size_t i, const struct batch *y, size_t j, size_t max);

/* How many of the up to max rows from row i of x on have keys below that of row j of y. */
size_t keys_below_run(const struct batch *x, size_t i, size_t max, const struct batch *y, size_t j);

#endif
