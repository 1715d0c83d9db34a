/*
 * quantile(): exact in bounded memory, by as many passes as that takes. Doubles are mapped to
 * integers in the same order. A pass counts how many values lie in each of up to MAX_VALUES equal
 * parts of the range in which the wanted value is known to be; the part that holds it is the next
 * range. Once a range has at most MAX_VALUES values they are collected and sorted. A pass narrows
 * the range 16,384 times, so that three passes are enough for most columns of any size and five for
 * all. With many segments the parts are fewer and the passes more.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "diff/accumulator.h"

#define MAX_VALUES ((size_t)1 << 14)
#define MIN_VALUES ((size_t)1 << 7)
#define TOTAL_VALUES ((size_t)1 << 22)

enum mode {
    MODE_FIRST,   /* count parts of everything, and collect as long as there is room */
    MODE_COUNT,   /* count parts of the range */
    MODE_COLLECT, /* collect the range */
    MODE_ABOVE,   /* the value is known, the next larger one is wanted */
    MODE_DONE,
};

/* The wanted value is the one of rank `rank`, counted from 0, among n. */
struct selection {
    enum mode mode;
    uint64_t n;
    uint64_t rank;
    uint64_t low; /* the range, both ends in it */
    uint64_t high;
    uint64_t below;     /* values below the range */
    uint64_t in_range;  /* values in it */
    uint64_t min_above; /* the smallest value above it */
    uint64_t value;
    uint64_t next_value; /* of rank + 1 */
    uint64_t *counts;
    uint64_t *collected;
    size_t n_collected;
};

/* Integers in the order of the doubles, NaN above all. */
static uint64_t order_of(double x)
{
    uint64_t bits = 0;
    x = x != x ? (double)NAN : x + 0.0;
    memcpy(&bits, &x, sizeof(bits));
    return bits >> 63 != 0 ? ~bits : bits | UINT64_C(1) << 63;
}

static double from_order(uint64_t order)
{
    double x = 0;
    uint64_t bits = order >> 63 != 0 ? order & ~(UINT64_C(1) << 63) : ~order;
    memcpy(&x, &bits, sizeof(bits));
    return x;
}

static size_t n_parts(const struct accumulator *acc)
{
    return accumulator_share(acc, TOTAL_VALUES, MIN_VALUES, MAX_VALUES);
}

/* Bits to drop so that the parts of the range are at most n; ranges and parts are powers of two. */
static unsigned part_shift(const struct selection *selection, size_t n)
{
    unsigned shift = 0;
    while ((selection->high - selection->low) >> shift >= n)
        shift++;
    return shift;
}

static enum error_code quantile_start(struct accumulator *acc, struct error *err)
{
    return accumulator_new_state(acc, sizeof(struct selection), err);
}

static enum error_code first_value(struct accumulator *acc, struct selection *selection,
                                   struct error *err)
{
    selection->counts = calloc(n_parts(acc), sizeof(*selection->counts));
    selection->collected = calloc(n_parts(acc), sizeof(*selection->collected));
    if (selection->counts == NULL || selection->collected == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for a quantile");
    selection->high = UINT64_MAX;
    return OK;
}

static void take_value(struct selection *selection, uint64_t x, unsigned shift, size_t capacity)
{
    if (x > selection->high && x < selection->min_above)
        selection->min_above = x;
    if (x < selection->low || x > selection->high)
        return;
    if (selection->mode <= MODE_COUNT)
        selection->counts[(x - selection->low) >> shift]++;
    if (selection->mode == MODE_FIRST)
        selection->n++;
    if ((selection->mode == MODE_FIRST || selection->mode == MODE_COLLECT) &&
        selection->n_collected < capacity)
        selection->collected[selection->n_collected++] = x;
}

static enum error_code quantile_take(struct accumulator *acc, const struct intake *in,
                                     struct error *err)
{
    struct dense dense;
    struct selection *states = acc->state;
    size_t capacity = n_parts(acc);
    dense_init(&dense, in);
    unsigned shift = acc->n_segments > 0 ? part_shift(&states[0], capacity) : 0;
    for (size_t i = 0; i < dense.n; i++) {
        struct selection *selection = &states[dense.segments != NULL ? dense.segments[i] : 0];
        if (selection->mode == MODE_DONE)
            continue;
        if (selection->collected == NULL) {
            TRY(first_value(acc, selection, err));
            shift = part_shift(selection, capacity);
        }
        if (dense.segments != NULL)
            shift = part_shift(selection, capacity);
        take_value(selection, order_of(dense.values.f64[i]), shift, capacity);
    }
    return OK;
}

static int compare_orders(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The whole range is collected: the value is in it, the next one too unless the value is its last.
 */
static void finish_collected(struct selection *selection)
{
    qsort(selection->collected, selection->n_collected, sizeof(*selection->collected),
          compare_orders);
    uint64_t at = selection->rank - selection->below;
    selection->value = selection->collected[at];
    selection->next_value =
        at + 1 < selection->n_collected ? selection->collected[at + 1] : selection->min_above;
    selection->mode = MODE_DONE;
}

/* Makes the part that holds the wanted rank the range; there is more than one part. */
static void narrow(struct selection *selection, unsigned shift)
{
    size_t part = 0;
    while (selection->below + selection->counts[part] <= selection->rank)
        selection->below += selection->counts[part++];
    selection->in_range = selection->counts[part];
    selection->low += (uint64_t)part << shift;
    selection->high = selection->low + ((UINT64_C(1) << shift) - 1);
    selection->min_above = UINT64_MAX;
    selection->n_collected = 0;
}

static void end_counting(struct selection *selection, size_t capacity)
{
    narrow(selection, part_shift(selection, capacity));
    memset(selection->counts, 0, capacity * sizeof(*selection->counts));
    selection->value = selection->low;
    selection->next_value = selection->low;
    if (selection->in_range <= capacity)
        selection->mode = MODE_COLLECT;
    else if (selection->low < selection->high)
        selection->mode = MODE_COUNT;
    else if (selection->rank + 1 >= selection->below + selection->in_range)
        selection->mode = MODE_ABOVE;
    else
        selection->mode = MODE_DONE;
}

static void end_selection(struct selection *selection, double fraction, size_t capacity)
{
    if (selection->mode == MODE_FIRST) {
        selection->rank = (uint64_t)floor(fraction * (double)(selection->n - 1));
        if (selection->n_collected == selection->n)
            finish_collected(selection);
        else
            end_counting(selection, capacity);
    } else if (selection->mode == MODE_COUNT) {
        end_counting(selection, capacity);
    } else if (selection->mode == MODE_COLLECT) {
        finish_collected(selection);
    } else if (selection->mode == MODE_ABOVE) {
        selection->next_value = selection->min_above;
        selection->mode = MODE_DONE;
    }
}

static enum error_code quantile_end_pass(struct accumulator *acc, bool *ret_again,
                                         struct error *err)
{
    (void)err;
    struct selection *states = acc->state;
    for (size_t i = 0; i < acc->n_segments; i++) {
        if (states[i].collected == NULL)
            continue;
        end_selection(&states[i], acc->parameter, n_parts(acc));
        *ret_again |= states[i].mode != MODE_DONE;
    }
    return OK;
}

static void quantile_result(const struct accumulator *acc, size_t segment, struct value *ret_value,
                            struct value *ret_about)
{
    (void)ret_about;
    const struct selection *selection = &((const struct selection *)acc->state)[segment];
    if (selection->collected == NULL)
        return;
    double place = acc->parameter * (double)(selection->n - 1);
    double part = place - floor(place);
    double low = from_order(selection->value);
    double high = from_order(selection->next_value);
    bool between = part > 0 && low != high;
    *ret_value =
        (struct value){.type = VALUE_DOUBLE, .f64 = between ? low + part * (high - low) : low};
}

static void quantile_release(struct accumulator *acc)
{
    struct selection *states = acc->state;
    for (size_t i = 0; i < acc->n_segments; i++) {
        free(states[i].counts);
        free(states[i].collected);
    }
}

const struct accumulator_class quantile_class = {.start = quantile_start,
                                                 .take = quantile_take,
                                                 .end_pass = quantile_end_pass,
                                                 .result = quantile_result,
                                                 .release = quantile_release};
