/* One column of the rows of one side, for what is computed of a column on demand. */
#ifndef LG_DIFF_COLUMN_ROWS_H
#define LG_DIFF_COLUMN_ROWS_H

#include "diff/distribution.h"
#include "diff/slice.h"
#include "diff/value_table.h"

/* segment.by is NULL if all rows are wanted. Has to stay where it was initialised. */
struct column_rows {
    const struct schema *schema;
    size_t column;
    enum value_type type; /* of the values as they come: DOUBLE for a NUMERIC */
    struct segment_choice segment;
    struct value_table seen; /* values of the by-columns that have been looked at */
    uint8_t *belongs;        /* one per entry of seen */
    struct vector_buffer buffers[MEASURE_MAX_BY + 2];
};

/* segment may be NULL. ERR_MEMORY. */
enum error_code column_rows_init(struct column_rows *rows, const struct schema *schema,
                                 size_t column, const struct segment_choice *segment,
                                 struct error *err) MUST_CHECK;
void column_rows_release(struct column_rows *rows);

/* The column of n rows; valid until the next call with the same index, 0 or 1. */
struct vector column_rows_load(struct column_rows *rows, const struct rows *of, size_t n,
                               size_t index);

/* A byte for each of n rows, 1 if it belongs to the segment. ERR_MEMORY. */
enum error_code column_rows_select(struct column_rows *rows, const struct rows *of, size_t n,
                                   uint8_t *ret_select, struct error *err) MUST_CHECK;

#endif
