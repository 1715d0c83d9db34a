/* A scorer's standard error: whole in a log file, up to a cap, and its end in memory. */
#ifndef LG_SCORER_STDERR_LOG_H
#define LG_SCORER_STDERR_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "scorer/spec.h"

/* Zero-initialise. To be used by one thread at a time. */
struct stderr_log {
    bool has_file;
    int fd;
    uint64_t max_bytes;
    uint64_t written_bytes;
    bool cut;        /* the file reached max_bytes */
    int write_errno; /* why writing ended early, or 0 */
    char tail[SCORER_TAIL_BYTES];
    uint64_t total_bytes; /* seen, of which the last are in tail, as a ring */
};

/* Opens the file for appending; path may be NULL: only the tail is kept. ERR_IO. */
enum error_code stderr_log_open(struct stderr_log *log, const char *path, uint64_t max_bytes,
                                struct error *err) MUST_CHECK;
void stderr_log_release(struct stderr_log *log);

/* Takes more. A file that cannot be written is given up, the tail goes on. */
void stderr_log_add(struct stderr_log *log, const char *bytes, size_t len);

/*
 * Appends the last whole lines, cleaned, at most max_bytes of them. If there is no whole line, the
 * end of the last one. Errors of buffer_append.
 */
enum error_code stderr_log_tail(const struct stderr_log *log, size_t max_bytes, struct buffer *out,
                                struct error *err) MUST_CHECK;

#endif
