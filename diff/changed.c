#include <string.h>

#include "diff/slice.h"

/* Marks rows whose values differ: the old row at rows->index or in a run, likewise the new one. */
#define DIFFERENCES(name, type, distinct)                                                          \
    VECTORISED static void name(const type *restrict x, const struct rows *x_rows,                 \
                                const type *restrict y, const struct rows *y_rows, size_t n,       \
                                uint8_t *restrict out)                                             \
    {                                                                                              \
        if (x_rows->index == NULL && y_rows->index == NULL) {                                      \
            x += x_rows->start;                                                                    \
            y += y_rows->start;                                                                    \
            for (size_t i = 0; i < n; i++) {                                                       \
                type a = x[i];                                                                     \
                type b = y[i];                                                                     \
                out[i] |= (uint8_t)(distinct);                                                     \
            }                                                                                      \
            return;                                                                                \
        }                                                                                          \
        for (size_t i = 0; i < n; i++) {                                                           \
            type a = x[rows_at(x_rows, i)];                                                        \
            type b = y[rows_at(y_rows, i)];                                                        \
            out[i] |= (uint8_t)(distinct);                                                         \
        }                                                                                          \
    }

DIFFERENCES(differ_i64, int64_t, a != b)
DIFFERENCES(differ_i32, int32_t, a != b)
DIFFERENCES(differ_u8, uint8_t, a != b)
DIFFERENCES(differ_f32, float, (a != b) & ((a == a) | (b == b)))
DIFFERENCES(differ_f64, double, (a != b) & ((a == a) | (b == b)))
DIFFERENCES(differ_uuid, struct uuid, memcmp(&a, &b, sizeof(a)) != 0)

/* Whether a run of texts is the same on both sides, byte for byte. */
static bool same_texts(const struct column *x, size_t x_start, const struct column *y,
                       size_t y_start, size_t n)
{
    const uint32_t *a = x->offsets + x_start;
    const uint32_t *b = y->offsets + y_start;
    uint32_t shift = a[0] - b[0];
    uint32_t different = 0;
    for (size_t i = 0; i <= n; i++)
        different |= (a[i] - b[i]) ^ shift;
    return different == 0 && memcmp(x->bytes + a[0], y->bytes + b[0], a[n] - a[0]) == 0;
}

static bool texts_differ(const struct column *x, size_t i, const struct column *y, size_t j)
{
    size_t x_len = 0;
    size_t y_len = 0;
    const char *a = column_text(x, i, &x_len);
    const char *b = column_text(y, j, &y_len);
    if (x_len == y_len && memcmp(a, b, x_len) == 0)
        return false;
    if (x->type == TYPE_TEXT || x_len == 0 || y_len == 0)
        return true;
    return numeric_compare(a, x_len, b, y_len) != 0;
}

static void differ_text(const struct column *x, const struct rows *x_rows, const struct column *y,
                        const struct rows *y_rows, size_t n, uint8_t *out)
{
    if (x_rows->index == NULL && y_rows->index == NULL &&
        same_texts(x, x_rows->start, y, y_rows->start, n))
        return;
    for (size_t i = 0; i < n; i++)
        out[i] |= texts_differ(x, rows_at(x_rows, i), y, rows_at(y_rows, i));
}

/* A NULL is stored as 0 or empty, so it can hide behind a value, but never differs from a NULL. */
static void differ_nulls(const struct column *x, const struct rows *x_rows, const struct column *y,
                         const struct rows *y_rows, size_t n, uint8_t *out)
{
    if (x->n_nulls == 0 && y->n_nulls == 0)
        return;
    for (size_t i = 0; i < n; i++)
        out[i] |= column_is_null(x, rows_at(x_rows, i)) != column_is_null(y, rows_at(y_rows, i));
}

static void differ(const struct column *x, const struct rows *x_rows, const struct column *y,
                   const struct rows *y_rows, size_t n, uint8_t *out)
{
    switch (x->type) {
    case TYPE_BIGINT:
    case TYPE_TIMESTAMPTZ:
        differ_i64(x->i64, x_rows, y->i64, y_rows, n, out);
        break;
    case TYPE_INTEGER:
    case TYPE_DATE:
        differ_i32(x->i32, x_rows, y->i32, y_rows, n, out);
        break;
    case TYPE_REAL:
        differ_f32(x->f32, x_rows, y->f32, y_rows, n, out);
        break;
    case TYPE_DOUBLE:
        differ_f64(x->f64, x_rows, y->f64, y_rows, n, out);
        break;
    case TYPE_BOOLEAN:
        differ_u8(x->u8, x_rows, y->u8, y_rows, n, out);
        break;
    case TYPE_UUID:
        differ_uuid(x->uuid, x_rows, y->uuid, y_rows, n, out);
        break;
    case TYPE_TEXT:
    case TYPE_NUMERIC:
        differ_text(x, x_rows, y, y_rows, n, out);
        break;
    }
    differ_nulls(x, x_rows, y, y_rows, n, out);
}

void slice_changed(const struct schema *schema, const struct slice *slice, uint8_t *ret_changed)
{
    const struct rows *new_rows = &slice->sides[SIDE_NEW];
    const struct rows *old_rows = &slice->sides[SIDE_OLD];
    memset(ret_changed, 0, slice->n);
    for (size_t c = 0; c < schema->n_columns; c++)
        if (!schema_is_key(schema, c))
            differ(&new_rows->columns[c], new_rows, &old_rows->columns[c], old_rows, slice->n,
                   ret_changed);
}
