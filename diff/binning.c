#include "diff/binning.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "diff/value_order.h"

#define COUNTED_VALUES ((uint32_t)1 << 16)
#define MAX_EDGES (DISTRIBUTION_MAX_BINS * 2 + 8)

void seen_init(struct seen_values *seen, enum value_type type, size_t few)
{
    *seen =
        (struct seen_values){.type = type, .few = few, .is_ordered = value_type_has_order(type)};
    value_counter_init(&seen->values, &type, 1, COUNTED_VALUES);
}

void seen_release(struct seen_values *seen)
{
    value_counter_release(&seen->values);
    for (size_t i = 0; i < ARRAY_SIZE(seen->samples); i++)
        order_sample_release(&seen->samples[i]);
}

/* Selected rows that are neither NULL nor NaN. */
static size_t find_wanted(const struct vector *values, size_t n, const uint8_t *select,
                          uint8_t *ret_wanted)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        bool is_nan = values->type == VALUE_DOUBLE && isnan(values->f64[i]);
        ret_wanted[i] =
            select[i] != 0 && (values->nulls == NULL || values->nulls[i] == 0) && !is_nan;
        count += ret_wanted[i];
    }
    return count;
}

enum error_code seen_add(struct seen_values *seen, size_t sample, const struct vector *values,
                         size_t n, const uint8_t *select, struct error *err)
{
    uint8_t wanted[SLICE_ROWS];
    uint64_t hashes[SLICE_ROWS];
    int64_t memory[SLICE_ROWS];
    seen->rows[sample] += find_wanted(values, n, select, wanted);
    if (!seen->has_many && sample != SEEN_MOVED) {
        value_hash_rows(values, 1, n, hashes);
        TRY(value_counter_add(&seen->values, values, n, hashes, wanted, err));
        seen->has_many = seen->is_ordered && seen->values.table.size > seen->few;
    }
    if (!seen->is_ordered)
        return OK;
    const int64_t *orders = vector_orders(values, n, memory);
    for (size_t i = 0; i < n; i++)
        if (wanted[i] != 0)
            TRY(order_sample_add(&seen->samples[sample], &orders[i], 1, err));
    return OK;
}

void binning_release(struct binning *binning)
{
    ordered_bins_release(&binning->ordered);
    candidates_release(&binning->categories);
    free(binning->places);
}

static enum error_code new_places(struct binning *binning, size_t n, struct error *err)
{
    binning->places = calloc(n, sizeof(*binning->places));
    if (binning->places == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for the bins of a column");
    return OK;
}

static const char *value_label(const struct value *value, struct arena *arena)
{
    char text[100];
    return arena_strdup(arena, value_format(value, text, sizeof(text)));
}

/* The bin of one order if there is no other in it. */
static struct bin bin_between(enum value_type type, enum bin_kind kind, int64_t low, int64_t high,
                              struct arena *arena)
{
    struct bin bin = {.kind = kind, .value = {.type = type, .is_null = true}};
    if (kind != BIN_BELOW)
        bin.low = order_number(type, low);
    if (kind == BIN_RANGE || kind == BIN_BELOW)
        bin.high = order_number(type, high);
    if (kind == BIN_VALUE) {
        bin.value = order_value(type, low);
        bin.label = value_label(&bin.value, arena);
    } else {
        bin.label = bin_label(type, kind, low, high, arena);
    }
    return bin;
}

/* NaN has a place of its own, so a last edge goes in front of it. */
enum error_code binning_from_edges(struct binning *binning, const struct seen_values *seen,
                                   const int64_t *edges, size_t n_edges, struct arena *arena,
                                   struct error *err)
{
    int64_t all[MAX_EDGES + 1];
    int64_t *sorted = NULL;
    size_t n = 0;
    size_t n_all = n_edges;
    memcpy(all, edges, n_edges * sizeof(*edges));
    if (seen->type == VALUE_DOUBLE)
        all[n_all++] = order_of_double((double)INFINITY) + 1;
    TRY(new_places(binning, n_all + 1, err));
    TRY(order_samples_join(seen->samples, 2, &sorted, &n, err));
    enum error_code code =
        ordered_bins_of_edges(&binning->ordered, seen->type, all, n_all, sorted, n, err);
    free(sorted);
    binning->bins = arena_calloc(arena, n_edges + 1, sizeof(*binning->bins));
    for (size_t i = 0; i <= n_edges; i++) {
        enum bin_kind kind = i == 0 ? BIN_BELOW : i == n_edges ? BIN_ABOVE : BIN_RANGE;
        if (kind == BIN_RANGE && (uint64_t)edges[i] - (uint64_t)edges[i - 1] == 1)
            kind = BIN_VALUE;
        binning->bins[i] = bin_between(seen->type, kind, i > 0 ? edges[i - 1] : 0,
                                       i < n_edges ? edges[i] : 0, arena);
        binning->places[i] = (uint32_t)i;
    }
    binning->n_bins = n_edges + 1;
    if (n_all > n_edges)
        binning->places[n_all] = (uint32_t)binning->n_bins;
    return code;
}

static size_t add_edge(int64_t *edges, size_t n, int64_t edge)
{
    if (n == 0 || edges[n - 1] < edge)
        edges[n++] = edge;
    return n;
}

/* A bin for each of few values; what lies between stays empty. */
static enum error_code bins_of_values(struct binning *binning, const struct seen_values *seen,
                                      struct arena *arena, struct error *err)
{
    int64_t orders[DISTRIBUTION_MAX_BINS + 1];
    int64_t edges[MAX_EDGES];
    size_t n = seen->values.table.size;
    size_t n_edges = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct value value = value_table_value(&seen->values.table, i, 0);
        orders[i] = value.type == VALUE_DOUBLE ? order_of_double(value.f64) : value.i64;
    }
    orders_sort(orders, n);
    for (size_t i = 0; i < n; i++) {
        n_edges = add_edge(edges, n_edges, orders[i]);
        if (orders[i] < INT64_MAX)
            n_edges = add_edge(edges, n_edges, orders[i] + 1);
    }
    if (n == 0)
        n_edges = add_edge(edges, n_edges, 0);
    return binning_from_edges(binning, seen, edges, n_edges, arena, err);
}

/* The most frequent values and the others. */
static enum error_code bins_of_categories(struct binning *binning, const struct seen_values *seen,
                                          size_t max_bins, struct arena *arena, struct error *err)
{
    uint32_t *chosen = NULL;
    size_t n = 0;
    const struct value_counter *counter = &seen->values;
    bool has_others = counter->taken_off > 0 || counter->table.size > max_bins;
    TRY(value_counter_largest(counter, max_bins - has_others, &chosen, &n, err));
    binning->scale = SCALE_CATEGORIES;
    binning->bins = arena_calloc(arena, n + 1, sizeof(*binning->bins));
    binning->n_bins = n + has_others;
    enum error_code code = OK;
    for (size_t i = 0; i < n && code == OK; i++) {
        struct bin *bin = &binning->bins[i];
        *bin = (struct bin){.kind = BIN_VALUE,
                            .value = value_table_value(&counter->table, chosen[i], 0)};
        bin->label = value_label(&bin->value, arena);
        if (value_type_is_text(bin->value.type))
            bin->value.text.bytes =
                arena_strndup(arena, bin->value.text.bytes, bin->value.text.len);
        code = value_table_copy_entry(&binning->categories.table, &counter->table, chosen[i], err);
    }
    free(chosen);
    if (has_others)
        binning->bins[n] = (struct bin){.kind = BIN_OTHERS, .label = "other values"};
    return code == OK ? candidates_build(&binning->categories, err) : code;
}

static void binning_start(struct binning *binning, const struct seen_values *seen)
{
    *binning =
        (struct binning){.type = seen->type, .scale = SCALE_LINEAR, .is_ordered = seen->is_ordered};
    candidates_init(&binning->categories, seen->type);
}

enum error_code binning_to_draw(struct binning *binning, const struct seen_values *seen,
                                size_t max_bins, struct arena *arena, struct error *err)
{
    int64_t edges[MAX_EDGES];
    int64_t *sorted = NULL;
    size_t n = 0;
    binning_start(binning, seen);
    if (!seen->is_ordered)
        return bins_of_categories(binning, seen, max_bins, arena, err);
    if (!seen->has_many)
        return bins_of_values(binning, seen, arena, err);
    TRY(order_samples_join(seen->samples, 2, &sorted, &n, err));
    size_t n_edges = scale_edges(seen->type, sorted, n, max_bins, edges, &binning->scale);
    free(sorted);
    return binning_from_edges(binning, seen, edges, n_edges, arena, err);
}

/* Values of a sorted sample that make up at least a share of it, at most max; returns how many. */
static size_t find_frequent(const int64_t *sorted, size_t n, double share, size_t max,
                            int64_t *ret_values)
{
    size_t found = 0;
    for (size_t i = 0; i < n && found < max;) {
        size_t end = i + 1;
        while (end < n && sorted[end] == sorted[i])
            end++;
        if (end - i > 1 && (double)(end - i) >= share * (double)n)
            ret_values[found++] = sorted[i];
        i = end;
    }
    return found;
}

/* Values that a tenth of the moved rows went to, then those that a fifth of the old rows have. */
static enum error_code find_special(const struct seen_values *seen, size_t max, int64_t *ret_values,
                                    size_t *ret_n, struct error *err)
{
    int64_t found[2][16];
    size_t n_found[2] = {0};
    static const size_t samples[2] = {SEEN_MOVED, SIDE_OLD};
    static const double shares[2] = {0.1, 0.2};
    *ret_n = 0;
    for (size_t s = 0; s < 2; s++) {
        int64_t *sorted = NULL;
        size_t n = 0;
        TRY(order_samples_join(&seen->samples[samples[s]], 1, &sorted, &n, err));
        n_found[s] = find_frequent(sorted, n, shares[s], max, found[s]);
        free(sorted);
        for (size_t i = 0; i < n_found[s] && *ret_n < max; i++) {
            bool is_known = false;
            for (size_t k = 0; k < *ret_n; k++)
                is_known |= ret_values[k] == found[s][i];
            if (!is_known)
                ret_values[(*ret_n)++] = found[s][i];
        }
    }
    return OK;
}

/* Edges at quantiles of the old side and around special values. */
static size_t group_edges(const int64_t *sorted, size_t n, size_t n_ranges, const int64_t *special,
                          size_t n_special, int64_t *ret_edges)
{
    int64_t edges[2 * TRANSITIONS_MAX_GROUPS + 2];
    size_t n_edges = 0;
    size_t n_kept = 0;
    for (size_t i = 1; i < n_ranges && n > 0; i++)
        edges[n_edges++] = sorted[n * i / n_ranges];
    for (size_t i = 0; i < n_special; i++) {
        edges[n_edges++] = special[i];
        if (special[i] < INT64_MAX)
            edges[n_edges++] = special[i] + 1;
    }
    orders_sort(edges, n_edges);
    for (size_t i = 0; i < n_edges; i++)
        n_kept = add_edge(ret_edges, n_kept, edges[i]);
    return n_kept > 0 ? n_kept : add_edge(ret_edges, 0, 0);
}

enum error_code binning_to_group(struct binning *binning, const struct seen_values *seen,
                                 size_t max_groups, struct arena *arena, struct error *err)
{
    int64_t special[TRANSITIONS_MAX_GROUPS];
    int64_t edges[2 * TRANSITIONS_MAX_GROUPS + 2];
    size_t n_special = 0;
    int64_t *sorted = NULL;
    size_t n = 0;
    size_t max_special = (max_groups - 4) / 2 < 4 ? (max_groups - 4) / 2 : 4;
    binning_start(binning, seen);
    if (!seen->is_ordered)
        return bins_of_categories(binning, seen, max_groups - 1, arena, err);
    if (!seen->has_many)
        return bins_of_values(binning, seen, arena, err);
    TRY(find_special(seen, max_special, special, &n_special, err));
    TRY(order_samples_join(&seen->samples[SIDE_OLD], 1, &sorted, &n, err));
    size_t n_edges =
        group_edges(sorted, n, max_groups - 2 - 2 * n_special, special, n_special, edges);
    free(sorted);
    return binning_from_edges(binning, seen, edges, n_edges, arena, err);
}

void binning_find(const struct binning *binning, const struct vector *values, size_t n,
                  uint32_t *ret_places)
{
    if (binning->is_ordered)
        ordered_bins_find(&binning->ordered, values, n, ret_places);
    else
        candidates_find(&binning->categories, values, n, ret_places);
    for (size_t i = 0; i < n; i++) {
        if (values->nulls != NULL && values->nulls[i] != 0)
            ret_places[i] = (uint32_t)binning->n_bins + 1;
        else if (binning->is_ordered)
            ret_places[i] = binning->places[ret_places[i]];
        else if (ret_places[i] == VALUE_TABLE_NONE)
            ret_places[i] = (uint32_t)binning->n_bins - 1;
    }
}
