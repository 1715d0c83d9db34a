/*
 * What a scorer needs from the store: answers to ready and completeness queries, and the rows of a
 * query as a stream. Uses a session of its own, read-only, so that such SQL can neither drop the
 * feed's lock nor change anything.
 */
#ifndef LG_GUARD_QUERY_ROWS_H
#define LG_GUARD_QUERY_ROWS_H

#include <pthread.h>

#include "scorer/spec.h"

struct store;

/* Call query_rows_init first. */
struct query_rows {
    struct store *main;    /* borrowed: the session that tells where the store is */
    struct store *session; /* opened at first use */
    int timeout_ms;        /* for the rows */
    pthread_t thread;
    bool thread_running;
    char *copy_sql;
    int backend; /* server process of session */
    int read_fd;
    int write_fd;
    bool given_up; /* the rows were not read to their end */
    enum error_code copy_code;
    struct error copy_error;
};

/* timeout_us: how long the query may take to its last row, 0: as long as it wants. */
void query_rows_init(struct query_rows *rows, struct store *main, int64_t timeout_us);

/* Ends the query and the session. */
void query_rows_release(struct query_rows *rows);

/* The callbacks for scorer_start; valid as long as rows. */
struct scorer_callbacks query_rows_callbacks(struct query_rows *rows);

#endif
