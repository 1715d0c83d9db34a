/*
 * overlap(): keeps the k rows with the largest values of each side by their place in the snapshot,
 * which is the order of the keys. Rows come in another order than that, so ties are decided by the
 * place. A new row that is kept also brings the place of its old row along, by which the two sides
 * meet in the end. Room for half as many again is filled before the k best are selected anew.
 */
#include <stdlib.h>

#include "diff/accumulator.h"
#include "diff/value_order.h"

#define NO_PLACE UINT64_MAX
#define SPARE_ROWS ((size_t)1024)
#define MAX_TOTAL_ROWS ((size_t)1 << 23) /* of all segments and both sides */

struct ranked {
    int64_t order;
    uint64_t place;
    uint64_t partner; /* place of the old row of a kept new one */
};

struct top {
    struct ranked *rows;
    size_t n;
    size_t capacity;
    int64_t least; /* rows below this are not among the best; INT64_MIN at first */
};

struct overlap {
    struct top sides[2];
};

static enum error_code overlap_start(struct accumulator *acc, struct error *err)
{
    TRY(accumulator_new_state(acc, sizeof(struct overlap), err));
    struct overlap *states = acc->state;
    for (size_t i = 0; i < acc->n_segments; i++)
        states[i].sides[SIDE_NEW].least = states[i].sides[SIDE_OLD].least = INT64_MIN;
    return OK;
}

static bool is_better(const struct ranked *a, const struct ranked *b)
{
    return a->order != b->order ? a->order > b->order : a->place < b->place;
}

static void swap(struct ranked *a, struct ranked *b)
{
    struct ranked other = *a;
    *a = *b;
    *b = other;
}

/* Moves what is better than the row at `pivot` before it; returns its new index. */
static size_t partition(struct ranked *rows, size_t n, size_t pivot)
{
    size_t at = 0;
    swap(&rows[pivot], &rows[n - 1]);
    for (size_t i = 0; i + 1 < n; i++)
        if (is_better(&rows[i], &rows[n - 1]))
            swap(&rows[i], &rows[at++]);
    swap(&rows[at], &rows[n - 1]);
    return at;
}

/* The k best of n rows come first (C. Hoare's selection); the pivots hop, whatever the order. */
static void select_best(struct ranked *rows, size_t n, size_t k)
{
    uint64_t hop = 0;
    while (n > 1 && k > 0 && k < n) {
        hop = hash_bits(hop + n);
        size_t at = partition(rows, n, (size_t)(hop % n));
        if (at >= k) {
            n = at;
        } else {
            rows += at + 1;
            n -= at + 1;
            k -= at + 1;
        }
    }
}

/* Leaves the k best rows. */
static void prune(struct accumulator *acc, struct top *top)
{
    size_t k = (size_t)acc->parameter;
    if (top->n <= k)
        return;
    select_best(top->rows, top->n, k);
    acc->total -= top->n - k;
    top->n = k;
    top->least = INT64_MAX;
    for (size_t i = 0; i < k; i++)
        if (top->rows[i].order < top->least)
            top->least = top->rows[i].order;
}

static void prune_all(struct accumulator *acc)
{
    struct overlap *states = acc->state;
    for (size_t i = 0; i < acc->n_segments; i++)
        for (enum side side = SIDE_NEW; side <= SIDE_OLD; side++)
            prune(acc, &states[i].sides[side]);
}

static enum error_code make_room(struct accumulator *acc, struct top *top, struct error *err)
{
    size_t k = (size_t)acc->parameter;
    size_t most = k + k / 2 + SPARE_ROWS;
    if (top->capacity >= most) {
        prune(acc, top);
        return OK;
    }
    size_t capacity = top->capacity == 0 ? 16 : top->capacity * 2;
    capacity = capacity < most ? capacity : most;
    struct ranked *rows = reallocarray(top->rows, capacity, sizeof(*rows));
    if (rows == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for an overlap");
    top->rows = rows;
    top->capacity = capacity;
    return OK;
}

static enum error_code too_many(struct error *err)
{
    (void)error_set(err, ERR_LIMIT, "an overlap over all segments keeps more than %zu rows",
                    MAX_TOTAL_ROWS);
    error_hint(err, "Ask for fewer rows, or divide by a column with fewer values.");
    return ERR_LIMIT;
}

static enum error_code add_row(struct accumulator *acc, struct top *top, const struct ranked *row,
                               struct error *err)
{
    if (row->order < top->least)
        return OK;
    if (acc->total == MAX_TOTAL_ROWS) {
        prune_all(acc);
        if (acc->total > MAX_TOTAL_ROWS / 4 * 3)
            return too_many(err);
    }
    if (top->n == top->capacity)
        TRY(make_room(acc, top, err));
    top->rows[top->n++] = *row;
    acc->total++;
    return OK;
}

static uint64_t place_of(const struct slice *slice, enum side side, size_t row)
{
    const struct rows *rows = &slice->sides[side];
    return (uint64_t)rows->block << 32 | rows_at(rows, row);
}

static enum error_code take_side(struct accumulator *acc, const struct intake *in, enum side side,
                                 struct error *err)
{
    struct overlap *states = acc->state;
    const struct vector *values = side == SIDE_NEW ? in->arg : in->old;
    const uint8_t *select = side == SIDE_NEW ? in->select : in->old_select;
    const uint32_t *segments = side == SIDE_NEW ? in->segments : in->old_segments;
    bool has_partner = side == SIDE_NEW && in->slice->kind == ROWS_KEPT;
    int64_t memory[SLICE_ROWS];
    const int64_t *orders = vector_orders(values, in->n, memory);
    for (size_t i = 0; i < in->n; i++) {
        if ((values->nulls != NULL && values->nulls[i] != 0) || (select != NULL && select[i] == 0))
            continue;
        struct top *top = &states[segments != NULL ? segments[i] : 0].sides[side];
        if (orders[i] < top->least)
            continue;
        struct ranked row = {
            .order = orders[i],
            .place = place_of(in->slice, side, i),
            .partner = has_partner ? place_of(in->slice, SIDE_OLD, i) : NO_PLACE,
        };
        TRY(add_row(acc, top, &row, err));
    }
    return OK;
}

static enum error_code overlap_take(struct accumulator *acc, const struct intake *in,
                                    struct error *err)
{
    for (enum side side = SIDE_NEW; side <= SIDE_OLD; side++)
        if (in->has_side[side])
            TRY(take_side(acc, in, side, err));
    return OK;
}

static int compare_places(const void *a, const void *b)
{
    uint64_t x = ((const struct ranked *)a)->place;
    uint64_t y = ((const struct ranked *)b)->place;
    return (x > y) - (x < y);
}

static enum error_code overlap_end_pass(struct accumulator *acc, bool *ret_again, struct error *err)
{
    struct overlap *states = acc->state;
    (void)err;
    (void)ret_again;
    prune_all(acc);
    for (size_t i = 0; i < acc->n_segments; i++) {
        struct top *old_top = &states[i].sides[SIDE_OLD];
        if (old_top->n > 0)
            qsort(old_top->rows, old_top->n, sizeof(*old_top->rows), compare_places);
    }
    return OK;
}

static void overlap_result(const struct accumulator *acc, size_t segment, struct value *ret_value,
                           struct value *ret_about)
{
    const struct overlap *state = &((const struct overlap *)acc->state)[segment];
    const struct top *new_top = &state->sides[SIDE_NEW];
    const struct top *old_top = &state->sides[SIDE_OLD];
    size_t most = new_top->n > old_top->n ? new_top->n : old_top->n;
    size_t both = 0;
    (void)ret_about;
    if (old_top->n == 0)
        return;
    for (size_t i = 0; i < new_top->n; i++) {
        struct ranked wanted = {.place = new_top->rows[i].partner};
        both += wanted.place != NO_PLACE &&
                bsearch(&wanted, old_top->rows, old_top->n, sizeof(wanted), compare_places) != NULL;
    }
    *ret_value = (struct value){.type = VALUE_DOUBLE, .f64 = (double)both / (double)most};
}

static void overlap_release(struct accumulator *acc)
{
    struct overlap *states = acc->state;
    for (size_t i = 0; i < acc->n_segments; i++) {
        free(states[i].sides[SIDE_NEW].rows);
        free(states[i].sides[SIDE_OLD].rows);
    }
}

const struct accumulator_class overlap_class = {.start = overlap_start,
                                                .take = overlap_take,
                                                .end_pass = overlap_end_pass,
                                                .result = overlap_result,
                                                .release = overlap_release};
