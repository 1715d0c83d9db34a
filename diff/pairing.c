#include "diff/pairing.h"

#include <stdlib.h>
#include <string.h>

#include "diff/cursor.h"
#include "diff/keys.h"

/* A run of at least this many rows is not copied together with others, but handed on in place. */
#define LONG_RUN 256

/* Rows of one kind of the blocks at hand that wait for a full slice. */
struct waiting {
    uint32_t index[2][SLICE_ROWS];
    size_t start[2];
    size_t n;
    bool one_run;
    uint64_t first;
};

struct pairing {
    struct cursor sides[2];
    struct waiting waiting[N_ROW_KINDS];
    bool old_key_seen; /* the old row at hand has the key of new rows that could not be paired */
    uint64_t rows_done;
    const struct pairing_sink *sink;
};

enum error_code pairing_new(struct packed *old_snapshot, struct packed *new_snapshot,
                            struct pairing **ret_pairing, struct error *err)
{
    CLEANUP(pairing_cleanup) struct pairing *pairing = calloc(1, sizeof(*pairing));
    if (pairing == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for pairing rows");
    TRY(cursor_init(&pairing->sides[SIDE_NEW], new_snapshot, err));
    TRY(cursor_init(&pairing->sides[SIDE_OLD], old_snapshot, err));
    *ret_pairing = TAKE(pairing);
    return OK;
}

void pairing_free(struct pairing *pairing)
{
    if (pairing == NULL)
        return;
    cursor_release(&pairing->sides[SIDE_NEW]);
    cursor_release(&pairing->sides[SIDE_OLD]);
    free(pairing);
}

size_t pairing_windows(const struct pairing *pairing)
{
    size_t n_blocks = cursor_last(&pairing->sides[SIDE_NEW]).block;
    return n_blocks > 0 ? n_blocks : 1;
}

static bool kind_has_side(enum row_kind kind, enum side side)
{
    return (ROWS_BIT(kind) & (side == SIDE_NEW ? ROWS_OF_NEW : ROWS_OF_OLD)) != 0;
}

static enum error_code emit(struct pairing *pairing, enum row_kind kind, const size_t start[2],
                            bool by_index, size_t n, struct error *err)
{
    struct waiting *waiting = &pairing->waiting[kind];
    struct slice slice = {.kind = kind, .n = n, .first = waiting->first};
    for (enum side side = SIDE_NEW; side <= SIDE_OLD; side++)
        if (kind_has_side(kind, side))
            slice.sides[side] = (struct rows){.columns = pairing->sides[side].batch.columns,
                                              .block = pairing->sides[side].next_block - 1,
                                              .start = start[side],
                                              .index = by_index ? waiting->index[side] : NULL};
    waiting->first += n;
    return pairing->sink->on_slice(&slice, pairing->sink->arg, err);
}

static enum error_code flush(struct pairing *pairing, enum row_kind kind, struct error *err)
{
    struct waiting *waiting = &pairing->waiting[kind];
    size_t n = waiting->n;
    if (n == 0)
        return OK;
    waiting->n = 0;
    return emit(pairing, kind, waiting->start, !waiting->one_run, n, err);
}

/* The blocks at hand are about to change. */
static enum error_code flush_all(struct pairing *pairing, struct error *err)
{
    for (enum row_kind kind = ROWS_KEPT; kind < N_ROW_KINDS; kind++)
        TRY(flush(pairing, kind, err));
    return OK;
}

static void wait_side(struct waiting *waiting, enum side side, size_t start, size_t n)
{
    if (waiting->n == 0)
        waiting->start[side] = start;
    waiting->one_run &= start == waiting->start[side] + waiting->n;
    uint32_t *index = waiting->index[side] + waiting->n;
    for (size_t i = 0; i < n; i++)
        index[i] = (uint32_t)(start + i);
}

/* Takes over up to n rows; *ret_taken of them fit. */
static enum error_code take_rows(struct pairing *pairing, enum row_kind kind, const size_t start[2],
                                 size_t n, size_t *ret_taken, struct error *err)
{
    struct waiting *waiting = &pairing->waiting[kind];
    size_t room = SLICE_ROWS - waiting->n;
    *ret_taken = n < room ? n : room;
    if (waiting->n == 0 && n >= LONG_RUN)
        return emit(pairing, kind, start, false, *ret_taken, err);
    if (waiting->n == 0)
        waiting->one_run = true;
    for (enum side side = SIDE_NEW; side <= SIDE_OLD; side++)
        if (kind_has_side(kind, side))
            wait_side(waiting, side, start[side], *ret_taken);
    waiting->n += *ret_taken;
    return waiting->n == SLICE_ROWS ? flush(pairing, kind, err) : OK;
}

/* The next n rows, of the sides that the kind has, are of this kind. */
static enum error_code classify(struct pairing *pairing, enum row_kind kind, size_t n,
                                struct error *err)
{
    struct cursor *new_side = &pairing->sides[SIDE_NEW];
    struct cursor *old_side = &pairing->sides[SIDE_OLD];
    size_t start[2] = {new_side->row, old_side->row};
    if (kind_has_side(kind, SIDE_NEW))
        new_side->row += n;
    if (kind_has_side(kind, SIDE_OLD))
        old_side->row += n;
    while (n > 0) {
        size_t taken = 0;
        TRY(take_rows(pairing, kind, start, n, &taken, err));
        start[SIDE_NEW] += taken;
        start[SIDE_OLD] += taken;
        n -= taken;
    }
    return OK;
}

static bool is_repeated(const struct cursor *cursor)
{
    return cursor->repeated != NULL && cursor->repeated[cursor->row] != 0;
}

/* Old rows that stand before everything new. */
static enum error_code leave_old(struct pairing *pairing, size_t n, struct error *err)
{
    const struct cursor *side = &pairing->sides[SIDE_OLD];
    if (side->repeated == NULL && !pairing->old_key_seen)
        return classify(pairing, ROWS_REMOVED, n, err);
    for (size_t i = 0; i < n; i++) {
        bool unpaired = is_repeated(side) || pairing->old_key_seen;
        pairing->old_key_seen = false;
        TRY(classify(pairing, unpaired ? ROWS_OLD_UNPAIRED : ROWS_REMOVED, 1, err));
    }
    return OK;
}

/* New rows that stand before everything old. */
static enum error_code leave_new(struct pairing *pairing, size_t n, struct error *err)
{
    const struct cursor *side = &pairing->sides[SIDE_NEW];
    if (side->repeated == NULL)
        return classify(pairing, ROWS_ADDED, n, err);
    for (size_t i = 0; i < n; i++)
        TRY(classify(pairing, is_repeated(side) ? ROWS_DUPLICATE : ROWS_ADDED, 1, err));
    return OK;
}

static size_t rows_left(const struct cursor *cursor)
{
    return cursor->n_rows - cursor->row;
}

/* Rows that are alike: up to the next one whose key is repeated, or that one alone. */
static size_t rows_alike(const struct cursor *cursor)
{
    size_t left = rows_left(cursor);
    if (cursor->repeated == NULL || is_repeated(cursor))
        return cursor->repeated == NULL ? left : 1;
    const uint8_t *rows = cursor->repeated + cursor->row;
    const uint8_t *next = memchr(rows, 1, left);
    return next == NULL ? left : (size_t)(next - rows);
}

/* A run of alike rows have equal keys on both sides. */
static enum error_code meet(struct pairing *pairing, size_t run, struct error *err)
{
    const struct cursor *new_side = &pairing->sides[SIDE_NEW];
    if (!is_repeated(new_side) && !is_repeated(&pairing->sides[SIDE_OLD]))
        return classify(pairing, ROWS_KEPT, run, err);
    pairing->old_key_seen = true;
    return classify(pairing, is_repeated(new_side) ? ROWS_DUPLICATE : ROWS_NEW_UNPAIRED, 1, err);
}

static enum error_code merge_blocks(struct pairing *pairing, struct error *err)
{
    struct cursor *x = &pairing->sides[SIDE_NEW];
    struct cursor *y = &pairing->sides[SIDE_OLD];
    while (!cursor_at_block_end(x) && !cursor_at_block_end(y)) {
        size_t x_alike = rows_alike(x);
        size_t y_alike = rows_alike(y);
        size_t most = x_alike < y_alike ? x_alike : y_alike;
        size_t run = keys_equal_run(&x->batch, x->row, &y->batch, y->row, most);
        if (run > 0) {
            TRY(meet(pairing, run, err));
            continue;
        }
        run = keys_below_run(&y->batch, y->row, rows_left(y), &x->batch, x->row);
        if (run > 0) {
            TRY(leave_old(pairing, run, err));
            continue;
        }
        run = keys_below_run(&x->batch, x->row, rows_left(x), &y->batch, y->row);
        TRY(leave_new(pairing, run, err));
    }
    return OK;
}

/* Brings a side that has used up its block to its next one. */
static enum error_code advance(struct pairing *pairing, enum side side, struct error *err)
{
    struct cursor *cursor = &pairing->sides[side];
    if (!cursor_at_block_end(cursor) || !cursor_has_next_block(cursor))
        return OK;
    TRY(flush_all(pairing, err));
    TRY(cursor_next_block(cursor, err));
    pairing->rows_done += cursor->n_rows;
    return pairing->sink->on_block(pairing->rows_done, pairing->sink->arg, err);
}

static enum error_code merge(struct pairing *pairing, struct error *err)
{
    struct cursor *new_side = &pairing->sides[SIDE_NEW];
    struct cursor *old_side = &pairing->sides[SIDE_OLD];
    for (;;) {
        TRY(advance(pairing, SIDE_NEW, err));
        TRY(advance(pairing, SIDE_OLD, err));
        if (cursor_at_block_end(new_side) && cursor_at_block_end(old_side))
            return flush_all(pairing, err);
        if (cursor_at_block_end(new_side))
            TRY(leave_old(pairing, rows_left(old_side), err));
        else if (cursor_at_block_end(old_side))
            TRY(leave_new(pairing, rows_left(new_side), err));
        else
            TRY(merge_blocks(pairing, err));
    }
}

/* Where the old rows of a window begin: at the first key of its new block. */
static enum error_code old_begin(struct pairing *pairing, size_t window,
                                 struct position *ret_position, struct error *err)
{
    struct cursor *new_side = &pairing->sides[SIDE_NEW];
    struct cursor *old_side = &pairing->sides[SIDE_OLD];
    *ret_position = window == 0 ? cursor_first(old_side) : cursor_last(old_side);
    if (window == 0 || window >= pairing_windows(pairing) || old_side->packed == NULL)
        return OK;
    struct position begin = {.block = window};
    TRY(cursor_seek(new_side, begin, cursor_last(new_side), err));
    return cursor_lower_bound(old_side, &new_side->batch, 0, ret_position, err);
}

static enum error_code seek(struct pairing *pairing, size_t first, size_t last, struct error *err)
{
    struct cursor *new_side = &pairing->sides[SIDE_NEW];
    struct position old_from;
    struct position old_to;
    struct position new_from = {.block = first};
    struct position new_to = {.block = last};
    TRY(old_begin(pairing, first, &old_from, err));
    TRY(old_begin(pairing, last, &old_to, err));
    if (last >= pairing_windows(pairing))
        new_to = cursor_last(new_side);
    TRY(cursor_seek(new_side, new_from, new_to, err));
    return cursor_seek(&pairing->sides[SIDE_OLD], old_from, old_to, err);
}

enum error_code pairing_run(struct pairing *pairing, size_t first_window, size_t n_windows,
                            const struct pairing_sink *sink, struct error *err)
{
    pairing->sink = sink;
    pairing->old_key_seen = false;
    for (size_t kind = 0; kind < N_ROW_KINDS; kind++) {
        pairing->waiting[kind].n = 0;
        pairing->waiting[kind].first = 0;
    }
    TRY(seek(pairing, first_window, first_window + n_windows, err));
    pairing->rows_done = pairing->sides[SIDE_NEW].n_rows + pairing->sides[SIDE_OLD].n_rows;
    TRY(sink->on_block(pairing->rows_done, sink->arg, err));
    return merge(pairing, err);
}
