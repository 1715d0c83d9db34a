/* Outside text made safe to show: valid UTF-8, no control characters, quoted for JSON. */
#ifndef LG_BASE_TEXT_H
#define LG_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/* Length of the valid UTF-8 sequence at text (shortest form, no surrogates), 0 if there is none. */
size_t text_utf8_sequence(const char *text, size_t len);

/* Whether all of it is valid UTF-8. */
bool text_is_utf8(const char *text, size_t len);

/*
 * Appends the text with invalid bytes as U+FFFD and control characters (C0 but newline and tab,
 * DEL, C1) as "?". Errors of buffer_append.
 */
enum error_code text_append_clean(struct buffer *buf, const char *text, size_t len,
                                  struct error *err) MUST_CHECK;

/* Appends the text as a JSON string with its quotes; invalid bytes become U+FFFD. */
enum error_code text_append_json(struct buffer *buf, const char *text, size_t len,
                                 struct error *err) MUST_CHECK;

#endif
