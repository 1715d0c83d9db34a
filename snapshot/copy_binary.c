#include "snapshot/copy_binary.h"

#include <string.h>

#include "snapshot/bytes.h"
#include "snapshot/numeric.h"

#define STRIP_ROWS 512 /* rows laid out at a time, so that they stay in the cache */

enum error_code copy_binary_header(struct buffer *out, struct error *err)
{
    static const char header[19] = "PGCOPY\n\377\r\n"; /* then zero flags and no extension */
    return buffer_append(out, header, sizeof(header), err);
}

enum error_code copy_binary_trailer(struct buffer *out, struct error *err)
{
    return buffer_append(out, "\377\377", 2, err);
}

/* Bytes of every row if all columns have a fixed width and no NULL, else 0. */
static size_t row_stride(const struct batch *batch)
{
    size_t stride = 2;
    for (size_t i = 0; i < batch->schema->n_columns; i++) {
        size_t width = schema_type_width(batch->columns[i].type);
        if (width == 0 || batch->columns[i].n_nulls > 0)
            return 0;
        stride += 4 + width;
    }
    return stride;
}

static void put_fixed(const struct column *column, size_t row, size_t width, char *out)
{
    const char *value = (const char *)column->data + row * width;
    if (width == 8) {
        uint64_t bits = 0;
        memcpy(&bits, value, sizeof(bits));
        put_be64(out, bits);
    } else if (width == 4) {
        uint32_t bits = 0;
        memcpy(&bits, value, sizeof(bits));
        put_be32(out, bits);
    } else {
        memcpy(out, value, width);
    }
}

/* Writes one column of a strip of rows that all have the same length. */
static void put_strip(const struct column *column, size_t first_row, size_t n_rows, char *out,
                      size_t stride)
{
    size_t width = schema_type_width(column->type);
    for (size_t i = 0; i < n_rows; i++, out += stride) {
        put_be32(out, (uint32_t)width);
        put_fixed(column, first_row + i, width, out + 4);
    }
}

static enum error_code put_equal_rows(const struct batch *batch, size_t first_row, size_t n_rows,
                                      size_t stride, struct buffer *out, struct error *err)
{
    TRY(buffer_reserve(out, n_rows * stride, err));
    for (size_t done = 0; done < n_rows; done += STRIP_ROWS) {
        size_t count = n_rows - done < STRIP_ROWS ? n_rows - done : STRIP_ROWS;
        char *start = out->data + out->len;
        for (size_t i = 0; i < count; i++)
            put_be16(start + i * stride, (uint16_t)batch->schema->n_columns);
        size_t offset = 2;
        for (size_t c = 0; c < batch->schema->n_columns; c++) {
            put_strip(&batch->columns[c], first_row + done, count, start + offset, stride);
            offset += 4 + schema_type_width(batch->columns[c].type);
        }
        out->len += count * stride;
    }
    out->data[out->len] = '\0';
    return OK;
}

static enum error_code put_length(struct buffer *out, int32_t len, struct error *err)
{
    char bytes[4];
    put_be32(bytes, (uint32_t)len);
    return buffer_append(out, bytes, sizeof(bytes), err);
}

static enum error_code put_numeric(const struct column *column, size_t row, struct buffer *out,
                                   struct error *err)
{
    size_t len = 0;
    const char *text = column_text(column, row, &len);
    size_t at = out->len;
    TRY(put_length(out, 0, err));
    TRY(numeric_to_binary(text, len, out, err));
    put_be32(out->data + at, (uint32_t)(out->len - at - 4));
    return OK;
}

static enum error_code put_value(const struct column *column, size_t row, struct buffer *out,
                                 struct error *err)
{
    if (column_is_null(column, row))
        return put_length(out, -1, err);
    if (column->type == TYPE_NUMERIC)
        return put_numeric(column, row, out, err);
    if (column->type == TYPE_TEXT) {
        size_t len = 0;
        const char *text = column_text(column, row, &len);
        TRY(put_length(out, (int32_t)len, err));
        return buffer_append(out, text, len, err);
    }
    char value[16];
    size_t width = schema_type_width(column->type);
    put_fixed(column, row, width, value);
    TRY(put_length(out, (int32_t)width, err));
    return buffer_append(out, value, width, err);
}

enum error_code copy_binary_rows(const struct batch *batch, size_t first_row, size_t n_rows,
                                 struct buffer *out, struct error *err)
{
    size_t stride = row_stride(batch);
    if (stride > 0)
        return put_equal_rows(batch, first_row, n_rows, stride, out, err);
    for (size_t row = first_row; row < first_row + n_rows; row++) {
        char count[2];
        put_be16(count, (uint16_t)batch->schema->n_columns);
        TRY(buffer_append(out, count, sizeof(count), err));
        for (size_t i = 0; i < batch->schema->n_columns; i++)
            TRY(put_value(&batch->columns[i], row, out, err));
    }
    return OK;
}
