#include <math.h>

#include "diff/kernels.h"
#include "snapshot/batch.h"

VECTORISED void kernel_integer_to_double(struct kernel_call *call)
{
    const int64_t *restrict a = call->args[0]->i64;
    double *restrict out = call->out.data;
    for (size_t i = 0; i < call->n; i++)
        out[i] = (double)a[i];
    kernel_strict_nulls(call);
}

void kernel_numeric_to_double(struct kernel_call *call)
{
    const struct vector *a = call->args[0];
    double *out = call->out.data;
    for (size_t i = 0; i < call->n; i++) {
        bool is_null = a->nulls != NULL && a->nulls[i] != 0;
        out[i] = is_null ? 0 : numeric_to_double(a->text[i].bytes, a->text[i].len);
    }
    kernel_strict_nulls(call);
}

#define BINARY(name, type, expression)                                                             \
    VECTORISED void name(struct kernel_call *call)                                                 \
    {                                                                                              \
        const double *restrict a = call->args[0]->f64;                                             \
        const double *restrict b = call->args[1]->f64;                                             \
        type *restrict out = call->out.data;                                                       \
        for (size_t i = 0; i < call->n; i++)                                                       \
            out[i] = expression;                                                                   \
        kernel_strict_nulls(call);                                                                 \
    }

BINARY(kernel_add_f64, double, a[i] + b[i])
BINARY(kernel_sub_f64, double, a[i] - b[i])
BINARY(kernel_mul_f64, double, (a[i] * b[i]))

static inline double larger_magnitude(double a, double b)
{
    return fabs(a) > fabs(b) ? fabs(a) : fabs(b);
}

static inline double shift_of(double x, double old)
{
    double shift = (x - old) / larger_magnitude(x, old);
    return (x == old) | ((x != x) & (old != old)) ? 0 : shift;
}

static inline uint8_t has_jumped(double x, double old)
{
    return fabs(x - old) > 0.5 * larger_magnitude(x, old);
}

/* A count of m wavers by sqrt(m) by chance; four times that is beyond it. */
static inline uint8_t count_has_jumped(double x, double old)
{
    return has_jumped(x, old) & (fabs(x - old) > 4 * sqrt(larger_magnitude(x, old)) + 1);
}

BINARY(kernel_shift, double, shift_of(a[i], b[i]))

#define JUMPED(name, function)                                                                     \
    VECTORISED void name(struct kernel_call *call)                                                 \
    {                                                                                              \
        const double *restrict a = call->args[0]->f64;                                             \
        const double *restrict b = call->args[1]->f64;                                             \
        uint8_t *restrict out = call->out.data;                                                    \
        for (size_t i = 0; i < call->n; i++)                                                       \
            out[i] = function(a[i], b[i]);                                                         \
        kernel_strict_boolean(call);                                                               \
    }

JUMPED(kernel_jumped, has_jumped)
JUMPED(kernel_jumped_count, count_has_jumped)

#define UNARY(name, expression)                                                                    \
    VECTORISED void name(struct kernel_call *call)                                                 \
    {                                                                                              \
        const double *restrict a = call->args[0]->f64;                                             \
        double *restrict out = call->out.data;                                                     \
        for (size_t i = 0; i < call->n; i++)                                                       \
            out[i] = expression;                                                                   \
        kernel_strict_nulls(call);                                                                 \
    }

UNARY(kernel_neg_f64, -a[i])
UNARY(kernel_abs_f64, fabs(a[i]))
UNARY(kernel_round, round(a[i]))
UNARY(kernel_floor, floor(a[i]))
UNARY(kernel_ceil, ceil(a[i]))
UNARY(kernel_exp, exp(a[i]))

/* Outside its domain the function is computed at 1, where nothing can go wrong. */
#define PARTIAL(name, outside, expression)                                                         \
    VECTORISED void name(struct kernel_call *call)                                                 \
    {                                                                                              \
        const double *restrict a = call->args[0]->f64;                                             \
        double *restrict out = call->out.data;                                                     \
        uint8_t any = 0;                                                                           \
        kernel_open_nulls(call);                                                                   \
        for (size_t i = 0; i < call->n; i++) {                                                     \
            uint8_t bad = outside;                                                                 \
            double x = bad != 0 ? 1 : a[i];                                                        \
            out[i] = expression;                                                                   \
            call->out.nulls[i] |= bad;                                                             \
            any |= bad;                                                                            \
        }                                                                                          \
        call->has_nulls |= any != 0;                                                               \
    }

PARTIAL(kernel_ln, a[i] <= 0, log(x))
PARTIAL(kernel_log2, a[i] <= 0, log2(x))
PARTIAL(kernel_sqrt, a[i] < 0, sqrt(x))

VECTORISED void kernel_div_f64(struct kernel_call *call)
{
    const double *restrict a = call->args[0]->f64;
    const double *restrict b = call->args[1]->f64;
    double *restrict out = call->out.data;
    uint8_t any = 0;
    kernel_open_nulls(call);
    for (size_t i = 0; i < call->n; i++) {
        uint8_t bad = b[i] == 0;
        out[i] = a[i] / (bad != 0 ? 1 : b[i]);
        call->out.nulls[i] |= bad;
        any |= bad;
    }
    call->has_nulls |= any != 0;
}
