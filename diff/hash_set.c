#include "diff/hash_set.h"

#include <stdlib.h>

#define FIRST_SLOTS 64

void hash_set_release(struct hash_set *set)
{
    free(set->slots);
    *set = (struct hash_set){0};
}

static inline size_t find_slot(const struct hash_set *set, uint64_t hash)
{
    size_t mask = set->n_slots - 1;
    size_t slot = hash & mask;
    while (set->slots[slot] != hash && set->slots[slot] != 0)
        slot = (slot + 1) & mask;
    return slot;
}

static inline bool contains(const struct hash_set *set, uint64_t hash)
{
    return hash == 0 ? set->has_zero : set->slots[find_slot(set, hash)] != 0;
}

bool hash_set_contains(const struct hash_set *set, uint64_t hash)
{
    return set->n_slots > 0 && contains(set, hash);
}

/* Rows whose hash is in neither of the first two slots where it may be; no branch depends on it. */
static size_t not_at_once(const struct hash_set *set, const uint64_t *restrict hashes, size_t n,
                          uint32_t *restrict rows)
{
    const uint64_t *restrict slots = set->slots;
    const size_t mask = set->n_slots - 1;
    size_t left = 0;
    for (size_t i = 0; i < n; i++) {
        size_t slot = hashes[i] & mask;
        rows[left] = (uint32_t)i;
        bool found = (slots[slot] == hashes[i]) | (slots[(slot + 1) & mask] == hashes[i]);
        left += !found | (hashes[i] == 0);
    }
    return left;
}

size_t hash_set_missing(const struct hash_set *set, const uint64_t *hashes, size_t n,
                        uint32_t *ret_rows)
{
    size_t left = n;
    size_t missing = 0;
    if (set->n_slots > 0)
        left = not_at_once(set, hashes, n, ret_rows);
    for (size_t i = 0; i < left; i++) {
        uint32_t row = set->n_slots > 0 ? ret_rows[i] : (uint32_t)i;
        if (!hash_set_contains(set, hashes[row]))
            ret_rows[missing++] = row;
    }
    return missing;
}

static enum error_code grow(struct hash_set *set, struct error *err)
{
    struct hash_set grown = {.n_slots = set->n_slots == 0 ? FIRST_SLOTS : set->n_slots * 2};
    grown.slots = calloc(grown.n_slots, sizeof(*grown.slots));
    if (grown.slots == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for counting different values");
    for (size_t i = 0; i < set->n_slots; i++)
        if (set->slots[i] != 0)
            grown.slots[find_slot(&grown, set->slots[i])] = set->slots[i];
    free(set->slots);
    set->slots = grown.slots;
    set->n_slots = grown.n_slots;
    return OK;
}

enum error_code hash_set_add(struct hash_set *set, uint64_t hash, struct error *err)
{
    if ((size_t)(set->size + 1) * 2 > set->n_slots)
        TRY(grow(set, err));
    if (hash == 0)
        set->has_zero = true;
    else
        set->slots[find_slot(set, hash)] = hash;
    set->size++;
    return OK;
}
