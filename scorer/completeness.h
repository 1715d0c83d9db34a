/* Whether a load is known to be whole, by whose word, and of what time. */
#ifndef LG_SCORER_COMPLETENESS_H
#define LG_SCORER_COMPLETENESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum completeness_state {
    COMPLETENESS_UNKNOWN, /* nothing vouches for the rows: hold the load */
    COMPLETENESS_COMPLETE,
};

/* A source as the manifest describes it. */
struct source_report {
    const char *name;
    bool has_as_of;
    int64_t as_of_us; /* microseconds since the Unix epoch */
    bool has_rows;
    uint64_t rows;
};

/* Owns its texts and arrays through the arena. */
struct completeness {
    enum completeness_state state;
    const char *how; /* "manifest", "row-count file", "marker file", "query", "--rows",
                      * "--assume-complete" or "none": static, for reports */
    int64_t as_of_us;
    bool correction; /* as_of equals the live load's */
    uint64_t rows;   /* as read */
    const struct source_report *sources;
    size_t n_sources;
    const char **notes; /* what a person should know though it is no error; whole sentences */
    size_t n_notes;
    size_t notes_capacity;
    struct arena arena;
};

void completeness_release(struct completeness *completeness);

/* Adds a copy of the note. */
void completeness_add_note(struct completeness *completeness, const char *note);

/* What a running scorer says of itself. */
struct scorer_progress {
    bool has_fraction;
    double fraction; /* 0 to 1 */
    bool has_rows;
    uint64_t rows;
    uint64_t bytes; /* of rows, passed on so far; 0 for a plain file */
};

#endif
