/*
 * stddev(). Each slice's deviations from its own mean are merged by the formula of T. Chan, G.
 * Golub and R. LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample
 * Variances", 1979.
 */
#include <math.h>

#include "diff/accumulator.h"

struct moments {
    uint64_t n;
    double origin;  /* the first value; 0 if that is not finite */
    double mean;    /* relative to the origin */
    double squares; /* sum of squared deviations from the mean */
};

static void merge(struct moments *state, const struct moments *other)
{
    if (other->n == 0)
        return;
    double n = (double)state->n + (double)other->n;
    double delta = other->mean - state->mean;
    state->squares += other->squares + delta * delta * ((double)state->n / n * (double)other->n);
    state->mean += delta * ((double)other->n / n);
    state->n += other->n;
}

#define LANES 8

VECTORISED static struct moments moments_of(const double *restrict x, size_t n, double origin)
{
    struct moments moments = {.n = n};
    double sums[LANES] = {0};
    double squares[LANES] = {0};
    double deviations[LANES] = {0};
    for (size_t i = 0; i < n; i++)
        sums[i % LANES] += x[i] - origin;
    for (size_t lane = 0; lane < LANES; lane++)
        moments.mean += sums[lane] / (double)(n > 0 ? n : 1);
    for (size_t i = 0; i < n; i++) {
        double deviation = x[i] - origin - moments.mean;
        squares[i % LANES] += deviation * deviation;
        deviations[i % LANES] += deviation;
    }
    double rest = 0; /* what rounding the mean has left of the sum of deviations */
    for (size_t lane = 0; lane < LANES; lane++) {
        moments.squares += squares[lane];
        rest += deviations[lane];
    }
    moments.squares -= rest * rest / (double)(n > 0 ? n : 1);
    return moments;
}

static enum error_code moments_start(struct accumulator *acc, struct error *err)
{
    return accumulator_new_state(acc, sizeof(struct moments), err);
}

static void set_origin(struct moments *state, double first)
{
    if (state->n == 0)
        state->origin = isfinite(first) ? first : 0;
}

static enum error_code moments_take(struct accumulator *acc, const struct intake *in,
                                    struct error *err)
{
    (void)err;
    struct dense dense;
    struct moments *states = acc->state;
    dense_init(&dense, in);
    if (dense.n == 0)
        return OK;
    if (dense.segments == NULL) {
        set_origin(&states[0], dense.values.f64[0]);
        struct moments moments = moments_of(dense.values.f64, dense.n, states[0].origin);
        merge(&states[0], &moments);
        return OK;
    }
    for (size_t i = 0; i < dense.n; i++) {
        struct moments *state = &states[dense.segments[i]];
        set_origin(state, dense.values.f64[i]);
        struct moments one = {.n = 1, .mean = dense.values.f64[i] - state->origin};
        merge(state, &one);
    }
    return OK;
}

static void moments_result(const struct accumulator *acc, size_t segment, struct value *ret_value,
                           struct value *ret_about)
{
    (void)ret_about;
    const struct moments *state = &((const struct moments *)acc->state)[segment];
    if (state->n < 2)
        return;
    double variance = state->squares / (double)(state->n - 1);
    *ret_value = (struct value){.type = VALUE_DOUBLE, .f64 = sqrt(variance < 0 ? 0 : variance)};
}

const struct accumulator_class moments_class = {
    .start = moments_start, .take = moments_take, .result = moments_result};
