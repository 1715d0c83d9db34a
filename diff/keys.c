#include "diff/keys.h"

#include <string.h>

#include "diff/vector.h"

#define CHUNK 16

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Whole chunks are compared without a branch a row; the one that differs, row by row. */
#define EQUAL_RUN(name, type)                                                                      \
    VECTORISED static size_t name(const type *restrict x, const type *restrict y, size_t max)      \
    {                                                                                              \
        size_t run = 0;                                                                            \
        if (max == 0 || x[0] != y[0])                                                              \
            return 0;                                                                              \
        while (run + CHUNK <= max) {                                                               \
            type different = 0;                                                                    \
            for (size_t i = 0; i < CHUNK; i++)                                                     \
                different |= x[run + i] ^ y[run + i];                                              \
            if (different != 0)                                                                    \
                break;                                                                             \
            run += CHUNK;                                                                          \
        }                                                                                          \
        while (run < max && x[run] == y[run])                                                      \
            run++;                                                                                 \
        return run;                                                                                \
    }

EQUAL_RUN(equal_run_i64, int64_t)
EQUAL_RUN(equal_run_i32, int32_t)

static size_t equal_run_uuid(const struct uuid *x, const struct uuid *y, size_t max)
{
    size_t run = 0;
    while (run + CHUNK <= max && memcmp(x + run, y + run, CHUNK * sizeof(*x)) == 0)
        run += CHUNK;
    while (run < max && memcmp(&x[run], &y[run], sizeof(*x)) == 0)
        run++;
    return run;
}

/* Texts are equal if their ends are equally far from their starts, and all their bytes are. */
static bool equal_texts(const struct column *x, size_t i, const struct column *y, size_t j,
                        size_t n)
{
    const uint32_t *a = x->offsets + i;
    const uint32_t *b = y->offsets + j;
    uint32_t shift = a[0] - b[0];
    uint32_t different = 0;
    for (size_t k = 1; k <= n; k++)
        different |= (a[k] - b[k]) ^ shift;
    return different == 0 && memcmp(x->bytes + a[0], y->bytes + b[0], a[n] - a[0]) == 0;
}

static size_t equal_run_text(const struct column *x, size_t i, const struct column *y, size_t j,
                             size_t max)
{
    size_t run = 0;
    while (run + CHUNK <= max && equal_texts(x, i + run, y, j + run, CHUNK))
        run += CHUNK;
    while (run < max && equal_texts(x, i + run, y, j + run, 1))
        run++;
    return run;
}

static size_t equal_run(const struct column *x, size_t i, const struct column *y, size_t j,
                        size_t max)
{
    switch (x->type) {
    case TYPE_BIGINT:
        return equal_run_i64(x->i64 + i, y->i64 + j, max);
    case TYPE_INTEGER:
        return equal_run_i32(x->i32 + i, y->i32 + j, max);
    case TYPE_UUID:
        return equal_run_uuid(x->uuid + i, y->uuid + j, max);
    default:
        return equal_run_text(x, i, y, j, max);
    }
}

size_t keys_equal_run(const struct batch *x, size_t i, const struct batch *y, size_t j, size_t max)
{
    const struct schema *schema = x->schema;
    for (size_t k = 0; k < schema->n_keys && max > 0; k++) {
        size_t column = schema->keys[k];
        max = equal_run(&x->columns[column], i, &y->columns[column], j, max);
    }
    return max;
}

#define BELOW_RUN(name, type)                                                                      \
    static size_t name(const type *x, size_t max, type limit)                                      \
    {                                                                                              \
        size_t run = 0;                                                                            \
        while (run < max && x[run] < limit)                                                        \
            run++;                                                                                 \
        return run;                                                                                \
    }

BELOW_RUN(below_run_i64, int64_t)
BELOW_RUN(below_run_i32, int32_t)

/* Doubles its steps until it has gone too far, then halves them: runs can be whole blocks. */
static size_t below_run_any(const struct batch *x, size_t i, size_t max, const struct batch *y,
                            size_t j)
{
    size_t low = 0;
    size_t step = 1;
    while (low + step <= max && batch_compare_keys(x, i + low + step - 1, y, j) < 0) {
        low += step;
        step *= 2;
    }
    size_t high = min_size(low + step - 1, max);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (batch_compare_keys(x, i + middle, y, j) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t keys_below_run(const struct batch *x, size_t i, size_t max, const struct batch *y, size_t j)
{
    const struct column *column = &x->columns[x->schema->keys[0]];
    const struct column *limit = &y->columns[x->schema->keys[0]];
    if (x->schema->n_keys > 1)
        return below_run_any(x, i, max, y, j);
    switch (column->type) {
    case TYPE_BIGINT:
        return below_run_i64(column->i64 + i, max, limit->i64[j]);
    case TYPE_INTEGER:
        return below_run_i32(column->i32 + i, max, limit->i32[j]);
    default:
        return below_run_any(x, i, max, y, j);
    }
}
