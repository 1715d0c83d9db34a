#include "diff/slice.h"

#include <string.h>

/* Copies values of one type, converting them, from a run of rows or from picked ones. */
#define LOAD(name, from, to, conversion)                                                           \
    VECTORISED static void name(const from *restrict values, const struct rows *rows, size_t n,    \
                                to *restrict out)                                                  \
    {                                                                                              \
        const uint32_t *restrict index = rows->index;                                              \
        for (size_t i = 0; index == NULL && i < n; i++) {                                          \
            from value = values[rows->start + i];                                                  \
            out[i] = conversion;                                                                   \
        }                                                                                          \
        for (size_t i = 0; index != NULL && i < n; i++) {                                          \
            from value = values[index[i]];                                                         \
            out[i] = conversion;                                                                   \
        }                                                                                          \
    }

static inline int64_t widen_date(int32_t days)
{
    if (days == INT32_MIN)
        return INT64_MIN;
    return days == INT32_MAX ? INT64_MAX : days;
}

LOAD(load_i64, int64_t, int64_t, value)
LOAD(load_i32, int32_t, int64_t, value)
LOAD(load_date, int32_t, int64_t, widen_date(value))
LOAD(load_f32, float, double, (double)value)
LOAD(load_f64, double, double, value)
LOAD(load_u8, uint8_t, uint8_t, value)
LOAD(load_uuid, struct uuid, struct uuid, value)

static void load_text(const struct column *column, const struct rows *rows, size_t n,
                      struct text_ref *out)
{
    for (size_t i = 0; i < n; i++) {
        size_t row = rows_at(rows, i);
        out[i].bytes = column->bytes + column->offsets[row];
        out[i].len = column->offsets[row + 1] - column->offsets[row];
    }
}

/* Expands the bitmap to bytes; false if no row is NULL. */
static bool load_nulls(const struct column *column, const struct rows *rows, size_t n, uint8_t *out)
{
    uint8_t any = 0;
    if (column->n_nulls == 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        size_t row = rows_at(rows, i);
        out[i] = (uint8_t)(column->nulls[row / 64] >> (row % 64) & 1);
        any |= out[i];
    }
    return any != 0;
}

/* Whether the form of values in a block is that of a vector. */
static bool is_vector_form(enum column_type type)
{
    return type == TYPE_BIGINT || type == TYPE_TIMESTAMPTZ || type == TYPE_DOUBLE ||
           type == TYPE_BOOLEAN || type == TYPE_UUID;
}

static void load_values(const struct column *column, const struct rows *rows, size_t n, void *out)
{
    switch (column->type) {
    case TYPE_BIGINT:
    case TYPE_TIMESTAMPTZ:
        load_i64(column->i64, rows, n, out);
        break;
    case TYPE_INTEGER:
        load_i32(column->i32, rows, n, out);
        break;
    case TYPE_DATE:
        load_date(column->i32, rows, n, out);
        break;
    case TYPE_REAL:
        load_f32(column->f32, rows, n, out);
        break;
    case TYPE_DOUBLE:
        load_f64(column->f64, rows, n, out);
        break;
    case TYPE_BOOLEAN:
        load_u8(column->u8, rows, n, out);
        break;
    case TYPE_UUID:
        load_uuid(column->uuid, rows, n, out);
        break;
    case TYPE_TEXT:
    case TYPE_NUMERIC:
        load_text(column, rows, n, out);
        break;
    }
}

struct vector rows_load(const struct rows *rows, size_t column, enum value_type type, size_t n,
                        struct vector_buffer *buffer)
{
    if (rows->columns == NULL) {
        struct value null = {.type = type, .is_null = true};
        vector_fill(&null, n, buffer);
        return vector_of_buffer(type, buffer, true);
    }
    const struct column *source = &rows->columns[column];
    bool has_nulls = load_nulls(source, rows, n, buffer->nulls);
    struct vector vector = vector_of_buffer(type, buffer, has_nulls);
    if (rows->index == NULL && is_vector_form(source->type))
        vector.data = (const char *)source->data + rows->start * value_type_width(type);
    else
        load_values(source, rows, n, buffer->data);
    return vector;
}
