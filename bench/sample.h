/* Times that benchmarks compare: processor time of this process, medians of several rounds. */
#ifndef LG_BENCH_SAMPLE_H
#define LG_BENCH_SAMPLE_H

#include <stddef.h>

#include "snapshot/packed.h"

#define SAMPLE_ROUNDS 5

/* Seconds of processor time that this process has used. */
double sample_now(void);

/* The middle one of SAMPLE_ROUNDS numbers, which are put in order. */
double sample_median(double *seconds);

/*
 * One merge pass over the first two columns (bigint, double) of two snapshots of at most 16
 * columns, with two sums over the kept rows: the least that comparing two sorted sides can cost a
 * row at a time.
 */
enum error_code sample_merge(struct packed *old_snapshot, struct packed *new_snapshot,
                             double *ret_seconds, struct error *err) MUST_CHECK;

#endif
