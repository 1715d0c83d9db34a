#include "diff/cursor.h"

#include <stdlib.h>
#include <string.h>

enum error_code cursor_init(struct cursor *cursor, struct packed *packed, struct error *err)
{
    *cursor = (struct cursor){.packed = packed};
    if (packed == NULL)
        return OK;
    size_t n_columns = packed_schema(packed)->n_columns;
    bool repeats = packed_duplicate_rows(packed) > 0;
    cursor->columns = calloc(n_columns, sizeof(*cursor->columns));
    cursor->neighbour = calloc(n_columns, sizeof(*cursor->neighbour));
    if (repeats)
        cursor->repeated_rows = malloc(BATCH_ROWS);
    if (cursor->columns == NULL || cursor->neighbour == NULL ||
        (repeats && cursor->repeated_rows == NULL)) {
        cursor_release(cursor);
        return error_set(err, ERR_MEMORY, "out of memory for the columns of a snapshot");
    }
    return OK;
}

void cursor_release(struct cursor *cursor)
{
    free(cursor->columns);
    free(cursor->neighbour);
    free(cursor->repeated_rows);
    *cursor = (struct cursor){0};
}

struct position cursor_first(const struct cursor *cursor)
{
    (void)cursor;
    return (struct position){0};
}

struct position cursor_last(const struct cursor *cursor)
{
    return (struct position){.block = cursor->packed == NULL ? 0 : packed_blocks(cursor->packed)};
}

bool cursor_at_block_end(const struct cursor *cursor)
{
    return cursor->row >= cursor->n_rows;
}

bool cursor_has_next_block(const struct cursor *cursor)
{
    return cursor->next_block < cursor->end.block ||
           (cursor->next_block == cursor->end.block && cursor->end.row > 0);
}

static enum error_code load(struct cursor *cursor, size_t block, struct error *err)
{
    return packed_block(cursor->packed, block, cursor->columns, &cursor->batch, err);
}

/* Whether a row of the block at hand has the key of the first or last row of another block. */
static enum error_code repeats_in(struct cursor *cursor, size_t row, size_t block, bool last,
                                  uint8_t *ret_repeats, struct error *err)
{
    struct batch other;
    TRY(packed_block(cursor->packed, block, cursor->neighbour, &other, err));
    size_t other_row = last ? other.n_rows - 1 : 0;
    *ret_repeats = batch_compare_keys(&cursor->batch, row, &other, other_row) == 0;
    return OK;
}

static enum error_code mark_repeated(struct cursor *cursor, size_t block, struct error *err)
{
    const struct batch *batch = &cursor->batch;
    uint8_t *repeated = cursor->repeated_rows;
    size_t last = batch->n_rows - 1;
    memset(repeated, 0, batch->n_rows);
    if (block > 0)
        TRY(repeats_in(cursor, 0, block - 1, true, &repeated[0], err));
    if (block + 1 < packed_blocks(cursor->packed) && repeated[last] == 0)
        TRY(repeats_in(cursor, last, block + 1, false, &repeated[last], err));
    for (size_t i = 1; i < batch->n_rows; i++) {
        uint8_t same = batch_compare_keys(batch, i - 1, batch, i) == 0;
        repeated[i - 1] |= same;
        repeated[i] |= same;
    }
    cursor->repeated = memchr(repeated, 1, batch->n_rows) != NULL ? repeated : NULL;
    return OK;
}

enum error_code cursor_next_block(struct cursor *cursor, struct error *err)
{
    size_t block = cursor->next_block;
    TRY(load(cursor, block, err));
    cursor->repeated = NULL;
    if (cursor->repeated_rows != NULL && cursor->batch.n_rows > 0)
        TRY(mark_repeated(cursor, block, err));
    cursor->row = 0;
    cursor->n_rows = block == cursor->end.block ? cursor->end.row : cursor->batch.n_rows;
    cursor->next_block = block + 1;
    return OK;
}

enum error_code cursor_seek(struct cursor *cursor, struct position begin, struct position end,
                            struct error *err)
{
    cursor->next_block = begin.block;
    cursor->end = end;
    cursor->row = 0;
    cursor->n_rows = 0;
    if (!cursor_has_next_block(cursor))
        return OK;
    TRY(cursor_next_block(cursor, err));
    cursor->row = begin.row;
    return OK;
}

/* First row of the block at hand that is not below the key. */
static size_t lower_bound_in_block(const struct cursor *cursor, const struct batch *batch,
                                   size_t row)
{
    size_t low = 0;
    size_t high = cursor->batch.n_rows;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (batch_compare_keys(&cursor->batch, middle, batch, row) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

enum error_code cursor_lower_bound(struct cursor *cursor, const struct batch *batch, size_t row,
                                   struct position *ret_position, struct error *err)
{
    size_t low = 0;
    size_t high = cursor_last(cursor).block;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        TRY(load(cursor, middle, err));
        if (batch_compare_keys(&cursor->batch, 0, batch, row) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0) {
        *ret_position = (struct position){0};
        return OK;
    }
    TRY(load(cursor, low - 1, err));
    size_t bound = lower_bound_in_block(cursor, batch, row);
    *ret_position = bound < cursor->batch.n_rows ? (struct position){.block = low - 1, .row = bound}
                                                 : (struct position){.block = low};
    return OK;
}
