/* Secrets that cannot be printed by accident, and URLs without theirs. */
#ifndef LG_BASE_SECRET_H
#define LG_BASE_SECRET_H

#include <stddef.h>

#include "base/error.h"

/* What every print of a secret shows. */
#define SECRET_SCRUBBED "***"

#define SECRET_MAX_BYTES 65536

/*
 * Bytes that must not appear in logs, errors, pages or core dumps of text. The member is named so
 * that a use other than through secret_reveal stands out. Owned; zeroed before it is freed.
 */
struct secret {
    char *do_not_print;
    size_t len;
};

/* Copies len bytes. ERR_LIMIT beyond SECRET_MAX_BYTES, ERR_MEMORY. */
enum error_code secret_set(struct secret *secret, const char *bytes, size_t len,
                           struct error *err) MUST_CHECK;

/*
 * Reads a secret from a file, without one line end at its end. ERR_CONFIG if the file cannot be
 * read, is empty, is no regular file, holds a zero byte, or may be read by everybody.
 */
enum error_code secret_read_file(struct secret *secret, const char *path,
                                 struct error *err) MUST_CHECK;

/* The secret itself, zero-terminated; "" if it is empty. Only for where it has to be used. */
const char *secret_reveal(const struct secret *secret);

/* SECRET_SCRUBBED, or "(none)" for an empty secret. */
const char *secret_text(const struct secret *secret);

void secret_release(struct secret *secret);

#define URL_SCRUBBED_BYTES 300

/*
 * Scheme, host and port of a URL; account, path, query and fragment, where tokens live, are shown
 * as SECRET_SCRUBBED, and what is no URL altogether. Control characters are shown as ?. Returns
 * out.
 */
const char *url_scrub(const char *url, char out[URL_SCRUBBED_BYTES]);

#endif
