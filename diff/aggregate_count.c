/* Row counts, count(), share(), nulls() and invalid(): how often something is true. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "diff/accumulator.h"
#include "snapshot/numeric.h"

VECTORISED static void find_infinite(const double *restrict x, size_t n, uint8_t *restrict out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = !(fabs(x[i]) <= DBL_MAX); /* NaN too */
}

VECTORISED static void find_infinite_times(const int64_t *restrict x, size_t n,
                                           uint8_t *restrict out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (x[i] == INT64_MIN) | (x[i] == INT64_MAX);
}

static void find_invalid(const struct vector *arg, size_t n, uint8_t *out)
{
    memset(out, 0, n);
    if (arg->type == VALUE_DOUBLE)
        find_infinite(arg->f64, n, out);
    else if (arg->type == VALUE_DATE || arg->type == VALUE_TIME)
        find_infinite_times(arg->i64, n, out);
    for (size_t i = 0; arg->type == VALUE_NUMERIC && i < n; i++)
        out[i] = numeric_is_special(arg->text[i].bytes, arg->text[i].len);
    for (size_t i = 0; arg->nulls != NULL && i < n; i++)
        out[i] &= arg->nulls[i] ^ 1;
}

/* Whether rows of the argument are what the aggregate counts; NULL: all rows are. */
static const uint8_t *find_hits(const struct accumulator *acc, const struct intake *in,
                                uint8_t *memory)
{
    const struct vector *arg = in->arg;
    if (arg == NULL)
        return NULL;
    if (acc->aggregate == AGG_INVALID) {
        find_invalid(arg, in->n, memory);
        return memory;
    }
    if (acc->aggregate != AGG_NULLS && arg->type == VALUE_BOOLEAN)
        return arg->u8;
    if (arg->nulls == NULL && acc->aggregate == AGG_COUNT)
        return NULL;
    memset(memory, 0, in->n);
    for (size_t i = 0; arg->nulls != NULL && i < in->n; i++)
        memory[i] = arg->nulls[i] ^ (acc->aggregate == AGG_COUNT);
    return memory;
}

static enum error_code count_start(struct accumulator *acc, struct error *err)
{
    return accumulator_new_state(acc, sizeof(uint64_t), err);
}

static uint64_t count_both(const uint8_t *a, const uint8_t *b, size_t n)
{
    if (a == NULL)
        return b == NULL ? n : mask_count(b, n);
    return mask_count_both(a, b, n);
}

static enum error_code count_take(struct accumulator *acc, const struct intake *in,
                                  struct error *err)
{
    (void)err;
    uint8_t memory[SLICE_ROWS];
    uint64_t *counts = acc->state;
    const uint8_t *hits = find_hits(acc, in, memory);
    if (in->segments == NULL) {
        counts[0] += count_both(hits, in->select, in->n);
        return OK;
    }
    for (size_t i = 0; i < in->n; i++) {
        bool hit = (hits == NULL || hits[i] != 0) && (in->select == NULL || in->select[i] != 0);
        counts[in->segments[i]] += hit;
    }
    return OK;
}

static void count_result(const struct accumulator *acc, size_t segment, struct value *ret_value,
                         struct value *ret_about)
{
    (void)ret_about;
    uint64_t count = ((const uint64_t *)acc->state)[segment];
    uint64_t scope = acc->scope_rows[segment];
    if (acc->aggregate != AGG_SHARE)
        *ret_value = (struct value){.type = VALUE_INTEGER, .i64 = (int64_t)count};
    else if (scope > 0)
        *ret_value = (struct value){.type = VALUE_DOUBLE, .f64 = (double)count / (double)scope};
}

const struct accumulator_class count_class = {
    .start = count_start, .take = count_take, .result = count_result};
