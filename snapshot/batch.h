/*
 * Columns of rows: the form in which rows travel from readers to the store, the packed file and
 * the comparison. There are no row objects.
 */
#ifndef LG_SNAPSHOT_BATCH_H
#define LG_SNAPSHOT_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "snapshot/schema.h"

#define BATCH_ROWS 8192 /* a batch has at most this many rows */

struct uuid {
    uint8_t bytes[16];
};

/*
 * Values of one column. Which member of the union is used follows from the type:
 *
 *   bigint           i64
 *   integer          i32
 *   real             f32
 *   double precision f64
 *   boolean          u8   0 or 1
 *   date             i32  days since 2000-01-01; INT32_MIN and INT32_MAX are -infinity, infinity
 *   timestamptz      i64  microseconds since 2000-01-01 UTC; INT64_MIN and INT64_MAX likewise
 *   uuid             uuid
 *   text, numeric    value i is bytes[offsets[i] .. offsets[i + 1])
 *
 * Text is valid UTF-8 without NUL. Numeric is text in PostgreSQL's own output form ("-12.50":
 * no exponent, no leading +, a digit before the point, trailing zeros kept), or "NaN", "Infinity",
 * "-Infinity". NaN of the other types has one bit pattern only, that of nan("").
 *
 * nulls is a bitmap, row i in bit i % 64 of word i / 64, set for NULL; it may be NULL when n_nulls
 * is 0. The value under a NULL is 0 or empty. A column inside a batch is only a view if the batch
 * says so; see below.
 */
struct column {
    enum column_type type;
    union {
        const int64_t *i64;
        const int32_t *i32;
        const float *f32;
        const double *f64;
        const uint8_t *u8;
        const struct uuid *uuid;
        const uint32_t *offsets; /* n_rows + 1 entries */
        const void *data;
    };
    const char *bytes;
    const uint64_t *nulls;
    size_t n_nulls;
};

/* columns[schema->n_columns], each with n_rows values. Does not own the memory of its columns. */
struct batch {
    const struct schema *schema;
    struct column *columns;
    size_t n_rows;
};

static inline bool column_is_null(const struct column *column, size_t row)
{
    return column->n_nulls > 0 && (column->nulls[row / 64] >> (row % 64) & 1) != 0;
}

/* Text or numeric value of a row; *ret_len in bytes; not zero-terminated. */
static inline const char *column_text(const struct column *column, size_t row, size_t *ret_len)
{
    *ret_len = column->offsets[row + 1] - column->offsets[row];
    return column->bytes + column->offsets[row];
}

/*
 * Order of the keys of row a of batch x and row b of batch y (same schema): <0, 0, >0. Numbers by
 * value, text and uuid by bytes (unsigned, a prefix first), columns in key order.
 */
int batch_compare_keys(const struct batch *x, size_t a, const struct batch *y, size_t b);

/*
 * Order of two numerics given as text in the form above: by value, so 1.0 equals 1.00; NaN equals
 * NaN and sorts above all, the infinities included. Any other text is ordered somehow, without
 * harm.
 */
int numeric_compare(const char *a, size_t a_len, const char *b, size_t b_len);

/* Nearest double of a numeric in the form above; beyond the doubles an infinity or 0. */
double numeric_to_double(const char *text, size_t len);

/*
 * Writes one value as PostgreSQL would print it with UTC and ISO dates ("NULL" for NULL), cut to
 * fit with "…" at the end; for reports, examples and error messages. Returns the length written
 * without the final zero byte.
 */
size_t column_format(const struct column *column, size_t row, char *out, size_t capacity);

struct batch_builder;

/*
 * A batch that grows row by row and owns its memory. Values of the current row are put column by
 * column in any order, then the row is ended or dropped.
 */
enum error_code batch_builder_new(const struct schema *schema, struct batch_builder **ret_builder,
                                  struct error *err) MUST_CHECK;
void batch_builder_free(struct batch_builder *builder);
DEFINE_POINTER_CLEANUP(struct batch_builder, batch_builder_cleanup, batch_builder_free)

/* The batch so far; valid until the next call on the builder. */
const struct batch *batch_builder_batch(const struct batch_builder *builder);

/* Forgets all rows, keeps the memory. */
void batch_builder_clear(struct batch_builder *builder);

/* Whether another row fits (BATCH_ROWS, and at most 64 MiB of text). */
bool batch_builder_full(const struct batch_builder *builder);

/*
 * Reads value text (as PostgreSQL's input functions would, without surrounding space) into the
 * current row. ERR_DATA with a reason such as "'12x' is not a bigint" that does not name row or
 * column: the caller knows them. NaN and infinity fail unless the column allows them.
 */
enum error_code batch_builder_put_text(struct batch_builder *builder, size_t column,
                                       const char *text, size_t len, struct error *err) MUST_CHECK;
enum error_code batch_builder_put_null(struct batch_builder *builder, size_t column,
                                       struct error *err) MUST_CHECK;

/*
 * Appends row `row` of another batch of the same schema as a whole, ended row: no call of
 * batch_builder_end_row belongs to it.
 */
enum error_code batch_builder_put_row(struct batch_builder *builder, const struct batch *batch,
                                      size_t row, struct error *err) MUST_CHECK;

/* Keeps, or forgets, the current row. To be kept, it needs a value or NULL in every column. */
void batch_builder_end_row(struct batch_builder *builder);
void batch_builder_drop_row(struct batch_builder *builder);

#endif
