/* Findings, and checks that could not be made, as text. */
#ifndef LG_REPORT_FINDING_TEXT_H
#define LG_REPORT_FINDING_TEXT_H

#include <stdbool.h>

#include <jansson.h>

#include "base/arena.h"
#include "report/page.h"

/*
 * Puts all findings of a report as report_json makes it, each with an empty line before it.
 * Segments of one check stand together. Unless all, what comes after a screenful is cut to a line
 * each, and then to a count.
 */
void finding_text_put_all(struct page *page, const json_t *report, bool all);

/* Puts the outcomes of kind "error". */
void finding_text_put_errors(struct page *page, const json_t *report, bool all);

/* Name of a check: "mass reset · score · network=twitter". */
const char *finding_text_name(struct arena *arena, const json_t *outcome);

/* "mean(score) = 45.2, rows = 12"; of a single measure, which the condition shows, the value. */
const char *finding_text_measures(struct arena *arena, const json_t *outcome);

#endif
