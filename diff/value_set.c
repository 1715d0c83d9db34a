#include "diff/value_set.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "diff/value_table.h"

#define CHUNK_BYTES ((size_t)1 << 20)

/* Copies of texts; the newest chunk first. */
struct text_chunk {
    struct text_chunk *older;
    size_t used;
    size_t capacity;
    char bytes[];
};

struct value_set {
    struct value_table table;
    struct text_chunk *texts;
    size_t text_bytes;
};

enum error_code value_set_new(enum value_type type, struct value_set **ret_set, struct error *err)
{
    struct value_set *set = calloc(1, sizeof(*set));
    if (set == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for a set of values");
    value_table_init(&set->table, &type, 1);
    *ret_set = set;
    return OK;
}

void value_set_free(struct value_set *set)
{
    if (set == NULL)
        return;
    while (set->texts != NULL) {
        struct text_chunk *older = set->texts->older;
        free(set->texts);
        set->texts = older;
    }
    value_table_release(&set->table);
    free(set);
}

static enum error_code copy_text(struct value_set *set, struct text_ref *text, struct error *err)
{
    struct text_chunk *chunk = set->texts;
    if (chunk == NULL || chunk->capacity - chunk->used < text->len) {
        size_t capacity = text->len > CHUNK_BYTES ? text->len : CHUNK_BYTES;
        chunk = malloc(sizeof(*chunk) + capacity);
        if (chunk == NULL)
            return error_set(err, ERR_MEMORY, "out of memory for a set of values");
        *chunk = (struct text_chunk){.older = set->texts, .capacity = capacity};
        set->texts = chunk;
    }
    char *copy = chunk->bytes + chunk->used;
    memcpy(copy, text->bytes, text->len);
    chunk->used += text->len;
    set->text_bytes += text->len;
    text->bytes = copy;
    return OK;
}

static enum error_code check_limits(const struct value_set *set, const struct value *value,
                                    struct error *err)
{
    size_t len = value_type_is_text(value->type) ? value->text.len : 0;
    if (set->table.size >= VALUE_SET_MAX)
        return error_set(err, ERR_LIMIT, "a set holds more than %zu values", VALUE_SET_MAX);
    if (len > VALUE_SET_MAX_TEXT_BYTES - set->text_bytes)
        return error_set(err, ERR_LIMIT, "a set holds more than %zu bytes of text",
                         VALUE_SET_MAX_TEXT_BYTES);
    return OK;
}

enum error_code value_set_add(struct value_set *set, const struct value *value, struct error *err)
{
    assert(value->type == set->table.types[0] && !value->is_null);
    uint32_t index = 0;
    struct value copy = *value;
    if (value_set_contains(set, value))
        return OK;
    TRY(check_limits(set, value, err));
    if (value_type_is_text(value->type))
        TRY(copy_text(set, &copy.text, err));
    struct value_row row;
    value_row_init(&row, &copy);
    return value_table_add(&set->table, &row.vector, 0, row.hash, &index, err);
}

size_t value_set_size(const struct value_set *set)
{
    return set->table.size;
}

struct value value_set_member(const struct value_set *set, size_t index)
{
    return value_table_value(&set->table, (uint32_t)index, 0);
}

bool value_set_contains(const struct value_set *set, const struct value *value)
{
    struct value_row row;
    if (value->type != set->table.types[0] || value->is_null)
        return false;
    value_row_init(&row, value);
    return value_table_find(&set->table, &row.vector, 0, row.hash) != VALUE_TABLE_NONE;
}

void value_set_lookup(const struct value_set *set, const struct vector *values, size_t n,
                      uint8_t *ret_found)
{
    uint64_t hashes[SLICE_ROWS];
    uint32_t indices[SLICE_ROWS];
    value_hash_rows(values, 1, n, hashes);
    value_table_find_rows(&set->table, values, n, hashes, indices);
    for (size_t i = 0; i < n; i++)
        ret_found[i] = indices[i] != VALUE_TABLE_NONE;
}
