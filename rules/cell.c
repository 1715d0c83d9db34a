#include "rules/cell.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NULL_WORDS (BATCH_ROWS / 64)
#define MAX_DECIMALS 100

static bool is_textual(enum column_type type)
{
    return type == TYPE_TEXT || type == TYPE_NUMERIC;
}

struct cell cell_of(const struct column *column, size_t row)
{
    struct cell cell = {.is_null = column_is_null(column, row)};
    if (cell.is_null)
        return cell;
    switch (column->type) {
    case TYPE_BIGINT:
    case TYPE_TIMESTAMPTZ:
        cell.i64 = column->i64[row];
        break;
    case TYPE_INTEGER:
    case TYPE_DATE:
        cell.i64 = column->i32[row];
        break;
    case TYPE_BOOLEAN:
        cell.i64 = column->u8[row];
        break;
    case TYPE_REAL:
        cell.f64 = (double)column->f32[row];
        break;
    case TYPE_DOUBLE:
        cell.f64 = column->f64[row];
        break;
    case TYPE_UUID:
        cell.uuid = column->uuid[row];
        break;
    case TYPE_TEXT:
    case TYPE_NUMERIC:
        cell.text = column_text(column, row, &cell.len);
        break;
    }
    return cell;
}

/* NaN equals NaN and sorts above all, as PostgreSQL has it. */
static int compare_doubles(double a, double b)
{
    if (isnan(a) || isnan(b))
        return (isnan(a) != 0) - (isnan(b) != 0);
    return (a > b) - (a < b);
}

static int compare_bytes(const struct cell *a, const struct cell *b)
{
    size_t len = a->len < b->len ? a->len : b->len;
    int order = len == 0 ? 0 : memcmp(a->text, b->text, len);
    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

int cell_compare(enum column_type type, const struct cell *a, const struct cell *b)
{
    switch (type) {
    case TYPE_REAL:
    case TYPE_DOUBLE:
        return compare_doubles(a->f64, b->f64);
    case TYPE_NUMERIC:
        return numeric_compare(a->text, a->len, b->text, b->len);
    case TYPE_TEXT:
        return compare_bytes(a, b);
    case TYPE_UUID:
        return memcmp(&a->uuid, &b->uuid, sizeof(a->uuid));
    default:
        return (a->i64 > b->i64) - (a->i64 < b->i64);
    }
}

bool cell_equal(enum column_type type, const struct cell *a, const struct cell *b)
{
    if (a->is_null || b->is_null)
        return a->is_null == b->is_null;
    return cell_compare(type, a, b) == 0;
}

struct cell cell_copy(const struct cell *cell, struct arena *arena)
{
    struct cell copy = *cell;
    if (cell->text != NULL)
        copy.text = arena_strndup(arena, cell->text, cell->len);
    return copy;
}

double cell_number(enum column_type type, const struct cell *cell)
{
    if (cell->is_null || !schema_type_is_number(type))
        return 0;
    if (type == TYPE_NUMERIC)
        return numeric_to_double(cell->text, cell->len);
    return type == TYPE_REAL || type == TYPE_DOUBLE ? cell->f64 : (double)cell->i64;
}

unsigned cell_decimals(const struct cell *cell)
{
    const char *point = cell->len == 0 ? NULL : memchr(cell->text, '.', cell->len);
    size_t decimals = point == NULL ? 0 : (size_t)(cell->text + cell->len - point) - 1;
    return decimals > MAX_DECIMALS ? MAX_DECIMALS : (unsigned)decimals;
}

static bool numeric_from_number(double number, unsigned decimals, char text[CELL_NUMBER_BYTES],
                                struct cell *cell)
{
    int len = snprintf(text, CELL_NUMBER_BYTES, "%.*f", (int)decimals, number);
    if (len <= 0 || len >= CELL_NUMBER_BYTES)
        return false;
    cell->text = text;
    cell->len = (size_t)len;
    if (text[0] == '-' && strspn(text + 1, "0.") == cell->len - 1) {
        cell->text++;
        cell->len--;
    }
    return true;
}

static bool integer_from_number(double number, double lowest, double above, struct cell *cell)
{
    double rounded = nearbyint(number);
    if (!(rounded >= lowest && rounded < above))
        return false;
    cell->i64 = (int64_t)rounded;
    return true;
}

bool cell_from_number(enum column_type type, double number, unsigned decimals,
                      char text[CELL_NUMBER_BYTES], struct cell *ret_cell)
{
    *ret_cell = (struct cell){0};
    if (!isfinite(number))
        return false;
    switch (type) {
    case TYPE_BIGINT:
        return integer_from_number(number, -0x1p63, 0x1p63, ret_cell);
    case TYPE_INTEGER:
        return integer_from_number(number, -0x1p31, 0x1p31, ret_cell);
    case TYPE_REAL:
        ret_cell->f64 = (double)(float)number;
        return isfinite(ret_cell->f64);
    case TYPE_DOUBLE:
        ret_cell->f64 = number;
        return true;
    case TYPE_NUMERIC:
        return numeric_from_number(number, decimals, text, ret_cell);
    default:
        return false;
    }
}

const char *cell_show(enum column_type type, const struct cell *cell, struct arena *arena)
{
    char text[128];
    struct cell_column column CLEANUP(cell_column_release) = {0};
    struct error ignored;
    if (type == TYPE_BOOLEAN && !cell->is_null)
        return cell->i64 != 0 ? "true" : "false";
    if (cell_column_begin(&column, type, &ignored) != OK ||
        cell_column_put(&column, cell, &ignored) != OK)
        return "?";
    struct column view = cell_column_view(&column);
    size_t len = column_format(&view, 0, text, sizeof(text));
    return arena_strndup(arena, text, len);
}

void cell_column_release(struct cell_column *column)
{
    free(column->data);
    free(column->bytes);
    free(column->nulls);
    *column = (struct cell_column){0};
}

enum error_code cell_column_begin(struct cell_column *column, enum column_type type,
                                  struct error *err)
{
    size_t width = is_textual(type) ? sizeof(uint32_t) : schema_type_width(type);
    column->type = type;
    column->n = 0;
    column->n_nulls = 0;
    if (column->data == NULL) {
        column->data = calloc(BATCH_ROWS + 1, width);
        column->nulls = calloc(NULL_WORDS, sizeof(*column->nulls));
    }
    if (column->data == NULL || column->nulls == NULL)
        return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot make a column");
    memset(column->nulls, 0, NULL_WORDS * sizeof(*column->nulls));
    return OK;
}

static enum error_code put_text(struct cell_column *column, const struct cell *cell,
                                struct error *err)
{
    uint32_t *offsets = column->data;
    size_t start = offsets[column->n];
    size_t len = cell->is_null ? 0 : cell->len;
    if (len > UINT32_MAX - start)
        return error_set(err, ERR_LIMIT, "a batch would have more than 4 GiB of text");
    if (start + len > column->bytes_capacity) {
        size_t capacity = 2 * (start + len) + 4096;
        char *bytes = realloc(column->bytes, capacity);
        if (bytes == NULL)
            return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot make a column");
        column->bytes = bytes;
        column->bytes_capacity = capacity;
    }
    if (len > 0)
        memcpy(column->bytes + start, cell->text, len);
    offsets[column->n + 1] = (uint32_t)(start + len);
    return OK;
}

static void put_fixed(struct cell_column *column, const struct cell *cell)
{
    size_t row = column->n;
    switch (column->type) {
    case TYPE_INTEGER:
    case TYPE_DATE:
        ((int32_t *)column->data)[row] = (int32_t)cell->i64;
        break;
    case TYPE_BOOLEAN:
        ((uint8_t *)column->data)[row] = (uint8_t)cell->i64;
        break;
    case TYPE_REAL:
        ((float *)column->data)[row] = (float)cell->f64;
        break;
    case TYPE_DOUBLE:
        ((double *)column->data)[row] = cell->f64;
        break;
    case TYPE_UUID:
        ((struct uuid *)column->data)[row] = cell->uuid;
        break;
    default:
        ((int64_t *)column->data)[row] = cell->i64;
        break;
    }
}

enum error_code cell_column_put(struct cell_column *column, const struct cell *cell,
                                struct error *err)
{
    static const struct cell zero = {0};
    if (is_textual(column->type))
        TRY(put_text(column, cell, err));
    else
        put_fixed(column, cell->is_null ? &zero : cell);
    if (cell->is_null) {
        column->nulls[column->n / 64] |= UINT64_C(1) << (column->n % 64);
        column->n_nulls++;
    }
    column->n++;
    return OK;
}

struct column cell_column_view(const struct cell_column *column)
{
    return (struct column){
        .type = column->type,
        .data = column->data,
        .bytes = column->bytes == NULL ? "" : column->bytes,
        .nulls = column->nulls,
        .n_nulls = column->n_nulls,
    };
}
