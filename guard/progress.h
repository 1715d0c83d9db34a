/* One line of progress on a terminal; silent in a pipe. */
#ifndef LG_GUARD_PROGRESS_H
#define LG_GUARD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Embed one per stretch of work; the texts have to outlive it. */
struct progress {
    FILE *terminal; /* NULL: silent */
    const char *what;
    int64_t started_us;
    int64_t shown_us;
    bool visible;
};

/* Starts a stretch of work such as "staging". Draws nothing yet; quiet if stderr is no terminal. */
void progress_begin(struct progress *progress, const char *what);

/*
 * Shows rows so far, rate, and, where fraction is in (0, 1], time left. Draws at most five times a
 * second, so it may be called for every batch. fraction < 0: not known.
 */
void progress_update(struct progress *progress, uint64_t rows, double fraction);

/* Clears the line. */
void progress_end(struct progress *progress);

/* "1.2 M", "950", "20.0 M": a count for people; returns out. */
#define COUNT_TEXT_BYTES 32
char *progress_format_count(uint64_t count, char out[COUNT_TEXT_BYTES]);

#endif
