/* Whether rows come in the order of their key, and how many keys stand more than once. */
#ifndef LG_SNAPSHOT_KEY_ORDER_H
#define LG_SNAPSHOT_KEY_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot/batch.h"

/* Zero-initialise before the first batch. */
struct key_order {
    uint64_t duplicate_rows; /* rows whose key stands more than once, all copies */
    bool in_group;           /* the last row is such a row */
};

/*
 * Goes through a batch, n_rows > 0, whose rows come after the last row of previous (NULL: it is the
 * first). False if a key is lower than the one before it; order is then unchanged.
 */
bool key_order_add(struct key_order *order, const struct batch *previous,
                   const struct batch *batch);

#endif
