#include <string.h>

#include "diff/compare.h"
#include "diff/kernels.h"
#include "diff/value_set.h"

#define COMPARISON(name, type, member, expression)                                                 \
    VECTORISED void name(struct kernel_call *call)                                                 \
    {                                                                                              \
        const type *restrict a = call->args[0]->member;                                            \
        const type *restrict b = call->args[1]->member;                                            \
        uint8_t *restrict out = call->out.data;                                                    \
        const int flip = call->negate;                                                             \
        for (size_t i = 0; i < call->n; i++)                                                       \
            out[i] = (uint8_t)((expression) ^ flip);                                               \
        kernel_strict_boolean(call);                                                               \
    }

COMPARISON(kernel_eq_boolean, uint8_t, u8, a[i] == b[i])
COMPARISON(kernel_lt_boolean, uint8_t, u8, a[i] < b[i])
COMPARISON(kernel_eq_i64, int64_t, i64, a[i] == b[i])
COMPARISON(kernel_lt_i64, int64_t, i64, a[i] < b[i])
COMPARISON(kernel_eq_f64, double, f64, (a[i] == b[i]) | ((a[i] != a[i]) & (b[i] != b[i])))
COMPARISON(kernel_lt_f64, double, f64, (a[i] == a[i]) & !(b[i] <= a[i]))
COMPARISON(kernel_eq_text, struct text_ref, text,
           a[i].len == b[i].len && memcmp(a[i].bytes, b[i].bytes, a[i].len) == 0)
COMPARISON(kernel_eq_uuid, struct uuid, uuid, memcmp(&a[i], &b[i], sizeof(*a)) == 0)

static bool row_has_null(const struct vector *a, const struct vector *b, size_t i)
{
    return (a->nulls != NULL && a->nulls[i] != 0) || (b->nulls != NULL && b->nulls[i] != 0);
}

static int8_t sign_of(int order)
{
    return (int8_t)((order > 0) - (order < 0));
}

#define SIGNS(name, expression)                                                                    \
    void name(const struct vector *a, const struct vector *b, size_t n, int8_t *ret_signs)         \
    {                                                                                              \
        for (size_t i = 0; i < n; i++)                                                             \
            ret_signs[i] = row_has_null(a, b, i) ? 0 : sign_of(expression);                        \
    }

SIGNS(sign_text, compare_text(a->text[i], b->text[i]))
SIGNS(sign_uuid, memcmp(&a->uuid[i], &b->uuid[i], sizeof(struct uuid)))
SIGNS(sign_numeric,
      numeric_compare(a->text[i].bytes, a->text[i].len, b->text[i].bytes, b->text[i].len))
SIGNS(sign_integer_double, compare_integer_double(a->i64[i], b->f64[i]))
SIGNS(sign_double_integer, -compare_integer_double(b->i64[i], a->f64[i]))
SIGNS(sign_numeric_integer, compare_numeric_integer(a->text[i], b->i64[i]))
SIGNS(sign_integer_numeric, -compare_numeric_integer(b->text[i], a->i64[i]))
SIGNS(sign_numeric_double, compare_numeric_double(a->text[i], b->f64[i]))
SIGNS(sign_double_numeric, -compare_numeric_double(b->text[i], a->f64[i]))

void kernel_eq_sign(struct kernel_call *call)
{
    int8_t signs[SLICE_ROWS];
    uint8_t *out = call->out.data;
    call->sign(call->args[0], call->args[1], call->n, signs);
    for (size_t i = 0; i < call->n; i++)
        out[i] = (uint8_t)((signs[i] == 0) ^ (int)call->negate);
    kernel_strict_boolean(call);
}

void kernel_lt_sign(struct kernel_call *call)
{
    int8_t signs[SLICE_ROWS];
    uint8_t *out = call->out.data;
    call->sign(call->args[0], call->args[1], call->n, signs);
    for (size_t i = 0; i < call->n; i++)
        out[i] = (uint8_t)((signs[i] < 0) ^ (int)call->negate);
    kernel_strict_boolean(call);
}

void kernel_like(struct kernel_call *call)
{
    uint8_t *out = call->out.data;
    for (size_t i = 0; i < call->n; i++)
        out[i] = text_like(call->args[0]->text[i], call->args[1]->text[i]);
    kernel_strict_boolean(call);
}

void kernel_in_set(struct kernel_call *call)
{
    value_set_lookup(call->set, call->args[0], call->n, call->out.data);
    kernel_strict_boolean(call);
}
