#include "bench/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MAX_COLUMNS 16

double sample_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int compare_seconds(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

double sample_median(double *seconds)
{
    qsort(seconds, SAMPLE_ROUNDS, sizeof(*seconds), compare_seconds);
    return seconds[SAMPLE_ROUNDS / 2];
}

/* A block at a time of one side. */
struct reading {
    struct packed *packed;
    struct column columns[MAX_COLUMNS];
    struct batch batch;
    size_t next_block;
    size_t row;
};

static enum error_code refill(struct reading *reading, bool *ret_more, struct error *err)
{
    *ret_more = reading->row < reading->batch.n_rows;
    if (*ret_more || reading->next_block == packed_blocks(reading->packed))
        return OK;
    reading->row = 0;
    *ret_more = true;
    return packed_block(reading->packed, reading->next_block++, reading->columns, &reading->batch,
                        err);
}

static void merge_blocks(struct reading *old_side, struct reading *new_side, double *sums)
{
    const int64_t *x = old_side->columns[0].i64;
    const int64_t *y = new_side->columns[0].i64;
    size_t i = old_side->row;
    size_t j = new_side->row;
    while (i < old_side->batch.n_rows && j < new_side->batch.n_rows) {
        bool kept = x[i] == y[j];
        bool old_first = x[i] <= y[j];
        bool new_first = y[j] <= x[i];
        sums[0] += kept ? old_side->columns[1].f64[i] : 0;
        sums[1] += kept ? new_side->columns[1].f64[j] : 0;
        i += old_first;
        j += new_first;
    }
    old_side->row = i;
    new_side->row = j;
}

enum error_code sample_merge(struct packed *old_snapshot, struct packed *new_snapshot,
                             double *ret_seconds, struct error *err)
{
    struct reading old_side = {.packed = old_snapshot};
    struct reading new_side = {.packed = new_snapshot};
    double sums[2] = {0};
    bool old_more = true;
    bool new_more = true;
    double start = sample_now();
    for (;;) {
        TRY(refill(&old_side, &old_more, err));
        TRY(refill(&new_side, &new_more, err));
        if (!old_more || !new_more)
            break;
        merge_blocks(&old_side, &new_side, sums);
    }
    *ret_seconds = sample_now() - start;
    if (sums[0] == 0 && sums[1] == 1)
        (void)puts("");
    return OK;
}
