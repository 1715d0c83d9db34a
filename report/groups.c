#include "report/groups.h"

#include <string.h>

#include "base/number.h"
#include "report/stored.h"

static bool same_text(const json_t *a, const json_t *b, const char *name)
{
    return strcmp(stored_text_or_empty(a, name), stored_text_or_empty(b, name)) == 0;
}

/* Whether the outcome is about a segment, or stands for several. */
static bool has_segments(const json_t *outcome)
{
    return stored_text(outcome, "segment") != NULL || stored_count(outcome, "segments") > 0;
}

/* Whether two outcomes are one check on different segments. */
static bool same_check(const json_t *a, const json_t *b)
{
    return has_segments(a) && has_segments(b) && same_text(a, b, "rule") &&
           same_text(a, b, "column") && same_text(a, b, "action") &&
           stored_is_true(a, "shadow") == stored_is_true(b, "shadow");
}

uint64_t groups_count_segments(const json_t *outcomes, size_t first, size_t n)
{
    uint64_t total = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t segments = stored_count(json_array_get(outcomes, first + i), "segments");
        total += segments > 0 ? segments : 1;
    }
    return total;
}

size_t groups_size(const json_t *outcomes, size_t first)
{
    size_t n = 1;
    const json_t *outcome = json_array_get(outcomes, first);
    while (first + n < json_array_size(outcomes) &&
           same_check(outcome, json_array_get(outcomes, first + n)))
        n++;
    return n;
}

/* How far back the same examples are looked for. */
#define EXAMPLES_LOOK_BACK 20

const json_t *groups_same_examples(const json_t *outcomes, size_t index)
{
    const json_t *examples = json_object_get(json_array_get(outcomes, index), "examples");
    for (size_t i = index > EXAMPLES_LOOK_BACK ? index - EXAMPLES_LOOK_BACK : 0; i < index; i++) {
        const json_t *before = json_array_get(outcomes, i);
        if (json_equal(json_object_get(before, "examples"), examples))
            return before;
    }
    return NULL;
}

bool groups_have_one_condition(const json_t *outcomes, size_t first, size_t n)
{
    const json_t *outcome = json_array_get(outcomes, first);
    for (size_t i = 1; i < n; i++)
        if (!same_text(outcome, json_array_get(outcomes, first + i), "condition"))
            return false;
    return true;
}

const json_t *groups_same_drawing(const json_t *outcomes, size_t index)
{
    const json_t *outcome = json_array_get(outcomes, index);
    const json_t *drawing = json_object_get(outcome, "drawing");
    for (size_t i = 0; i < index && json_is_object(drawing); i++) {
        const json_t *before = json_array_get(outcomes, i);
        const json_t *drawn = json_object_get(before, "drawing");
        if (json_is_object(json_object_get(drawn, "distribution")) &&
            same_text(drawing, drawn, "column") && same_text(outcome, before, "segment"))
            return before;
    }
    return NULL;
}

const char *groups_rest_text(struct arena *arena, const json_t *outcome)
{
    char single[NUMBER_TEXT_BYTES];
    char together[NUMBER_TEXT_BYTES];
    const json_t *rest = json_object_get(outcome, "rest");
    if (stored_count(rest, "together") == 0)
        return "";
    return arena_printf(arena, "%s values are judged singly, and %s others together",
                        number_format_count(stored_count(rest, "single"), single),
                        number_format_count(stored_count(rest, "together"), together));
}
