#include <string.h>

#include "diff/accumulator.h"

/* Rows that are selected and not NULL; NULL if all are. */
static const uint8_t *wanted(const struct intake *in, uint8_t *memory)
{
    const uint8_t *nulls = in->arg->nulls;
    if (nulls == NULL)
        return in->select;
    for (size_t i = 0; i < in->n; i++)
        memory[i] = nulls[i] ^ 1;
    for (size_t i = 0; in->select != NULL && i < in->n; i++)
        memory[i] &= in->select[i];
    return memory;
}

typedef uint64_t __attribute__((may_alias)) bytes_8;
typedef struct {
    uint64_t halves[2];
} __attribute__((may_alias, packed)) bytes_16;

/* Writes every value and moves on only past the wanted ones: no branch to guess wrong. */
#define COMPRESS(name, type)                                                                       \
    static size_t name(const type *restrict values, const uint8_t *restrict want, size_t n,        \
                       type *restrict out)                                                         \
    {                                                                                              \
        size_t kept = 0;                                                                           \
        for (size_t i = 0; i < n; i++) {                                                           \
            out[kept] = values[i];                                                                 \
            kept += want[i];                                                                       \
        }                                                                                          \
        return kept;                                                                               \
    }

COMPRESS(compress_1, uint8_t)
COMPRESS(compress_4, uint32_t)
COMPRESS(compress_8, bytes_8)
COMPRESS(compress_16, bytes_16)

static size_t compress(const struct vector *values, const uint8_t *want, size_t n, void *out)
{
    switch (value_type_width(values->type)) {
    case 1:
        return compress_1(values->data, want, n, out);
    case 8:
        return compress_8(values->data, want, n, out);
    default:
        return compress_16(values->data, want, n, out);
    }
}

void dense_init(struct dense *dense, const struct intake *in)
{
    uint8_t memory[SLICE_ROWS];
    const uint8_t *want = wanted(in, memory);
    dense->n = in->n;
    dense->values = *in->arg;
    dense->values.nulls = NULL;
    dense->segments = in->segments;
    if (want == NULL)
        return;
    dense->n = compress(in->arg, want, in->n, dense->value_memory);
    dense->values.data = dense->value_memory;
    if (in->segments == NULL)
        return;
    (void)compress_4(in->segments, want, in->n, dense->segment_memory);
    dense->segments = dense->segment_memory;
}
