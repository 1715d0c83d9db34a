/*
 * distinct(): a set of the values as long as there are few, then HyperLogLog, into which the set's
 * hashes go. Over all rows the set holds MAX_VALUES; with segments each one's set does too, as long
 * as all sets together hold no more than TOTAL_VALUES.
 */
#include <stdlib.h>

#include "diff/accumulator.h"
#include "diff/hash_set.h"
#include "diff/hyperloglog.h"
#include "diff/value_table.h"

#define MAX_VALUES ((size_t)1 << 16)
#define TOTAL_VALUES ((size_t)1 << 20)
#define MIN_VALUES ((size_t)64)
#define PRECISION 16U
#define SEGMENT_PRECISION 12U

/*
 * Values that are bits are kept by their hashes, from which they could be had back; texts and
 * identifiers whole. registers is NULL as long as the set is exact.
 */
struct distinct {
    struct hash_set hashes;
    struct value_table table;
    uint8_t *registers;
};

static unsigned precision_of(const struct accumulator *acc)
{
    return acc->n_segments > 1 ? SEGMENT_PRECISION : PRECISION;
}

static bool is_bits(const struct accumulator *acc)
{
    return !value_type_is_text(acc->arg_type) && acc->arg_type != VALUE_UUID;
}

static size_t size_of(const struct distinct *state)
{
    return state->hashes.size + state->table.size;
}

static enum error_code distinct_start(struct accumulator *acc, struct error *err)
{
    TRY(accumulator_new_state(acc, sizeof(struct distinct), err));
    struct distinct *states = acc->state;
    for (size_t i = 0; i < acc->n_segments; i++)
        value_table_init(&states[i].table, &acc->arg_type, 1);
    return OK;
}

static bool has_room(const struct accumulator *acc, const struct distinct *state)
{
    if (size_of(state) >= MAX_VALUES)
        return false;
    return acc->n_segments <= 1 || acc->total < TOTAL_VALUES ||
           size_of(state) < accumulator_share(acc, TOTAL_VALUES, MIN_VALUES, MAX_VALUES);
}

static enum error_code start_sketch(struct accumulator *acc, struct distinct *state,
                                    struct error *err)
{
    unsigned precision = precision_of(acc);
    state->registers = calloc((size_t)1 << precision, 1);
    if (state->registers == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for counting different values");
    for (size_t i = 0; i < state->hashes.n_slots; i++)
        if (state->hashes.slots[i] != 0)
            hyperloglog_add(state->registers, precision, state->hashes.slots[i]);
    if (state->hashes.has_zero)
        hyperloglog_add(state->registers, precision, 0);
    for (uint32_t i = 0; i < state->table.size; i++)
        hyperloglog_add(state->registers, precision, state->table.hashes[i]);
    acc->total -= size_of(state);
    hash_set_release(&state->hashes);
    value_table_release(&state->table);
    return OK;
}

static bool is_known(const struct accumulator *acc, const struct distinct *state,
                     const struct vector *values, size_t row, uint64_t hash)
{
    if (state->registers != NULL)
        return false;
    if (is_bits(acc))
        return hash_set_contains(&state->hashes, hash);
    return value_table_find(&state->table, values, row, hash) != VALUE_TABLE_NONE;
}

static enum error_code add_value(struct accumulator *acc, struct distinct *state,
                                 const struct vector *values, size_t row, uint64_t hash,
                                 struct error *err)
{
    uint32_t index = 0;
    if (is_known(acc, state, values, row, hash))
        return OK;
    if (state->registers == NULL && !has_room(acc, state))
        TRY(start_sketch(acc, state, err));
    if (state->registers != NULL) {
        hyperloglog_add(state->registers, precision_of(acc), hash);
        return OK;
    }
    acc->total++;
    return is_bits(acc) ? hash_set_add(&state->hashes, hash, err)
                        : value_table_add(&state->table, values, row, hash, &index, err);
}

/* Rows whose values are not in the set; some of them may be the same. */
static size_t find_new(const struct accumulator *acc, const struct distinct *state,
                       const struct dense *dense, const uint64_t *hashes, uint32_t *rows)
{
    uint32_t found[SLICE_ROWS];
    size_t n = 0;
    if (is_bits(acc))
        return hash_set_missing(&state->hashes, hashes, dense->n, rows);
    value_table_find_rows(&state->table, &dense->values, dense->n, hashes, found);
    for (size_t i = 0; i < dense->n; i++) {
        rows[n] = (uint32_t)i;
        n += found[i] == VALUE_TABLE_NONE;
    }
    return n;
}

static enum error_code take_all(struct accumulator *acc, struct distinct *state,
                                const struct dense *dense, const uint64_t *hashes,
                                struct error *err)
{
    uint32_t rows[SLICE_ROWS];
    unsigned precision = precision_of(acc);
    if (state->registers != NULL) {
        for (size_t i = 0; i < dense->n; i++)
            hyperloglog_add(state->registers, precision, hashes[i]);
        return OK;
    }
    size_t n = find_new(acc, state, dense, hashes, rows);
    for (size_t i = 0; i < n; i++)
        TRY(add_value(acc, state, &dense->values, rows[i], hashes[rows[i]], err));
    return OK;
}

static enum error_code distinct_take(struct accumulator *acc, const struct intake *in,
                                     struct error *err)
{
    struct dense dense;
    uint64_t hashes[SLICE_ROWS];
    struct distinct *states = acc->state;
    dense_init(&dense, in);
    value_hash_rows(&dense.values, 1, dense.n, hashes);
    if (dense.segments == NULL)
        return take_all(acc, &states[0], &dense, hashes, err);
    for (size_t i = 0; i < dense.n; i++)
        TRY(add_value(acc, &states[dense.segments[i]], &dense.values, i, hashes[i], err));
    return OK;
}

static void distinct_result(const struct accumulator *acc, size_t segment, struct value *ret_value,
                            struct value *ret_about)
{
    (void)ret_about;
    const struct distinct *state = &((const struct distinct *)acc->state)[segment];
    int64_t count = (int64_t)size_of(state);
    if (state->registers != NULL)
        count = (int64_t)(hyperloglog_estimate(state->registers, precision_of(acc)) + 0.5);
    *ret_value = (struct value){.type = VALUE_INTEGER, .i64 = count};
}

/* Three standard errors: a sketch is that good in 997 of 1,000 cases. */
static double distinct_relative_error(const struct accumulator *acc)
{
    const struct distinct *states = acc->state;
    for (size_t i = 0; i < acc->n_segments; i++)
        if (states[i].registers != NULL)
            return 3 * hyperloglog_standard_error(precision_of(acc));
    return 0;
}

static void distinct_release(struct accumulator *acc)
{
    struct distinct *states = acc->state;
    for (size_t i = 0; i < acc->n_segments; i++) {
        hash_set_release(&states[i].hashes);
        value_table_release(&states[i].table);
        free(states[i].registers);
    }
}

const struct accumulator_class distinct_class = {.start = distinct_start,
                                                 .take = distinct_take,
                                                 .result = distinct_result,
                                                 .relative_error = distinct_relative_error,
                                                 .release = distinct_release};
