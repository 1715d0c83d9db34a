/*
 * Readers of a feed that check every result they get: it has to be exactly one whole load. Each is
 * a thread with a session of its own.
 */
#ifndef LG_TESTS_READERS_READER_H
#define LG_TESTS_READERS_READER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum reader_kind {
    READER_AD_HOC,          /* simple queries, planned each time */
    READER_PREPARED,        /* one prepared statement, executed for ever; and lookups by key */
    READER_IN_TRANSACTION,  /* a prepared statement again and again in a READ COMMITTED one */
    READER_REPEATABLE_READ, /* a snapshot is taken, and the feed read first some time later */
    READER_REPORT,          /* a transaction that keeps the view open */
};
#define N_READER_KINDS 5

/* What all readers share. */
struct readers {
    const char *url;
    atomic_bool stop;
    atomic_int report_hold_ms; /* how long a report keeps its transaction open; -1: until told */
    atomic_int wrong;          /* results that were not exactly one load */
    atomic_int broken;         /* readers that an error has ended */
};

/* Rows of a load: its own number of them, so that a mixture shows. */
static inline int64_t rows_of_load(int64_t load_id)
{
    return 2000 + load_id % 7;
}

#define MAX_SAMPLES 200000

/* Durations, for percentiles. */
struct samples {
    double *ms; /* MAX_SAMPLES */
    size_t n;
};

void samples_add(struct samples *samples, double ms);
/* Sorts; share 0.99 gives the 99th percentile. 0 without samples. */
double samples_percentile(struct samples *samples, double share);

double now_ms(void);

struct reader;

/* Starts a reader; the readers struct outlives it. NULL if it could not be started. */
struct reader *reader_start(struct readers *readers, enum reader_kind kind, int number);

/* Waits for its end after readers->stop, adds its times, frees it. */
void reader_finish(struct reader *reader, struct samples *scans, struct samples *lookups,
                   long *ret_results);

const char *reader_kind_name(enum reader_kind kind);

#endif
