#include "report/finding_html.h"

#include <inttypes.h>
#include <string.h>

#include "report/distribution_html.h"
#include "report/example_html.h"
#include "report/facts.h"
#include "report/finding_text.h"
#include "report/groups.h"
#include "report/history_text.h"
#include "report/series_html.h"
#include "report/stored.h"
#include "report/transitions_html.h"

#define MAX_FULL 20     /* findings that are shown whole */
#define MAX_LINES 500   /* further findings that are shown on a line each */
#define MAX_SEGMENTS 10 /* segments of one check that are not folded away */
#define MAX_OTHERS 2000 /* lines of one table of outcomes */

/* Findings that stand together, with where they stand. */
struct group {
    const json_t *report;
    const json_t *outcomes;
    size_t first;
    size_t n;
    bool errors;
};

static const json_t *first_of(const struct group *group)
{
    return json_array_get(group->outcomes, group->first);
}

void finding_html_put_sign(struct markup *markup, const char *action)
{
    static const struct {
        const char *action;
        const char *path;
    } signs[] = {
        {"block", "M5 5L19 19M19 5L5 19"},
        {"hold", "M8 4V20M16 4V20"},
        {"warn", "M12 4V14M12 19.5V20"},
        {"pass", "M4 13L10 19L20 5"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
        if (strcmp(action, signs[i].action) == 0)
            markup_format(markup,
                          "<svg class=\"sign\" viewBox=\"0 0 24 24\" aria-hidden=\"true\">"
                          "<path d=\"%s\"/></svg>",
                          signs[i].path);
}

/* The action as a class, which may be anything in a stored report. */
static const char *action_class(const char *action)
{
    for (enum action known = ACTION_WARN; known <= ACTION_BLOCK; known++)
        if (strcmp(action, action_name(known)) == 0)
            return action_name(known);
    return "hold";
}

static void put_tag(struct markup *markup, const char *action)
{
    markup_format(markup, "<span class=\"tag %s\">", action_class(action));
    finding_html_put_sign(markup, action_class(action));
    markup_text(markup, action);
    markup_raw(markup, "</span> ");
}

static void put_heading(struct markup *markup, const struct group *group)
{
    const json_t *outcome = first_of(group);
    const char *column = stored_text(outcome, "column");
    const char *segment = stored_text(outcome, "segment");
    uint64_t segments =
        group->n == 1 ? 1 : groups_count_segments(group->outcomes, group->first, group->n);
    markup_raw(markup, "<h3>");
    put_tag(markup, stored_text_or_empty(outcome, "action"));
    markup_text(markup, stored_text_or_empty(outcome, "rule"));
    if (column != NULL)
        markup_element(markup, "span class=\"about\"", column);
    if (segment != NULL && segments == 1)
        markup_element(markup, "span class=\"about\"", segment);
    if (segments > 1)
        markup_format(markup, "<span class=\"about\">%" PRIu64 " segments</span>", segments);
    markup_raw(markup, "</h3>\n");
    if (group->errors)
        markup_raw(markup, "<p class=\"note\">Could not tell, so the load is held.</p>\n");
    if (stored_is_true(outcome, "shadow"))
        markup_raw(markup, "<p class=\"note\">A shadow: recorded, does not count.</p>\n");
    if (json_is_false(json_object_get(outcome, "releasable")))
        markup_raw(markup, "<p class=\"note\">Nobody can release this.</p>\n");
}

static void put_segment(struct markup *markup, const json_t *outcome)
{
    CLEANUP(arena_release) struct arena arena = {0};
    const char *sentence = stored_text_or_empty(outcome, "sentence");
    const char *segment = stored_text_or_empty(outcome, "segment");
    if (strstr(sentence, segment) == NULL)
        sentence = arena_printf(&arena, "%s: %s", segment, sentence);
    markup_element(markup, "li", sentence);
}

static void put_segments(struct markup *markup, const struct group *group, size_t from, size_t to)
{
    markup_raw(markup, "<ul class=\"segments\">\n");
    for (size_t i = from; i < to; i++)
        put_segment(markup, json_array_get(group->outcomes, group->first + i));
    markup_raw(markup, "</ul>\n");
}

static void put_sentences(struct markup *markup, const struct group *group)
{
    size_t shown = group->n < MAX_SEGMENTS ? group->n : MAX_SEGMENTS;
    if (group->n == 1) {
        const char *sentence = stored_text_or_empty(first_of(group), "sentence");
        if (*sentence != '\0')
            markup_element(markup, "p class=\"sentence\"", sentence);
        return;
    }
    put_segments(markup, group, 0, shown);
    if (shown == group->n)
        return;
    markup_format(markup, "<details><summary>%" PRIu64 " more segments</summary>\n",
                  groups_count_segments(group->outcomes, group->first + shown, group->n - shown));
    put_segments(markup, group, shown, group->n);
    markup_raw(markup, "</details>\n");
}

static void put_term(struct markup *markup, const char *term, const char *text)
{
    if (*text == '\0')
        return;
    markup_element(markup, "dt", term);
    markup_element(markup, "dd", text);
}

static void put_condition(struct markup *markup, const struct group *group)
{
    const json_t *outcome = first_of(group);
    const char *condition = stored_text_or_empty(outcome, "condition");
    const char *file = stored_text(outcome, "file");
    if (*condition == '\0' || !groups_have_one_condition(group->outcomes, group->first, group->n))
        return;
    markup_raw(markup, "<dt>condition</dt><dd><code>");
    markup_text(markup, condition);
    markup_raw(markup, "</code>");
    if (file != NULL) {
        markup_raw(markup, " <span class=\"place\">");
        markup_text(markup, file);
        markup_format(markup, ":%" PRIu64 "</span>", stored_count(outcome, "line"));
    }
    markup_raw(markup, "</dd>\n");
}

static void put_terms(struct markup *markup, const struct group *group)
{
    CLEANUP(arena_release) struct arena arena = {0};
    const json_t *outcome = first_of(group);
    const char *limit = stored_text(outcome, "limit_text");
    markup_raw(markup, "<dl>\n");
    put_term(markup, "because", stored_text_or_empty(outcome, "because"));
    put_term(markup, "segments", groups_rest_text(&arena, outcome));
    if (group->n == 1)
        put_term(markup, "measured", finding_text_measures(&arena, outcome));
    if (limit != NULL)
        put_term(markup, "limit",
                 group->n == 1
                     ? arena_printf(&arena, "%s, %s", limit, history_text_limit(&arena, outcome))
                     : history_text_limit(&arena, outcome));
    put_condition(markup, group);
    markup_raw(markup, "</dl>\n");
}

/* Whether an earlier finding has the same largest changes. */
static bool was_told(const json_t *outcomes, size_t index, const json_t *worst)
{
    for (size_t i = 0; i < index && i < MAX_FULL; i++) {
        const json_t *before = json_object_get(json_array_get(outcomes, i), "drawing");
        if (json_equal(json_object_get(before, "worst"), worst))
            return true;
    }
    return false;
}

/* The examples of an outcome, or where they stand already. */
static void put_examples(struct markup *markup, const struct group *group, size_t index)
{
    CLEANUP(arena_release) struct arena arena = {0};
    const json_t *outcome = json_array_get(group->outcomes, index);
    const json_t *key = json_object_get(group->report, "key");
    const json_t *columns = json_object_get(outcome, "example_columns");
    const json_t *worst = json_object_get(json_object_get(outcome, "drawing"), "worst");
    const json_t *same = groups_same_examples(group->outcomes, index);
    const char *segment = group->n > 1 ? stored_text_or_empty(outcome, "segment") : "";
    const char *of = *segment == '\0' ? "" : arena_printf(&arena, " of %s", segment);
    if (!was_told(group->outcomes, index, worst))
        example_html_put(markup, arena_printf(&arena, "The largest changes%s", of), worst, key,
                         columns);
    if (same == NULL)
        example_html_put(markup, arena_printf(&arena, "Examples%s", of),
                         json_object_get(outcome, "examples"), key, columns);
    else if (json_array_size(json_object_get(outcome, "examples")) > 0)
        markup_element(
            markup, "p class=\"note\"",
            arena_printf(&arena, "Examples as under “%s”.", finding_text_name(&arena, same)));
}

/* Where the values are drawn, if that is under an earlier finding. */
static void put_where_drawn(struct markup *markup, const struct group *group, size_t index)
{
    CLEANUP(arena_release) struct arena arena = {0};
    const json_t *drawing = json_object_get(json_array_get(group->outcomes, index), "drawing");
    const json_t *same = groups_same_drawing(group->outcomes, index);
    if (same != NULL && !json_is_object(json_object_get(drawing, "distribution")))
        markup_element(markup, "p class=\"note\"",
                       arena_printf(&arena, "%s is drawn under “%s”.",
                                    stored_text_or_empty(drawing, "column"),
                                    finding_text_name(&arena, same)));
}

/* Drawings and examples of the first segment that has examples, or else of the first. */
static void put_evidence(struct markup *markup, const struct group *group)
{
    size_t index = group->first;
    for (size_t i = group->n; i > 0; i--) {
        const json_t *outcome = json_array_get(group->outcomes, group->first + i - 1);
        if (json_array_size(json_object_get(outcome, "examples")) > 0)
            index = group->first + i - 1;
    }
    const json_t *outcome = json_array_get(group->outcomes, index);
    const json_t *drawing = json_object_get(outcome, "drawing");
    series_html_put(markup, outcome);
    distribution_html_put(markup, drawing);
    transitions_html_put(markup, drawing);
    put_where_drawn(markup, group, index);
    put_examples(markup, group, index);
}

static void put_full(struct markup *markup, const struct group *group)
{
    markup_format(markup, "<article class=\"finding %s\">\n",
                  action_class(stored_text_or_empty(first_of(group), "action")));
    put_heading(markup, group);
    put_sentences(markup, group);
    put_terms(markup, group);
    put_evidence(markup, group);
    markup_raw(markup, "</article>\n");
}

static void put_item(struct markup *markup, const struct group *group)
{
    CLEANUP(arena_release) struct arena arena = {0};
    const json_t *outcome = first_of(group);
    const char *name = finding_text_name(&arena, outcome);
    if (group->n > 1)
        name = arena_printf(&arena, "%s and %zu more", name, group->n - 1);
    markup_raw(markup, "<li>");
    put_tag(markup, stored_text_or_empty(outcome, "action"));
    markup_element(markup, "strong", name);
    markup_element(markup, "span", stored_text_or_empty(outcome, "sentence"));
    markup_raw(markup, "</li>\n");
}

/* Groups after the first ones as items of a list, and the number of those that are left out. */
static void put_rest(struct markup *markup, struct group group)
{
    size_t items = 0;
    markup_raw(markup, "<details><summary>further findings</summary>\n<ul class=\"further\">\n");
    for (; group.first < json_array_size(group.outcomes) && items < MAX_LINES; items++) {
        group.n = groups_size(group.outcomes, group.first);
        put_item(markup, &group);
        group.first += group.n;
    }
    markup_raw(markup, "</ul>\n");
    if (group.first < json_array_size(group.outcomes))
        markup_format(markup, "<p class=\"note\">… and %zu more</p>\n",
                      json_array_size(group.outcomes) - group.first);
    markup_raw(markup, "</details>\n");
}

static void put_groups(struct markup *markup, struct group group)
{
    for (size_t groups = 0; group.first < json_array_size(group.outcomes); groups++) {
        if (groups == MAX_FULL) {
            put_rest(markup, group);
            return;
        }
        group.n = groups_size(group.outcomes, group.first);
        put_full(markup, &group);
        group.first += group.n;
    }
}

static void put_section(struct markup *markup, const json_t *report, const json_t *outcomes,
                        bool errors, const char *title)
{
    if (json_array_size(outcomes) == 0)
        return;
    markup_raw(markup, "<section>\n");
    markup_element(markup, "h2", title);
    put_groups(markup, (struct group){.report = report, .outcomes = outcomes, .errors = errors});
    markup_raw(markup, "</section>\n");
}

void finding_html_put_all(struct markup *markup, const json_t *report)
{
    put_section(markup, report, json_object_get(report, "findings"), false, "What was found");
}

void finding_html_put_errors(struct markup *markup, const json_t *report)
{
    const json_t *outcomes = json_object_get(report, "outcomes");
    json_t *errors = json_array();
    for (size_t i = 0; i < json_array_size(outcomes); i++) {
        json_t *outcome = json_array_get(outcomes, i);
        if (facts_is_outcome(outcome, "error") && markup->status == OK &&
            json_array_append(errors, outcome) != 0)
            markup->status = error_set(markup->err, ERR_MEMORY, "not enough memory for a report");
    }
    put_section(markup, report, errors, true, "What could not be judged");
    json_decref(errors);
}

static void put_other(struct markup *markup, const json_t *outcome)
{
    CLEANUP(arena_release) struct arena arena = {0};
    uint64_t segments = stored_count(outcome, "segments");
    const char *name = finding_text_name(&arena, outcome);
    const char *said = stored_text_or_empty(outcome, "sentence");
    if (*said == '\0')
        said = finding_text_measures(&arena, outcome);
    if (segments > 0)
        name = arena_printf(&arena, "%s, %" PRIu64 " segment%s", name, segments,
                            segments == 1 ? "" : "s");
    markup_raw(markup, "<tr>");
    markup_element(markup, "th scope=\"row\"", name);
    markup_element(markup, "td", said);
    markup_raw(markup, "<td><code>");
    markup_text(markup, stored_text_or_empty(outcome, "condition"));
    markup_raw(markup, "</code></td></tr>\n");
}

void finding_html_put_others(struct markup *markup, const json_t *report, const char *kind,
                             const char *title)
{
    const json_t *outcomes = json_object_get(report, "outcomes");
    size_t n = facts_count_outcomes(outcomes, kind);
    size_t shown = 0;
    if (n == 0)
        return;
    markup_format(markup, "<details><summary>%zu check%s ", n, n == 1 ? "" : "s");
    markup_text(markup, title);
    markup_raw(markup, "</summary>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                       "aria-label=\"Checks\"><table class=\"checks\"><thead><tr>"
                       "<th scope=\"col\">check</th><th scope=\"col\">what it came to</th>"
                       "<th scope=\"col\">condition</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < json_array_size(outcomes) && shown < MAX_OTHERS; i++) {
        if (!facts_is_outcome(json_array_get(outcomes, i), kind))
            continue;
        put_other(markup, json_array_get(outcomes, i));
        shown++;
    }
    markup_raw(markup, "</tbody></table></div>\n");
    if (shown < n)
        markup_format(markup, "<p class=\"note\">… and %zu more</p>\n", n - shown);
    markup_raw(markup, "</details>\n");
}
