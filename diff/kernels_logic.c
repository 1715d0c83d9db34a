#include <string.h>

#include "diff/kernels.h"

VECTORISED void kernel_strict_nulls(struct kernel_call *call)
{
    uint8_t *restrict out = call->out.nulls;
    for (size_t a = 0; a < call->n_args; a++) {
        const uint8_t *restrict nulls = call->args[a]->nulls;
        if (nulls == NULL)
            continue;
        if (!call->has_nulls)
            memcpy(out, nulls, call->n);
        else
            for (size_t i = 0; i < call->n; i++)
                out[i] |= nulls[i];
        call->has_nulls = true;
    }
}

VECTORISED void kernel_strict_boolean(struct kernel_call *call)
{
    kernel_strict_nulls(call);
    if (!call->has_nulls)
        return;
    uint8_t *restrict out = call->out.data;
    const uint8_t *restrict nulls = call->out.nulls;
    for (size_t i = 0; i < call->n; i++)
        out[i] &= nulls[i] ^ 1;
}

void kernel_open_nulls(struct kernel_call *call)
{
    kernel_strict_nulls(call);
    if (!call->has_nulls)
        memset(call->out.nulls, 0, call->n);
}

/* Bytes of a vector's NULLs where they are wanted even if there are none. */
static const uint8_t *nulls_or_zeros(const struct vector *vector)
{
    static const uint8_t zeros[SLICE_ROWS];
    return vector->nulls != NULL ? vector->nulls : zeros;
}

static bool any_has_nulls(const struct kernel_call *call, size_t first, size_t step)
{
    for (size_t a = first; a < call->n_args; a += step)
        if (call->args[a]->nulls != NULL)
            return true;
    return false;
}

/* out.nulls first holds the rows in which no argument is false; what is not true there is NULL. */
VECTORISED void kernel_and(struct kernel_call *call)
{
    uint8_t *restrict out = call->out.data;
    uint8_t *restrict possible = call->out.nulls;
    call->has_nulls = any_has_nulls(call, 0, 1);
    memset(out, 1, call->n);
    memset(possible, 1, call->n);
    for (size_t a = 0; a < call->n_args; a++) {
        const uint8_t *restrict value = call->args[a]->u8;
        for (size_t i = 0; i < call->n; i++)
            out[i] &= value[i];
        const uint8_t *restrict nulls = nulls_or_zeros(call->args[a]);
        for (size_t i = 0; call->has_nulls && i < call->n; i++)
            possible[i] &= value[i] | nulls[i];
    }
    for (size_t i = 0; call->has_nulls && i < call->n; i++)
        possible[i] &= out[i] ^ 1;
}

VECTORISED void kernel_or(struct kernel_call *call)
{
    uint8_t *restrict out = call->out.data;
    uint8_t *restrict nulls = call->out.nulls;
    memset(out, 0, call->n);
    for (size_t a = 0; a < call->n_args; a++) {
        const uint8_t *restrict value = call->args[a]->u8;
        for (size_t i = 0; i < call->n; i++)
            out[i] |= value[i];
    }
    kernel_strict_nulls(call);
    for (size_t i = 0; call->has_nulls && i < call->n; i++)
        nulls[i] &= out[i] ^ 1;
}

VECTORISED void kernel_not(struct kernel_call *call)
{
    const uint8_t *restrict value = call->args[0]->u8;
    uint8_t *restrict out = call->out.data;
    for (size_t i = 0; i < call->n; i++)
        out[i] = value[i] ^ 1;
    kernel_strict_boolean(call);
}

void kernel_is_null(struct kernel_call *call)
{
    memcpy(call->out.data, nulls_or_zeros(call->args[0]), call->n);
}

VECTORISED void kernel_is_distinct(struct kernel_call *call)
{
    const uint8_t *restrict a = nulls_or_zeros(call->args[0]);
    const uint8_t *restrict b = nulls_or_zeros(call->args[1]);
    const uint8_t *restrict equal = call->args[2]->u8;
    uint8_t *restrict out = call->out.data;
    for (size_t i = 0; i < call->n; i++)
        out[i] = (uint8_t)((a[i] ^ b[i]) | ((a[i] ^ 1) & (equal[i] ^ 1)));
}

/* Values of a width, of whatever type and alignment. */
typedef uint8_t __attribute__((may_alias)) bytes_1;
typedef uint64_t __attribute__((may_alias)) bytes_8;
typedef struct {
    uint64_t halves[2];
} __attribute__((may_alias, packed)) bytes_16;

/* From the last argument, the default, to the first, which wins. */
#define COALESCE(name, type)                                                                       \
    VECTORISED void name(struct kernel_call *call)                                                 \
    {                                                                                              \
        type *restrict out = call->out.data;                                                       \
        uint8_t *restrict out_nulls = call->out.nulls;                                             \
        size_t last = call->n_args - 1;                                                            \
        memcpy(out, call->args[last]->data, call->n * sizeof(*out));                               \
        memcpy(out_nulls, nulls_or_zeros(call->args[last]), call->n);                              \
        for (size_t a = last; a-- > 0;) {                                                          \
            const type *restrict value = call->args[a]->data;                                      \
            const uint8_t *restrict nulls = nulls_or_zeros(call->args[a]);                         \
            for (size_t i = 0; i < call->n; i++) {                                                 \
                out[i] = nulls[i] != 0 ? out[i] : value[i];                                        \
                out_nulls[i] &= nulls[i];                                                          \
            }                                                                                      \
        }                                                                                          \
        call->has_nulls = memchr(out_nulls, 1, call->n) != NULL;                                   \
    }

COALESCE(kernel_coalesce_1, bytes_1)
COALESCE(kernel_coalesce_8, bytes_8)
COALESCE(kernel_coalesce_16, bytes_16)

#define CASE(name, type)                                                                           \
    VECTORISED void name(struct kernel_call *call)                                                 \
    {                                                                                              \
        type *restrict out = call->out.data;                                                       \
        uint8_t *restrict out_nulls = call->out.nulls;                                             \
        size_t last = call->n_args - 1;                                                            \
        memcpy(out, call->args[last]->data, call->n * sizeof(*out));                               \
        memcpy(out_nulls, nulls_or_zeros(call->args[last]), call->n);                              \
        for (size_t a = last; a >= 2; a -= 2) {                                                    \
            const uint8_t *restrict taken = call->args[a - 2]->u8;                                 \
            const type *restrict value = call->args[a - 1]->data;                                  \
            const uint8_t *restrict nulls = nulls_or_zeros(call->args[a - 1]);                     \
            for (size_t i = 0; i < call->n; i++) {                                                 \
                out[i] = taken[i] != 0 ? value[i] : out[i];                                        \
                out_nulls[i] = taken[i] != 0 ? nulls[i] : out_nulls[i];                            \
            }                                                                                      \
        }                                                                                          \
        call->has_nulls = memchr(out_nulls, 1, call->n) != NULL;                                   \
    }

CASE(kernel_case_1, bytes_1)
CASE(kernel_case_8, bytes_8)
CASE(kernel_case_16, bytes_16)

/* better is false where either is NULL, so a NULL has to be looked at for a alone. */
#define PICK(name, type)                                                                           \
    VECTORISED void name(struct kernel_call *call)                                                 \
    {                                                                                              \
        const type *restrict a = call->args[0]->data;                                              \
        const type *restrict b = call->args[1]->data;                                              \
        const uint8_t *restrict better = call->args[2]->u8;                                        \
        const uint8_t *restrict a_nulls = nulls_or_zeros(call->args[0]);                           \
        const uint8_t *restrict b_nulls = nulls_or_zeros(call->args[1]);                           \
        type *restrict out = call->out.data;                                                       \
        call->has_nulls = call->args[0]->nulls != NULL && call->args[1]->nulls != NULL;            \
        for (size_t i = 0; i < call->n; i++)                                                       \
            out[i] = (a_nulls[i] | better[i]) != 0 ? b[i] : a[i];                                  \
        for (size_t i = 0; call->has_nulls && i < call->n; i++)                                    \
            call->out.nulls[i] = a_nulls[i] & b_nulls[i];                                          \
    }

PICK(kernel_pick_1, bytes_1)
PICK(kernel_pick_8, bytes_8)
PICK(kernel_pick_16, bytes_16)
