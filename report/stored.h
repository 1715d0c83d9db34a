/* A report as JSON, which may come from a ledger that an older or newer version wrote. */
#ifndef LG_REPORT_STORED_H
#define LG_REPORT_STORED_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * Checks that the report has what no report can be without: a verdict, the row counts, findings
 * with rule and action, and that lists are lists of objects. ERR_DATA names what is wrong.
 */
enum error_code stored_check(const json_t *report, struct error *err) MUST_CHECK;

/* A member that is a string, else NULL. */
const char *stored_text(const json_t *object, const char *name);

/* A member that is a string, else "". */
const char *stored_text_or_empty(const json_t *object, const char *name);

/* A member that is an integer and not negative, else 0. */
uint64_t stored_count(const json_t *object, const char *name);

/* Whether a member is true. */
bool stored_is_true(const json_t *object, const char *name);

/*
 * A value of a row as text: visible, in full, doubles with the fewest digits that read back the
 * same. A string that would be taken for something else, or for nothing, is quoted.
 */
const char *stored_value_text(struct arena *arena, const json_t *value);

#endif
