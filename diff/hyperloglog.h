/*
 * Number of different values by HyperLogLog (P. Flajolet et al., 2007) with the estimator of O.
 * Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", 2017, algorithm 6, which
 * has no bias at any size. Standard error 1.04 / sqrt(2^precision).
 */
#ifndef LG_DIFF_HYPERLOGLOG_H
#define LG_DIFF_HYPERLOGLOG_H

#include <stddef.h>
#include <stdint.h>

/* Takes a value by its hash: registers has 2^precision bytes, 0 at first; 4 <= precision <= 16. */
static inline void hyperloglog_add(uint8_t *registers, unsigned precision, uint64_t hash)
{
    size_t index = (size_t)(hash >> (64 - precision));
    uint64_t rest = hash << precision | UINT64_C(1) << (precision - 1);
    uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);
    if (rank > registers[index])
        registers[index] = rank;
}

double hyperloglog_estimate(const uint8_t *registers, unsigned precision);

double hyperloglog_standard_error(unsigned precision);

#endif
