#include "diff/order_sample.h"

#include <stdlib.h>

void order_sample_release(struct order_sample *sample)
{
    free(sample->orders);
    *sample = (struct order_sample){0};
}

/* Keeps every second value and takes half as many from now on. */
static void thin_out(struct order_sample *sample)
{
    for (size_t i = 0; i < sample->n / 2; i++)
        sample->orders[i] = sample->orders[2 * i];
    sample->n /= 2;
    sample->skip = sample->skip * 2 + 1;
}

enum error_code order_sample_add(struct order_sample *sample, const int64_t *orders, size_t n,
                                 struct error *err)
{
    if (sample->orders == NULL)
        sample->orders = calloc(ORDER_SAMPLE_VALUES, sizeof(*sample->orders));
    if (sample->orders == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for a sample of values");
    for (size_t i = 0; i < n; i++) {
        if ((sample->seen++ & sample->skip) != 0)
            continue;
        if (sample->n == ORDER_SAMPLE_VALUES) {
            thin_out(sample);
            if (((sample->seen - 1) & sample->skip) != 0)
                continue;
        }
        sample->orders[sample->n++] = orders[i];
    }
    return OK;
}

enum error_code order_samples_join(const struct order_sample *samples, size_t n,
                                   int64_t **ret_orders, size_t *ret_n, struct error *err)
{
    int64_t *orders = malloc(n * ORDER_SAMPLE_VALUES * sizeof(*orders));
    size_t total = 0;
    if (orders == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for a sample of values");
    for (size_t s = 0; s < n; s++)
        for (size_t i = 0; i < samples[s].n; i++)
            orders[total++] = samples[s].orders[i];
    orders_sort(orders, total);
    *ret_orders = orders;
    *ret_n = total;
    return OK;
}
