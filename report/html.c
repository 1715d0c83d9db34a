#include <inttypes.h>
#include <string.h>

#include "embedded/report_embedded.h"
#include "report/count_text.h"
#include "report/facts.h"
#include "report/finding_html.h"
#include "report/history_text.h"
#include "report/markup.h"
#include "report/report.h"
#include "report/stored.h"

static const struct {
    const char *word;
    const char *meaning;
} verdicts[] = {
    [VERDICT_PASS] = {"Passed", "Nothing was found that speaks against it."},
    [VERDICT_WARN] = {"Warning", "Something is worth a look; nothing speaks against publishing."},
    [VERDICT_HOLD] = {"Held", "A person has to decide."},
    [VERDICT_BLOCK] = {"Blocked", "A rule says that this must not be published."},
};

static void put_start(struct markup *markup, const json_t *report)
{
    markup_raw(markup, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
                       "'none'; style-src 'unsafe-inline'\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, "
                       "initial-scale=1\">\n"
                       "<meta name=\"color-scheme\" content=\"light dark\">\n"
                       "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    markup_text(markup, verdicts[facts_verdict(report)].word);
    markup_raw(markup, ": ");
    markup_text(markup, stored_text_or_empty(report, "title"));
    markup_raw(markup, "</title>\n<style>\n");
    markup_raw(markup, report_css);
    markup_raw(markup, "</style>\n</head>\n<body>\n<main>\n");
}

static const char *live_text(struct arena *arena, const json_t *report)
{
    const json_t *live = json_object_get(report, "live");
    const char *as_of = facts_time(arena, live, "as_of");
    uint64_t load = stored_count(live, "load");
    if (load == 0)
        return "Readers see nothing yet.";
    if (load == stored_count(report, "load"))
        return "Readers see this load.";
    return arena_printf(arena, "Readers see load %" PRIu64 "%s%s.", load,
                        as_of == NULL ? "" : ", as of ", as_of == NULL ? "" : as_of);
}

/* What readers see, as far as it is known. */
static const char *readers_text(struct arena *arena, const json_t *report)
{
    const char *as_of = facts_time(arena, report, "baseline_as_of");
    uint64_t baseline = stored_count(report, "baseline");
    if (stored_text(report, "feed") == NULL)
        return "Two files were compared; nothing was published.";
    if (json_object_get(report, "live") != NULL)
        return live_text(arena, report);
    if (facts_verdict(report) < VERDICT_HOLD)
        return "Readers see this load as soon as it is published.";
    if (baseline == 0)
        return "Readers see nothing yet.";
    return arena_printf(arena, "Readers still see the last good load, %" PRIu64 "%s%s.", baseline,
                        as_of == NULL ? "" : ", as of ", as_of == NULL ? "" : as_of);
}

static bool is_releasable(const json_t *report)
{
    const json_t *findings = json_object_get(report, "findings");
    for (size_t i = 0; i < json_array_size(findings); i++)
        if (json_is_false(json_object_get(json_array_get(findings, i), "releasable")))
            return false;
    return true;
}

/* Which commands decide about a load that waits. */
static void put_commands(struct markup *markup, const json_t *report)
{
    uint64_t load = stored_count(report, "load");
    const char *state = stored_text(report, "state");
    bool blocked = facts_verdict(report) == VERDICT_BLOCK;
    bool waits = state == NULL ? facts_verdict(report) >= VERDICT_HOLD
                               : strcmp(state, "held") == 0 || strcmp(state, "blocked") == 0;
    if (load == 0 || !waits)
        return;
    markup_raw(markup, "<dl class=\"commands\">\n");
    if (is_releasable(report))
        markup_format(markup,
                      "<dt>to publish</dt><dd><code>loadguard approve %" PRIu64
                      "%s --reason TEXT</code></dd>\n",
                      load, blocked ? " --override" : "");
    markup_format(markup,
                  "<dt>to end it</dt><dd><code>loadguard reject %" PRIu64
                  " --reason TEXT</code></dd>\n</dl>\n",
                  load);
}

static void put_fact(struct markup *markup, const char *fact)
{
    if (fact != NULL && *fact != '\0')
        markup_element(markup, "li", fact);
}

static void put_facts(struct markup *markup, const json_t *report)
{
    CLEANUP(arena_release) struct arena arena = {0};
    const char *as_of = facts_time(&arena, report, "as_of");
    const char *completeness = stored_text(report, "completeness");
    const char *comparison = facts_comparison(&arena, report);
    const char *state = stored_text(report, "state");
    markup_raw(markup, "<ul class=\"facts\">\n");
    put_fact(markup, facts_tally(&arena, report));
    if (state != NULL)
        put_fact(markup, arena_printf(&arena, "the load is %s", state));
    put_fact(markup, as_of == NULL ? NULL : arena_printf(&arena, "as of %s", as_of));
    put_fact(markup, *comparison == '\0' ? NULL : comparison + strlen(" — "));
    if (stored_is_true(report, "correction"))
        put_fact(markup, "a correction: same as-of time as what it is compared with");
    if (completeness != NULL)
        put_fact(markup, arena_printf(&arena, "complete by %s", completeness));
    put_fact(markup, history_text_loads(&arena, report));
    put_fact(markup, history_text_gap(&arena, report));
    put_fact(markup, facts_judged_in(&arena, report));
    markup_raw(markup, "</ul>\n");
}

static void put_head(struct markup *markup, const json_t *report)
{
    CLEANUP(arena_release) struct arena arena = {0};
    enum verdict verdict = facts_verdict(report);
    markup_format(markup, "<header class=\"verdict %s\">\n<p class=\"stamp\">",
                  verdict_name(verdict));
    finding_html_put_sign(markup, verdict_name(verdict));
    markup_element(markup, "strong", verdicts[verdict].word);
    markup_raw(markup, "</p>\n");
    markup_element(markup, "h1", stored_text_or_empty(report, "title"));
    markup_raw(markup, "<p class=\"readers\">");
    markup_text(markup, verdicts[verdict].meaning);
    markup_raw(markup, " ");
    markup_text(markup, readers_text(&arena, report));
    markup_raw(markup, "</p>\n");
    put_commands(markup, report);
    put_facts(markup, report);
    markup_raw(markup, "</header>\n");
}

static void put_counts(struct markup *markup, const json_t *rows)
{
    struct count counts[N_COUNTS];
    count_text_read(rows, counts);
    markup_raw(markup, "<section aria-label=\"Row counts\">\n<dl class=\"counts\">\n");
    for (size_t i = 0; i < N_COUNTS; i++) {
        markup_raw(markup, "<div>");
        markup_element(markup, "dt", counts[i].label);
        markup_raw(markup, "<dd>");
        markup_text(markup, counts[i].number);
        if (counts[i].percent[0] != '\0')
            markup_element(markup, "span class=\"share\"", counts[i].percent);
        markup_raw(markup, "</dd></div>\n");
    }
    markup_raw(markup, "</dl>\n</section>\n");
}

/* Lines end at line feeds and, since progress bars go back, at carriage returns. */
static void put_stderr(struct markup *markup, const json_t *report)
{
    CLEANUP(arena_release) struct arena arena = {0};
    char *rest = arena_strdup(&arena, stored_text_or_empty(report, "scorer_stderr"));
    if (rest[strspn(rest, "\r\n ")] == '\0')
        return;
    markup_raw(markup, "<details><summary>the scorer's last lines of standard error</summary>\n"
                       "<pre tabindex=\"0\">");
    for (char *line = strtok_r(rest, "\r\n", &rest); line != NULL;
         line = strtok_r(NULL, "\r\n", &rest)) {
        markup_text(markup, line);
        markup_raw(markup, "\n");
    }
    markup_raw(markup, "</pre></details>\n");
}

enum error_code report_write_html_json(const json_t *json, FILE *out, struct error *err)
{
    TRY(stored_check(json, err));
    CLEANUP(markup_release) struct markup markup;
    markup_init(&markup, err);
    put_start(&markup, json);
    put_head(&markup, json);
    put_counts(&markup, json_object_get(json, "rows"));
    finding_html_put_all(&markup, json);
    finding_html_put_errors(&markup, json);
    markup_raw(&markup, "<section>\n<h2>Everything else</h2>\n");
    finding_html_put_others(&markup, json, "not applicable", "not applicable");
    finding_html_put_others(&markup, json, "pass", "passed");
    put_stderr(&markup, json);
    markup_raw(&markup, "</section>\n</main>\n</body>\n</html>\n");
    return markup_write(&markup, out);
}

enum error_code report_write_html(const struct report *report, FILE *out, struct error *err)
{
    json_t *json = NULL;
    TRY(report_json(report, &json, err));
    enum error_code code = report_write_html_json(json, out, err);
    json_decref(json);
    return code;
}
