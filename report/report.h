/*
 * The report of one load, or of a comparison of two files: the same facts as text for a terminal,
 * as HTML for a browser and as JSON for scripts.
 */
#ifndef LG_REPORT_REPORT_H
#define LG_REPORT_REPORT_H

#include <stdio.h>

#include <jansson.h>

#include "diff/distribution.h"
#include "rules/judgement.h"

/* Examples of one outcome of the judgement. */
struct report_examples {
    const struct example *examples;
    size_t n_examples;
};

/* What is drawn of one column for one outcome of the judgement. */
struct report_drawing {
    const char *column;                      /* NULL: nothing is drawn */
    const struct distribution *distribution; /* old and new values; NULL: as of the earlier */
    const struct transitions *transitions;   /* outcome on that column and segment */
    struct report_examples worst;            /* rows in which the column changed most, if any */
};

/*
 * Everything that is shown. Borrowed; texts may be NULL where said. Times are microseconds since
 * the Unix epoch.
 */
struct report {
    const char *title;   /* "klout load 12", or "old.csv → new.csv" */
    const char *feed;    /* NULL for a comparison of files */
    int64_t load_id;     /* 0 for a comparison of files */
    int64_t baseline_id; /* the load compared with; 0: none */
    bool has_as_of;
    int64_t as_of_us;
    bool has_baseline_as_of;
    int64_t baseline_as_of_us;
    const char
        *completeness; /* by whose word the rows are complete: "manifest", …; NULL for files */
    bool correction;   /* as_of equals the baseline's */
    const char *stderr_tail; /* last lines of the scorer's standard error, or NULL */
    int64_t judged_in_us;    /* time that the comparison took; 0: not shown */

    const struct schema *schema;
    const struct row_counts *counts;
    const struct judgement *judgement;
    const struct report_examples *examples; /* n_outcomes of the judgement; may be NULL */
    const struct report_drawing *drawings;  /* n_outcomes of the judgement; may be NULL */
};

struct report_style {
    bool color;     /* ANSI colours, for a terminal */
    unsigned width; /* columns to wrap at; 0: 100 */
    bool all;       /* also the checks that passed, and everything that is cut short otherwise */
};

/*
 * Writes the report for people: the verdict first, then every finding as a sentence with value and
 * limit, its reason and examples before and after, then errors, what was not applicable, counts.
 * Text from data is cleaned of control characters. The text is what report_print_json makes of
 * report_json. ERR_IO, ERR_MEMORY.
 */
enum error_code report_print(const struct report *report, const struct report_style *style,
                             FILE *out, struct error *err) MUST_CHECK;

#define REPORT_MAX_EXAMPLE_BYTES                                                                   \
    ((size_t)8 << 20) /* in one report; later examples are left out                                \
                       */

/*
 * The report as one object; the caller owns the reference. ERR_MEMORY.
 *
 *   verdict       "pass", "warn", "hold", "block"
 *   title
 *   feed, load, baseline, as_of, baseline_as_of, completeness, correction, scorer_stderr
 *                 for a load of a feed only; those that are not known are null
 *   rows          {old, new, kept, added, removed, changed, duplicates}
 *   judged_in     seconds, or null
 *   history       {loads, gap}: earlier loads that there were to judge by, and how many usual
 *                 intervals lie between this load and the last good one
 *   key           names of the key columns, in key order
 *   findings      [{rule, action, segment, condition, column, measures, basis, loads, because,
 *                 sentence, shadow, file, line, measured, limit, measured_text, limit_text,
 *                 percentage, range, band, past, segments, rest, releasable, example_columns,
 *                 example_columns_left_out, examples_left_out, examples, drawing}]
 *   outcomes      for errors, what is not applicable and passes: [{outcome, rule, action, segment,
 *                 condition, column, measures, basis, loads, because, sentence, shadow, file, line,
 *                 segments, lacks_history}]
 *
 * basis is "fixed", "history" or "short history", and loads the number of earlier loads that the
 * limit comes from. range is [lowest, highest] of them and band the values that would have been no
 * finding, each null where there is none; past is [{load, as_of, value}], the newest first.
 * rest is null, or {single, together} where there are too many segments to judge each: how many
 * values were, and how many were taken together.
 * drawing is null or {column, distribution, transitions, worst}: distribution {scale, bins: [{kind,
 * label, old, new}], old_rows, new_rows, old_nulls, new_nulls, old_nans, new_nans}, transitions
 * {groups: [label], rows: [[kept rows from this group to each]], kept, changed}, both null where an
 * earlier finding on that column and segment has them, and worst as examples.
 * measures is [{measure, value, text}], with arrived_at for arrivals and relative_error for
 * sketches. Members that end in _text, and text, are for people: "93.2 %". examples is
 * [{key, old, new}]; a side that has no such row is null, and the value columns are those named in
 * example_columns, in the order in which they matter. Numbers that JSON cannot hold (NaN,
 * infinities) are strings, integers beyond 2^53 too; durations are seconds, times RFC 3339. Texts
 * in examples are cut at about a thousand bytes, with "…" in place of what is left out.
 */
enum error_code report_json(const struct report *report, json_t **ret_json,
                            struct error *err) MUST_CHECK;

/*
 * Writes any JSON so that it is exact and safe to look at: doubles with the fewest digits that read
 * back the same (never 0.93000000000000005), and what a terminal would obey or hide as \uXXXX.
 * Indented by two spaces if indent, else on one line; a newline at the end. ERR_IO, ERR_MEMORY.
 */
enum error_code report_write_json(const json_t *json, bool indent, FILE *out,
                                  struct error *err) MUST_CHECK;

/* One line for alerts and lists: "block: 93 % of kept rows moved to score = 1 (limit 25 %), and 2
 * more findings". Never NULL; cut to fit; returns out. */
#define REPORT_SUMMARY_BYTES 400
char *report_summary(const struct judgement *judgement, char out[REPORT_SUMMARY_BYTES]);

/*
 * Writes the report as one HTML file that needs nothing else: no scripts, no fonts, no images from
 * elsewhere. Everything from data is escaped. ERR_IO, ERR_MEMORY.
 */
enum error_code report_write_html(const struct report *report, FILE *out,
                                  struct error *err) MUST_CHECK;

/*
 * The same for a report that was stored as JSON by report_json. Two members that it does not have
 * then are shown if somebody added them: state, the load's state now, and live, {load, as_of} that
 * readers see now, or null for none. ERR_DATA if the object is not of that shape; ERR_IO,
 * ERR_MEMORY.
 */
enum error_code report_write_html_json(const json_t *json, FILE *out, struct error *err) MUST_CHECK;

/* Prints a report that was stored as JSON by report_json, in the same words as report_print.
 * ERR_DATA if the object is not of that shape; ERR_IO, ERR_MEMORY. */
enum error_code report_print_json(const json_t *json, const struct report_style *style, FILE *out,
                                  struct error *err) MUST_CHECK;

#endif
