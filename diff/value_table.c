#include "diff/value_table.h"

#include <stdlib.h>

/* Short texts are hashed faster than a call into the library takes. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "diff/compare.h"

#define INLINE static inline __attribute__((always_inline))
#define NULL_HASH UINT64_C(0x9E3779B97F4A7C15)
#define FIRST_CAPACITY 32

/* How keys of a type are compared. */
enum key_class {
    KEY_BITS,
    KEY_TEXT,
    KEY_UUID,
};

static enum key_class class_of(enum value_type type)
{
    if (value_type_is_text(type))
        return KEY_TEXT;
    return type == VALUE_UUID ? KEY_UUID : KEY_BITS;
}

INLINE uint64_t row_bits(const struct vector *vector, size_t row)
{
    if (vector->type == VALUE_BOOLEAN)
        return vector->u8[row];
    return vector->type == VALUE_DOUBLE ? value_double_bits(vector->f64[row])
                                        : (uint64_t)vector->i64[row];
}

INLINE struct text_ref row_text(const struct vector *vector, size_t row)
{
    struct text_ref text = vector->text[row];
    return vector->type == VALUE_NUMERIC ? numeric_canonical(text) : text;
}

INLINE bool row_is_null(const struct vector *vector, size_t row)
{
    return vector->nulls != NULL && vector->nulls[row] != 0;
}

void value_table_init(struct value_table *table, const enum value_type *types, size_t n_columns)
{
    *table = (struct value_table){.n_columns = n_columns};
    memcpy(table->types, types, n_columns * sizeof(*types));
}

void value_table_release(struct value_table *table)
{
    free(table->hashes);
    free(table->keys);
    free(table->null_masks);
    free(table->slots);
    table->hashes = NULL;
    table->keys = NULL;
    table->null_masks = NULL;
    table->slots = NULL;
    table->size = 0;
    table->capacity = 0;
    table->n_slots = 0;
}

void value_table_clear(struct value_table *table)
{
    table->size = 0;
    if (table->slots != NULL)
        memset(table->slots, 0, table->n_slots * sizeof(*table->slots));
}

INLINE uint64_t hash_of(const struct vector *vector, size_t row)
{
    struct text_ref text;
    switch (class_of(vector->type)) {
    case KEY_TEXT:
        text = row_text(vector, row);
        return XXH3_64bits(text.bytes, text.len);
    case KEY_UUID:
        return XXH3_64bits(&vector->uuid[row], sizeof(struct uuid));
    case KEY_BITS:
        break;
    }
    return hash_bits(row_bits(vector, row) + NULL_HASH);
}

static void hash_column(const struct vector *column, size_t n, uint64_t *ret_hashes)
{
    switch (column->type) {
    case VALUE_DOUBLE:
        for (size_t i = 0; i < n; i++)
            ret_hashes[i] = hash_bits(value_double_bits(column->f64[i]) + NULL_HASH);
        break;
    case VALUE_INTEGER:
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DURATION:
        for (size_t i = 0; i < n; i++)
            ret_hashes[i] = hash_bits((uint64_t)column->i64[i] + NULL_HASH);
        break;
    default:
        for (size_t i = 0; i < n; i++)
            ret_hashes[i] = row_is_null(column, i) ? NULL_HASH : hash_of(column, i);
    }
    for (size_t i = 0; column->nulls != NULL && i < n; i++)
        ret_hashes[i] = column->nulls[i] != 0 ? NULL_HASH : ret_hashes[i];
}

void value_hash_rows(const struct vector *columns, size_t n_columns, size_t n, uint64_t *ret_hashes)
{
    uint64_t more[SLICE_ROWS];
    hash_column(&columns[0], n, ret_hashes);
    for (size_t c = 1; c < n_columns; c++) {
        hash_column(&columns[c], n, more);
        for (size_t i = 0; i < n; i++)
            ret_hashes[i] = hash_bits(ret_hashes[i] * 31 + more[i]);
    }
}

INLINE bool key_equals(enum key_class class, const union value_key *key,
                       const struct vector *column, size_t row)
{
    struct text_ref text;
    switch (class) {
    case KEY_TEXT:
        text = row_text(column, row);
        return text.len == key->text.len && memcmp(text.bytes, key->text.bytes, text.len) == 0;
    case KEY_UUID:
        return memcmp(&column->uuid[row], &key->uuid, sizeof(key->uuid)) == 0;
    case KEY_BITS:
        break;
    }
    return row_bits(column, row) == key->bits;
}

/*
 * A table of one column whose class is known where this is compiled in; the hashes are equal. Those
 * of values that are bits are as good as the values, but one value has the hash of NULL.
 */
INLINE bool single_equals(enum key_class class, const struct value_table *table, uint32_t entry,
                          const struct vector *column, size_t row)
{
    if (class == KEY_BITS && table->hashes[entry] != NULL_HASH)
        return true;
    bool is_null = row_is_null(column, row);
    if (is_null || table->null_masks[entry] != 0)
        return is_null == (table->null_masks[entry] != 0);
    return key_equals(class, &table->keys[entry], column, row);
}

static bool row_equals(const struct value_table *table, uint32_t entry,
                       const struct vector *columns, size_t row)
{
    const union value_key *keys = table->keys + (size_t)entry * table->n_columns;
    for (size_t c = 0; c < table->n_columns; c++) {
        bool is_null = row_is_null(&columns[c], row);
        if (is_null != ((table->null_masks[entry] >> c & 1) != 0))
            return false;
        if (!is_null && !key_equals(class_of(table->types[c]), &keys[c], &columns[c], row))
            return false;
    }
    return true;
}

INLINE uint32_t find_single(enum key_class class, const struct value_table *table,
                            const struct vector *column, size_t row, uint64_t hash)
{
    size_t mask = table->n_slots - 1;
    for (size_t slot = hash & mask; table->slots[slot] != 0; slot = (slot + 1) & mask) {
        uint32_t entry = table->slots[slot] - 1;
        if (table->hashes[entry] == hash && single_equals(class, table, entry, column, row))
            return entry;
    }
    return VALUE_TABLE_NONE;
}

uint32_t value_table_find(const struct value_table *table, const struct vector *columns, size_t row,
                          uint64_t hash)
{
    if (table->size == 0)
        return VALUE_TABLE_NONE;
    size_t mask = table->n_slots - 1;
    for (size_t slot = hash & mask; table->slots[slot] != 0; slot = (slot + 1) & mask) {
        uint32_t entry = table->slots[slot] - 1;
        if (table->hashes[entry] == hash && row_equals(table, entry, columns, row))
            return entry;
    }
    return VALUE_TABLE_NONE;
}

void value_table_find_rows(const struct value_table *table, const struct vector *columns, size_t n,
                           const uint64_t *hashes, uint32_t *ret_indices)
{
    if (table->size == 0 || table->n_columns > 1) {
        for (size_t i = 0; i < n; i++)
            ret_indices[i] = value_table_find(table, columns, i, hashes[i]);
        return;
    }
    switch (class_of(table->types[0])) {
    case KEY_BITS:
        for (size_t i = 0; i < n; i++)
            ret_indices[i] = find_single(KEY_BITS, table, columns, i, hashes[i]);
        break;
    case KEY_TEXT:
        for (size_t i = 0; i < n; i++)
            ret_indices[i] = find_single(KEY_TEXT, table, columns, i, hashes[i]);
        break;
    case KEY_UUID:
        for (size_t i = 0; i < n; i++)
            ret_indices[i] = find_single(KEY_UUID, table, columns, i, hashes[i]);
        break;
    }
}

static bool grow_arrays(struct value_table *table, size_t capacity)
{
    size_t n = table->n_columns;
    uint64_t *hashes = reallocarray(table->hashes, capacity, sizeof(*hashes));
    if (hashes == NULL)
        return false;
    table->hashes = hashes;
    union value_key *keys = reallocarray(table->keys, capacity, n * sizeof(*keys));
    if (keys == NULL)
        return false;
    table->keys = keys;
    uint8_t *null_masks = reallocarray(table->null_masks, capacity, sizeof(*null_masks));
    if (null_masks == NULL)
        return false;
    table->null_masks = null_masks;
    return true;
}

static void place(struct value_table *table, uint32_t entry)
{
    size_t mask = table->n_slots - 1;
    size_t slot = table->hashes[entry] & mask;
    while (table->slots[slot] != 0)
        slot = (slot + 1) & mask;
    table->slots[slot] = entry + 1;
}

static enum error_code grow(struct value_table *table, struct error *err)
{
    size_t capacity = table->capacity == 0 ? FIRST_CAPACITY : (size_t)table->capacity * 2;
    size_t n_slots = capacity * 2;
    uint32_t *slots = calloc(n_slots, sizeof(*slots));
    if (slots == NULL || !grow_arrays(table, capacity)) {
        free(slots);
        return error_set(err, ERR_MEMORY, "out of memory for a table of %zu values", capacity);
    }
    free(table->slots);
    table->slots = slots;
    table->n_slots = n_slots;
    table->capacity = (uint32_t)capacity;
    for (uint32_t entry = 0; entry < table->size; entry++)
        place(table, entry);
    return OK;
}

static union value_key key_of_row(const struct vector *column, size_t row)
{
    union value_key key = {.text = {.bytes = ""}};
    if (row_is_null(column, row))
        return key;
    switch (class_of(column->type)) {
    case KEY_TEXT:
        key.text = row_text(column, row);
        break;
    case KEY_UUID:
        key.uuid = column->uuid[row];
        break;
    case KEY_BITS:
        key.bits = row_bits(column, row);
        break;
    }
    return key;
}

enum error_code value_table_add(struct value_table *table, const struct vector *columns, size_t row,
                                uint64_t hash, uint32_t *ret_index, struct error *err)
{
    uint32_t entry = value_table_find(table, columns, row, hash);
    if (entry == VALUE_TABLE_NONE) {
        if (table->size == table->capacity)
            TRY(grow(table, err));
        entry = table->size++;
        table->hashes[entry] = hash;
        table->null_masks[entry] = 0;
        for (size_t c = 0; c < table->n_columns; c++) {
            table->keys[entry * table->n_columns + c] = key_of_row(&columns[c], row);
            table->null_masks[entry] |= (uint8_t)(row_is_null(&columns[c], row) << c);
        }
        place(table, entry);
    }
    *ret_index = entry;
    return OK;
}

enum error_code value_table_copy_entry(struct value_table *table, const struct value_table *from,
                                       uint32_t index, struct error *err)
{
    if (table->size == table->capacity)
        TRY(grow(table, err));
    uint32_t entry = table->size++;
    size_t n = table->n_columns;
    table->hashes[entry] = from->hashes[index];
    table->null_masks[entry] = from->null_masks[index];
    memcpy(table->keys + entry * n, from->keys + index * n, n * sizeof(*table->keys));
    place(table, entry);
    return OK;
}

void value_row_init(struct value_row *row, const struct value *value)
{
    struct vector_buffer buffer = {.data = &row->text, .nulls = &row->is_null};
    vector_fill(value, 1, &buffer);
    row->vector = vector_of_buffer(value->type, &buffer, value->is_null);
    value_hash_rows(&row->vector, 1, 1, &row->hash);
}

struct value value_table_value(const struct value_table *table, uint32_t index, size_t column)
{
    const union value_key *key = &table->keys[index * table->n_columns + column];
    struct value value = {.type = table->types[column]};
    value.is_null = (table->null_masks[index] >> column & 1) != 0;
    if (value.is_null)
        return value;
    if (value_type_is_text(value.type))
        value.text = key->text;
    else if (value.type == VALUE_UUID)
        value.uuid = key->uuid;
    else if (value.type == VALUE_BOOLEAN)
        value.u8 = (uint8_t)key->bits;
    else
        memcpy(&value.i64, &key->bits, sizeof(key->bits));
    return value;
}

static int compare_values(const struct value *a, const struct value *b)
{
    if (a->is_null || b->is_null)
        return (int)b->is_null - (int)a->is_null;
    switch (a->type) {
    case VALUE_BOOLEAN:
        return (int)a->u8 - (int)b->u8;
    case VALUE_DOUBLE:
        return compare_double(a->f64, b->f64);
    case VALUE_NUMERIC:
        return numeric_compare(a->text.bytes, a->text.len, b->text.bytes, b->text.len);
    case VALUE_TEXT:
        return compare_text(a->text, b->text);
    case VALUE_UUID:
        return memcmp(&a->uuid, &b->uuid, sizeof(a->uuid));
    default:
        return (a->i64 > b->i64) - (a->i64 < b->i64);
    }
}

int value_table_compare(const struct value_table *table, uint32_t a, uint32_t b)
{
    for (size_t c = 0; c < table->n_columns; c++) {
        struct value x = value_table_value(table, a, c);
        struct value y = value_table_value(table, b, c);
        int order = compare_values(&x, &y);
        if (order != 0)
            return order;
    }
    return 0;
}
