/* A set of 64-bit hashes, for values whose hash is as good as the value. */
#ifndef LG_DIFF_HASH_SET_H
#define LG_DIFF_HASH_SET_H

#include <stdbool.h>

#include "diff/vector.h"

/* Zero-initialise before first use. */
struct hash_set {
    uint64_t *slots; /* n_slots, a power of two, at least twice the size; 0 is a free slot */
    size_t n_slots;
    uint32_t size;
    bool has_zero;
};

void hash_set_release(struct hash_set *set);

bool hash_set_contains(const struct hash_set *set, uint64_t hash);

/* Rows (indices) of n, at most SLICE_ROWS, whose hash is not in the set; returns how many. */
size_t hash_set_missing(const struct hash_set *set, const uint64_t *hashes, size_t n,
                        uint32_t *ret_rows);

/* Adds a hash that is not in the set. ERR_MEMORY. */
enum error_code hash_set_add(struct hash_set *set, uint64_t hash, struct error *err) MUST_CHECK;

#endif
