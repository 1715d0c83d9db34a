/* What to run for a feed's rows, and what has to be true before they count as complete. */
#ifndef LG_SCORER_SPEC_H
#define LG_SCORER_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

#define SCORER_DEFAULT_TIMEOUT_US (6 * 3600 * USEC_PER_SEC)
#define SCORER_DEFAULT_DRAIN_US (10 * USEC_PER_SEC)
#define SCORER_DEFAULT_GRACE_US (10 * USEC_PER_SEC)
#define SCORER_DEFAULT_LOG_BYTES ((uint64_t)64 << 20)
#define SCORER_TAIL_BYTES 16384

enum scorer_kind {
    SCORER_COMMAND, /* rows on the standard output of a command */
    SCORER_FILE,    /* rows in a file or a named pipe; "-" is this process's standard input */
    SCORER_QUERY,   /* rows of a query in the store, through callbacks->open_rows */
};

/* How a load without a manifest is known to be complete. */
enum complete_when_kind {
    COMPLETE_WHEN_NONE,
    COMPLETE_WHEN_MARKER_FILE,    /* the file exists and is not older than the rows */
    COMPLETE_WHEN_ROW_COUNT_FILE, /* as above, and it holds the number of rows, in decimal */
    COMPLETE_WHEN_QUERY,          /* the query is true after the rows were read */
};

struct complete_when {
    enum complete_when_kind kind;
    const char *text; /* path or SQL */
};

/* A source whose freshness the manifest has to state. */
struct source_spec {
    const char *name;
    int64_t max_age_us; /* age = load's time − source's as_of; the load's time is the later of
                         * scorer_context.as_of_us and the manifest's as_of, so that a night that
                         * is repaired later is judged as it would have been then */
};

/* A feed's scorer as configured. Borrows everything. Start from scorer_spec_init. */
struct scorer_spec {
    enum scorer_kind kind;
    const char *const *argv; /* COMMAND: program and arguments, then NULL */
    const char *path;        /* FILE */
    const char *sql;         /* QUERY */
    const char *dir;         /* COMMAND: working directory; NULL: this process's */
    const char *run_as;      /* COMMAND: account; NULL: this process's */

    /*
     * Names of this process's environment variables that a command gets, then NULL (may be NULL).
     * PATH, HOME, USER, LOGNAME, SHELL, LANG, LC_ALL, LC_CTYPE, TZ and TMPDIR always pass.
     */
    const char *const *env_names;
    const char *const *env_values; /* "NAME=value" to set, then NULL (may be NULL) */

    int64_t timeout_us;     /* from the start to the end of the command, or of a named pipe */
    int64_t drain_us;       /* how long inherited pipes are read after the command's end */
    int64_t grace_us;       /* from SIGTERM to SIGKILL */
    uint64_t max_log_bytes; /* standard error beyond this is not logged */

    const char *const *ready; /* SQL that has to be true before the start */
    size_t n_ready;
    struct complete_when complete_when;
    const struct source_spec *sources;
    size_t n_sources;
};

/* A zeroed spec with the default times and sizes. */
void scorer_spec_init(struct scorer_spec *spec);

/* One run of a scorer. Borrows everything. */
struct scorer_context {
    const char *feed;
    int64_t load_id;
    int64_t as_of_us; /* the time that the run stands for, as LOADGUARD_AS_OF */
    bool has_live;
    int64_t live_as_of_us;  /* as_of of the live load, if has_live */
    const char *log_path;   /* where standard error goes, appended; NULL: nowhere */
    const char *temp_dir;   /* where the manifest's private folder is made; NULL: /tmp. An account
                             * given by run_as has to be able to reach it. */
    bool has_expected_rows; /* --rows N */
    uint64_t expected_rows;
    bool assume_complete; /* --assume-complete; with this or --rows, complete_when is not looked at
                           */
};

/* What only the store can do. Members that the spec has no use for may be NULL. */
struct scorer_callbacks {
    void *context;

    /* Runs SQL of one row and one boolean column; NULL counts as false. Shape errors are errors. */
    enum error_code (*ask)(void *context, const char *sql, bool *ret_answer, struct error *err);

    /* Starts the query; *ret_fd delivers its rows in COPY format and belongs to the callbacks. */
    enum error_code (*open_rows)(void *context, const char *sql, int *ret_fd, struct error *err);

    /*
     * Called once after open_rows: whether the query ran to its end. If its rows were not read to
     * their end, it is cancelled, and only an error that came before that is one.
     */
    enum error_code (*close_rows)(void *context, struct error *err);
};

#endif
