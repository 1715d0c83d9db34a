/*
 * Errors as values. A function that can fail returns an error_code and takes a struct error last;
 * on failure the struct says what happened, where in the user's input, and what to do.
 */
#ifndef LG_BASE_ERROR_H
#define LG_BASE_ERROR_H

#include <stdbool.h>
#include <stdio.h>

#include "base/macros.h"

enum error_code {
    OK = 0,
#define LG_ERROR(code, name, exit_status, retryable) ERR_##code,
#include "base/error.def"
#undef LG_ERROR
};

/*
 * Everything a person needs to know about one failure. Fixed size, so it owns nothing and can be
 * copied; longer texts are cut. All texts are valid UTF-8 if the inputs were.
 */
struct error {
    enum error_code code;
    char message[512]; /* lower case, with the reason, no full stop */
    char detail[1024]; /* whole sentences, or empty */
    char hint[512];    /* what to do next, whole sentences, or empty */
    char file[256];    /* the input file the error is about, or empty */
    unsigned line;     /* 1-based line in that file, 0 if none */
    unsigned column;   /* 1-based column in that line, 0 if none */
    int sys_errno;     /* errno of the system call that failed, or 0 */
    char sqlstate[6];  /* SQLSTATE of the statement that failed, or empty */
};

/* Sets code and message, clears every other field, returns code. err may be NULL. */
enum error_code error_set(struct error *err, enum error_code code, const char *format, ...)
    PRINTF_LIKE(3, 4);

/*
 * As error_set, with ": <text of errno_value>" appended. ENOMEM, ENOSPC and EDQUOT override the
 * code with ERR_MEMORY or ERR_SPACE, because what to do about them differs.
 */
enum error_code error_set_errno(struct error *err, enum error_code code, int errno_value,
                                const char *format, ...) PRINTF_LIKE(4, 5);

/* Replaces the detail, the hint, or the place in the input. err may be NULL. */
void error_detail(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);
void error_hint(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);
void error_at(struct error *err, const char *file, unsigned line, unsigned column);

/* Puts "<text>: " before the message, to say what was being done when it failed. */
void error_prefix(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Short name of a code ("bad data"); never NULL. */
const char *error_name(enum error_code code);

/* Exit status of a process that ends with this code; OK is 0. */
int error_exit_status(enum error_code code);

/* Whether the same call may succeed later without a change by a person. */
bool error_retryable(enum error_code code);

/*
 * Prints "file:line:column: message", then detail and hint on lines of their own. Control
 * characters other than newline are shown as ?, since messages can quote outside input.
 */
void error_print(const struct error *err, FILE *out);

/* The analyzer sees one file at a time, so it has to be told that a failed call never gives OK. */
#ifdef __clang_analyzer__
static inline enum error_code error_never_ok(enum error_code result, enum error_code code)
{
    (void)result;
    return code;
}
#define error_set(err, code, ...) error_never_ok(error_set(err, code, __VA_ARGS__), code)
#define error_set_errno(err, code, errno_value, ...)                                               \
    error_never_ok(error_set_errno(err, code, errno_value, __VA_ARGS__), code)
#endif

#endif
