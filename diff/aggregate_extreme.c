/* min() and max(), exact in the type of the argument. */
#include <math.h>

#include "diff/accumulator.h"
#include "diff/compare.h"

/* is_nan: for doubles, which sort above all. */
struct extreme {
    bool has_value;
    bool has_nan;
    union {
        int64_t i64;
        double f64;
        struct text_ref text;
    };
};

#define LANES 8

VECTORISED static double largest(const double *restrict x, size_t n)
{
    double best[LANES];
    size_t whole = n / LANES * LANES;
    for (size_t lane = 0; lane < LANES; lane++)
        best[lane] = -(double)INFINITY;
    for (size_t i = 0; i < whole; i += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            best[lane] = x[i + lane] > best[lane] ? x[i + lane] : best[lane];
    for (size_t i = whole; i < n; i++)
        best[0] = x[i] > best[0] ? x[i] : best[0];
    for (size_t lane = 1; lane < LANES; lane++)
        best[0] = best[lane] > best[0] ? best[lane] : best[0];
    return best[0];
}

VECTORISED static double smallest(const double *restrict x, size_t n)
{
    double best[LANES];
    size_t whole = n / LANES * LANES;
    for (size_t lane = 0; lane < LANES; lane++)
        best[lane] = (double)INFINITY;
    for (size_t i = 0; i < whole; i += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            best[lane] = x[i + lane] < best[lane] ? x[i + lane] : best[lane];
    for (size_t i = whole; i < n; i++)
        best[0] = x[i] < best[0] ? x[i] : best[0];
    for (size_t lane = 1; lane < LANES; lane++)
        best[0] = best[lane] < best[0] ? best[lane] : best[0];
    return best[0];
}

VECTORISED static size_t count_nan(const double *restrict x, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += x[i] != x[i];
    return count;
}

static void take_double(struct extreme *state, double x, bool max)
{
    if (x != x) {
        state->has_nan = true;
        return;
    }
    if (!state->has_value || (max ? x > state->f64 : x < state->f64))
        state->f64 = x;
    state->has_value = true;
}

static void take_doubles(struct extreme *state, const double *x, size_t n, bool max)
{
    size_t nans = count_nan(x, n);
    state->has_nan |= nans > 0;
    if (nans < n)
        take_double(state, max ? largest(x, n) : smallest(x, n), max);
}

static void take_integer(struct extreme *state, int64_t x, bool max)
{
    if (!state->has_value || (max ? x > state->i64 : x < state->i64))
        state->i64 = x;
    state->has_value = true;
}

VECTORISED static void take_integers(struct extreme *state, const int64_t *restrict x, size_t n,
                                     bool max)
{
    if (n == 0)
        return;
    int64_t best = x[0];
    for (size_t i = 1; i < n; i++)
        best = (max ? x[i] > best : x[i] < best) ? x[i] : best;
    take_integer(state, best, max);
}

static void take_numeric(struct extreme *state, struct text_ref x, bool max)
{
    int order = 0;
    if (state->has_value)
        order = numeric_compare(x.bytes, x.len, state->text.bytes, state->text.len);
    if (!state->has_value || (max ? order > 0 : order < 0))
        state->text = x;
    state->has_value = true;
}

static enum error_code extreme_start(struct accumulator *acc, struct error *err)
{
    return accumulator_new_state(acc, sizeof(struct extreme), err);
}

static void take_row(struct accumulator *acc, const struct dense *dense, size_t row)
{
    bool max = acc->aggregate == AGG_MAX;
    size_t segment = dense->segments != NULL ? dense->segments[row] : 0;
    struct extreme *state = &((struct extreme *)acc->state)[segment];
    if (acc->arg_type == VALUE_DOUBLE)
        take_double(state, dense->values.f64[row], max);
    else if (acc->arg_type == VALUE_NUMERIC)
        take_numeric(state, dense->values.text[row], max);
    else
        take_integer(state, dense->values.i64[row], max);
}

static enum error_code extreme_take(struct accumulator *acc, const struct intake *in,
                                    struct error *err)
{
    (void)err;
    struct dense dense;
    bool max = acc->aggregate == AGG_MAX;
    dense_init(&dense, in);
    if (dense.segments == NULL && acc->arg_type == VALUE_DOUBLE) {
        take_doubles(acc->state, dense.values.f64, dense.n, max);
        return OK;
    }
    if (dense.segments == NULL && value_type_is_i64(acc->arg_type)) {
        take_integers(acc->state, dense.values.i64, dense.n, max);
        return OK;
    }
    for (size_t i = 0; i < dense.n; i++)
        take_row(acc, &dense, i);
    return OK;
}

static void extreme_result(const struct accumulator *acc, size_t segment, struct value *ret_value,
                           struct value *ret_about)
{
    (void)ret_about;
    const struct extreme *state = &((const struct extreme *)acc->state)[segment];
    bool is_nan = state->has_nan && (acc->aggregate == AGG_MAX || !state->has_value);
    *ret_value = (struct value){.type = acc->arg_type, .is_null = !state->has_value && !is_nan};
    if (is_nan)
        ret_value->f64 = (double)NAN;
    else if (ret_value->is_null)
        return;
    else if (acc->arg_type == VALUE_DOUBLE)
        ret_value->f64 = state->f64;
    else if (acc->arg_type == VALUE_NUMERIC)
        ret_value->text = state->text;
    else
        ret_value->i64 = state->i64;
}

const struct accumulator_class extreme_class = {
    .start = extreme_start, .take = extreme_take, .result = extreme_result};
