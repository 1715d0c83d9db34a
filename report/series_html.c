#include "report/series_html.h"

#include <math.h>

#include "report/facts.h"
#include "report/history_text.h"
#include "report/stored.h"
#include "rules/history.h"

#define WIDTH 1000.0
#define HEIGHT 120.0
#define MARGIN 0.08 /* of the height, above the highest and below the lowest value */
#define MIN_LOADS 2

/* Numbers of loads, the oldest first; the last one is this load's. */
struct series {
    double numbers[HISTORY_MAX_LOADS + 1];
    size_t n;
    const json_t *past;
    bool has_band;
    double band[2];
    bool has_limit; /* a single one, where there is no band */
    double limit;
    double low; /* at the lower edge of the drawing */
    double high;
};

static bool read_number(const json_t *json, double *ret_number)
{
    *ret_number = json_number_value(json);
    return json_is_number(json) && isfinite(*ret_number);
}

/* Shares that were never negative are not allowed to be negative either. */
static void clip_band(struct series *series, bool is_share)
{
    double lowest = series->numbers[0];
    for (size_t i = 1; i < series->n; i++)
        lowest = fmin(lowest, series->numbers[i]);
    if (is_share && lowest >= 0 && series->band[0] < 0)
        series->band[0] = 0;
}

static void find_edges(struct series *series)
{
    series->low = series->high = series->numbers[0];
    for (size_t i = 1; i < series->n; i++) {
        series->low = fmin(series->low, series->numbers[i]);
        series->high = fmax(series->high, series->numbers[i]);
    }
    if (series->has_band) {
        series->low = fmin(series->low, series->band[0]);
        series->high = fmax(series->high, series->band[1]);
    } else if (series->has_limit) {
        series->low = fmin(series->low, series->limit);
        series->high = fmax(series->high, series->limit);
    }
    double room = MARGIN * (series->high - series->low);
    if (!(room > 0))
        room = 1;
    series->low -= room;
    series->high += room;
}

static bool read_series(const json_t *finding, struct series *series)
{
    *series = (struct series){.past = json_object_get(finding, "past")};
    size_t n = json_array_size(series->past);
    const json_t *band = json_object_get(finding, "band");
    if (n < MIN_LOADS || n > HISTORY_MAX_LOADS)
        return false;
    for (size_t i = 0; i < n; i++) {
        const json_t *past = json_array_get(series->past, n - 1 - i);
        if (!read_number(json_object_get(past, "value"), &series->numbers[series->n++]))
            return false;
    }
    if (!read_number(json_object_get(finding, "measured"), &series->numbers[series->n++]))
        return false;
    series->has_band = read_number(json_array_get(band, 0), &series->band[0]) &&
                       read_number(json_array_get(band, 1), &series->band[1]);
    series->has_limit = read_number(json_object_get(finding, "limit"), &series->limit);
    clip_band(series, stored_is_true(finding, "percentage"));
    find_edges(series);
    return isfinite(series->high - series->low);
}

static double x_at(const struct series *series, size_t i)
{
    return WIDTH * ((double)i + 0.5) / (double)series->n;
}

static double y_at(const struct series *series, double number)
{
    return HEIGHT * (series->high - number) / (series->high - series->low);
}

static void put_allowed(struct markup *markup, const struct series *series)
{
    if (series->has_band) {
        double top = y_at(series, series->band[1]);
        markup_format(markup,
                      "<rect class=\"band\" x=\"0\" y=\"%.1f\" width=\"%.0f\" height=\"%.1f\"/>\n",
                      top, WIDTH, y_at(series, series->band[0]) - top);
    } else if (series->has_limit) {
        markup_format(markup, "<path class=\"limit\" d=\"M0 %.1fH%.0f\"/>\n",
                      y_at(series, series->limit), WIDTH);
    }
}

/* A dot is a line without length and with round ends, so that stretching does not bend it. */
static void put_dot(struct markup *markup, const struct series *series, size_t i)
{
    markup_format(markup, "<path class=\"%s\" d=\"M%.1f %.1fh0\"/>\n",
                  i + 1 == series->n ? "this" : "dot", x_at(series, i),
                  y_at(series, series->numbers[i]));
}

static void put_line(struct markup *markup, const struct series *series)
{
    markup_raw(markup, "<path class=\"line\" d=\"");
    for (size_t i = 0; i < series->n; i++)
        markup_format(markup, "%s%.1f %.1f", i == 0 ? "M" : "L", x_at(series, i),
                      y_at(series, series->numbers[i]));
    markup_raw(markup, "\"/>\n");
    for (size_t i = 0; i < series->n; i++)
        put_dot(markup, series, i);
}

/* "load 7 (2011-05-22 04:00 UTC): 0.4 %" where the pointer rests. */
static void put_hints(struct markup *markup, const json_t *finding, const struct series *series)
{
    double width = WIDTH / (double)series->n;
    for (size_t i = 0; i < series->n; i++) {
        CLEANUP(arena_release) struct arena arena = {0};
        const json_t *past = json_array_get(series->past, series->n - 2 - i);
        const char *as_of = i + 1 < series->n ? facts_time(&arena, past, "as_of") : NULL;
        markup_format(markup,
                      "<rect class=\"hint\" x=\"%.1f\" y=\"0\" width=\"%.1f\" height=\"%.0f\">"
                      "<title>",
                      width * (double)i, width, HEIGHT);
        if (i + 1 == series->n)
            markup_raw(markup, "this load: ");
        else
            markup_format(markup, "load %llu%s", (unsigned long long)stored_count(past, "load"),
                          as_of == NULL ? ": " : ", as of ");
        if (as_of != NULL) {
            markup_text(markup, as_of);
            markup_raw(markup, ": ");
        }
        markup_text(markup, history_text_number(&arena, finding, series->numbers[i]));
        markup_raw(markup, "</title></rect>\n");
    }
}

/* What was measured and what is allowed, in words; for the caption and for those who cannot see. */
static const char *describe(struct arena *arena, const json_t *finding, const struct series *series)
{
    const char *text =
        arena_printf(arena, "This load: %s.",
                     history_text_number(arena, finding, series->numbers[series->n - 1]));
    if (series->has_band)
        return arena_printf(arena, "%s Allowed: %s to %s.", text,
                            history_text_number(arena, finding, series->band[0]),
                            history_text_number(arena, finding, series->band[1]));
    if (series->has_limit)
        return arena_printf(arena, "%s Limit: %s.", text,
                            history_text_number(arena, finding, series->limit));
    return text;
}

static void put_axis(struct markup *markup, const struct series *series)
{
    CLEANUP(arena_release) struct arena arena = {0};
    const json_t *oldest = json_array_get(series->past, series->n - 2);
    const char *as_of = facts_time(&arena, oldest, "as_of");
    markup_format(markup, "<div class=\"axis\" aria-hidden=\"true\"><span>load %llu",
                  (unsigned long long)stored_count(oldest, "load"));
    if (as_of != NULL) {
        markup_raw(markup, ", as of ");
        markup_text(markup, as_of);
    }
    markup_raw(markup, "</span><span>this load</span></div>\n");
}

void series_html_put(struct markup *markup, const json_t *finding)
{
    CLEANUP(arena_release) struct arena arena = {0};
    struct series series;
    if (!read_series(finding, &series))
        return;
    const char *words = describe(&arena, finding, &series);
    markup_format(markup, "<figure>\n<figcaption>The last %zu loads and this one. ", series.n - 1);
    markup_text(markup, words);
    markup_format(markup,
                  "</figcaption>\n<div class=\"plot\"><svg class=\"series\" viewBox=\"0 0 %.0f "
                  "%.0f\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"",
                  WIDTH, HEIGHT);
    markup_text(markup, words);
    markup_raw(markup, "\">\n");
    put_allowed(markup, &series);
    put_line(markup, &series);
    put_hints(markup, finding, &series);
    markup_raw(markup, "</svg></div>\n");
    put_axis(markup, &series);
    markup_raw(markup, "</figure>\n");
}
