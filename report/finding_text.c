#include "report/finding_text.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "report/example_table.h"
#include "report/groups.h"
#include "report/history_text.h"
#include "report/stored.h"

#define INDENT 2
#define HEADING_INDENT 9
#define LABEL_END 13
#define MAX_FULL 20     /* findings that are shown whole */
#define MAX_LINES 100   /* further findings that are shown on a line each */
#define MAX_SEGMENTS 10 /* segments of one check whose sentences are shown */

const char *finding_text_name(struct arena *arena, const json_t *outcome)
{
    const char *column = stored_text(outcome, "column");
    const char *segment = stored_text(outcome, "segment");
    return arena_printf(arena, "%s%s%s%s%s", stored_text_or_empty(outcome, "rule"),
                        column == NULL ? "" : " · ", column == NULL ? "" : column,
                        segment == NULL ? "" : " · ", segment == NULL ? "" : segment);
}

static void put_mark(struct page *page, const json_t *outcome)
{
    const char *action = stored_text_or_empty(outcome, "action");
    bool blocks = strcmp(action, "block") == 0;
    const char *mark = blocks ? "✗" : strcmp(action, "hold") == 0 ? "‖" : "!";
    enum ink ink = blocks ? INK_RED : INK_YELLOW;
    page_put(page, ink, mark);
    page_put(page, ink, " ");
    page_put(page, ink, action);
    page_tab(page, HEADING_INDENT);
}

/* The first line: what it leads to, which check, on what. */
static void put_heading(struct page *page, const json_t *first, uint64_t n_segments,
                        const char *remark)
{
    CLEANUP(arena_release) struct arena arena = {0};
    const char *rest =
        finding_text_name(&arena, first) + strlen(stored_text_or_empty(first, "rule"));
    put_mark(page, first);
    page_wrap(page, INK_BOLD, HEADING_INDENT, stored_text_or_empty(first, "rule"));
    page_wrap(page, INK_PLAIN, HEADING_INDENT, rest);
    if (n_segments > 1)
        page_wrap(page, INK_PLAIN, HEADING_INDENT,
                  arena_printf(&arena, " and %" PRIu64 " more segment%s", n_segments - 1,
                               n_segments == 2 ? "" : "s"));
    page_wrap(page, INK_YELLOW, HEADING_INDENT, remark);
    if (stored_is_true(first, "shadow"))
        page_wrap(page, INK_DIM, HEADING_INDENT, " (shadow: recorded, does not count)");
    if (json_is_false(json_object_get(first, "releasable")))
        page_wrap(page, INK_RED, HEADING_INDENT, " (nobody can release this)");
    page_newline(page);
}

static void put_labelled(struct page *page, const char *label, const char *text)
{
    if (*text == '\0')
        return;
    page_tab(page, INDENT);
    page_put(page, INK_DIM, label);
    page_tab(page, LABEL_END);
    page_wrap(page, INK_PLAIN, LABEL_END, text);
    page_newline(page);
}

/* A measure's value in words, "93.2 %", with what belongs to it: "93.2 % at 1". */
static const char *measure_text(struct arena *arena, const json_t *measure, const char *text)
{
    const json_t *arrived_at = json_object_get(measure, "arrived_at");
    const json_t *relative_error = json_object_get(measure, "relative_error");
    if (json_is_number(relative_error))
        text = arena_printf(arena, "%s ± %.2g %%", text, 100 * json_number_value(relative_error));
    if (arrived_at != NULL && json_number_value(json_object_get(measure, "value")) != 0)
        text = arena_printf(arena, "%s at %s", text, stored_value_text(arena, arrived_at));
    return text;
}

const char *finding_text_measures(struct arena *arena, const json_t *outcome)
{
    const json_t *measures = json_object_get(outcome, "measures");
    size_t n = json_array_size(measures);
    const char *text = "";
    for (size_t i = 0; i < n; i++) {
        const json_t *measure = json_array_get(measures, i);
        const char *value = measure_text(arena, measure, stored_text_or_empty(measure, "text"));
        if (n == 1)
            return value;
        text = arena_printf(arena, "%s%s%s = %s", text, i == 0 ? "" : ", ",
                            stored_text_or_empty(measure, "measure"), value);
    }
    return text;
}

/* The measure itself if it was compared with the limit, else NULL. */
static const json_t *compared_measure(const json_t *outcome)
{
    const json_t *measures = json_object_get(outcome, "measures");
    const json_t *measure = json_array_get(measures, 0);
    bool compared =
        json_array_size(measures) == 1 &&
        json_equal(json_object_get(measure, "value"), json_object_get(outcome, "measured"));
    return compared ? measure : NULL;
}

static bool continues_number(char c)
{
    return c == '.' || c == ',' || c == '-' || (c >= '0' && c <= '9');
}

/* How often the sentence has the number as a whole. */
static size_t count_number(const char *sentence, const char *number)
{
    size_t n = 0;
    for (const char *at = strstr(sentence, number); at != NULL; at = strstr(at + 1, number))
        n += (at == sentence || !continues_number(at[-1])) && !continues_number(at[strlen(number)]);
    return n;
}

/*
 * Whether the sentence tells value and limit already. Where it has rounded the value to the limit
 * itself, both read the same, and more digits are worth a line.
 */
static bool is_told(const char *sentence, const char *limit)
{
    return strstr(sentence, "(limit ") != NULL && count_number(sentence, limit) < 2;
}

/* The measures, and what was compared with which limit, as far as the sentence does not tell. */
static void put_measured(struct page *page, struct arena *arena, const json_t *outcome)
{
    const json_t *measure = compared_measure(outcome);
    const char *measured = stored_text(outcome, "measured_text");
    const char *limit = stored_text(outcome, "limit_text");
    bool compares = measured != NULL && limit != NULL;
    if (!compares || measure == NULL)
        put_labelled(page, "measured", finding_text_measures(arena, outcome));
    if (!compares || (is_told(stored_text_or_empty(outcome, "sentence"), limit) &&
                      json_object_get(measure, "relative_error") == NULL))
        return;
    if (measure != NULL)
        measured = measure_text(arena, measure, measured);
    put_labelled(page, measure != NULL ? "measured" : "compared",
                 arena_printf(arena, "%s, limit %s", measured, limit));
}

/* Where a limit comes from that the rule does not fix, unless the sentence has the range, or the
 * head of the report says that there is no history at all. */
static void put_basis(struct page *page, struct arena *arena, const json_t *outcome)
{
    const char *basis = stored_text_or_empty(outcome, "basis");
    bool is_fixed = *basis == '\0' || strcmp(basis, "fixed") == 0 ||
                    (strcmp(basis, "short history") == 0 && stored_count(outcome, "loads") == 0);
    if (stored_text(outcome, "limit_text") != NULL && !is_fixed &&
        !json_is_array(json_object_get(outcome, "range")))
        put_labelled(page, "limit", history_text_limit(arena, outcome));
}

static const char *condition_text(struct arena *arena, const json_t *outcome)
{
    const char *condition = stored_text_or_empty(outcome, "condition");
    const char *file = stored_text(outcome, "file");
    if (file == NULL || *condition == '\0')
        return condition;
    return arena_printf(arena, "%s  (%s:%u)", condition, file,
                        (unsigned)stored_count(outcome, "line"));
}

/* A sentence; one of several segments as an item of a list, with its name unless it says it. */
static void put_sentence(struct page *page, struct arena *arena, const json_t *outcome, bool item)
{
    const char *sentence = stored_text_or_empty(outcome, "sentence");
    const char *segment = stored_text_or_empty(outcome, "segment");
    size_t indent = item ? 2 * INDENT : INDENT;
    if (item && strstr(sentence, segment) == NULL)
        sentence = arena_printf(arena, "%s: %s", segment, sentence);
    if (*sentence == '\0')
        return;
    page_tab(page, INDENT);
    page_put(page, INK_DIM, item ? "- " : "");
    page_wrap(page, INK_PLAIN, indent, sentence);
    page_newline(page);
}

static void put_sentences(struct page *page, struct arena *arena, const json_t *outcomes,
                          size_t first, size_t n, bool all)
{
    size_t shown = all || n <= MAX_SEGMENTS ? n : MAX_SEGMENTS;
    for (size_t i = 0; i < shown; i++)
        put_sentence(page, arena, json_array_get(outcomes, first + i), n > 1);
    if (shown < n) {
        page_tab(page, INDENT);
        page_printf(page, INK_DIM, "- … %" PRIu64 " more segments",
                    groups_count_segments(outcomes, first + shown, n - shown));
        page_newline(page);
    }
}

/* The examples of one outcome, or where they stand already. */
static void put_examples(struct page *page, const json_t *report, const json_t *outcomes,
                         size_t index, bool is_segment, bool all)
{
    CLEANUP(arena_release) struct arena arena = {0};
    const json_t *outcome = json_array_get(outcomes, index);
    const json_t *same = groups_same_examples(outcomes, index);
    if (same == NULL) {
        example_table_put(page, outcome, json_object_get(report, "key"),
                          is_segment ? stored_text_or_empty(outcome, "segment") : "", INDENT, all);
        return;
    }
    page_tab(page, INDENT);
    page_wrap(page, INK_DIM, INDENT,
              arena_printf(&arena, "examples as under %s", finding_text_name(&arena, same)));
    page_newline(page);
}

/* The examples of the first segment that has some; of every one if all. */
static void put_examples_of_group(struct page *page, const json_t *report, const json_t *outcomes,
                                  size_t first, size_t n, bool all)
{
    bool shown = false;
    for (size_t i = first; i < first + n && (all || !shown); i++) {
        const json_t *outcome = json_array_get(outcomes, i);
        shown = json_array_size(json_object_get(outcome, "examples")) > 0;
        if (shown)
            put_examples(page, report, outcomes, i, n > 1, all);
    }
}

/* A finding with all that is known about it; n > 1 for so many segments of one check. */
static void put_full(struct page *page, const json_t *report, const json_t *outcomes, size_t first,
                     size_t n, const char *remark, bool all)
{
    CLEANUP(arena_release) struct arena arena = {0};
    const json_t *outcome = json_array_get(outcomes, first);
    page_newline(page);
    put_heading(page, outcome, n == 1 ? 1 : groups_count_segments(outcomes, first, n), remark);
    put_sentences(page, &arena, outcomes, first, n, all);
    put_labelled(page, "because", stored_text_or_empty(outcome, "because"));
    put_labelled(page, "segments", groups_rest_text(&arena, outcome));
    if (groups_have_one_condition(outcomes, first, n))
        put_labelled(page, "condition", condition_text(&arena, outcome));
    if (n == 1)
        put_measured(page, &arena, outcome);
    put_basis(page, &arena, outcome);
    put_examples_of_group(page, report, outcomes, first, n, all);
}

static void put_line(struct page *page, const json_t *outcome, size_t n)
{
    CLEANUP(arena_release) struct arena arena = {0};
    put_mark(page, outcome);
    const char *name = finding_text_name(&arena, outcome);
    if (n > 1)
        name = arena_printf(&arena, "%s and %zu more", name, n - 1);
    page_put_cut(page, INK_PLAIN,
                 arena_printf(&arena, "%s: %s", name, stored_text_or_empty(outcome, "sentence")));
    page_newline(page);
}

/* Groups of outcomes: the first ones whole, then a line each, then their number. */
static void put_groups(struct page *page, const json_t *report, const json_t *outcomes,
                       const char *remark, bool all)
{
    size_t groups = 0;
    size_t i = 0;
    while (i < json_array_size(outcomes) && (all || groups < MAX_FULL + MAX_LINES)) {
        size_t n = groups_size(outcomes, i);
        if (all || groups < MAX_FULL) {
            put_full(page, report, outcomes, i, n, remark, all);
        } else {
            if (groups == MAX_FULL)
                page_newline(page);
            put_line(page, json_array_get(outcomes, i), n);
        }
        groups++;
        i += n;
    }
    if (i < json_array_size(outcomes)) {
        page_printf(page, INK_DIM, "… %zu more", json_array_size(outcomes) - i);
        page_newline(page);
    }
}

void finding_text_put_all(struct page *page, const json_t *report, bool all)
{
    put_groups(page, report, json_object_get(report, "findings"), "", all);
}

void finding_text_put_errors(struct page *page, const json_t *report, bool all)
{
    const json_t *outcomes = json_object_get(report, "outcomes");
    json_t *errors = json_array();
    for (size_t i = 0; i < json_array_size(outcomes); i++) {
        json_t *outcome = json_array_get(outcomes, i);
        if (strcmp(stored_text_or_empty(outcome, "outcome"), "error") == 0 && page->status == OK &&
            json_array_append(errors, outcome) != 0)
            page->status = error_set(page->err, ERR_MEMORY, "not enough memory for a report");
    }
    put_groups(page, report, errors, " — could not tell", all);
    json_decref(errors);
}
