#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "snapshot/packed_format.h"
#include "snapshot/utf8.h"

#define MAX_BLOCK_BYTES ((size_t)1 << 34)

uint64_t packed_checksum(const void *bytes, size_t len)
{
    return XXH3_64bits(bytes, len);
}

static size_t bitmap_bytes(size_t n_rows)
{
    return (n_rows + 63) / 64 * sizeof(uint64_t);
}

static size_t data_bytes(enum column_type type, size_t n_rows)
{
    size_t width = schema_type_width(type);
    return width > 0 ? width * n_rows : (n_rows + 1) * sizeof(uint32_t);
}

/* Moves on to the next aligned place, with zero bytes between, and returns it. */
static enum error_code align(struct buffer *out, uint64_t *ret_offset, struct error *err)
{
    static const char zeros[PACKED_ALIGN];
    TRY(buffer_append(out, zeros, packed_aligned(out->len) - out->len, err));
    *ret_offset = out->len;
    return OK;
}

/* Offsets start at 0 in a block, wherever they start in the batch. */
static enum error_code encode_text(const struct column *column, size_t n_rows, struct buffer *out,
                                   struct packed_column *place, struct error *err)
{
    uint32_t first = column->offsets[0];
    size_t len = data_bytes(column->type, n_rows);
    TRY(buffer_reserve(out, len, err));
    char *offsets = out->data + out->len;
    for (size_t i = 0; i <= n_rows; i++) {
        uint32_t offset = column->offsets[i] - first;
        memcpy(offsets + i * sizeof(offset), &offset, sizeof(offset));
    }
    out->len += len;
    TRY(align(out, &place->bytes, err));
    place->n_bytes = column->offsets[n_rows] - first;
    return buffer_append(out, column->bytes + first, place->n_bytes, err);
}

/* The bits of rows that exist, and their number. */
static enum error_code encode_nulls(const struct column *column, size_t n_rows, struct buffer *out,
                                    struct packed_column *place, struct error *err)
{
    if (column->n_nulls == 0)
        return OK;
    TRY(align(out, &place->nulls, err));
    for (size_t first = 0; first < n_rows; first += 64) {
        uint64_t word = column->nulls[first / 64];
        if (n_rows - first < 64)
            word &= (UINT64_C(1) << (n_rows - first)) - 1;
        place->n_nulls += (uint64_t)__builtin_popcountll(word);
        TRY(buffer_append(out, &word, sizeof(word), err));
    }
    return OK;
}

static enum error_code encode_column(const struct column *column, size_t n_rows, struct buffer *out,
                                     struct packed_column *place, struct error *err)
{
    TRY(align(out, &place->data, err));
    if (schema_type_width(column->type) == 0)
        TRY(encode_text(column, n_rows, out, place, err));
    else
        TRY(buffer_append(out, column->data, data_bytes(column->type, n_rows), err));
    return encode_nulls(column, n_rows, out, place, err);
}

enum error_code packed_block_encode(const struct batch *batch, struct buffer *out,
                                    struct error *err)
{
    size_t n_columns = batch->schema->n_columns;
    buffer_clear(out);
    out->max_bytes = MAX_BLOCK_BYTES;
    TRY(buffer_reserve(out, n_columns * sizeof(struct packed_column), err));
    out->len = n_columns * sizeof(struct packed_column);
    for (size_t i = 0; i < n_columns; i++) {
        struct packed_column place = {0};
        TRY(encode_column(&batch->columns[i], batch->n_rows, out, &place, err));
        memcpy(out->data + i * sizeof(place), &place, sizeof(place));
    }
    uint64_t end = 0;
    return align(out, &end, err);
}

/* Whether [offset, offset + len) lies inside the block and is aligned. */
static bool inside(uint64_t offset, uint64_t len, size_t block_bytes)
{
    return offset % PACKED_ALIGN == 0 && offset <= block_bytes && len <= block_bytes - offset;
}

static const char *check_text(const char *block, const struct packed_column *place,
                              enum column_type type, size_t n_rows)
{
    const uint32_t *offsets = (const uint32_t *)(const void *)(block + place->data);
    bool ordered = offsets[0] == 0;
    for (size_t i = 0; i < n_rows; i++)
        ordered &= offsets[i] <= offsets[i + 1];
    if (!ordered || offsets[n_rows] != place->n_bytes)
        return "the offsets of a text column are wrong";
    if (type == TYPE_TEXT &&
        utf8_valid_prefix(block + place->bytes, place->n_bytes) != place->n_bytes)
        return "a text is not UTF-8";
    return NULL;
}

static const char *check_nulls(const char *block, const struct packed_column *place, size_t n_rows)
{
    if (place->nulls == 0)
        return place->n_nulls == 0 ? NULL : "NULLs are counted, but not marked";
    const uint64_t *words = (const uint64_t *)(const void *)(block + place->nulls);
    uint64_t count = 0;
    for (size_t i = 0; i < (n_rows + 63) / 64; i++)
        count += (uint64_t)__builtin_popcountll(words[i]);
    bool spare = n_rows % 64 != 0 && words[n_rows / 64] >> (n_rows % 64) != 0;
    return count != place->n_nulls || spare ? "the marks of NULL are wrong" : NULL;
}

static const char *check_booleans(const char *values, size_t n_rows)
{
    unsigned seen = 0;
    for (size_t i = 0; i < n_rows; i++)
        seen |= (unsigned char)values[i];
    return seen > 1 ? "a boolean is neither true nor false" : NULL;
}

static const char *check_column(const char *block, size_t n_bytes,
                                const struct packed_column *place, enum column_type type,
                                size_t n_rows)
{
    bool is_text = schema_type_width(type) == 0;
    if (!inside(place->data, data_bytes(type, n_rows), n_bytes) ||
        (is_text && !inside(place->bytes, place->n_bytes, n_bytes)) ||
        (place->nulls != 0 && !inside(place->nulls, bitmap_bytes(n_rows), n_bytes)))
        return "a column lies outside its block";
    const char *problem = check_nulls(block, place, n_rows);
    if (problem == NULL && is_text)
        problem = check_text(block, place, type, n_rows);
    if (problem == NULL && type == TYPE_BOOLEAN)
        problem = check_booleans(block + place->data, n_rows);
    return problem;
}

static struct column view(const char *block, const struct packed_column *place,
                          enum column_type type)
{
    struct column column = {.type = type, .data = block + place->data, .n_nulls = place->n_nulls};
    if (schema_type_width(type) == 0)
        column.bytes = block + place->bytes;
    if (place->nulls != 0)
        column.nulls = (const uint64_t *)(const void *)(block + place->nulls);
    return column;
}

void packed_block_decode(const char *block, size_t n_bytes, const struct schema *schema,
                         size_t n_rows, bool check, struct column *columns,
                         const char **ret_problem)
{
    *ret_problem = NULL;
    if (check && n_bytes < schema->n_columns * sizeof(struct packed_column))
        *ret_problem = "it is too short";
    for (size_t i = 0; i < schema->n_columns && *ret_problem == NULL; i++) {
        struct packed_column place;
        enum column_type type = schema->columns[i].type;
        memcpy(&place, block + i * sizeof(place), sizeof(place));
        if (check)
            *ret_problem = check_column(block, n_bytes, &place, type, n_rows);
        if (*ret_problem == NULL)
            columns[i] = view(block, &place, type);
    }
}
