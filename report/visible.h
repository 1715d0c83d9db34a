/*
 * Outside text made visible: what a terminal would obey, hide or reorder is shown as an escape, so
 * that two values that differ also look different. Measured in columns of a terminal.
 */
#ifndef LG_REPORT_VISIBLE_H
#define LG_REPORT_VISIBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"

/*
 * Whether a code point is shown as it is. Control characters, line separators, those that are
 * invisible or change the direction of writing, and unassigned ones are not.
 */
bool visible_is_plain(uint32_t code_point);

/* The code point of a valid UTF-8 sequence of len bytes. */
uint32_t visible_decode(const char *sequence, size_t len);

/*
 * Appends the text with what is not plain as "\n", "\x1b" or "\u200b" and invalid bytes as U+FFFD.
 * Visible text stays the same. Errors of buffer_append.
 */
enum error_code visible_append(struct buffer *buf, const char *text, size_t len,
                               struct error *err) MUST_CHECK;

/* The same as a string in an arena; for texts of bounded length. */
char *visible_copy(struct arena *arena, const char *text, size_t len);

/* Columns that visible text takes: 2 for East Asian wide characters, 0 for combining ones. */
size_t visible_columns(const char *text, size_t len);

/*
 * Bytes of the longest prefix of visible text that fits the columns. A character keeps its
 * combining ones, but no more than eight, so that a column is a bounded number of bytes.
 */
size_t visible_cut(const char *text, size_t len, size_t columns);

#endif
