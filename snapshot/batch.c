#include "snapshot/batch.h"

#include <string.h>

#include "snapshot/utf8.h"
#include "snapshot/value.h"

static int compare_text(const struct column *x, size_t a, const struct column *y, size_t b)
{
    size_t a_len = 0;
    size_t b_len = 0;
    const char *a_text = column_text(x, a, &a_len);
    const char *b_text = column_text(y, b, &b_len);
    size_t common = a_len < b_len ? a_len : b_len;
    int order = common > 0 ? memcmp(a_text, b_text, common) : 0;
    return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

static int compare_values(const struct column *x, size_t a, const struct column *y, size_t b)
{
    switch (x->type) {
    case TYPE_BIGINT:
        return (x->i64[a] > y->i64[b]) - (x->i64[a] < y->i64[b]);
    case TYPE_INTEGER:
        return (x->i32[a] > y->i32[b]) - (x->i32[a] < y->i32[b]);
    case TYPE_UUID:
        return memcmp(x->uuid[a].bytes, y->uuid[b].bytes, sizeof(x->uuid[a].bytes));
    default:
        return compare_text(x, a, y, b);
    }
}

int batch_compare_keys(const struct batch *x, size_t a, const struct batch *y, size_t b)
{
    for (size_t k = 0; k < x->schema->n_keys; k++) {
        size_t column = x->schema->keys[k];
        int order = compare_values(&x->columns[column], a, &y->columns[column], b);
        if (order != 0)
            return order;
    }
    return 0;
}

/* Fixed-width value as text in out; returns its length. */
static size_t format_fixed(const struct column *column, size_t row, char out[VALUE_TEXT_BYTES])
{
    switch (column->type) {
    case TYPE_BIGINT:
        return value_format_integer(column->i64[row], out);
    case TYPE_INTEGER:
        return value_format_integer(column->i32[row], out);
    case TYPE_REAL:
        return value_format_real(column->f32[row], out);
    case TYPE_DOUBLE:
        return value_format_double(column->f64[row], out);
    case TYPE_BOOLEAN:
        out[0] = column->u8[row] != 0 ? 't' : 'f';
        return 1;
    case TYPE_DATE:
        return value_format_date(column->i32[row], out);
    case TYPE_TIMESTAMPTZ:
        return value_format_timestamptz(column->i64[row], out);
    default:
        return value_format_uuid(&column->uuid[row], out);
    }
}

static size_t copy_cut(const char *text, size_t len, char *out, size_t capacity)
{
    static const char ellipsis[] = "…";
    const size_t ellipsis_len = sizeof(ellipsis) - 1;
    if (capacity == 0)
        return 0;
    size_t n = len;
    bool cut = len >= capacity;
    if (cut)
        n = capacity > ellipsis_len ? utf8_cut(text, len, capacity - 1 - ellipsis_len) : 0;
    if (n > 0)
        memcpy(out, text, n);
    if (cut && capacity > ellipsis_len) {
        memcpy(out + n, ellipsis, ellipsis_len);
        n += ellipsis_len;
    }
    out[n] = '\0';
    return n;
}

size_t column_format(const struct column *column, size_t row, char *out, size_t capacity)
{
    if (column_is_null(column, row))
        return copy_cut("NULL", 4, out, capacity);
    size_t len = 0;
    if (schema_type_width(column->type) == 0) {
        const char *text = column_text(column, row, &len);
        return copy_cut(text, len, out, capacity);
    }
    char text[VALUE_TEXT_BYTES];
    len = format_fixed(column, row, text);
    return copy_cut(text, len, out, capacity);
}
