#include "diff/candidates.h"

#include <stdlib.h>
#include <string.h>

#define MIN_SLOT_BITS 6U
#define MAX_SLOT_BITS 14U

void candidates_init(struct candidates *candidates, enum value_type type)
{
    *candidates = (struct candidates){.null_entry = VALUE_TABLE_NONE};
    value_table_init(&candidates->table, &type, 1);
}

void candidates_release(struct candidates *candidates)
{
    value_table_release(&candidates->table);
    free(candidates->bits);
    free(candidates->entries);
    candidates->bits = NULL;
    candidates->entries = NULL;
}

static bool is_bits(const struct candidates *candidates)
{
    enum value_type type = candidates->table.types[0];
    return !value_type_is_text(type) && type != VALUE_UUID;
}

/* The high bits of the product depend on all bits of the value. */
static inline size_t first_slot(uint64_t bits, unsigned shift)
{
    return (size_t)(bits * UINT64_C(0x9E3779B97F4A7C15) >> shift);
}

static enum error_code new_slots(struct candidates *candidates, unsigned slot_bits,
                                 struct error *err)
{
    size_t n_slots = ((size_t)1 << slot_bits) + 1;
    free(candidates->bits);
    free(candidates->entries);
    candidates->shift = 64 - slot_bits;
    candidates->bits = calloc(n_slots, sizeof(*candidates->bits));
    candidates->entries = malloc(n_slots * sizeof(*candidates->entries));
    if (candidates->bits == NULL || candidates->entries == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for counting values");
    memset(candidates->entries, 0xFF, n_slots * sizeof(*candidates->entries));
    return OK;
}

_Static_assert(VALUE_TABLE_NONE == UINT32_MAX, "set by bytes of ones");

/* False if both slots of the value are taken. */
static bool place(struct candidates *candidates, uint32_t entry)
{
    if (candidates->table.null_masks[entry] != 0) {
        candidates->null_entry = entry;
        return true;
    }
    uint64_t bits = candidates->table.keys[entry].bits;
    size_t slot = first_slot(bits, candidates->shift);
    slot += candidates->entries[slot] != VALUE_TABLE_NONE;
    if (candidates->entries[slot] != VALUE_TABLE_NONE)
        return false;
    candidates->bits[slot] = bits;
    candidates->entries[slot] = entry;
    return true;
}

static bool place_all(struct candidates *candidates)
{
    for (uint32_t entry = 0; entry < candidates->table.size; entry++)
        if (!place(candidates, entry))
            return false;
    return true;
}

/* Values that fall on the same slots in every table that is not too large are looked up by hash. */
enum error_code candidates_build(struct candidates *candidates, struct error *err)
{
    unsigned slot_bits = MIN_SLOT_BITS;
    while ((size_t)1 << slot_bits < (size_t)candidates->table.size * 8)
        slot_bits++;
    for (; is_bits(candidates) && slot_bits <= MAX_SLOT_BITS; slot_bits++) {
        TRY(new_slots(candidates, slot_bits, err));
        if (place_all(candidates))
            return OK;
    }
    free(candidates->bits);
    candidates->bits = NULL;
    return OK;
}

/* Both slots are looked at in any case and no branch depends on the value. */
static inline uint32_t find_one(const uint64_t *slots, const uint32_t *entries, unsigned shift,
                                uint64_t bits)
{
    size_t slot = first_slot(bits, shift);
    uint32_t first = slots[slot] == bits ? entries[slot] : VALUE_TABLE_NONE;
    uint32_t second = slots[slot + 1] == bits ? entries[slot + 1] : VALUE_TABLE_NONE;
    return first & second;
}

static void find_bits(const struct candidates *candidates, const struct vector *values, size_t n,
                      uint32_t *restrict ret_entries)
{
    const uint64_t *restrict slots = candidates->bits;
    const uint32_t *restrict entries = candidates->entries;
    const unsigned shift = candidates->shift;
    switch (values->type) {
    case VALUE_DOUBLE:
        for (size_t i = 0; i < n; i++)
            ret_entries[i] = find_one(slots, entries, shift, value_double_bits(values->f64[i]));
        break;
    case VALUE_BOOLEAN:
        for (size_t i = 0; i < n; i++)
            ret_entries[i] = find_one(slots, entries, shift, values->u8[i]);
        break;
    default:
        for (size_t i = 0; i < n; i++)
            ret_entries[i] = find_one(slots, entries, shift, (uint64_t)values->i64[i]);
    }
    for (size_t i = 0; values->nulls != NULL && i < n; i++)
        ret_entries[i] = values->nulls[i] != 0 ? candidates->null_entry : ret_entries[i];
}

void candidates_find(const struct candidates *candidates, const struct vector *values, size_t n,
                     uint32_t *ret_entries)
{
    uint64_t hashes[SLICE_ROWS];
    if (candidates->bits != NULL) {
        find_bits(candidates, values, n, ret_entries);
        return;
    }
    value_hash_rows(values, 1, n, hashes);
    value_table_find_rows(&candidates->table, values, n, hashes, ret_entries);
}
