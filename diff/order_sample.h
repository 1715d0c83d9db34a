/*
 * A sample of values in the order in which they come: every value as long as there is room, then
 * one of every two, of every four, and so on. Which one is chosen as if by chance, so that a value
 * that every second row has does not fill the sample or stay out of it. The same values give the
 * same sample.
 */
#ifndef LG_DIFF_ORDER_SAMPLE_H
#define LG_DIFF_ORDER_SAMPLE_H

#include "diff/value_order.h"

#define ORDER_SAMPLE_VALUES ((size_t)1 << 13)

/* Zero-initialise before first use. */
struct order_sample {
    int64_t *orders; /* ORDER_SAMPLE_VALUES */
    size_t n;
    uint64_t seen;
    uint64_t next;  /* the one to take, counted as seen is */
    unsigned level; /* one of 2^level values is taken */
};

void order_sample_release(struct order_sample *sample);

/* ERR_MEMORY. */
enum error_code order_sample_add(struct order_sample *sample, const int64_t *orders, size_t n,
                                 struct error *err) MUST_CHECK;

/* All values of n samples, sorted; *ret_orders is freed with free(). ERR_MEMORY. */
enum error_code order_samples_join(const struct order_sample *samples, size_t n,
                                   int64_t **ret_orders, size_t *ret_n,
                                   struct error *err) MUST_CHECK;

#endif
