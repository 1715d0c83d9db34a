#include "diff/value_counter.h"

#include <stdlib.h>
#include <string.h>

void value_counter_init(struct value_counter *counter, const enum value_type *types,
                        size_t n_columns, uint32_t max_values)
{
    *counter = (struct value_counter){.max_values = max_values};
    value_table_init(&counter->table, types, n_columns);
}

void value_counter_release(struct value_counter *counter)
{
    value_table_release(&counter->table);
    free(counter->counts);
    counter->counts = NULL;
    counter->capacity = 0;
}

static int compare_counts(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static enum error_code median_count(const struct value_counter *counter, uint64_t *ret_median,
                                    struct error *err)
{
    size_t n = counter->table.size;
    uint64_t *sorted = malloc(n * sizeof(*sorted));
    if (sorted == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for counting values");
    memcpy(sorted, counter->counts, n * sizeof(*sorted));
    qsort(sorted, n, sizeof(*sorted), compare_counts);
    *ret_median = sorted[n / 2];
    free(sorted);
    return OK;
}

/* Takes the median off all counts: half of the values or more are left with nothing and go. */
static enum error_code prune(struct value_counter *counter, struct error *err)
{
    uint64_t median = 0;
    struct value_table kept;
    TRY(median_count(counter, &median, err));
    value_table_init(&kept, counter->table.types, counter->table.n_columns);
    for (uint32_t i = 0; i < counter->table.size; i++) {
        if (counter->counts[i] <= median)
            continue;
        enum error_code code = value_table_copy_entry(&kept, &counter->table, i, err);
        if (code != OK) {
            value_table_release(&kept);
            return code;
        }
        counter->counts[kept.size - 1] = counter->counts[i] - median;
    }
    value_table_release(&counter->table);
    counter->table = kept;
    counter->taken_off += median;
    return OK;
}

static enum error_code grow_counts(struct value_counter *counter, struct error *err)
{
    if (counter->table.capacity <= counter->capacity)
        return OK;
    uint64_t *counts = reallocarray(counter->counts, counter->table.capacity, sizeof(*counts));
    if (counts == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for counting values");
    counter->counts = counts;
    counter->capacity = counter->table.capacity;
    return OK;
}

/* Counts a row whose value is not in the table. */
static enum error_code add_new(struct value_counter *counter, const struct vector *columns,
                               size_t row, uint64_t hash, struct error *err)
{
    uint32_t size = counter->table.size;
    uint32_t index = 0;
    TRY(value_table_add(&counter->table, columns, row, hash, &index, err));
    TRY(grow_counts(counter, err));
    if (index == size)
        counter->counts[index] = 0;
    counter->counts[index]++;
    return counter->table.size > counter->max_values ? prune(counter, err) : OK;
}

enum error_code value_counter_add_row(struct value_counter *counter, const struct vector *columns,
                                      size_t row, uint64_t hash, struct error *err)
{
    uint32_t index = value_table_find(&counter->table, columns, row, hash);
    if (index == VALUE_TABLE_NONE)
        return add_new(counter, columns, row, hash, err);
    counter->counts[index]++;
    return OK;
}

enum error_code value_counter_add(struct value_counter *counter, const struct vector *columns,
                                  size_t n, const uint64_t *hashes, const uint8_t *select,
                                  struct error *err)
{
    uint32_t indices[SLICE_ROWS];
    size_t missing = 0;
    value_table_find_rows(&counter->table, columns, n, hashes, indices);
    for (size_t i = 0; i < n; i++) {
        if (select != NULL && select[i] == 0)
            continue;
        if (indices[i] == VALUE_TABLE_NONE)
            indices[missing++] = (uint32_t)i;
        else
            counter->counts[indices[i]]++;
    }
    /* Adding can prune, which moves entries: only now, when no index is needed any more. */
    for (size_t i = 0; i < missing; i++)
        TRY(value_counter_add_row(counter, columns, indices[i], hashes[indices[i]], err));
    return OK;
}

struct entry {
    const struct value_counter *counter;
    uint32_t index;
};

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;
    uint64_t x_count = x->counter->counts[x->index];
    uint64_t y_count = y->counter->counts[y->index];
    if (x_count != y_count)
        return x_count > y_count ? -1 : 1;
    return value_table_compare(&x->counter->table, x->index, y->index);
}

enum error_code value_counter_largest(const struct value_counter *counter, size_t max,
                                      uint32_t **ret_indices, size_t *ret_n, struct error *err)
{
    size_t n = counter->table.size;
    struct entry *entries = calloc(n + 1, sizeof(*entries));
    uint32_t *indices = calloc(n + 1, sizeof(*indices));
    if (entries == NULL || indices == NULL) {
        free(entries);
        free(indices);
        return error_set(err, ERR_MEMORY, "out of memory for counting values");
    }
    for (size_t i = 0; i < n; i++)
        entries[i] = (struct entry){.counter = counter, .index = (uint32_t)i};
    qsort(entries, n, sizeof(*entries), compare_entries);
    *ret_n = n < max ? n : max;
    for (size_t i = 0; i < *ret_n; i++)
        indices[i] = entries[i].index;
    free(entries);
    *ret_indices = indices;
    return OK;
}
