#include <math.h>
#include <stdlib.h>

#include "diff/accumulator.h"
#include "diff/arrivals.h"
#include "diff/candidates.h"

#define MAX_SAMPLE ((size_t)4096)
#define MIN_SAMPLE ((size_t)64)
#define TOTAL_SAMPLE ((size_t)1 << 17)
#define MAX_CANDIDATES ((size_t)256)
#define MIN_CANDIDATES ((size_t)8)
#define TOTAL_CANDIDATES ((size_t)1 << 16)

struct sampled {
    uint64_t place; /* see place_of */
    struct value new_value;
    struct value old_value;
};

struct flow {
    uint64_t in;
    uint64_t out;
    uint64_t old;
};

/* Rows with a place up to `highest` are sampled; it is halved when the sample is full. */
struct arrivals_state {
    uint64_t moved;
    uint64_t highest;
    struct sampled *sample;
    size_t n_sample;
    size_t capacity;
    struct candidates candidates;
    struct flow *flows; /* of the candidates */
};

double arrivals_share(const struct arrivals *counts)
{
    if (counts->rows == 0)
        return 0;
    double in = (double)counts->in;
    double common = (double)counts->old / (double)counts->rows;
    double elsewhere = (double)(counts->moved - counts->in);
    double chance = common < 1 ? elsewhere * common / (1 - common) : elsewhere;
    double natural = fmax((double)counts->out, chance);
    double beyond = in - natural - 4 * sqrt(2 * natural);
    return beyond > 0 ? beyond / (double)counts->rows : 0;
}

static enum error_code arrivals_start(struct accumulator *acc, struct error *err)
{
    TRY(accumulator_new_state(acc, sizeof(struct arrivals_state), err));
    struct arrivals_state *states = acc->state;
    for (size_t i = 0; i < acc->n_segments; i++) {
        states[i].highest = UINT64_MAX;
        candidates_init(&states[i].candidates, acc->arg_type);
    }
    return OK;
}

static void thin_sample(struct arrivals_state *state)
{
    size_t kept = 0;
    state->highest /= 2;
    for (size_t i = 0; i < state->n_sample; i++)
        if (state->sample[i].place <= state->highest)
            state->sample[kept++] = state->sample[i];
    state->n_sample = kept;
}

static enum error_code grow_sample(struct arrivals_state *state, size_t most, struct error *err)
{
    size_t capacity = state->capacity == 0 ? MIN_SAMPLE : state->capacity * 2;
    capacity = capacity < most ? capacity : most;
    struct sampled *sample = reallocarray(state->sample, capacity, sizeof(*sample));
    if (sample == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for a sample of moved rows");
    state->sample = sample;
    state->capacity = capacity;
    return OK;
}

/*
 * Multiples of the golden ratio, modulo 1 and as 64 bits: any number of consecutive positions, or
 * of positions a fixed step apart, spread evenly (D. Knuth, TAOCP 3, 6.4).
 */
static inline uint64_t place_of(uint64_t position)
{
    return position * UINT64_C(0x9E3779B97F4A7C15);
}

static enum error_code sample_row(struct accumulator *acc, struct arrivals_state *state,
                                  const struct intake *in, size_t row, struct error *err)
{
    uint64_t place = place_of(in->first + row);
    size_t most = accumulator_share(acc, TOTAL_SAMPLE, MIN_SAMPLE, MAX_SAMPLE);
    while (place <= state->highest && state->n_sample == most)
        thin_sample(state);
    if (place > state->highest)
        return OK;
    if (state->n_sample == state->capacity)
        TRY(grow_sample(state, most, err));
    state->sample[state->n_sample++] = (struct sampled){.place = place,
                                                        .new_value = vector_value(in->arg, row),
                                                        .old_value = vector_value(in->old, row)};
    return OK;
}

/* Counts moved rows, and chooses those that belong to the sample as it is before the slice. */
static size_t choose_rows(struct arrivals_state *states, const struct intake *in, uint32_t *chosen)
{
    size_t n = 0;
    if (in->segments == NULL) {
        uint64_t highest = states[0].highest;
        states[0].moved += mask_count(in->moved, in->n);
        for (size_t i = 0; i < in->n; i++) {
            chosen[n] = (uint32_t)i;
            n += in->moved[i] & (place_of(in->first + i) <= highest);
        }
        return n;
    }
    for (size_t i = 0; i < in->n; i++) {
        struct arrivals_state *state = &states[in->segments[i]];
        state->moved += in->moved[i];
        chosen[n] = (uint32_t)i;
        n += in->moved[i] & (place_of(in->first + i) <= state->highest);
    }
    return n;
}

static enum error_code draw_sample(struct accumulator *acc, const struct intake *in,
                                   struct error *err)
{
    struct arrivals_state *states = acc->state;
    uint32_t chosen[SLICE_ROWS] = {0};
    if (mask_count(in->moved, in->n) == 0)
        return OK;
    size_t n = choose_rows(states, in, chosen);
    for (size_t i = 0; i < n; i++)
        TRY(sample_row(acc, &states[intake_segment(in, chosen[i])], in, chosen[i], err));
    return OK;
}

/* Both sides are looked up, the new one only if a row has moved. */
static void count_all_flows(struct arrivals_state *state, const struct intake *in)
{
    uint32_t found[SLICE_ROWS];
    candidates_find(&state->candidates, in->old, in->n, found);
    for (size_t i = 0; i < in->n; i++)
        if (found[i] != VALUE_TABLE_NONE && (in->select == NULL || in->select[i] != 0)) {
            state->flows[found[i]].old++;
            state->flows[found[i]].out += in->moved[i];
        }
    if (mask_count(in->moved, in->n) == 0)
        return;
    candidates_find(&state->candidates, in->arg, in->n, found);
    for (size_t i = 0; i < in->n; i++)
        if (found[i] != VALUE_TABLE_NONE)
            state->flows[found[i]].in += in->moved[i];
}

/* Each segment has candidates of its own, so rows are looked up one at a time. */
static void count_segment_flows(struct arrivals_state *states, const struct intake *in)
{
    uint32_t found = VALUE_TABLE_NONE;
    for (size_t i = 0; i < in->n; i++) {
        struct arrivals_state *state = &states[in->segments[i]];
        struct vector old = vector_row(in->old, i);
        struct vector new = vector_row(in->arg, i);
        if (state->candidates.table.size == 0 || (in->select != NULL && in->select[i] == 0))
            continue;
        candidates_find(&state->candidates, &old, 1, &found);
        if (found != VALUE_TABLE_NONE) {
            state->flows[found].old++;
            state->flows[found].out += in->moved[i];
        }
        candidates_find(&state->candidates, &new, 1, &found);
        if (found != VALUE_TABLE_NONE)
            state->flows[found].in += in->moved[i];
    }
}

static enum error_code arrivals_take(struct accumulator *acc, const struct intake *in,
                                     struct error *err)
{
    if (acc->pass == 0)
        return draw_sample(acc, in, err);
    if (in->segments != NULL)
        count_segment_flows(acc->state, in);
    else
        count_all_flows(acc->state, in);
    return OK;
}

struct tally {
    int64_t in;
    int64_t out;
};

static enum error_code count_sampled(struct value_table *table, struct tally *tallies,
                                     const struct value *value, bool arrives, struct error *err)
{
    struct value_row row;
    uint32_t index = 0;
    value_row_init(&row, value);
    TRY(value_table_add(table, &row.vector, 0, row.hash, &index, err));
    tallies[index].in += arrives;
    tallies[index].out += !arrives;
    return OK;
}

struct ranked {
    const struct value_table *table;
    uint32_t index;
    struct tally tally;
};

static int compare_ranks(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;
    int64_t x_net = x->tally.in - x->tally.out;
    int64_t y_net = y->tally.in - y->tally.out;
    if (x_net != y_net)
        return x_net > y_net ? -1 : 1;
    return value_table_compare(x->table, x->index, y->index);
}

/* The values with the largest net arrivals in the sample, of those at which any row arrived. */
static enum error_code keep_largest(struct accumulator *acc, struct arrivals_state *state,
                                    struct ranked *ranks, size_t n, struct error *err)
{
    size_t most = accumulator_share(acc, TOTAL_CANDIDATES, MIN_CANDIDATES, MAX_CANDIDATES);
    qsort(ranks, n, sizeof(*ranks), compare_ranks);
    struct value_table *kept = &state->candidates.table;
    for (size_t i = 0; i < n && kept->size < most; i++)
        if (ranks[i].tally.in > 0)
            TRY(value_table_copy_entry(kept, ranks[i].table, ranks[i].index, err));
    TRY(candidates_build(&state->candidates, err));
    state->flows = calloc(kept->size + 1, sizeof(*state->flows));
    if (state->flows == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for counting arrivals");
    return OK;
}

/* Counts the sample's values into tallies and ranks, which have room for two a row. */
static enum error_code rank_sample(struct accumulator *acc, struct arrivals_state *state,
                                   struct value_table *table, struct tally *tallies,
                                   struct ranked *ranks, struct error *err)
{
    for (size_t i = 0; i < state->n_sample; i++) {
        TRY(count_sampled(table, tallies, &state->sample[i].new_value, true, err));
        TRY(count_sampled(table, tallies, &state->sample[i].old_value, false, err));
    }
    for (uint32_t i = 0; i < table->size; i++)
        ranks[i] = (struct ranked){.table = table, .index = i, .tally = tallies[i]};
    return keep_largest(acc, state, ranks, table->size, err);
}

static enum error_code choose_candidates(struct accumulator *acc, struct arrivals_state *state,
                                         struct error *err)
{
    size_t most_values = state->n_sample * 2 + 1;
    struct tally *tallies = calloc(most_values, sizeof(*tallies));
    struct ranked *ranks = calloc(most_values, sizeof(*ranks));
    struct value_table table;
    value_table_init(&table, &acc->arg_type, 1);
    enum error_code code = OK;
    if (tallies == NULL || ranks == NULL)
        code = error_set(err, ERR_MEMORY, "out of memory for counting arrivals");
    else
        code = rank_sample(acc, state, &table, tallies, ranks, err);
    value_table_release(&table);
    free(ranks);
    free(tallies);
    free(state->sample);
    state->sample = NULL;
    return code;
}

static enum error_code arrivals_end_pass(struct accumulator *acc, bool *ret_again,
                                         struct error *err)
{
    struct arrivals_state *states = acc->state;
    for (size_t i = 0; acc->pass == 0 && i < acc->n_segments; i++) {
        TRY(choose_candidates(acc, &states[i], err));
        *ret_again |= states[i].candidates.table.size > 0;
    }
    return OK;
}

static double share_of(const struct accumulator *acc, size_t segment, uint32_t candidate)
{
    const struct arrivals_state *state = &((const struct arrivals_state *)acc->state)[segment];
    const struct flow *flow = &state->flows[candidate];
    return arrivals_share(&(struct arrivals){.rows = acc->scope_rows[segment],
                                             .moved = state->moved,
                                             .in = flow->in,
                                             .out = flow->out,
                                             .old = flow->old});
}

static void arrivals_result(const struct accumulator *acc, size_t segment, struct value *ret_value,
                            struct value *ret_about)
{
    const struct arrivals_state *state = &((const struct arrivals_state *)acc->state)[segment];
    if (acc->scope_rows[segment] == 0)
        return;
    *ret_value = (struct value){.type = VALUE_DOUBLE, .f64 = 0};
    for (uint32_t i = 0; i < state->candidates.table.size; i++) {
        double share = share_of(acc, segment, i);
        if (share > ret_value->f64) {
            ret_value->f64 = share;
            *ret_about = value_table_value(&state->candidates.table, i, 0);
        }
    }
}

static void arrivals_release(struct accumulator *acc)
{
    struct arrivals_state *states = acc->state;
    for (size_t i = 0; i < acc->n_segments; i++) {
        free(states[i].sample);
        free(states[i].flows);
        candidates_release(&states[i].candidates);
    }
}

const struct accumulator_class arrivals_class = {.start = arrivals_start,
                                                 .take = arrivals_take,
                                                 .end_pass = arrivals_end_pass,
                                                 .result = arrivals_result,
                                                 .release = arrivals_release};
