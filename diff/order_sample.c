#include "diff/order_sample.h"

#include <stdlib.h>

void order_sample_release(struct order_sample *sample)
{
    free(sample->orders);
    *sample = (struct order_sample){0};
}

/* Which half of a group of 2^level values the sample has one of. */
static uint64_t half(uint64_t group, unsigned level)
{
    return hash_bits(group * 64 + level) & 1;
}

/* The value that stands for a group of 2^level values. */
static uint64_t chosen(uint64_t group, unsigned level)
{
    for (; level > 0; level--)
        group = 2 * group + half(group, level);
    return group;
}

/* Keeps one of every two values and takes half as many from now on. */
static void thin_out(struct order_sample *sample)
{
    sample->level++;
    for (size_t i = 0; i < sample->n / 2; i++)
        sample->orders[i] = sample->orders[2 * i + half(i, sample->level)];
    sample->n /= 2;
}

enum error_code order_sample_add(struct order_sample *sample, const int64_t *orders, size_t n,
                                 struct error *err)
{
    if (sample->orders == NULL)
        sample->orders = calloc(ORDER_SAMPLE_VALUES, sizeof(*sample->orders));
    if (sample->orders == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for a sample of values");
    while (sample->next < sample->seen + n) {
        if (sample->n == ORDER_SAMPLE_VALUES) {
            thin_out(sample);
        } else {
            sample->orders[sample->n] = orders[sample->next - sample->seen];
            sample->n++;
        }
        sample->next = chosen(sample->n, sample->level);
    }
    sample->seen += n;
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
