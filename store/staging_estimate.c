#include "store/staging_estimate.h"

#define PAGE_BYTES 8192
#define PAGE_HEADER_BYTES 24
#define LINE_POINTER_BYTES 4
#define TUPLE_HEADER_BYTES 24
#define INDEX_TUPLE_HEADER_BYTES 8
#define TYPICAL_TEXT_BYTES 36
#define TYPICAL_NUMERIC_BYTES 12
#define INDEX_FILL_PERCENT 90

static uint64_t value_bytes(enum column_type type)
{
    if (type == TYPE_NUMERIC)
        return TYPICAL_NUMERIC_BYTES;
    size_t width = schema_type_width(type);
    return width > 0 ? width : TYPICAL_TEXT_BYTES;
}

static uint64_t aligned(uint64_t bytes)
{
    return (bytes + 7) / 8 * 8;
}

uint64_t staging_estimate_bytes(const struct schema *schema, uint64_t rows)
{
    uint64_t row = 0;
    uint64_t key = 0;
    for (size_t i = 0; i < schema->n_columns; i++)
        row += value_bytes(schema->columns[i].type);
    for (size_t i = 0; i < schema->n_keys; i++)
        key += value_bytes(schema->columns[schema->keys[i]].type);
    uint64_t tuple = LINE_POINTER_BYTES + TUPLE_HEADER_BYTES + aligned(row);
    uint64_t entry = LINE_POINTER_BYTES + INDEX_TUPLE_HEADER_BYTES + aligned(key);
    uint64_t usable = PAGE_BYTES - PAGE_HEADER_BYTES;
    uint64_t table_pages = rows * tuple / usable + 1;
    uint64_t index_pages = rows * entry * 100 / INDEX_FILL_PERCENT / usable + 1;
    return (table_pages + 2 * index_pages) * PAGE_BYTES;
}
