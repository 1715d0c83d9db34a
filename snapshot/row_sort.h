/* Sorting rows that are in memory. */
#ifndef LG_SNAPSHOT_ROW_SORT_H
#define LG_SNAPSHOT_ROW_SORT_H

#include <stddef.h>
#include <stdint.h>

#include "snapshot/batch.h"

/*
 * A row and the start of its key as a number that orders as the key does; rows with equal prefixes
 * have to be compared in full unless the prefix is the whole key.
 */
struct sort_entry {
    uint64_t prefix;
    uint32_t batch;
    uint32_t row;
};

/* The prefix of a row's key: its first column, of which text and uuid give their first 8 bytes. */
uint64_t key_prefix(const struct batch *batch, size_t row);

/* Whether equal prefixes mean equal keys. */
bool key_prefix_is_whole(const struct schema *schema);

/*
 * Sorts entries[n] of rows of batches, whose prefixes have been set. scratch has room for n. Needs
 * time proportional to n for the prefixes, and n log n for groups of equal ones.
 */
void row_sort(struct sort_entry *entries, size_t n, struct sort_entry *scratch,
              const struct batch *const *batches);

#endif
