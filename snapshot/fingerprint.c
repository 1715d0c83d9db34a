#include <endian.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "snapshot/packed.h"

#define SCRATCH_BYTES ((size_t)32 << 10)

_Static_assert(SCRATCH_BYTES >= SCHEMA_MAX_COLUMNS * sizeof(struct uuid), "a row of numbers fits");

/*
 * Canonical encoding of a row: the values in schema order, little-endian; text and numeric as 4
 * bytes of length and their bytes; every NaN of real and double precision as that of nan(""). A
 * NULL is a zero or an empty text. If any value is NULL, a bitmap of all columns follows, bit i % 8
 * of byte i / 8 for column i. Every column can be told from the next, so different rows differ.
 */

static void add_hash(struct fingerprint *fingerprint, XXH128_hash_t hash)
{
    fingerprint->low += hash.low64;
    fingerprint->high += hash.high64 + (fingerprint->low < hash.low64);
}

static uint64_t canonical_double(double value)
{
    uint64_t bits = 0;
    if (isnan(value))
        value = (double)NAN;
    memcpy(&bits, &value, sizeof(bits));
    return htole64(bits);
}

static uint32_t canonical_float(float value)
{
    uint32_t bits = 0;
    if (isnan(value))
        value = NAN;
    memcpy(&bits, &value, sizeof(bits));
    return htole32(bits);
}

static void encode_doubles(const double *values, size_t count, char *out, size_t stride)
{
    for (size_t i = 0; i < count; i++, out += stride) {
        uint64_t bits = canonical_double(values[i]);
        memcpy(out, &bits, sizeof(bits));
    }
}

static void encode_reals(const float *values, size_t count, char *out, size_t stride)
{
    for (size_t i = 0; i < count; i++, out += stride) {
        uint32_t bits = canonical_float(values[i]);
        memcpy(out, &bits, sizeof(bits));
    }
}

static void encode_words64(const int64_t *values, size_t count, char *out, size_t stride)
{
    for (size_t i = 0; i < count; i++, out += stride) {
        uint64_t bits = htole64((uint64_t)values[i]);
        memcpy(out, &bits, sizeof(bits));
    }
}

static void encode_words32(const int32_t *values, size_t count, char *out, size_t stride)
{
    for (size_t i = 0; i < count; i++, out += stride) {
        uint32_t bits = htole32((uint32_t)values[i]);
        memcpy(out, &bits, sizeof(bits));
    }
}

/* Encodes the fixed-width values of rows [first, first + count), one every stride bytes. */
static void encode_strip(const struct column *column, size_t first, size_t count, char *out,
                         size_t stride)
{
    switch (column->type) {
    case TYPE_DOUBLE:
        encode_doubles(column->f64 + first, count, out, stride);
        break;
    case TYPE_REAL:
        encode_reals(column->f32 + first, count, out, stride);
        break;
    case TYPE_BIGINT:
    case TYPE_TIMESTAMPTZ:
        encode_words64(column->i64 + first, count, out, stride);
        break;
    case TYPE_INTEGER:
    case TYPE_DATE:
        encode_words32(column->i32 + first, count, out, stride);
        break;
    case TYPE_BOOLEAN:
        for (size_t i = 0; i < count; i++)
            out[i * stride] = (char)column->u8[first + i];
        break;
    default:
        for (size_t i = 0; i < count; i++)
            memcpy(out + i * stride, column->uuid[first + i].bytes, sizeof(struct uuid));
    }
}

/* Bytes of every row if all columns have a fixed width and no NULL, else 0. */
static size_t row_stride(const struct batch *batch)
{
    size_t stride = 0;
    for (size_t i = 0; i < batch->schema->n_columns; i++) {
        size_t width = schema_type_width(batch->columns[i].type);
        if (width == 0 || batch->columns[i].n_nulls > 0)
            return 0;
        stride += width;
    }
    return stride;
}

static void add_equal_rows(struct fingerprint *fingerprint, const struct batch *batch,
                           size_t stride)
{
    char scratch[SCRATCH_BYTES];
    size_t strip = sizeof(scratch) / stride;
    for (size_t first = 0; first < batch->n_rows; first += strip) {
        size_t count = batch->n_rows - first < strip ? batch->n_rows - first : strip;
        char *out = scratch;
        for (size_t c = 0; c < batch->schema->n_columns; c++) {
            encode_strip(&batch->columns[c], first, count, out, stride);
            out += schema_type_width(batch->columns[c].type);
        }
        for (size_t i = 0; i < count; i++)
            add_hash(fingerprint, XXH3_128bits(scratch + i * stride, stride));
    }
}

/* Collects a row's encoding; what does not fit the scratch is hashed in pieces. */
struct encoder {
    char scratch[SCRATCH_BYTES];
    size_t len;
    bool in_pieces;
    XXH3_state_t state;
};

static void flush(struct encoder *encoder)
{
    if (!encoder->in_pieces)
        (void)XXH3_128bits_reset(&encoder->state);
    encoder->in_pieces = true;
    (void)XXH3_128bits_update(&encoder->state, encoder->scratch, encoder->len);
    encoder->len = 0;
}

static void encode_bytes(struct encoder *encoder, const char *bytes, size_t len)
{
    while (len > 0) {
        size_t room = sizeof(encoder->scratch) - encoder->len;
        size_t n = len < room ? len : room;
        memcpy(encoder->scratch + encoder->len, bytes, n);
        encoder->len += n;
        bytes += n;
        len -= n;
        if (encoder->len == sizeof(encoder->scratch))
            flush(encoder);
    }
}

static void encode_value(struct encoder *encoder, const struct column *column, size_t row)
{
    size_t width = schema_type_width(column->type);
    char value[sizeof(struct uuid)] = {0};
    bool null = column_is_null(column, row);
    if (width > 0) {
        if (!null)
            encode_strip(column, row, 1, value, width);
        encode_bytes(encoder, value, width);
        return;
    }
    size_t len = 0;
    const char *text = column_text(column, row, &len);
    uint32_t size = htole32(null ? 0 : (uint32_t)len);
    memcpy(value, &size, sizeof(size));
    encode_bytes(encoder, value, sizeof(size));
    encode_bytes(encoder, text, null ? 0 : len);
}

static void encode_nulls(struct encoder *encoder, const struct batch *batch, size_t row)
{
    unsigned char bitmap[(SCHEMA_MAX_COLUMNS + 7) / 8] = {0};
    bool any = false;
    for (size_t i = 0; i < batch->schema->n_columns; i++) {
        if (!column_is_null(&batch->columns[i], row))
            continue;
        bitmap[i / 8] = (unsigned char)(bitmap[i / 8] | 1U << (i % 8));
        any = true;
    }
    if (any)
        encode_bytes(encoder, (const char *)bitmap, (batch->schema->n_columns + 7) / 8);
}

static void add_row(struct fingerprint *fingerprint, struct encoder *encoder,
                    const struct batch *batch, size_t row)
{
    encoder->len = 0;
    encoder->in_pieces = false;
    for (size_t i = 0; i < batch->schema->n_columns; i++)
        encode_value(encoder, &batch->columns[i], row);
    encode_nulls(encoder, batch, row);
    if (!encoder->in_pieces) {
        add_hash(fingerprint, XXH3_128bits(encoder->scratch, encoder->len));
        return;
    }
    flush(encoder);
    add_hash(fingerprint, XXH3_128bits_digest(&encoder->state));
}

void fingerprint_add(struct fingerprint *fingerprint, const struct batch *batch)
{
    size_t stride = row_stride(batch);
    if (stride > 0) {
        add_equal_rows(fingerprint, batch, stride);
        return;
    }
    struct encoder encoder;
    for (size_t row = 0; row < batch->n_rows; row++)
        add_row(fingerprint, &encoder, batch, row);
}

char *fingerprint_format(const struct fingerprint *fingerprint, char out[FINGERPRINT_TEXT_BYTES])
{
    (void)snprintf(out, FINGERPRINT_TEXT_BYTES, "%016" PRIx64 "%016" PRIx64, fingerprint->high,
                   fingerprint->low);
    return out;
}

/* Reads 16 hexadecimal digits; false if there are none. */
static bool parse_half(const char *text, uint64_t *ret_value)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t value = 0;
    for (size_t i = 0; i < 16; i++) {
        const char *digit = memchr(digits, text[i], sizeof(digits) - 1);
        if (digit == NULL)
            return false;
        value = value << 4 | (uint64_t)(digit - digits);
    }
    *ret_value = value;
    return true;
}

enum error_code fingerprint_parse(const char *text, struct fingerprint *ret_fingerprint,
                                  struct error *err)
{
    struct fingerprint fingerprint;
    if (strlen(text) != FINGERPRINT_TEXT_BYTES - 1 || !parse_half(text, &fingerprint.high) ||
        !parse_half(text + 16, &fingerprint.low))
        return error_set(err, ERR_DATA, "'%.60s' is not a fingerprint of 32 hexadecimal digits",
                         text);
    *ret_fingerprint = fingerprint;
    return OK;
}
