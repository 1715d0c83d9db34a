/*
 * sum() and mean(). Doubles are added with their rounding errors (D. Knuth, TAOCP 2, 4.2.2, theorem
 * B), so that the result is as good as from twice the precision; integers are added exactly.
 */
#include <math.h>

#include "diff/accumulator.h"

__extension__ typedef __int128 wide;

struct sum {
    uint64_t n;
    double sum; /* of doubles; error is what rounding has taken from it */
    double error;
    wide total; /* of integers and durations */
};

static inline void add_double(double *sum, double *error, double x)
{
    double next = *sum + x;
    double taken = next - *sum;
    *error += (*sum - (next - taken)) + (x - taken);
    *sum = next;
}

#define LANES 8

VECTORISED static void sum_doubles(struct sum *state, const double *restrict x, size_t n)
{
    double sums[LANES] = {0};
    double errors[LANES] = {0};
    size_t whole = n / LANES * LANES;
    for (size_t i = 0; i < whole; i += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            add_double(&sums[lane], &errors[lane], x[i + lane]);
    for (size_t i = whole; i < n; i++)
        add_double(&state->sum, &state->error, x[i]);
    for (size_t lane = 0; lane < LANES; lane++) {
        add_double(&state->sum, &state->error, sums[lane]);
        state->error += errors[lane];
    }
    state->n += n;
}

/* Halves are added apart, as unsigned numbers above the smallest one: neither can overflow. */
VECTORISED static void sum_integers(struct sum *state, const int64_t *restrict x, size_t n)
{
    const uint64_t bias = UINT64_C(1) << 63;
    uint64_t low = 0;
    uint64_t high = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t biased = (uint64_t)x[i] ^ bias;
        low += (uint32_t)biased;
        high += biased >> 32;
    }
    state->total += ((wide)high << 32) + (wide)low - (wide)n * (wide)bias;
    state->n += n;
}

static enum error_code sum_start(struct accumulator *acc, struct error *err)
{
    return accumulator_new_state(acc, sizeof(struct sum), err);
}

static enum error_code sum_take(struct accumulator *acc, const struct intake *in, struct error *err)
{
    (void)err;
    struct dense dense;
    struct sum *states = acc->state;
    dense_init(&dense, in);
    if (dense.segments == NULL && acc->arg_type == VALUE_DOUBLE)
        sum_doubles(&states[0], dense.values.f64, dense.n);
    else if (dense.segments == NULL)
        sum_integers(&states[0], dense.values.i64, dense.n);
    for (size_t i = 0; dense.segments != NULL && i < dense.n; i++) {
        struct sum *state = &states[dense.segments[i]];
        state->n++;
        if (acc->arg_type == VALUE_DOUBLE)
            add_double(&state->sum, &state->error, dense.values.f64[i]);
        else
            state->total += dense.values.i64[i];
    }
    return OK;
}

static wide divide_rounding(wide total, uint64_t n)
{
    wide half = (wide)(n / 2);
    return total < 0 ? (total - half) / (wide)n : (total + half) / (wide)n;
}

static void duration_result(const struct accumulator *acc, const struct sum *state,
                            struct value *ret_value)
{
    wide total =
        acc->aggregate == AGG_MEAN ? divide_rounding(state->total, state->n) : state->total;
    bool fits = total >= INT64_MIN && total <= INT64_MAX;
    *ret_value = (struct value){.type = VALUE_DURATION, .is_null = !fits};
    if (fits)
        ret_value->i64 = (int64_t)total;
}

static void sum_result(const struct accumulator *acc, size_t segment, struct value *ret_value,
                       struct value *ret_about)
{
    (void)ret_about;
    const struct sum *state = &((const struct sum *)acc->state)[segment];
    if (acc->arg_type == VALUE_DURATION)
        ret_value->type = VALUE_DURATION;
    if (state->n == 0)
        return;
    if (acc->arg_type == VALUE_DURATION) {
        duration_result(acc, state, ret_value);
        return;
    }
    double sum = acc->arg_type == VALUE_INTEGER ? (double)state->total : state->sum;
    if (acc->arg_type == VALUE_DOUBLE && isfinite(sum))
        sum += state->error;
    if (acc->aggregate == AGG_MEAN)
        sum /= (double)state->n;
    *ret_value = (struct value){.type = VALUE_DOUBLE, .f64 = sum};
}

const struct accumulator_class sum_class = {
    .start = sum_start, .take = sum_take, .result = sum_result};
