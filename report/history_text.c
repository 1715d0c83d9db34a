#include "report/history_text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "report/stored.h"

/* A gap below this is as usual. */
#define LEAST_GAP 1.5

/* What the checks of a report did with history. */
struct uses {
    size_t warm; /* judged by earlier loads */
    size_t cold; /* by limits for a short history */
    size_t waiting;
};

/* A check, whatever its segments came to. */
static const char *check_name(struct arena *arena, const json_t *outcome)
{
    return arena_printf(arena, "%s\n%s", stored_text_or_empty(outcome, "rule"),
                        stored_text_or_empty(outcome, "column"));
}

static size_t *use_of(struct uses *uses, const json_t *outcome)
{
    const char *basis = stored_text_or_empty(outcome, "basis");
    if (stored_is_true(outcome, "lacks_history"))
        return &uses->waiting;
    if (strcmp(basis, "history") == 0)
        return &uses->warm;
    return strcmp(basis, "short history") == 0 ? &uses->cold : NULL;
}

/* Counts checks; seen has those that were counted. */
static void count_uses(struct arena *arena, const json_t *outcomes, json_t *seen, struct uses *uses)
{
    for (size_t i = 0; i < json_array_size(outcomes); i++) {
        const json_t *outcome = json_array_get(outcomes, i);
        size_t *use = use_of(uses, outcome);
        const char *name = check_name(arena, outcome);
        if (use == NULL || json_object_get(seen, name) != NULL)
            continue;
        (void)json_object_set_new_nocheck(seen, name, json_true());
        (*use)++;
    }
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static const char *cold_text(struct arena *arena, size_t n)
{
    return arena_printf(arena, "%zu check%s used %s limit%s for a short history", n, plural(n),
                        n == 1 ? "its" : "their", plural(n));
}

/* What checks did without enough history: "14 checks used …, 6 need more loads". */
static const char *short_text(struct arena *arena, const struct uses *uses)
{
    const char *text = uses->cold > 0 ? cold_text(arena, uses->cold) : "";
    if (uses->waiting == 0)
        return text;
    return arena_printf(arena, "%s%s%zu%s%s need%s more loads", text, *text == '\0' ? "" : ", ",
                        uses->waiting, *text == '\0' ? " check" : "",
                        *text == '\0' ? plural(uses->waiting) : "", uses->waiting == 1 ? "s" : "");
}

const char *history_text_loads(struct arena *arena, const json_t *report)
{
    struct uses uses = {0};
    uint64_t loads = stored_count(json_object_get(report, "history"), "loads");
    json_t *seen = json_object();
    count_uses(arena, json_object_get(report, "findings"), seen, &uses);
    count_uses(arena, json_object_get(report, "outcomes"), seen, &uses);
    json_decref(seen);
    if (uses.warm + uses.cold + uses.waiting == 0)
        return NULL;
    const char *rest = short_text(arena, &uses);
    if (loads == 0)
        return arena_printf(arena, "no history: %s", rest);
    if (uses.warm == 0)
        return arena_printf(arena, "%" PRIu64 " earlier load%s: %s", loads, plural(loads), rest);
    return arena_printf(arena, "judged against %" PRIu64 " earlier load%s%s%s", loads,
                        plural(loads), *rest == '\0' ? "" : "; ", rest);
}

/* Whether the usual interval between two loads is about a day. */
static bool is_nightly(const json_t *report, double gap)
{
    const char *as_of = stored_text(report, "as_of");
    const char *baseline = stored_text(report, "baseline_as_of");
    int64_t from_us = 0;
    int64_t to_us = 0;
    if (as_of == NULL || baseline == NULL ||
        clock_parse_rfc3339(as_of, strlen(as_of), &to_us, NULL) != OK ||
        clock_parse_rfc3339(baseline, strlen(baseline), &from_us, NULL) != OK)
        return false;
    double days = ((double)to_us - (double)from_us) / (double)USEC_PER_SEC / 86400 / gap;
    return days > 0.8 && days < 1.2;
}

const char *history_text_gap(struct arena *arena, const json_t *report)
{
    char number[NUMBER_TEXT_BYTES];
    double gap = json_number_value(json_object_get(json_object_get(report, "history"), "gap"));
    if (!(gap >= LEAST_GAP))
        return NULL;
    if (is_nightly(report, gap))
        return arena_printf(arena, "%s nights lie between this load and the last good one",
                            number_format_double(round(gap), 0, number));
    return arena_printf(arena,
                        "%s times the usual time lies between this load and the last good one",
                        number_format_double(round(gap * 10) / 10, 0, number));
}

const char *history_text_number(struct arena *arena, const json_t *finding, double number)
{
    char text[NUMBER_TEXT_BYTES];
    return arena_strdup(arena, stored_is_true(finding, "percentage")
                                   ? number_format_share(number, 0, text)
                                   : number_format_double(number, 0, text));
}

static const char *loads_text(struct arena *arena, uint64_t loads)
{
    if (loads == 0)
        return "earlier loads";
    return arena_printf(arena, "%" PRIu64 " earlier load%s", loads, plural(loads));
}

/* ", which were 0.3 % to 0.6 %", or "". */
static const char *range_text(struct arena *arena, const json_t *finding)
{
    const json_t *range = json_object_get(finding, "range");
    if (json_array_size(range) != 2)
        return "";
    const char *low =
        history_text_number(arena, finding, json_number_value(json_array_get(range, 0)));
    const char *high =
        history_text_number(arena, finding, json_number_value(json_array_get(range, 1)));
    if (strcmp(low, high) == 0)
        return arena_printf(arena, ", which were %s", low);
    return arena_printf(arena, ", which were %s to %s", low, high);
}

const char *history_text_limit(struct arena *arena, const json_t *finding)
{
    const char *basis = stored_text_or_empty(finding, "basis");
    uint64_t loads = stored_count(finding, "loads");
    if (strcmp(basis, "history") == 0)
        return arena_printf(arena, "from %s%s", loads_text(arena, loads),
                            range_text(arena, finding));
    if (strcmp(basis, "short history") != 0)
        return "fixed by the rule";
    if (loads == 0)
        return "the rule's own for a short history, since there is none";
    return arena_printf(arena, "the rule's own for a short history, since there %s only %s",
                        loads == 1 ? "is" : "are", loads_text(arena, loads));
}
