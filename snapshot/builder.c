#include "snapshot/builder.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "snapshot/numeric.h"
#include "snapshot/value.h"

#define FIRST_ROW_CAPACITY 64
#define NULL_WORDS (BATCH_ROWS / 64)

/* Bytes of one entry of data: a value, or an offset. */
static size_t entry_width(enum column_type type)
{
    size_t width = schema_type_width(type);
    return width > 0 ? width : sizeof(uint32_t);
}

static bool is_text(enum column_type type)
{
    return schema_type_width(type) == 0;
}

static enum error_code no_memory(struct error *err)
{
    return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot hold more rows");
}

static enum error_code set_up(struct batch_builder *builder, const struct schema *schema,
                              struct error *err)
{
    builder->schema = schema;
    builder->columns = calloc(schema->n_columns, sizeof(*builder->columns));
    builder->views = calloc(schema->n_columns, sizeof(*builder->views));
    builder->batch = calloc(1, sizeof(*builder->batch));
    builder->text_columns = calloc(schema->n_columns, sizeof(*builder->text_columns));
    if (builder->columns == NULL || builder->views == NULL || builder->batch == NULL ||
        builder->text_columns == NULL)
        return no_memory(err);
    for (size_t i = 0; i < schema->n_columns; i++) {
        builder->columns[i].type = schema->columns[i].type;
        builder->columns[i].required = schema->columns[i].not_null || schema_is_key(schema, i);
        builder->columns[i].allow_nonfinite = schema->columns[i].allow_nonfinite;
        if (is_text(schema->columns[i].type))
            builder->text_columns[builder->n_text_columns++] = i;
    }
    *builder->batch = (struct batch){.schema = schema, .columns = builder->views};
    return builder_reserve_row(builder, err);
}

enum error_code batch_builder_new(const struct schema *schema, struct batch_builder **ret_builder,
                                  struct error *err)
{
    struct batch_builder *builder = calloc(1, sizeof(*builder));
    if (builder == NULL)
        return no_memory(err);
    enum error_code code = set_up(builder, schema, err);
    if (code != OK) {
        batch_builder_free(builder);
        return code;
    }
    *ret_builder = builder;
    return OK;
}

void batch_builder_free(struct batch_builder *builder)
{
    if (builder == NULL)
        return;
    for (size_t i = 0; builder->columns != NULL && i < builder->schema->n_columns; i++) {
        free(builder->columns[i].data);
        free(builder->columns[i].bytes);
        free(builder->columns[i].nulls);
    }
    free(builder->columns);
    free(builder->views);
    free(builder->batch);
    free(builder->text_columns);
    free(builder);
}

const struct batch *batch_builder_batch(const struct batch_builder *builder)
{
    for (size_t i = 0; i < builder->schema->n_columns; i++) {
        const struct builder_column *column = &builder->columns[i];
        builder->views[i] = (struct column){.type = column->type,
                                            .data = column->data,
                                            .bytes = column->bytes == NULL ? "" : column->bytes,
                                            .nulls = column->nulls,
                                            .n_nulls = column->n_nulls};
    }
    builder->batch->n_rows = builder->n_rows;
    return builder->batch;
}

void batch_builder_clear(struct batch_builder *builder)
{
    builder->n_rows = 0;
    for (size_t i = 0; i < builder->schema->n_columns; i++) {
        struct builder_column *column = &builder->columns[i];
        if (column->n_nulls > 0)
            memset(column->nulls, 0, NULL_WORDS * sizeof(*column->nulls));
        column->n_nulls = 0;
    }
}

size_t builder_text_bytes(const struct batch_builder *builder)
{
    size_t total = 0;
    for (size_t i = 0; i < builder->n_text_columns; i++)
        total += builder->columns[builder->text_columns[i]].offsets[builder->n_rows];
    return total;
}

size_t builder_row_text_bytes(const struct batch_builder *builder, const struct batch *batch,
                              size_t row)
{
    size_t total = 0;
    for (size_t i = 0; i < builder->n_text_columns; i++) {
        const uint32_t *offsets = batch->columns[builder->text_columns[i]].offsets;
        total += offsets[row + 1] - offsets[row];
    }
    return total;
}

size_t builder_memory(const struct batch_builder *builder)
{
    size_t total = sizeof(*builder);
    for (size_t i = 0; i < builder->schema->n_columns; i++) {
        const struct builder_column *column = &builder->columns[i];
        total += sizeof(*column) + sizeof(*builder->views) + column->bytes_capacity +
                 (builder->row_capacity + 1) * entry_width(column->type);
        if (column->nulls != NULL)
            total += NULL_WORDS * sizeof(*column->nulls);
    }
    return total;
}

bool batch_builder_full(const struct batch_builder *builder)
{
    return builder->n_rows >= BATCH_ROWS || builder_text_bytes(builder) >= BUILDER_MAX_TEXT_BYTES;
}

enum error_code builder_reserve_rows(struct batch_builder *builder, size_t count, struct error *err)
{
    if (count <= builder->row_capacity)
        return OK;
    size_t capacity = builder->row_capacity == 0 ? FIRST_ROW_CAPACITY : builder->row_capacity;
    while (capacity < count)
        capacity *= 2;
    for (size_t i = 0; i < builder->schema->n_columns; i++) {
        struct builder_column *column = &builder->columns[i];
        size_t width = entry_width(column->type);
        void *data = realloc(column->data, (capacity + 1) * width);
        if (data == NULL)
            return no_memory(err);
        if (column->data == NULL)
            memset(data, 0, width);
        column->data = data;
    }
    builder->row_capacity = capacity;
    return OK;
}

enum error_code builder_reserve_row(struct batch_builder *builder, struct error *err)
{
    return builder_reserve_rows(builder, builder->n_rows + 1, err);
}

enum error_code builder_reserve_text(struct batch_builder *builder, struct builder_column *column,
                                     size_t len, struct error *err)
{
    size_t start = column->offsets[builder->n_rows];
    if (len > UINT32_MAX - start)
        return error_set(err, ERR_LIMIT, "more than 4 GiB of text in one batch");
    size_t need = start + len;
    if (need <= column->bytes_capacity)
        return OK;
    size_t capacity = column->bytes_capacity < 256 ? 256 : column->bytes_capacity;
    while (capacity < need)
        capacity += capacity / 2;
    char *bytes = realloc(column->bytes, capacity);
    if (bytes == NULL)
        return no_memory(err);
    column->bytes = bytes;
    column->bytes_capacity = capacity;
    return OK;
}

enum error_code builder_ensure_nulls(struct builder_column *column, struct error *err)
{
    if (column->nulls != NULL)
        return OK;
    column->nulls = calloc(NULL_WORDS, sizeof(*column->nulls));
    return column->nulls == NULL ? no_memory(err) : OK;
}

static void zero_value(struct batch_builder *builder, struct builder_column *column)
{
    size_t row = builder->n_rows;
    size_t width = schema_type_width(column->type);
    if (width == 0)
        column->offsets[row + 1] = column->offsets[row];
    else
        memset((char *)column->data + row * width, 0, width);
}

enum error_code batch_builder_put_null(struct batch_builder *builder, size_t column,
                                       struct error *err)
{
    assert(column < builder->schema->n_columns && builder->n_rows < BATCH_ROWS);
    struct builder_column *target = &builder->columns[column];
    if (target->required)
        return error_set(err, ERR_DATA,
                         schema_is_key(builder->schema, column)
                             ? "NULL in a key column"
                             : "NULL in a column that must not be NULL");
    TRY(builder_reserve_row(builder, err));
    TRY(builder_ensure_nulls(target, err));
    uint64_t bit = UINT64_C(1) << (builder->n_rows % 64);
    target->n_nulls += (target->nulls[builder->n_rows / 64] & bit) == 0;
    target->nulls[builder->n_rows / 64] |= bit;
    zero_value(builder, target);
    return OK;
}

static enum error_code put_numeric(struct batch_builder *builder, struct builder_column *column,
                                   const char *text, size_t len, struct error *err)
{
    struct numeric_scan scan = {0};
    char quoted[VALUE_QUOTE_BYTES];
    TRY(numeric_scan(text, len, &scan, err));
    if (scan.special != NULL && !column->allow_nonfinite)
        return error_set(err, ERR_DATA,
                         "'%s' is not finite, which this column does not allow for numeric",
                         value_quote(text, len, quoted));
    TRY(builder_reserve_text(builder, column, scan.text_len, err));
    size_t start = column->offsets[builder->n_rows];
    numeric_write(&scan, column->bytes + start);
    column->offsets[builder->n_rows + 1] = (uint32_t)(start + scan.text_len);
    return OK;
}

static enum error_code put_text(struct batch_builder *builder, struct builder_column *column,
                                const char *text, size_t len, struct error *err)
{
    TRY(value_check_text(text, len, err));
    return builder_put_bytes(builder, column, text, len, err);
}

enum error_code batch_builder_put_text(struct batch_builder *builder, size_t column,
                                       const char *text, size_t len, struct error *err)
{
    assert(column < builder->schema->n_columns && builder->n_rows < BATCH_ROWS);
    TRY(builder_reserve_row(builder, err));
    struct builder_column *target = &builder->columns[column];
    size_t row = builder->n_rows;
    bool nonfinite = target->allow_nonfinite;
    switch (target->type) {
    case TYPE_BIGINT:
        return value_parse_bigint(text, len, &target->i64[row], err);
    case TYPE_INTEGER:
        return value_parse_integer(text, len, &target->i32[row], err);
    case TYPE_REAL:
        return value_parse_real(text, len, nonfinite, &target->f32[row], err);
    case TYPE_DOUBLE:
        return value_parse_double(text, len, nonfinite, &target->f64[row], err);
    case TYPE_NUMERIC:
        return put_numeric(builder, target, text, len, err);
    case TYPE_TEXT:
        return put_text(builder, target, text, len, err);
    case TYPE_BOOLEAN:
        return value_parse_boolean(text, len, &target->u8[row], err);
    case TYPE_DATE:
        return value_parse_date(text, len, nonfinite, &target->i32[row], err);
    case TYPE_TIMESTAMPTZ:
        return value_parse_timestamptz(text, len, nonfinite, &target->i64[row], err);
    case TYPE_UUID:
        return value_parse_uuid(text, len, &target->uuid[row], err);
    }
    return error_set(err, ERR_DATA, "column of an unknown type");
}

void batch_builder_end_row(struct batch_builder *builder)
{
    assert(builder->n_rows < BATCH_ROWS);
    builder->n_rows++;
}

void builder_forget_nulls(struct batch_builder *builder, size_t count)
{
    for (size_t i = 0; i < builder->schema->n_columns; i++) {
        struct builder_column *column = &builder->columns[i];
        for (size_t row = builder->n_rows; column->n_nulls > 0 && row < builder->n_rows + count;
             row++) {
            uint64_t bit = UINT64_C(1) << (row % 64);
            column->n_nulls -= (column->nulls[row / 64] & bit) != 0;
            column->nulls[row / 64] &= ~bit;
        }
    }
}

void batch_builder_drop_row(struct batch_builder *builder)
{
    builder_forget_nulls(builder, 1);
}
