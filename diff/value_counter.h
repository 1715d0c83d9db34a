/*
 * Counts how often each value occurs, in bounded memory. Exact as long as there are no more
 * different values than the cap; beyond that a form of the Misra-Gries algorithm (J. Misra and D.
 * Gries, "Finding repeated elements", 1982): when the table is full the median of its counts is
 * taken off all of them and what is left with nothing is dropped. So a count is never too high, and
 * too low by at most `taken_off`, which is at most two rows in max_values.
 */
#ifndef LG_DIFF_VALUE_COUNTER_H
#define LG_DIFF_VALUE_COUNTER_H

#include "diff/value_table.h"

struct value_counter {
    struct value_table table;
    uint64_t *counts; /* one per entry of the table */
    uint32_t capacity;
    uint32_t max_values;
    uint64_t taken_off;
};

/* Allocates nothing. max_values is at least 2. */
void value_counter_init(struct value_counter *counter, const enum value_type *types,
                        size_t n_columns, uint32_t max_values);
void value_counter_release(struct value_counter *counter);

/*
 * Counts the rows of n (at most SLICE_ROWS) whose byte in select is 1; select NULL: all. hashes are
 * those of value_hash_rows. ERR_MEMORY.
 */
enum error_code value_counter_add(struct value_counter *counter, const struct vector *columns,
                                  size_t n, const uint64_t *hashes, const uint8_t *select,
                                  struct error *err) MUST_CHECK;

/* The same for one row. */
enum error_code value_counter_add_row(struct value_counter *counter, const struct vector *columns,
                                      size_t row, uint64_t hash, struct error *err) MUST_CHECK;

/*
 * Indices of the up to max entries with the highest counts, highest first, ties by value, so that
 * the choice does not depend on the order of the rows; *ret_indices is freed with free().
 * ERR_MEMORY.
 */
enum error_code value_counter_largest(const struct value_counter *counter, size_t max,
                                      uint32_t **ret_indices, size_t *ret_n,
                                      struct error *err) MUST_CHECK;

#endif
