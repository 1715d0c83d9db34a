/* The example rows of a finding as a small aligned table. */
#ifndef LG_REPORT_EXAMPLE_TABLE_H
#define LG_REPORT_EXAMPLE_TABLE_H

#include <stdbool.h>

#include <jansson.h>

#include "report/page.h"

/*
 * Puts the examples of a finding, as report_json makes them, at column indent: the key, then
 * "old → new" for the columns that matter, as many as fit. key has the names of the key columns;
 * segment, or "", is named above the table. Ten rows at most unless all. Nothing for a finding
 * without examples.
 */
void example_table_put(struct page *page, const json_t *finding, const json_t *key,
                       const char *segment, size_t indent, bool all);

#endif
