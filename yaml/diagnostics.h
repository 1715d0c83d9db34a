/* Problems in a user's files: all of them are collected, so that one run of a check shows all. */
#ifndef LG_YAML_DIAGNOSTICS_H
#define LG_YAML_DIAGNOSTICS_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"

/* One problem. Texts belong to the diagnostics. */
struct problem {
    const char *file; /* as the user named it; may be empty */
    unsigned line;    /* 1-based; 0 if the problem has no place */
    unsigned column;  /* 1-based, in characters; 0 if none */
    const char *key;  /* path of the key, "feeds.klout.scorer"; may be empty */
    const char *message;
    const char *hint; /* a whole sentence, or empty */
    size_t order;     /* of being added, so that sorting is stable */
};

#define DIAGNOSTICS_MAX_PROBLEMS 200 /* kept; further ones are only counted */

/* Zero-initialise or call diagnostics_init; release afterwards. */
struct diagnostics {
    struct arena arena;
    struct problem *problems;
    size_t n_problems;
    size_t capacity;
    size_t n_dropped;
};

void diagnostics_init(struct diagnostics *diags);
void diagnostics_release(struct diagnostics *diags);

/* Adds a problem; the message is lower case, with the reason, no full stop. All texts are copied.
 */
void diagnostics_add(struct diagnostics *diags, const char *file, unsigned line, unsigned column,
                     const char *key, const char *format, ...) PRINTF_LIKE(6, 7);
void diagnostics_addv(struct diagnostics *diags, const char *file, unsigned line, unsigned column,
                      const char *key, const char *format, va_list args)
    __attribute__((format(printf, 6, 0)));

/* Sets the hint of the problem that was added last: a whole sentence that says what to do. */
void diagnostics_hint(struct diagnostics *diags, const char *format, ...) PRINTF_LIKE(2, 3);

/* Problems so far, those beyond the kept ones included. */
size_t diagnostics_count(const struct diagnostics *diags);

/* Sorts by file (in the order in which files were first named), line and column. */
void diagnostics_sort(struct diagnostics *diags);

/*
 * Sorts, then prints each as "file:line:column: key.path: message" with the hint on a line of its
 * own. Control characters are shown as ?.
 */
void diagnostics_print(struct diagnostics *diags, FILE *out);

/*
 * OK without problems; else ERR_CONFIG with the first problem's place, message and hint, and in the
 * detail how many more there are.
 */
enum error_code diagnostics_to_error(struct diagnostics *diags, struct error *err) MUST_CHECK;

#endif
