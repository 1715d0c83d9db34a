/*
 * The thread beside the reader of a scorer's rows. It passes the rows on from one pipe to another
 * without copying them, collects standard error and the manifest, keeps the deadlines, stops the
 * scorer on interrupt, and so makes sure that the reader's pipe ends.
 */
#ifndef LG_SCORER_PUMP_H
#define LG_SCORER_PUMP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/process.h"
#include "scorer/manifest.h"
#include "scorer/stderr_log.h"

/* Why the pump stopped the scorer. */
enum pump_stop {
    PUMP_NOT_STOPPED,
    PUMP_TIMED_OUT,
    PUMP_INTERRUPTED,
    PUMP_UNWANTED, /* by pump_stop */
};

/* pump_init, fill in the first part, pump_start, pump_join or pump_stop, pump_release. */
struct pump {
    /* In: owned by the pump; a descriptor is -1 if there is none. */
    struct process process; /* pid 0: a named pipe without a process of ours */
    int rows_in;
    int rows_out;
    int manifest_fd;
    int64_t timeout_us;
    int64_t drain_us;
    int64_t grace_us;
    struct stderr_log log;
    struct manifest manifest;

    /* Out: for the caller once pump_join has returned. */
    enum pump_stop stopped;
    bool rows_held; /* somebody still held the pipe of rows when draining was given up */
    bool left_open; /* the same of standard error or the manifest */
    struct process_result result; /* if there is a process */

    /* Between both threads. */
    pthread_mutex_t lock;
    struct scorer_progress progress; /* under lock */
    atomic_bool stop_wanted;
    int wake_fd;

    /* The thread's own. */
    pthread_t thread;
    bool started;
    bool ended; /* the process, or the writer of the named pipe */
    bool rows_ended;
    bool output_full;
    bool killed;
    int64_t timeout_at_us;
    int64_t kill_at_us;
    int64_t drain_at_us;
    void *chunk;
};

/* No process, no descriptors. */
void pump_init(struct pump *pump);

/* ERR_IO, ERR_MEMORY; the pump has then to be released all the same. */
enum error_code pump_start(struct pump *pump, struct error *err) MUST_CHECK;

/* Waits until scorer and pipes have come to their end. */
void pump_join(struct pump *pump);

/*
 * Says that the rows are not wanted any more: the scorer is stopped; if it has written all its rows
 * already, it first gets grace_us to end by itself. Does not wait.
 */
void pump_stop(struct pump *pump);

/* Safe from any thread while the pump is not released. */
void pump_progress(struct pump *pump, struct scorer_progress *ret_progress);

/* Stops, joins, kills what is left of the group, closes everything. */
void pump_release(struct pump *pump);

#endif
