/*
 * HTML that is being written. Text from anywhere is made visible and escaped; markup itself is
 * literals. The first failure is kept and everything after it does nothing, so that only
 * markup_write has to be checked.
 */
#ifndef LG_REPORT_MARKUP_H
#define LG_REPORT_MARKUP_H

#include <stdio.h>

#include "base/arena.h"
#include "base/buffer.h"

#define MARKUP_MAX_BYTES ((size_t)256 << 20)

/* The fields are for markup.c. */
struct markup {
    struct buffer html;
    struct buffer visible; /* visible form of the text that is being added */
    enum error_code status;
    struct error *err;
};

/* err takes the failure and must outlive the markup. */
void markup_init(struct markup *markup, struct error *err);
void markup_release(struct markup *markup);

/* Adds markup as it is: a literal, never anything from outside. */
void markup_raw(struct markup *markup, const char *html);

/* Adds markup with numbers in it; the arguments are numbers or literals, nothing from outside. */
void markup_format(struct markup *markup, const char *format, ...) PRINTF_LIKE(2, 3);

/* Adds text, visible and escaped, fit for an element and for an attribute in double quotes. */
void markup_text(struct markup *markup, const char *text);

/* Adds an element with text in it. open is a literal, "p class=\"because\"". */
void markup_element(struct markup *markup, const char *open, const char *text);

/* Writes everything to out and flushes it. ERR_IO, or the first failure so far. */
enum error_code markup_write(struct markup *markup, FILE *out) MUST_CHECK;

#endif
