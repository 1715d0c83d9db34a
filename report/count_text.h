/* The row counts as text. */
#ifndef LG_REPORT_COUNT_TEXT_H
#define LG_REPORT_COUNT_TEXT_H

#include <jansson.h>

#include "base/number.h"
#include "report/page.h"

/* One column of the row counts. */
struct count {
    const char *label;
    char number[NUMBER_TEXT_BYTES];
    char percent[NUMBER_TEXT_BYTES]; /* or "" */
    size_t width;                    /* of the widest of them, in columns */
};
#define N_COUNTS 7

/* Reads "rows" of a report. */
void count_text_read(const json_t *rows, struct count counts[N_COUNTS]);

/*
 * Puts "rows" of a report: kept and removed rows as percentages of the old ones, changed ones of
 * those kept, added ones and duplicates of the new ones, and by how much the new side grew. In
 * columns where they fit, else a line each.
 */
void count_text_put(struct page *page, const json_t *rows, size_t indent);

#endif
