#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "report/count_text.h"
#include "report/facts.h"
#include "report/finding_text.h"
#include "report/history_text.h"
#include "report/page.h"
#include "report/report.h"
#include "report/stored.h"

#define INDENT 2
#define MAX_NAMES 6 /* of rules that were not applicable */
#define MAX_STDERR_LINES 10
#define SEPARATOR " · "

/* Returns the column where the text after the verdict starts. */
static size_t put_headline(struct page *page, const json_t *report)
{
    static const struct {
        const char *word;
        enum ink ink;
    } heads[] = {[VERDICT_PASS] = {"PASSED", INK_GREEN},
                 [VERDICT_WARN] = {"WARNING", INK_YELLOW},
                 [VERDICT_HOLD] = {"HELD", INK_YELLOW},
                 [VERDICT_BLOCK] = {"BLOCKED", INK_RED}};
    CLEANUP(arena_release) struct arena arena = {0};
    enum verdict verdict = facts_verdict(report);
    page_put(page, heads[verdict].ink, heads[verdict].word);
    size_t indent = strlen(heads[verdict].word) + 2;
    page_tab(page, indent);
    page_wrap(page, INK_BOLD, indent, stored_text_or_empty(report, "title"));
    page_wrap(page, INK_PLAIN, indent, facts_comparison(&arena, report));
    page_newline(page);
    return indent;
}

/* Adds one more fact to a line of facts. */
static const char *join(struct arena *arena, const char *facts, const char *fact)
{
    return *facts == '\0' ? fact : arena_printf(arena, "%s" SEPARATOR "%s", facts, fact);
}

static void put_fact(struct page *page, size_t indent, const char *fact)
{
    if (fact == NULL || *fact == '\0')
        return;
    page_tab(page, indent);
    page_wrap(page, INK_DIM, indent, fact);
    page_newline(page);
}

static void put_facts(struct page *page, const json_t *report, size_t indent)
{
    CLEANUP(arena_release) struct arena arena = {0};
    const char *facts = "";
    const char *as_of = facts_time(&arena, report, "as_of");
    const char *completeness = stored_text(report, "completeness");
    const char *judged_in = facts_judged_in(&arena, report);
    const char *tally = facts_tally(&arena, report);
    if (tally != NULL)
        facts = tally;
    if (as_of != NULL)
        facts = join(&arena, facts, arena_printf(&arena, "as of %s", as_of));
    if (stored_is_true(report, "correction"))
        facts = join(&arena, facts, "a correction: same as-of time as what it is compared with");
    if (completeness != NULL)
        facts = join(&arena, facts, arena_printf(&arena, "complete by %s", completeness));
    if (judged_in != NULL)
        facts = join(&arena, facts, judged_in);
    put_fact(page, indent, facts);
    put_fact(page, indent, history_text_loads(&arena, report));
    put_fact(page, indent, history_text_gap(&arena, report));
}

/* The rules of one kind of outcome, each once: "rows lost, slow drift and 3 more". */
static const char *rules_text(struct arena *arena, const json_t *outcomes, const char *kind)
{
    const char *text = "";
    const char *before = "";
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(outcomes); i++) {
        const json_t *outcome = json_array_get(outcomes, i);
        const char *rule = stored_text_or_empty(outcome, "rule");
        if (!facts_is_outcome(outcome, kind) || strcmp(rule, before) == 0)
            continue;
        before = rule;
        if (n++ < MAX_NAMES)
            text = arena_printf(arena, "%s%s%s", text, n > 1 ? ", " : "", rule);
    }
    return n <= MAX_NAMES ? text : arena_printf(arena, "%s and %zu more", text, n - MAX_NAMES);
}

/* One check with what there is to say about it. */
static void put_check(struct page *page, const json_t *outcome)
{
    CLEANUP(arena_release) struct arena arena = {0};
    const char *name = finding_text_name(&arena, outcome);
    uint64_t segments = stored_count(outcome, "segments");
    if (segments > 0)
        name = arena_printf(&arena, "%s, %" PRIu64 " segment%s", name, segments,
                            segments == 1 ? "" : "s");
    const char *sentence = stored_text_or_empty(outcome, "sentence");
    if (*sentence == '\0')
        sentence = finding_text_measures(&arena, outcome);
    page_tab(page, INDENT);
    page_wrap(page, INK_PLAIN, 2 * INDENT, name);
    if (*sentence != '\0') {
        page_put(page, INK_DIM, ": ");
        page_wrap(page, INK_DIM, 2 * INDENT, sentence);
    }
    page_newline(page);
}

static void put_checks(struct page *page, const json_t *outcomes, const char *kind)
{
    for (size_t i = 0; i < json_array_size(outcomes); i++)
        if (facts_is_outcome(json_array_get(outcomes, i), kind))
            put_check(page, json_array_get(outcomes, i));
}

/* Heading and checks of one kind, in full. */
static void put_section(struct page *page, const json_t *outcomes, const char *kind, size_t n)
{
    if (n == 0)
        return;
    page_newline(page);
    page_printf(page, INK_BOLD, "%zu check%s", n, n == 1 ? "" : "s");
    page_printf(page, INK_BOLD, " %s", strcmp(kind, "pass") == 0 ? "passed" : kind);
    page_newline(page);
    put_checks(page, outcomes, kind);
}

/* What was not applicable and what passed: their numbers, or all of them. */
static void put_others(struct page *page, const json_t *report, bool all)
{
    CLEANUP(arena_release) struct arena arena = {0};
    const json_t *outcomes = json_object_get(report, "outcomes");
    size_t passed = facts_count_outcomes(outcomes, "pass");
    size_t not_applicable = facts_count_outcomes(outcomes, "not applicable");
    if (all) {
        put_section(page, outcomes, "not applicable", not_applicable);
        put_section(page, outcomes, "pass", passed);
        return;
    }
    page_newline(page);
    page_printf(page, INK_PLAIN, "%zu check%s passed", passed, passed == 1 ? "" : "s");
    if (not_applicable > 0) {
        page_printf(page, INK_PLAIN, ", %zu not applicable", not_applicable);
        page_put(page, INK_DIM, ": ");
        page_wrap(page, INK_DIM, INDENT, rules_text(&arena, outcomes, "not applicable"));
    }
    page_newline(page);
}

/* The text with tabs as spaces. */
static char *without_tabs(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);
    for (char *c = copy; *c != '\0'; c++)
        if (*c == '\t')
            *c = ' ';
    return copy;
}

/* Progress bars go back to the start of their line, which ends it for us too. */
#define LINE_ENDS "\r\n"

static bool ends_line(char c)
{
    return c == '\r' || c == '\n';
}

/* Start of the last n lines that are not empty. */
static char *last_lines(char *text, size_t n)
{
    char *start = text + strlen(text);
    while (start > text && n > 0) {
        start--;
        if (start > text && ends_line(start[-1]) && !ends_line(*start))
            n--;
    }
    return start;
}

static void put_stderr(struct page *page, const json_t *report, bool all)
{
    CLEANUP(arena_release) struct arena arena = {0};
    char *text = without_tabs(&arena, stored_text_or_empty(report, "scorer_stderr"));
    if (text[strspn(text, LINE_ENDS " ")] == '\0')
        return;
    page_newline(page);
    page_wrap(page, INK_DIM, INDENT, "the scorer's last lines of standard error");
    page_newline(page);
    char *rest = all ? text : last_lines(text, MAX_STDERR_LINES);
    for (char *line = strtok_r(rest, LINE_ENDS, &rest); line != NULL;
         line = strtok_r(NULL, LINE_ENDS, &rest)) {
        page_tab(page, INDENT);
        page_put(page, INK_DIM, "| ");
        page_wrap(page, INK_PLAIN, 2 * INDENT, line);
        page_newline(page);
    }
}

enum error_code report_print_json(const json_t *json, const struct report_style *style, FILE *out,
                                  struct error *err)
{
    TRY(stored_check(json, err));
    CLEANUP(page_release) struct page page;
    page_init(&page, style->width, style->color, err);
    size_t indent = put_headline(&page, json);
    put_facts(&page, json, indent);
    page_newline(&page);
    count_text_put(&page, json_object_get(json, "rows"), INDENT);
    finding_text_put_all(&page, json, style->all);
    finding_text_put_errors(&page, json, style->all);
    put_others(&page, json, style->all);
    put_stderr(&page, json, style->all);
    return page_write(&page, out);
}

enum error_code report_print(const struct report *report, const struct report_style *style,
                             FILE *out, struct error *err)
{
    json_t *json = NULL;
    TRY(report_json(report, &json, err));
    enum error_code code = report_print_json(json, style, out, err);
    json_decref(json);
    return code;
}
