/* Rows of two snapshots as the pairing hands them on: a slice at a time, all of one kind. */
#ifndef LG_DIFF_SLICE_H
#define LG_DIFF_SLICE_H

#include "diff/vector.h"
#include "snapshot/batch.h"

/*
 * What became of a row. Every row of a snapshot is in exactly one slice; a kept slice has a row of
 * each side in every place, all others have rows of one side.
 */
enum row_kind {
    ROWS_KEPT,
    ROWS_ADDED,
    ROWS_REMOVED,
    ROWS_DUPLICATE,    /* new rows whose key stands more than once on the new side */
    ROWS_NEW_UNPAIRED, /* new rows whose key stands more than once on the old side only */
    ROWS_OLD_UNPAIRED, /* old rows whose key stands more than once on a side */
};
#define N_ROW_KINDS 6

/* Sets of kinds, a bit each. */
#define ROWS_BIT(kind) (1U << (kind))
#define ROWS_OF_NEW                                                                                \
    (ROWS_BIT(ROWS_KEPT) | ROWS_BIT(ROWS_ADDED) | ROWS_BIT(ROWS_DUPLICATE) |                       \
     ROWS_BIT(ROWS_NEW_UNPAIRED))
#define ROWS_OF_OLD (ROWS_BIT(ROWS_KEPT) | ROWS_BIT(ROWS_REMOVED) | ROWS_BIT(ROWS_OLD_UNPAIRED))
#define ROWS_OF_EITHER (ROWS_OF_NEW | ROWS_BIT(ROWS_REMOVED) | ROWS_BIT(ROWS_OLD_UNPAIRED))

/*
 * Rows of one block: start, start + 1, ... if index is NULL, else index[0], index[1], ... columns
 * are the block's, NULL if the slice has no rows of this side. block is its number.
 */
struct rows {
    const struct column *columns;
    size_t block;
    size_t start;
    const uint32_t *index;
};

/* n rows, at most SLICE_ROWS; sides[SIDE_NEW] and sides[SIDE_OLD]. */
struct slice {
    enum row_kind kind;
    size_t n;
    uint64_t first; /* number of rows of this kind before these */
    struct rows sides[2];
};

static inline size_t rows_at(const struct rows *rows, size_t i)
{
    return rows->index != NULL ? rows->index[i] : rows->start + i;
}

/*
 * Column `column` of n rows as a vector: a view into the block where the form allows it, else
 * written to the buffer. All NULL if there are no rows of this side; type is that of the column.
 */
struct vector rows_load(const struct rows *rows, size_t column, enum value_type type, size_t n,
                        struct vector_buffer *buffer);

/*
 * Which rows of a kept slice differ: a byte each, 1 if any value column of the new row is distinct
 * from the old one. NaN equals NaN, 1.0 equals 1.00.
 */
void slice_changed(const struct schema *schema, const struct slice *slice, uint8_t *ret_changed);

#endif
