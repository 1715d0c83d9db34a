#include "report/facts.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "report/stored.h"

enum verdict facts_verdict(const json_t *report)
{
    const char *name = stored_text_or_empty(report, "verdict");
    enum verdict verdict = VERDICT_PASS;
    while (verdict < VERDICT_BLOCK && strcmp(name, verdict_name(verdict)) != 0)
        verdict++;
    return verdict;
}

const char *facts_time(struct arena *arena, const json_t *report, const char *name)
{
    char text[NUMBER_TEXT_BYTES];
    const char *stored = stored_text(report, name);
    int64_t unix_us = 0;
    if (stored == NULL || clock_parse_rfc3339(stored, strlen(stored), &unix_us, NULL) != OK)
        return stored;
    return arena_strdup(arena, number_format_time(unix_us - unix_us % USEC_PER_SEC, text));
}

const char *facts_comparison(struct arena *arena, const json_t *report)
{
    uint64_t baseline = stored_count(report, "baseline");
    const char *as_of = facts_time(arena, report, "baseline_as_of");
    if (stored_text(report, "feed") == NULL)
        return "";
    if (baseline == 0)
        return " — the first load, with nothing to compare it with";
    if (as_of == NULL)
        return arena_printf(arena, " — compared with load %" PRIu64, baseline);
    return arena_printf(arena, " — compared with load %" PRIu64 " (as of %s)", baseline, as_of);
}

const char *facts_judged_in(struct arena *arena, const json_t *report)
{
    char text[CLOCK_TEXT_BYTES];
    double seconds = json_number_value(json_object_get(report, "judged_in"));
    if (!(seconds > 0) || seconds > 1e9)
        return NULL;
    clock_format_duration((int64_t)(seconds * (double)USEC_PER_SEC), text);
    return arena_printf(arena, "compared in %s", text);
}

bool facts_is_outcome(const json_t *outcome, const char *kind)
{
    return strcmp(stored_text_or_empty(outcome, "outcome"), kind) == 0;
}

size_t facts_count_outcomes(const json_t *outcomes, const char *kind)
{
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(outcomes); i++)
        n += facts_is_outcome(json_array_get(outcomes, i), kind);
    return n;
}

/* Whether the outcome counts for the verdict and leads to the action. */
static bool leads_to(const json_t *outcome, const char *action)
{
    return !stored_is_true(outcome, "shadow") &&
           strcmp(stored_text_or_empty(outcome, "action"), action) == 0;
}

const char *facts_tally(struct arena *arena, const json_t *report)
{
    const json_t *findings = json_object_get(report, "findings");
    const char *tally = "";
    for (int action = ACTION_BLOCK; action >= ACTION_WARN; action--) {
        const char *name = action_name((enum action)action);
        size_t n = 0;
        for (size_t i = 0; i < json_array_size(findings); i++)
            n += leads_to(json_array_get(findings, i), name);
        if (n > 0)
            tally = arena_printf(arena, "%s%s%zu %s", tally, *tally == '\0' ? "" : ", ", n, name);
    }
    size_t errors = facts_count_outcomes(json_object_get(report, "outcomes"), "error");
    if (errors > 0)
        tally = arena_printf(arena, "%s%s%zu could not tell", tally, *tally == '\0' ? "" : ", ",
                             errors);
    return *tally == '\0' ? NULL : tally;
}
