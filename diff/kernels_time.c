#include <math.h>

#include "base/clock.h"
#include "diff/kernels.h"

/* A date beyond these does not fit a time. */
#define LAST_TIME (INT64_MAX - 1)
#define FIRST_TIME (INT64_MIN + 1)

static bool time_is_infinite(int64_t time)
{
    return time == INT64_MIN || time == INT64_MAX;
}

static bool time_is_out_of_reach(int64_t time)
{
    return time <= FIRST_TIME || time >= LAST_TIME;
}

void kernel_date_to_time(struct kernel_call *call)
{
    const int64_t *a = call->args[0]->i64;
    int64_t *out = call->out.data;
    for (size_t i = 0; i < call->n; i++) {
        int64_t time = 0;
        if (time_is_infinite(a[i]))
            time = a[i];
        else if (__builtin_mul_overflow(a[i], USEC_PER_DAY, &time) || time_is_out_of_reach(time))
            time = a[i] < 0 ? FIRST_TIME : LAST_TIME;
        out[i] = time;
    }
    kernel_strict_nulls(call);
}

/* The functions below say whether the exact result exists. */

static bool neg(int64_t a, int64_t *ret)
{
    return !__builtin_sub_overflow(0, a, ret);
}

static bool magnitude(int64_t a, int64_t *ret)
{
    *ret = a;
    return a >= 0 || neg(a, ret);
}

static bool add(int64_t a, int64_t b, int64_t *ret)
{
    return !__builtin_add_overflow(a, b, ret);
}

static bool sub(int64_t a, int64_t b, int64_t *ret)
{
    return !__builtin_sub_overflow(a, b, ret);
}

static bool move_time(int64_t time, int64_t moved, bool fits, int64_t *ret)
{
    *ret = time_is_infinite(time) ? time : moved;
    return time_is_infinite(time) ||
           (fits && !time_is_out_of_reach(time) && !time_is_out_of_reach(moved));
}

static bool add_time(int64_t time, int64_t duration, int64_t *ret)
{
    int64_t moved = 0;
    bool fits = add(time, duration, &moved);
    return move_time(time, moved, fits, ret);
}

static bool sub_time(int64_t time, int64_t duration, int64_t *ret)
{
    int64_t moved = 0;
    bool fits = sub(time, duration, &moved);
    return move_time(time, moved, fits, ret);
}

static bool between_times(int64_t a, int64_t b, int64_t *ret)
{
    return sub(a, b, ret) && !time_is_out_of_reach(a) && !time_is_out_of_reach(b);
}

static bool between_dates(int64_t a, int64_t b, int64_t *ret)
{
    int64_t days = 0;
    return sub(a, b, &days) && !__builtin_mul_overflow(days, USEC_PER_DAY, ret) &&
           !time_is_infinite(a) && !time_is_infinite(b);
}

static bool mul(int64_t a, int64_t b, int64_t *ret)
{
    return !__builtin_mul_overflow(a, b, ret);
}

/* Nearest integer; false for NaN and what does not fit. */
static bool to_duration(long double exact, int64_t *ret)
{
    long double nearest = rintl(exact);
    bool fits = nearest > -0x1p63L && nearest < 0x1p63L;
    *ret = fits ? (int64_t)nearest : 0;
    return fits;
}

static bool mul_double(int64_t a, double b, int64_t *ret)
{
    return to_duration((long double)a * (long double)b, ret);
}

static bool div_double(int64_t a, double b, int64_t *ret)
{
    return b != 0 && to_duration((long double)a / (long double)b, ret);
}

static bool ratio(int64_t a, int64_t b, double *ret)
{
    *ret = (double)a / (double)(b == 0 ? 1 : b);
    return b != 0;
}

#define EXACT(name, out_type, b_type, b_member, expression)                                        \
    void name(struct kernel_call *call)                                                            \
    {                                                                                              \
        const int64_t *a = call->args[0]->i64;                                                     \
        const b_type *b = call->args[call->n_args - 1]->b_member;                                  \
        out_type *out = call->out.data;                                                            \
        uint8_t any = 0;                                                                           \
        (void)b;                                                                                   \
        kernel_open_nulls(call);                                                                   \
        for (size_t i = 0; i < call->n; i++) {                                                     \
            uint8_t bad = !(expression);                                                           \
            call->out.nulls[i] |= bad;                                                             \
            any |= bad;                                                                            \
        }                                                                                          \
        call->has_nulls |= any != 0;                                                               \
    }

EXACT(kernel_neg_i64, int64_t, int64_t, i64, neg(a[i], &out[i]))
EXACT(kernel_abs_i64, int64_t, int64_t, i64, magnitude(a[i], &out[i]))
EXACT(kernel_add_durations, int64_t, int64_t, i64, add(a[i], b[i], &out[i]))
EXACT(kernel_sub_durations, int64_t, int64_t, i64, sub(a[i], b[i], &out[i]))
EXACT(kernel_add_time_duration, int64_t, int64_t, i64, add_time(a[i], b[i], &out[i]))
EXACT(kernel_sub_time_duration, int64_t, int64_t, i64, sub_time(a[i], b[i], &out[i]))
EXACT(kernel_sub_times, int64_t, int64_t, i64, between_times(a[i], b[i], &out[i]))
EXACT(kernel_sub_dates, int64_t, int64_t, i64, between_dates(a[i], b[i], &out[i]))
EXACT(kernel_mul_duration_integer, int64_t, int64_t, i64, mul(a[i], b[i], &out[i]))
EXACT(kernel_mul_duration_double, int64_t, double, f64, mul_double(a[i], b[i], &out[i]))
EXACT(kernel_div_duration_double, int64_t, double, f64, div_double(a[i], b[i], &out[i]))
EXACT(kernel_ratio_durations, double, int64_t, i64, ratio(a[i], b[i], &out[i]))
