#include "rules/sentence.h"

#include <string.h>

#include "rules/functions.h"

/* Where the argument that begins at p ends: at a comma or the closing parenthesis; NULL without. */
static const char *argument_end(const char *p)
{
    int depth = 0;
    char quote = '\0';
    for (; *p != '\0'; p++) {
        if (quote != '\0') {
            quote = *p == quote ? '\0' : quote;
            continue;
        }
        if (*p == '\'' || *p == '"')
            quote = *p;
        if (depth == 0 && (*p == ',' || *p == ')'))
            return p;
        depth += (*p == '(') - (*p == ')');
    }
    return NULL;
}

/* The argument in "name(argument)" or "name(argument, filter)", and what limits the rows. */
struct argument {
    const char *text;
    const char *rest; /* " (filter)", " where ..." or "" */
};

/* False if the text of the measure is none of these. */
static bool split_argument(const char *text, struct arena *arena, struct argument *ret_argument)
{
    const char *open = strchr(text, '(');
    const char *end = open == NULL ? NULL : argument_end(open + 1);
    if (end == NULL)
        return false;
    struct argument argument = {.text = arena_strndup(arena, open + 1, (size_t)(end - open) - 1),
                                .rest = end + 1};
    if (*end == ',') {
        const char *filter = end + 2;
        end = argument_end(filter);
        if (end == NULL || *end == ',')
            return false;
        argument.rest = arena_printf(arena, " where %.*s%s", (int)(end - filter), filter, end + 1);
    }
    *ret_argument = argument;
    return true;
}

static const char *scope_words(enum scope scope, bool single)
{
    switch (scope) {
    case SCOPE_KEPT:
        return single ? "kept row" : "kept rows";
    case SCOPE_OLD:
        return single ? "row of the last good load" : "rows of the last good load";
    default:
        return single ? "row" : "rows";
    }
}

/* A whole phrase about one measure, without the limit; NULL if there is none for it. */
static const char *measure_phrase(const struct measure *measure, const char *value,
                                  const struct value *arrived_at, struct arena *arena)
{
    struct argument argument;
    char moved_to[FIGURE_TEXT_BYTES];
    bool single = strcmp(value, "1") == 0;
    const char *rows = scope_words(measure->scope, single);
    if (!split_argument(measure->text, arena, &argument))
        return NULL;
    switch (measure->aggregate) {
    case AGG_ARRIVALS:
        if (arrived_at == NULL)
            return NULL;
        return arena_printf(arena, "%s of kept rows moved to %s = %s%s", value, argument.text,
                            value_format(arrived_at, moved_to, sizeof(moved_to)), argument.rest);
    case AGG_SHARE:
        return arena_printf(arena, "%s of %s have %s%s", value, rows, argument.text, argument.rest);
    case AGG_COUNT:
        if (measure->arg->type != VALUE_BOOLEAN || strncmp(measure->text, "count(", 6) != 0)
            return NULL;
        return arena_printf(arena, "%s %s %s %s%s", value, rows, single ? "has" : "have",
                            argument.text, argument.rest);
    case AGG_NULLS:
        return arena_printf(arena, "%s is NULL in %s %s%s", argument.text, value, rows,
                            argument.rest);
    default:
        return NULL;
    }
}

/* The value in words: of one measure as people say it, else with the text of what was measured. */
static const char *value_phrase(const struct rule_set *set, size_t sole_measure, const char *text,
                                const char *value, const struct value *arrived_at,
                                struct arena *arena)
{
    const char *phrase = NULL;
    if (sole_measure != CONDITION_NONE)
        phrase = measure_phrase(&set->plan.measures[sole_measure], value, arrived_at, arena);
    return phrase == NULL ? arena_printf(arena, "%s is %s", text, value) : phrase;
}

const char *sentence_limit(const struct rule_set *set, const struct comparison *comparison,
                           const struct value *measured, const struct value *limit,
                           bool is_percentage, const struct value *arrived_at, struct arena *arena)
{
    char measured_text[FIGURE_TEXT_BYTES];
    char limit_text[FIGURE_TEXT_BYTES];
    figure_texts(measured, limit, is_percentage, measured_text, limit_text);
    const char *phrase = value_phrase(set, comparison->sole_measure, comparison->text,
                                      measured_text, arrived_at, arena);
    return arena_printf(arena, "%s (limit %s)", phrase, limit_text);
}

static void format_number(double number, bool is_percentage, char out[FIGURE_TEXT_BYTES])
{
    const struct value value = {.type = VALUE_DOUBLE, .f64 = number};
    figure_text(&value, is_percentage, 0, out);
}

const char *sentence_beyond(const struct rule_set *set, const struct history_call *call,
                            const struct outcome *outcome, const struct value *arrived_at,
                            struct arena *arena)
{
    bool is_percentage = outcome->limit_is_percentage;
    char measured[FIGURE_TEXT_BYTES];
    char limit[FIGURE_TEXT_BYTES];
    char low[FIGURE_TEXT_BYTES];
    char high[FIGURE_TEXT_BYTES];
    figure_texts(&outcome->measured, &outcome->limit, is_percentage, measured, limit);
    const char *phrase =
        value_phrase(set, call->sole_measure, call->text, measured, arrived_at, arena);
    if (!outcome->has_range)
        return arena_printf(arena, "%s (limit %s)", phrase, limit);
    format_number(outcome->range[0], is_percentage, low);
    format_number(outcome->range[1], is_percentage, high);
    if (strcmp(low, high) == 0)
        return arena_printf(arena, "%s (limit %s; %s in the last %zu loads)", phrase, limit, low,
                            outcome->n_loads);
    return arena_printf(arena, "%s (limit %s; %s to %s in the last %zu loads)", phrase, limit, low,
                        high, outcome->n_loads);
}

const char *sentence_values(const struct outcome_measure *measures, size_t n_measures,
                            struct arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < n_measures; i++) {
        char value[FIGURE_TEXT_BYTES];
        text = arena_printf(arena, "%s%s%s is %s", text, i == 0 ? "" : ", ", measures[i].text,
                            figure_text(&measures[i].value, false, 0, value));
    }
    return text;
}
