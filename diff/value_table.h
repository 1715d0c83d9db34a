/*
 * A hash table from values, or rows of several values, to small consecutive indices. NULL is a
 * value; NaN is one value; 1.0 and 1.00 are the same NUMERIC. Lookups are exact.
 */
#ifndef LG_DIFF_VALUE_TABLE_H
#define LG_DIFF_VALUE_TABLE_H

#include <string.h>

#include "diff/vector.h"

#define VALUE_TABLE_MAX_COLUMNS 8
#define VALUE_TABLE_NONE UINT32_MAX

/* A value in its canonical form: equal values are equal here. */
union value_key {
    uint64_t bits;
    struct text_ref text;
    struct uuid uuid;
};

/* types[n_columns] and everything else is the table's own; texts stay where the vectors have them.
 */
struct value_table {
    enum value_type types[VALUE_TABLE_MAX_COLUMNS];
    size_t n_columns;
    uint32_t size;
    uint32_t capacity;
    uint64_t *hashes;      /* capacity */
    union value_key *keys; /* capacity * n_columns */
    uint8_t *null_masks;   /* capacity; bit c for a NULL in column c */
    uint32_t *slots;       /* n_slots, index + 1 or 0; a power of two, at least twice the size */
    size_t n_slots;
};

/* Allocates nothing. 1 <= n_columns <= VALUE_TABLE_MAX_COLUMNS. */
void value_table_init(struct value_table *table, const enum value_type *types, size_t n_columns);
void value_table_release(struct value_table *table);

/* Forgets all values and keeps the memory. */
void value_table_clear(struct value_table *table);

/* The bits of a double by which equal values are equal: one NaN, one zero. */
static inline uint64_t value_double_bits(double value)
{
    value = value != value ? __builtin_nan("") : value + 0.0;
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/* A bijection of 64 bits in which every input bit moves every output bit. */
static inline uint64_t hash_bits(uint64_t bits)
{
    /* The last step of splitmix64 (S. Vigna, 2015, after D. Stafford's "Mix13"). */
    bits = (bits ^ bits >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    bits = (bits ^ bits >> 27) * UINT64_C(0x94D049BB133111EB);
    return bits ^ bits >> 31;
}

/*
 * Hashes of n rows of n_columns vectors; n at most SLICE_ROWS. Independent of any table. Different
 * values of one column that is no text or UUID have different hashes.
 */
void value_hash_rows(const struct vector *columns, size_t n_columns, size_t n,
                     uint64_t *ret_hashes);

/* Index of a row's value, or VALUE_TABLE_NONE. columns has the types of the table. */
uint32_t value_table_find(const struct value_table *table, const struct vector *columns, size_t row,
                          uint64_t hash);

/* The same for n rows. */
void value_table_find_rows(const struct value_table *table, const struct vector *columns, size_t n,
                           const uint64_t *hashes, uint32_t *ret_indices);

/* As find, but adds the value if it is missing. ERR_MEMORY. */
enum error_code value_table_add(struct value_table *table, const struct vector *columns, size_t row,
                                uint64_t hash, uint32_t *ret_index, struct error *err) MUST_CHECK;

/* Adds entry `index` of another table of the same types, which this one does not have yet. */
enum error_code value_table_copy_entry(struct value_table *table, const struct value_table *from,
                                       uint32_t index, struct error *err) MUST_CHECK;

/* One value as a vector of one row, with its hash. Must not be moved once made. */
struct value_row {
    union {
        struct text_ref text;
        struct uuid uuid;
        int64_t i64;
        double f64;
        uint8_t u8;
    };
    uint8_t is_null;
    struct vector vector;
    uint64_t hash;
};
void value_row_init(struct value_row *row, const struct value *value);

/* Column c of entry `index`. */
struct value value_table_value(const struct value_table *table, uint32_t index, size_t column);

/*
 * Order of two entries by value, columns in turn, NULL first: <0, 0, >0. To choose among entries
 * the same way whatever order they came in.
 */
int value_table_compare(const struct value_table *table, uint32_t a, uint32_t b);

#endif
