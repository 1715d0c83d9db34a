/* The row counts as text. */
#ifndef LG_REPORT_COUNT_TEXT_H
#define LG_REPORT_COUNT_TEXT_H

#include <jansson.h>

#include "report/page.h"

/*
 * Puts "rows" of a report: kept and removed rows as percentages of the old ones, changed ones of
 * those kept, added ones and duplicates of the new ones, and by how much the new side grew. In
 * columns where they fit, else a line each.
 */
void count_text_put(struct page *page, const json_t *rows, size_t indent);

#endif
