#include "diff/value_order.h"

#include <stdlib.h>

VECTORISED static void orders_of_doubles(const double *restrict values, size_t n,
                                         int64_t *restrict ret_orders)
{
    for (size_t i = 0; i < n; i++)
        ret_orders[i] = order_of_double(values[i]);
}

const int64_t *vector_orders(const struct vector *values, size_t n, int64_t *memory)
{
    if (values->type != VALUE_DOUBLE)
        return values->i64;
    orders_of_doubles(values->f64, n, memory);
    return memory;
}

struct value order_value(enum value_type type, int64_t order)
{
    if (type == VALUE_DOUBLE)
        return (struct value){.type = type, .f64 = order_to_double(order)};
    return (struct value){.type = type, .i64 = order};
}

static int compare_orders(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

void orders_sort(int64_t *orders, size_t n)
{
    qsort(orders, n, sizeof(*orders), compare_orders);
}
