/*
 * Values as integers in the same order, by which they are sorted, counted and compared: a double's
 * bits turned so that they ascend with it (NaN above all, one zero), the value itself for whole
 * numbers, dates and times.
 */
#ifndef LG_DIFF_VALUE_ORDER_H
#define LG_DIFF_VALUE_ORDER_H

#include "diff/value_table.h"

static inline int64_t order_of_double(double value)
{
    uint64_t bits = value_double_bits(value);
    return (int64_t)(bits ^ (0 - (bits >> 63)) >> 1);
}

static inline double order_to_double(int64_t order)
{
    uint64_t bits = (uint64_t)order;
    double value = 0;
    bits ^= (0 - (bits >> 63)) >> 1;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* Whether values of the type have such an order: DOUBLE and those kept as i64. */
static inline bool value_type_has_order(enum value_type type)
{
    return type == VALUE_DOUBLE || value_type_is_i64(type);
}

/*
 * The orders of n values, at most SLICE_ROWS, none of them NULL: in memory, or where the values are
 * if these are integers.
 */
const int64_t *vector_orders(const struct vector *values, size_t n, int64_t *memory);

/* The value of an order as a number; that of a date or time in its unit. */
static inline double order_number(enum value_type type, int64_t order)
{
    return type == VALUE_DOUBLE ? order_to_double(order) : (double)order;
}

/* The value of an order. */
struct value order_value(enum value_type type, int64_t order);

/* Sorts orders ascending, by a comparison of two. */
void orders_sort(int64_t *orders, size_t n);

#endif
