#include <assert.h>

#include "snapshot/builder.h"

static void set_null_at(struct builder_column *column, size_t row)
{
    column->nulls[row / 64] |= UINT64_C(1) << (row % 64);
    column->n_nulls++;
}

static enum error_code append_text(struct batch_builder *builder, struct builder_column *target,
                                   const struct column *source, size_t first, size_t count,
                                   struct error *err)
{
    uint32_t from = source->offsets[first];
    size_t len = source->offsets[first + count] - from;
    TRY(builder_reserve_text(builder, target, len, err));
    uint32_t start = target->offsets[builder->n_rows];
    if (len > 0)
        memcpy(target->bytes + start, source->bytes + from, len);
    for (size_t i = 1; i <= count; i++)
        target->offsets[builder->n_rows + i] = source->offsets[first + i] - from + start;
    return OK;
}

static enum error_code append_column(struct batch_builder *builder, struct builder_column *target,
                                     const struct column *source, size_t first, size_t count,
                                     struct error *err)
{
    size_t width = schema_type_width(target->type);
    if (width == 0)
        TRY(append_text(builder, target, source, first, count, err));
    else
        memcpy((char *)target->data + builder->n_rows * width,
               (const char *)source->data + first * width, count * width);
    if (source->n_nulls == 0)
        return OK;
    TRY(builder_ensure_nulls(target, err));
    for (size_t i = 0; i < count; i++) {
        if (column_is_null(source, first + i))
            set_null_at(target, builder->n_rows + i);
    }
    return OK;
}

enum error_code builder_put_rows(struct batch_builder *builder, const struct batch *batch,
                                 size_t first, size_t count, struct error *err)
{
    assert(builder->n_rows + count <= BATCH_ROWS);
    TRY(builder_reserve_rows(builder, builder->n_rows + count, err));
    for (size_t i = 0; i < builder->schema->n_columns; i++) {
        enum error_code code =
            append_column(builder, &builder->columns[i], &batch->columns[i], first, count, err);
        if (code != OK) {
            builder_forget_nulls(builder, count);
            return code;
        }
    }
    builder->n_rows += count;
    return OK;
}

enum error_code batch_builder_put_row(struct batch_builder *builder, const struct batch *batch,
                                      size_t row, struct error *err)
{
    return builder_put_rows(builder, batch, row, 1, err);
}

static enum error_code gather_text(struct batch_builder *builder, size_t column,
                                   const struct row_ref *rows, size_t count, struct error *err)
{
    struct builder_column *target = &builder->columns[column];
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        const uint32_t *offsets = rows[i].batch->columns[column].offsets;
        total += offsets[rows[i].row + 1] - offsets[rows[i].row];
    }
    TRY(builder_reserve_text(builder, target, total, err));
    uint32_t end = target->offsets[builder->n_rows];
    for (size_t i = 0; i < count; i++) {
        size_t len = 0;
        const char *text = column_text(&rows[i].batch->columns[column], rows[i].row, &len);
        if (len > 0)
            memcpy(target->bytes + end, text, len);
        end += (uint32_t)len;
        target->offsets[builder->n_rows + i + 1] = end;
    }
    return OK;
}

static void gather_fixed(struct batch_builder *builder, size_t column, const struct row_ref *rows,
                         size_t count)
{
    struct builder_column *target = &builder->columns[column];
    size_t width = schema_type_width(target->type);
    char *out = (char *)target->data + builder->n_rows * width;
    for (size_t i = 0; i < count; i++) {
        const char *source = rows[i].batch->columns[column].data;
        if (width == 8)
            memcpy(out + i * 8, source + rows[i].row * 8, 8);
        else
            memcpy(out + i * width, source + rows[i].row * width, width);
    }
}

static enum error_code gather_nulls(struct batch_builder *builder, size_t column,
                                    const struct row_ref *rows, size_t count, struct error *err)
{
    struct builder_column *target = &builder->columns[column];
    if (target->required)
        return OK;
    for (size_t i = 0; i < count; i++) {
        if (column_is_null(&rows[i].batch->columns[column], rows[i].row)) {
            TRY(builder_ensure_nulls(target, err));
            set_null_at(target, builder->n_rows + i);
        }
    }
    return OK;
}

static enum error_code gather_column(struct batch_builder *builder, size_t column,
                                     const struct row_ref *rows, size_t count, struct error *err)
{
    if (schema_type_width(builder->columns[column].type) == 0)
        TRY(gather_text(builder, column, rows, count, err));
    else
        gather_fixed(builder, column, rows, count);
    return gather_nulls(builder, column, rows, count, err);
}

enum error_code builder_gather(struct batch_builder *builder, const struct row_ref *rows,
                               size_t count, struct error *err)
{
    assert(builder->n_rows + count <= BATCH_ROWS);
    TRY(builder_reserve_rows(builder, builder->n_rows + count, err));
    for (size_t i = 0; i < builder->schema->n_columns; i++) {
        enum error_code code = gather_column(builder, i, rows, count, err);
        if (code != OK) {
            builder_forget_nulls(builder, count);
            return code;
        }
    }
    builder->n_rows += count;
    return OK;
}
