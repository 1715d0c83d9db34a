#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "snapshot/bytes.h"
#include "snapshot/numeric.h"
#include "snapshot/reader_internal.h"
#include "snapshot/value.h"

/*
 * Source of the format: PostgreSQL documentation, "COPY", section "Binary Format", and the receive
 * functions of the types.
 */
static const char signature[] = "PGCOPY\n\377\r\n"; /* its zero byte belongs to it */

#define SIGNATURE_BYTES sizeof(signature)
#define FIXED_HEADER_BYTES (SIGNATURE_BYTES + 8)
#define FLAG_OIDS (UINT32_C(1) << 16)
#define CRITICAL_FLAGS UINT32_C(0xFFFF0000)
#define MAX_EXTENSION_BYTES ((size_t)1 << 20)
#define END_OF_ROWS (-1)
#define NULL_LENGTH (-1)

/* Makes at least `bytes` unread bytes available; false if the input ends before. */
static enum error_code need(struct reader *reader, size_t bytes, bool *ret_enough,
                            struct error *err)
{
    const struct input *input = &reader->input;
    while (input->end - input->start < bytes && !input->at_end)
        TRY(reader_more(reader, err));
    *ret_enough = input->end - input->start >= bytes;
    return OK;
}

static const char *unread(const struct reader *reader)
{
    return reader->input.data + reader->input.start;
}

static enum error_code fail(const struct reader *reader, struct error *err, const char *reason)
{
    (void)error_set(err, ERR_DATA, "row %" PRIu64 ": %s", reader->row + 1, reason);
    error_at(err, reader->name, 0, 0);
    return ERR_DATA;
}

static enum error_code no_copy_data(const struct reader *reader, struct error *err)
{
    (void)error_set(err, ERR_DATA, "%s is not PostgreSQL's binary COPY format", reader->name);
    error_hint(err, "Produce it with COPY ... TO STDOUT (FORMAT binary), or declare the rows as "
                    "CSV.");
    return ERR_DATA;
}

static enum error_code check_flags(uint32_t flags, struct error *err)
{
    if ((flags & FLAG_OIDS) != 0)
        return error_set(err, ERR_DATA, "the binary COPY data have OIDs, which cannot be read");
    if ((flags & CRITICAL_FLAGS) != 0)
        return error_set(err, ERR_DATA,
                         "the binary COPY data have unknown features (flags 0x%08" PRIX32 ")",
                         flags);
    return OK;
}

enum error_code copy_start(struct reader *reader, struct error *err)
{
    bool enough = false;
    TRY(need(reader, FIXED_HEADER_BYTES, &enough, err));
    if (!enough || memcmp(unread(reader), signature, SIGNATURE_BYTES) != 0)
        return no_copy_data(reader, err);
    TRY(check_flags(get_be32(unread(reader) + SIGNATURE_BYTES), err));
    size_t extension = get_be32(unread(reader) + SIGNATURE_BYTES + 4);
    if (extension > MAX_EXTENSION_BYTES)
        return error_set(err, ERR_DATA, "the binary COPY header is %zu bytes long", extension);
    TRY(need(reader, FIXED_HEADER_BYTES + extension, &enough, err));
    if (!enough)
        return error_set(err, ERR_DATA, "%s ends inside its header", reader->name);
    reader->input.start += FIXED_HEADER_BYTES + extension;
    return OK;
}

/* Length of the row at the start of the window, without reading its values. */
static enum error_code measure_row(struct reader *reader, size_t *ret_bytes, struct error *err)
{
    size_t bytes = 2;
    bool enough = false;
    for (size_t i = 0; i < reader->schema->n_columns; i++) {
        TRY(need(reader, bytes + 4, &enough, err));
        if (!enough)
            return fail(reader, err, "the input ends inside it");
        int32_t len = (int32_t)get_be32(unread(reader) + bytes);
        bytes += 4;
        if (len == NULL_LENGTH)
            continue;
        if (len < 0)
            return fail(reader, err, "a field has a negative length");
        bytes += (size_t)len;
        if (bytes > reader->max_row_bytes)
            return reader_too_long(reader, err);
    }
    TRY(need(reader, bytes, &enough, err));
    if (!enough)
        return fail(reader, err, "the input ends inside it");
    *ret_bytes = bytes;
    return OK;
}

static enum error_code check_width(size_t expected, size_t len, enum column_type type,
                                   struct error *err)
{
    if (len == expected)
        return OK;
    return error_set(err, ERR_DATA, "%zu bytes where %s has %zu", len, schema_type_name(type),
                     expected);
}

static enum error_code not_finite(const char *text, enum column_type type, struct error *err)
{
    return error_set(err, ERR_DATA, "'%s' is not finite, which this column does not allow for %s",
                     text, schema_type_name(type));
}

static enum error_code put_numeric(struct reader *reader, struct builder_column *column,
                                   const char *bytes, size_t len, struct error *err)
{
    struct buffer *text = &reader->scratch;
    buffer_clear(text);
    TRY(numeric_from_binary((const unsigned char *)bytes, len, text, err));
    if (!column->allow_nonfinite && numeric_is_special(text->data, text->len))
        return not_finite(text->data, TYPE_NUMERIC, err);
    return builder_put_bytes(reader->builder, column, text->data, text->len, err);
}

static enum error_code put_double(struct builder_column *column, const char *bytes, double *out,
                                  struct error *err)
{
    uint64_t bits = get_be64(bytes);
    double value = 0;
    memcpy(&value, &bits, sizeof(value));
    if (isnan(value))
        value = (double)NAN;
    if (!column->allow_nonfinite && !isfinite(value))
        return not_finite(isnan(value) ? "NaN" : "Infinity", TYPE_DOUBLE, err);
    *out = value;
    return OK;
}

static enum error_code put_real(struct builder_column *column, const char *bytes, float *out,
                                struct error *err)
{
    uint32_t bits = get_be32(bytes);
    float value = 0;
    memcpy(&value, &bits, sizeof(value));
    if (isnan(value))
        value = NAN;
    if (!column->allow_nonfinite && !isfinite(value))
        return not_finite(isnan(value) ? "NaN" : "Infinity", TYPE_REAL, err);
    *out = value;
    return OK;
}

/* A value of a type with a fixed width; its length has been checked. */
static enum error_code put_fixed(struct builder_column *column, size_t row, const char *bytes,
                                 struct error *err)
{
    switch (column->type) {
    case TYPE_BIGINT:
        column->i64[row] = (int64_t)get_be64(bytes);
        return OK;
    case TYPE_INTEGER:
        column->i32[row] = (int32_t)get_be32(bytes);
        return OK;
    case TYPE_REAL:
        return put_real(column, bytes, &column->f32[row], err);
    case TYPE_DOUBLE:
        return put_double(column, bytes, &column->f64[row], err);
    case TYPE_BOOLEAN:
        column->u8[row] = *bytes != 0;
        return OK;
    case TYPE_DATE:
        column->i32[row] = (int32_t)get_be32(bytes);
        return value_check_date(column->i32[row], column->allow_nonfinite, err);
    case TYPE_TIMESTAMPTZ:
        column->i64[row] = (int64_t)get_be64(bytes);
        return value_check_timestamptz(column->i64[row], column->allow_nonfinite, err);
    default:
        memcpy(column->uuid[row].bytes, bytes, sizeof(column->uuid[row].bytes));
        return OK;
    }
}

static enum error_code put_value(struct reader *reader, size_t index, const char *bytes, size_t len,
                                 struct error *err)
{
    struct builder_column *column = &reader->builder->columns[index];
    size_t width = schema_type_width(column->type);
    if (column->type == TYPE_NUMERIC)
        return put_numeric(reader, column, bytes, len, err);
    if (column->type == TYPE_TEXT)
        return batch_builder_put_text(reader->builder, index, bytes, len, err);
    TRY(check_width(width, len, column->type, err));
    return put_fixed(column, reader->builder->n_rows, bytes, err);
}

static enum error_code put_row(struct reader *reader, struct error *err)
{
    const char *p = unread(reader) + 2;
    for (size_t i = 0; i < reader->schema->n_columns; i++) {
        int32_t len = (int32_t)get_be32(p);
        p += 4;
        enum error_code code = len == NULL_LENGTH ? batch_builder_put_null(reader->builder, i, err)
                                                  : put_value(reader, i, p, (size_t)len, err);
        if (code != OK)
            return reader_bad_value(reader, i, code, err);
        p += len == NULL_LENGTH ? 0 : len;
    }
    batch_builder_end_row(reader->builder);
    return OK;
}

static enum error_code finish(struct reader *reader, struct error *err)
{
    bool more = false;
    reader->input.start += 2;
    TRY(need(reader, 1, &more, err));
    if (more) {
        (void)error_set(err, ERR_DATA, "data follow the end of %" PRIu64 " rows", reader->row);
        error_at(err, reader->name, 0, 0);
        return ERR_DATA;
    }
    reader->finished = true;
    return OK;
}

static enum error_code read_row(struct reader *reader, struct error *err)
{
    bool enough = false;
    TRY(need(reader, 2, &enough, err));
    if (!enough)
        return fail(reader, err, "the input ends without the mark that ends the rows");
    int count = (int16_t)get_be16(unread(reader));
    if (count == END_OF_ROWS)
        return finish(reader, err);
    if (count < 0 || (size_t)count != reader->schema->n_columns) {
        char reason[80];
        (void)snprintf(reason, sizeof(reason), "%d field%s instead of %zu", count,
                       count == 1 ? "" : "s", reader->schema->n_columns);
        return fail(reader, err, reason);
    }
    size_t bytes = 0;
    TRY(measure_row(reader, &bytes, err));
    reader->row++;
    TRY(builder_reserve_row(reader->builder, err));
    TRY(put_row(reader, err));
    reader->input.start += bytes;
    return OK;
}

enum error_code copy_fill(struct reader *reader, struct error *err)
{
    while (!reader->finished && !batch_builder_full(reader->builder))
        TRY(read_row(reader, err));
    return OK;
}
