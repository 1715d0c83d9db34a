/*
 * A page of text for a terminal: made visible, measured in columns, wrapped, coloured. The first
 * failure is kept and everything after it does nothing, so that only page_write has to be checked.
 */
#ifndef LG_REPORT_PAGE_H
#define LG_REPORT_PAGE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/buffer.h"

enum ink {
    INK_PLAIN,
    INK_DIM,
    INK_BOLD,
    INK_GREEN,
    INK_YELLOW,
    INK_RED,
};

#define PAGE_MAX_BYTES ((size_t)256 << 20)
#define PAGE_MIN_WIDTH 40
#define PAGE_DEFAULT_WIDTH 100

/* The fields are for page.c, but width (columns to wrap at) and column (0-based, where the next
 * character goes) may be read. */
struct page {
    size_t width;
    size_t column;
    bool color;
    enum ink ink;
    struct buffer text;
    struct buffer word; /* visible form of the text that is being added */
    enum error_code status;
    struct error *err;
};

/* width 0: PAGE_DEFAULT_WIDTH. err takes the failure and must outlive the page. */
void page_init(struct page *page, unsigned width, bool color, struct error *err);
void page_release(struct page *page);

/* Adds text on the current line, however long it gets. */
void page_put(struct page *page, enum ink ink, const char *text);
void page_printf(struct page *page, enum ink ink, const char *format, ...) PRINTF_LIKE(3, 4);

/* Adds text, broken at spaces where it would pass the width; further lines start at column indent.
 * A space before "%" is not broken, and a word longer than a line is broken anywhere. */
void page_wrap(struct page *page, enum ink ink, size_t indent, const char *text);

/* Adds text, cut with "…" where it would pass the width. */
void page_put_cut(struct page *page, enum ink ink, const char *text);

/* Adds spaces up to the column; none if the line is there already. */
void page_tab(struct page *page, size_t column);

/* Ends the line; spaces at its end are dropped. */
void page_newline(struct page *page);

/* Writes everything to out and flushes it. ERR_IO, or the first failure so far. */
enum error_code page_write(struct page *page, FILE *out) MUST_CHECK;

#endif
