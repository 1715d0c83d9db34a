/* A place in a packed snapshot that moves forward block by block. */
#ifndef LG_DIFF_CURSOR_H
#define LG_DIFF_CURSOR_H

#include "snapshot/packed.h"

struct position {
    size_t block;
    size_t row;
};

/*
 * Rows row .. n_rows of the block at hand are still to come, then the blocks up to end. repeated is
 * NULL, or has a byte for each row of the block that is 1 if its key stands more than once in the
 * snapshot. packed may be NULL, which is an empty snapshot; it is not owned.
 */
struct cursor {
    struct packed *packed;
    struct batch batch;
    size_t row;
    size_t n_rows;
    const uint8_t *repeated;

    size_t next_block;
    struct position end;
    struct column *columns;   /* of the block at hand */
    struct column *neighbour; /* of the block before or after, while looking for repeated keys */
    uint8_t *repeated_rows;   /* BATCH_ROWS; NULL if the snapshot has no repeated key */
};

/* ERR_MEMORY. The cursor stands nowhere until cursor_seek. */
enum error_code cursor_init(struct cursor *cursor, struct packed *packed,
                            struct error *err) MUST_CHECK;
void cursor_release(struct cursor *cursor);

/* Places before the first row and after the last one. */
struct position cursor_first(const struct cursor *cursor);
struct position cursor_last(const struct cursor *cursor);

/* The first row whose key is not below that of a row of another snapshot. Moves the cursor. */
enum error_code cursor_lower_bound(struct cursor *cursor, const struct batch *batch, size_t row,
                                   struct position *ret_position, struct error *err) MUST_CHECK;

/* The rows to come are those from begin up to, not including, end. */
enum error_code cursor_seek(struct cursor *cursor, struct position begin, struct position end,
                            struct error *err) MUST_CHECK;

/* Whether the block at hand is used up; whether there are more. */
bool cursor_at_block_end(const struct cursor *cursor);
bool cursor_has_next_block(const struct cursor *cursor);

/* Moves on to the next block. ERR_CORRUPT. */
enum error_code cursor_next_block(struct cursor *cursor, struct error *err) MUST_CHECK;

#endif
