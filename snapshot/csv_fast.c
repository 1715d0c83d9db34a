#include "snapshot/csv_fast.h"

#include "snapshot/csv_split.h"
#include "snapshot/decimal.h"
#include "snapshot/utf8.h"

#define MAX_SAFE_DIGITS 18 /* so many digits always fit a bigint */

/*
 * Each function reads the value of a field at p into the current row and returns what stands behind
 * it, or NULL for whatever is not plain. The zero bytes behind the window stop every loop.
 */

static const char *fast_integer(const char *p, int64_t *ret_value)
{
    bool negative = *p == '-';
    p += negative;
    const char *start = p;
    uint64_t value = 0;
    while ((unsigned char)(*p - '0') < 10)
        value = value * 10 + (uint64_t)(*p++ - '0');
    if (p == start || p - start > MAX_SAFE_DIGITS)
        return NULL;
    *ret_value = negative ? -(int64_t)value : (int64_t)value;
    return p;
}

static const char *fast_int32(const char *p, int32_t *ret_value)
{
    int64_t value = 0;
    p = fast_integer(p, &value);
    if (p == NULL || value != (int32_t)value)
        return NULL;
    *ret_value = (int32_t)value;
    return p;
}

static const char *fast_double(const char *p, const char *end, double *ret_value)
{
    bool negative = *p == '-';
    struct decimal decimal = {0};
    double value = 0;
    if (!decimal_scan(p + negative, end, &decimal) ||
        !decimal_to_double(decimal.digits, decimal.exponent, &value))
        return NULL;
    *ret_value = negative ? -value : value;
    return decimal.end;
}

static const char *fast_float(const char *p, const char *end, float *ret_value)
{
    bool negative = *p == '-';
    struct decimal decimal = {0};
    float value = 0;
    if (!decimal_scan(p + negative, end, &decimal) ||
        !decimal_round_float(decimal.digits, decimal.exponent, &value))
        return NULL;
    *ret_value = negative ? -value : value;
    return decimal.end;
}

static const char *fast_text(struct batch_builder *builder, struct builder_column *column,
                             const char *p, const char *end)
{
    bool high = false;
    const char *stop = csv_find_special(p, end, &high);
    size_t len = (size_t)(stop - p);
    if (high && utf8_valid_prefix(p, len) != len)
        return NULL;
    return builder_put_bytes(builder, column, p, len, NULL) == OK ? stop : NULL;
}

static const char *fast_other(struct batch_builder *builder, size_t column, const char *p,
                              const char *end)
{
    bool high = false;
    const char *stop = csv_find_special(p, end, &high);
    enum error_code code = batch_builder_put_text(builder, column, p, (size_t)(stop - p), NULL);
    return code == OK ? stop : NULL;
}

static const char *fast_value(struct batch_builder *builder, size_t column, const char *p,
                              const char *end)
{
    struct builder_column *target = &builder->columns[column];
    size_t row = builder->n_rows;
    switch (target->type) {
    case TYPE_BIGINT:
        return fast_integer(p, &target->i64[row]);
    case TYPE_INTEGER:
        return fast_int32(p, &target->i32[row]);
    case TYPE_REAL:
        return fast_float(p, end, &target->f32[row]);
    case TYPE_DOUBLE:
        return fast_double(p, end, &target->f64[row]);
    case TYPE_TEXT:
        return fast_text(builder, target, p, end);
    default:
        return fast_other(builder, column, p, end);
    }
}

/* Behind the comma, or the line end of the last field; NULL if it is not there. */
static const char *skip_delimiter(const char *p, bool last)
{
    if (!last)
        return *p == ',' ? p + 1 : NULL;
    if (*p == '\n')
        return p + 1;
    return *p == '\r' && p[1] == '\n' ? p + 2 : NULL;
}

const char *csv_fast_row(struct batch_builder *builder, const char *p, const char *end)
{
    size_t n_columns = builder->schema->n_columns;
    for (size_t i = 0; i < n_columns; i++) {
        bool last = i + 1 == n_columns;
        const char *next = skip_delimiter(p, last);
        if (next != NULL) { /* an empty field */
            if (batch_builder_put_null(builder, i, NULL) != OK)
                return NULL;
            p = next;
            continue;
        }
        p = fast_value(builder, i, p, end);
        if (p == NULL)
            return NULL;
        p = skip_delimiter(p, last);
        if (p == NULL)
            return NULL;
    }
    return p;
}
