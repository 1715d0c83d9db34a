/*
 * The inside of a batch builder, for the readers and the sorter, which fill columns without a call
 * per value.
 */
#ifndef LG_SNAPSHOT_BUILDER_H
#define LG_SNAPSHOT_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "snapshot/batch.h"

#define BUILDER_MAX_TEXT_BYTES                                                                     \
    ((size_t)64 << 20) /* of all columns before a batch counts as full                             \
                        */

/*
 * Owned memory of one column. data has room for row_capacity values, offsets for one more; nulls,
 * when there is one, for BATCH_ROWS bits. Bits of rows that are not there yet are 0.
 */
struct builder_column {
    enum column_type type;
    bool required; /* NULL is an error: key or not_null */
    bool allow_nonfinite;
    union {
        void *data;
        int64_t *i64;
        int32_t *i32;
        float *f32;
        double *f64;
        uint8_t *u8;
        struct uuid *uuid;
        uint32_t *offsets;
    };
    char *bytes;
    size_t bytes_capacity;
    uint64_t *nulls;
    size_t n_nulls;
};

struct batch_builder {
    const struct schema *schema;
    struct builder_column *columns;
    size_t *text_columns; /* indices of text and numeric columns */
    size_t n_text_columns;
    struct column *views;
    struct batch *batch; /* over views; brought up to date by batch_builder_batch */
    size_t n_rows;
    size_t row_capacity;
};

/* Makes room for `count` rows in all, or for one more row, in every column. */
enum error_code builder_reserve_rows(struct batch_builder *builder, size_t count,
                                     struct error *err) MUST_CHECK;
enum error_code builder_reserve_row(struct batch_builder *builder, struct error *err) MUST_CHECK;

/* Makes room for len more bytes after the text of the rows so far; ERR_LIMIT past 4 GiB. */
enum error_code builder_reserve_text(struct batch_builder *builder, struct builder_column *column,
                                     size_t len, struct error *err) MUST_CHECK;

/* Makes a bitmap of NULLs if the column has none. */
enum error_code builder_ensure_nulls(struct builder_column *column, struct error *err) MUST_CHECK;

/* Takes back the marks of NULL in `count` rows behind those that count. */
void builder_forget_nulls(struct batch_builder *builder, size_t count);

/*
 * Appends text that is known to be valid as the value of the current row; room for a row must have
 * been reserved.
 */
static inline enum error_code builder_put_bytes(struct batch_builder *builder,
                                                struct builder_column *column, const char *text,
                                                size_t len, struct error *err)
{
    size_t start = column->offsets[builder->n_rows];
    if (column->bytes_capacity - start < len)
        TRY(builder_reserve_text(builder, column, len, err));
    if (len > 0)
        memcpy(column->bytes + start, text, len);
    column->offsets[builder->n_rows + 1] = (uint32_t)(start + len);
    return OK;
}

/* Appends rows [first, first + count) of a batch of the same schema; all must fit BATCH_ROWS. */
enum error_code builder_put_rows(struct batch_builder *builder, const struct batch *batch,
                                 size_t first, size_t count, struct error *err) MUST_CHECK;

/* Bytes of text and numerics in one row. */
size_t builder_row_text_bytes(const struct batch_builder *builder, const struct batch *batch,
                              size_t row);

/* A row of some batch. */
struct row_ref {
    const struct batch *batch;
    size_t row;
};

/* Appends rows from anywhere, column by column; all must fit BATCH_ROWS. */
enum error_code builder_gather(struct batch_builder *builder, const struct row_ref *rows,
                               size_t count, struct error *err) MUST_CHECK;

/* Bytes of text and numerics in the rows so far. */
size_t builder_text_bytes(const struct batch_builder *builder);

/* Bytes that the builder has allocated. */
size_t builder_memory(const struct batch_builder *builder);

#endif
