/* Values of rows and measures as JSON and as text for people. */
#ifndef LG_REPORT_VALUES_H
#define LG_REPORT_VALUES_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "diff/expr.h"

/* A longer text in an example is cut, with "…" in place of what is left out. */
#define VALUES_MAX_TEXT_BYTES 1000

/* The functions that return json_t give the caller a new reference; NULL only without memory. */

/* A string with invalid bytes and NUL as U+FFFD; null for NULL. */
json_t *values_text_json(const char *text);

/* Sets a member whose name may be any bytes. As json_object_set_new: takes value, -1 on failure. */
int values_set(json_t *object, const char *name, json_t *value);

/*
 * Booleans, numbers and null as themselves. Strings: NaN and infinities, integers beyond 2^53,
 * numerics of more than 15 digits, texts, dates, times (RFC 3339, UTC) and uuids. Durations are
 * seconds. The first skip bytes of a text are left out; skip is 0 or between two characters.
 */
json_t *values_json(const struct value *value, size_t skip);

/*
 * Bytes to skip at the start of two texts that begin alike and are too long to be kept whole, so
 * that what is kept shows where they differ; 0 for all else.
 */
size_t values_common_bytes(const struct value *a, const struct value *b);

#endif
