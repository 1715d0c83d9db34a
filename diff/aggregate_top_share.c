/*
 * top_share(): counts all values as long as there are few, which is exact. Beyond that the counter
 * is approximate: a second pass counts the CANDIDATES values with the highest counts exactly. If
 * none of the others can be more frequent than the best of them the result is exact after all;
 * else relative_error says how much higher the share of another value might be.
 */
#include <stdlib.h>

#include "diff/accumulator.h"
#include "diff/value_counter.h"

#define MAX_VALUES ((size_t)1 << 16)
#define MIN_VALUES ((size_t)64)
#define TOTAL_VALUES ((size_t)1 << 20)
#define CANDIDATES ((size_t)256)

struct top_share {
    struct value_counter counter;
    bool is_final;  /* the counts are exact, those of candidates after the second pass */
    uint64_t bound; /* no other value is more frequent */
};

static enum error_code top_share_start(struct accumulator *acc, struct error *err)
{
    TRY(accumulator_new_state(acc, sizeof(struct top_share), err));
    struct top_share *states = acc->state;
    size_t most = accumulator_share(acc, TOTAL_VALUES, MIN_VALUES, MAX_VALUES);
    for (size_t i = 0; i < acc->n_segments; i++)
        value_counter_init(&states[i].counter, &acc->arg_type, 1, (uint32_t)most);
    return OK;
}

/* The second pass counts candidates only. */
static enum error_code count_row(struct accumulator *acc, struct top_share *state,
                                 const struct intake *in, size_t row, uint64_t hash,
                                 struct error *err)
{
    if (acc->pass == 0)
        return value_counter_add_row(&state->counter, in->arg, row, hash, err);
    if (state->is_final)
        return OK;
    uint32_t index = value_table_find(&state->counter.table, in->arg, row, hash);
    if (index != VALUE_TABLE_NONE)
        state->counter.counts[index]++;
    else if (state->counter.table.size == 0) /* no value stood out, so any one will do */
        return value_counter_add_row(&state->counter, in->arg, row, hash, err);
    return OK;
}

static enum error_code top_share_take(struct accumulator *acc, const struct intake *in,
                                      struct error *err)
{
    uint64_t hashes[SLICE_ROWS];
    struct top_share *states = acc->state;
    value_hash_rows(in->arg, 1, in->n, hashes);
    if (in->segments == NULL && acc->pass == 0)
        return value_counter_add(&states[0].counter, in->arg, in->n, hashes, in->select, err);
    for (size_t i = 0; i < in->n; i++)
        if (in->select == NULL || in->select[i] != 0)
            TRY(count_row(acc, &states[intake_segment(in, i)], in, i, hashes[i], err));
    return OK;
}

/* Keeps the largest entries only, with counts of nothing. */
static enum error_code keep_candidates(struct top_share *state, struct error *err)
{
    uint32_t *largest = NULL;
    size_t n = 0;
    struct value_counter *counter = &state->counter;
    struct value_table table;
    TRY(value_counter_largest(counter, CANDIDATES + 1, &largest, &n, err));
    state->bound = counter->taken_off;
    if (n > CANDIDATES)
        state->bound += counter->counts[largest[--n]];
    value_table_init(&table, counter->table.types, 1);
    enum error_code code = OK;
    for (size_t i = 0; i < n && code == OK; i++)
        code = value_table_copy_entry(&table, &counter->table, largest[i], err);
    free(largest);
    value_table_release(&counter->table);
    counter->table = table;
    for (size_t i = 0; i < n; i++)
        counter->counts[i] = 0;
    return code;
}

static enum error_code top_share_end_pass(struct accumulator *acc, bool *ret_again,
                                          struct error *err)
{
    struct top_share *states = acc->state;
    for (size_t i = 0; i < acc->n_segments; i++) {
        if (acc->pass == 0 && states[i].counter.taken_off > 0) {
            TRY(keep_candidates(&states[i], err));
            *ret_again = true;
        } else {
            states[i].is_final = true;
        }
    }
    return OK;
}

/* Index of the most frequent value, the first by order if there are several. */
static uint32_t best_entry(const struct value_counter *counter)
{
    uint32_t best = VALUE_TABLE_NONE;
    for (uint32_t i = 0; i < counter->table.size; i++) {
        bool better = best == VALUE_TABLE_NONE || counter->counts[i] > counter->counts[best];
        if (better || (counter->counts[i] == counter->counts[best] &&
                       value_table_compare(&counter->table, i, best) < 0))
            best = i;
    }
    return best;
}

static void top_share_result(const struct accumulator *acc, size_t segment, struct value *ret_value,
                             struct value *ret_about)
{
    const struct top_share *state = &((const struct top_share *)acc->state)[segment];
    uint32_t best = best_entry(&state->counter);
    uint64_t scope = acc->scope_rows[segment];
    if (scope == 0)
        return;
    uint64_t count = best == VALUE_TABLE_NONE ? 0 : state->counter.counts[best];
    *ret_value = (struct value){.type = VALUE_DOUBLE, .f64 = (double)count / (double)scope};
    if (best != VALUE_TABLE_NONE)
        *ret_about = value_table_value(&state->counter.table, best, 0);
}

static double top_share_relative_error(const struct accumulator *acc)
{
    const struct top_share *states = acc->state;
    double largest = 0;
    for (size_t i = 0; i < acc->n_segments; i++) {
        uint32_t best = best_entry(&states[i].counter);
        uint64_t count = best == VALUE_TABLE_NONE ? 0 : states[i].counter.counts[best];
        if (count >= states[i].bound)
            continue;
        double error = (double)(states[i].bound - count) / (double)(count > 0 ? count : 1);
        largest = error > largest ? error : largest;
    }
    return largest;
}

static void top_share_release(struct accumulator *acc)
{
    struct top_share *states = acc->state;
    for (size_t i = 0; i < acc->n_segments; i++)
        value_counter_release(&states[i].counter);
}

const struct accumulator_class top_share_class = {.start = top_share_start,
                                                  .take = top_share_take,
                                                  .end_pass = top_share_end_pass,
                                                  .result = top_share_result,
                                                  .relative_error = top_share_relative_error,
                                                  .release = top_share_release};
