#include "diff/column_rows.h"

#include <stdlib.h>
#include <string.h>

#include "diff/segment_text.h"

/* Memory of which by-values belong to the segment is started anew beyond this. */
#define REMEMBERED_VALUES 65536

static enum value_type column_type(const struct column_rows *rows, size_t column)
{
    return value_type_of_column(rows->schema->columns[column].type);
}

static enum error_code new_buffer(struct vector_buffer *buffer, struct error *err)
{
    buffer->data = calloc(SLICE_ROWS, VECTOR_MAX_WIDTH);
    buffer->nulls = calloc(SLICE_ROWS, 1);
    if (buffer->data == NULL || buffer->nulls == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for the rows of a column");
    return OK;
}

enum error_code column_rows_init(struct column_rows *rows, const struct schema *schema,
                                 size_t column, const struct segment_choice *segment,
                                 struct error *err)
{
    enum value_type types[MEASURE_MAX_BY] = {0};
    *rows = (struct column_rows){.schema = schema, .column = column};
    rows->type = column_type(rows, column);
    if (rows->type == VALUE_NUMERIC)
        rows->type = VALUE_DOUBLE;
    for (size_t i = 0; i < 2; i++)
        TRY(new_buffer(&rows->buffers[i], err));
    if (segment == NULL || segment->n_by == 0)
        return OK;
    rows->segment = *segment;
    for (size_t i = 0; i < segment->n_by; i++) {
        types[i] = column_type(rows, segment->by[i]);
        TRY(new_buffer(&rows->buffers[i + 2], err));
    }
    value_table_init(&rows->seen, types, segment->n_by);
    rows->belongs = calloc(REMEMBERED_VALUES + 1, 1);
    if (rows->belongs == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for the rows of a column");
    return OK;
}

void column_rows_release(struct column_rows *rows)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows->buffers); i++) {
        free(rows->buffers[i].data);
        free(rows->buffers[i].nulls);
    }
    value_table_release(&rows->seen);
    free(rows->belongs);
}

struct vector column_rows_load(struct column_rows *rows, const struct rows *of, size_t n,
                               size_t index)
{
    struct vector_buffer *buffer = &rows->buffers[index];
    enum value_type type = column_type(rows, rows->column);
    struct vector values = rows_load(of, rows->column, type, n, buffer);
    if (type != VALUE_NUMERIC)
        return values;
    double numbers[SLICE_ROWS];
    for (size_t i = 0; i < n; i++) {
        struct text_ref text = values.text[i];
        bool is_null = values.nulls != NULL && values.nulls[i] != 0;
        numbers[i] = is_null ? 0 : numeric_to_double(text.bytes, text.len);
    }
    memcpy(buffer->data, numbers, n * sizeof(*numbers));
    values.type = VALUE_DOUBLE;
    return values;
}

static bool is_segment(const struct segment_choice *choice, const char *text)
{
    for (size_t i = 0; i < choice->n_segments; i++)
        if (!choice->segments[i].is_rest && strcmp(choice->segments[i].text, text) == 0)
            return true;
    return false;
}

static bool row_belongs(const struct column_rows *rows, const struct vector *columns, size_t row)
{
    const char *names[MEASURE_MAX_BY];
    struct value values[MEASURE_MAX_BY];
    struct arena scratch = {0};
    const struct segment_choice *choice = &rows->segment;
    for (size_t i = 0; i < choice->n_by; i++) {
        names[i] = rows->schema->columns[choice->by[i]].name;
        values[i] = vector_value(&columns[i], row);
    }
    const char *text = segment_text(names, values, choice->n_by, &scratch);
    bool is_rest = strcmp(choice->text, SEGMENT_REST_TEXT) == 0;
    bool belongs = is_rest ? !is_segment(choice, text) : strcmp(text, choice->text) == 0;
    arena_release(&scratch);
    return belongs;
}

/* Finds out of a value that had not been seen before the slice. */
static enum error_code select_new(struct column_rows *rows, const struct vector *columns,
                                  size_t row, uint64_t hash, uint8_t *ret_select, struct error *err)
{
    uint32_t index = value_table_find(&rows->seen, columns, row, hash);
    if (index == VALUE_TABLE_NONE) {
        if (rows->seen.size == REMEMBERED_VALUES)
            value_table_clear(&rows->seen);
        TRY(value_table_add(&rows->seen, columns, row, hash, &index, err));
        rows->belongs[index] = row_belongs(rows, columns, row);
    }
    *ret_select = rows->belongs[index];
    return OK;
}

enum error_code column_rows_select(struct column_rows *rows, const struct rows *of, size_t n,
                                   uint8_t *ret_select, struct error *err)
{
    struct vector columns[MEASURE_MAX_BY];
    uint64_t hashes[SLICE_ROWS];
    uint32_t indices[SLICE_ROWS];
    size_t n_by = rows->segment.n_by;
    memset(ret_select, 1, n);
    if (n_by == 0)
        return OK;
    for (size_t i = 0; i < n_by; i++)
        columns[i] =
            rows_load(of, rows->segment.by[i], rows->seen.types[i], n, &rows->buffers[i + 2]);
    value_hash_rows(columns, n_by, n, hashes);
    value_table_find_rows(&rows->seen, columns, n, hashes, indices);
    for (size_t i = 0; i < n; i++)
        if (indices[i] != VALUE_TABLE_NONE)
            ret_select[i] = rows->belongs[indices[i]];
    /* Only now, since room for a new value is made by forgetting all of them. */
    for (size_t i = 0; i < n; i++)
        if (indices[i] == VALUE_TABLE_NONE)
            TRY(select_new(rows, columns, i, hashes[i], &ret_select[i], err));
    return OK;
}
