#include "report/distribution_html.h"

#include <math.h>
#include <string.h>

#include "base/number.h"
#include "report/stored.h"

/* Drawings are this wide and high, and stretched to the page. */
#define WIDTH 1000.0
#define HEIGHT 240.0

/* With so few bins each has room for its name. */
#define MAX_NAMED_BINS 12

/* A bin that is so many times higher than all others is cut, so that the others can be seen. */
#define CUT_FACTOR 3

struct shape {
    const json_t *bins;
    size_t n;
    double old_rows;
    double new_rows;
    double top; /* share at the upper edge */
};

static double share_of(const struct shape *shape, size_t bin, bool is_new)
{
    double whole = is_new ? shape->new_rows : shape->old_rows;
    double rows = (double)stored_count(json_array_get(shape->bins, bin), is_new ? "new" : "old");
    return whole > 0 ? rows / whole : 0;
}

static double larger_share(const struct shape *shape, size_t bin)
{
    double before = share_of(shape, bin, false);
    double now = share_of(shape, bin, true);
    return before > now ? before : now;
}

/* The highest share, or less if it stands alone above all others. */
static double find_top(const struct shape *shape)
{
    double highest = 0;
    double second = 0;
    for (size_t i = 0; i < shape->n; i++) {
        double share = larger_share(shape, i);
        if (share > highest) {
            second = highest;
            highest = share;
        } else if (share > second) {
            second = share;
        }
    }
    return second > 0 && highest > CUT_FACTOR * second ? second * CUT_FACTOR / 2 : highest;
}

static struct shape shape_of(const json_t *distribution)
{
    struct shape shape = {.bins = json_object_get(distribution, "bins")};
    shape.n = json_array_size(shape.bins);
    shape.old_rows = (double)stored_count(distribution, "old_rows");
    shape.new_rows = (double)stored_count(distribution, "new_rows");
    shape.top = find_top(&shape);
    return shape;
}

static void put_share(struct markup *markup, double share)
{
    char text[NUMBER_TEXT_BYTES];
    markup_text(markup, number_format_share(share, 0, text));
}

static void put_shares(struct markup *markup, double before, double now)
{
    put_share(markup, before);
    markup_raw(markup, " → ");
    put_share(markup, now);
}

static double height_at(const struct shape *shape, size_t bin, bool is_new)
{
    double share = share_of(shape, bin, is_new);
    return HEIGHT - HEIGHT * (share < shape->top ? share / shape->top : 1);
}

/* The outline of one side as steps; closed along the bottom if it is to be filled. */
static void put_steps(struct markup *markup, const struct shape *shape, bool is_new, bool closed,
                      const char *class)
{
    markup_format(markup, "<path class=\"%s\" d=\"M0 %.0f", class, HEIGHT);
    for (size_t i = 0; i < shape->n; i++)
        markup_format(markup, "V%.1fH%.1f", height_at(shape, i, is_new),
                      WIDTH * (double)(i + 1) / (double)shape->n);
    markup_format(markup, "V%.0f%s\"/>\n", HEIGHT, closed ? "Z" : "");
}

/* Names and shares of the bins, shown where the pointer rests. */
static void put_hints(struct markup *markup, const struct shape *shape)
{
    double width = WIDTH / (double)shape->n;
    for (size_t i = 0; i < shape->n; i++) {
        markup_format(markup,
                      "<rect class=\"hint\" x=\"%.1f\" y=\"0\" width=\"%.1f\" height=\"%.0f\">"
                      "<title>",
                      width * (double)i, width, HEIGHT);
        markup_text(markup, stored_text_or_empty(json_array_get(shape->bins, i), "label"));
        markup_raw(markup, ": ");
        put_shares(markup, share_of(shape, i, false), share_of(shape, i, true));
        markup_raw(markup, "</title></rect>\n");
    }
}

/* What a bin that is cut off comes to. */
static void put_cut(struct markup *markup, const struct shape *shape)
{
    for (size_t i = 0; i < shape->n; i++) {
        if (larger_share(shape, i) <= shape->top)
            continue;
        double at = 100 * ((double)i + 0.5) / (double)shape->n;
        markup_format(markup, "<p class=\"cut%s\" style=\"%s:%.1f%%\">", at > 50 ? " left" : "",
                      at > 50 ? "right" : "left", at > 50 ? 100 - at : at);
        markup_text(markup, stored_text_or_empty(json_array_get(shape->bins, i), "label"));
        markup_raw(markup, ": ");
        put_shares(markup, share_of(shape, i, false), share_of(shape, i, true));
        markup_raw(markup, ", cut off here</p>\n");
    }
}

static void put_axis(struct markup *markup, const struct shape *shape)
{
    const size_t ticks[] = {0, shape->n / 2, shape->n - 1};
    markup_raw(markup, "<div class=\"axis\" aria-hidden=\"true\">");
    for (size_t i = 0; i < ARRAY_SIZE(ticks); i++)
        markup_element(markup, "span",
                       stored_text_or_empty(json_array_get(shape->bins, ticks[i]), "label"));
    markup_raw(markup, "</div>\n");
}

static void put_legend(struct markup *markup)
{
    markup_raw(markup, "<p class=\"legend\" aria-hidden=\"true\"><span class=\"swatch "
                       "old\"></span>before <span class=\"swatch new\"></span>now</p>\n");
}

static void put_histogram(struct markup *markup, const struct shape *shape, const char *column)
{
    put_legend(markup);
    markup_raw(markup, "<div class=\"plot\">");
    put_cut(markup, shape);
    markup_format(markup,
                  "<svg viewBox=\"0 0 %.0f %.0f\" preserveAspectRatio=\"none\" role=\"img\" "
                  "aria-label=\"",
                  WIDTH, HEIGHT);
    markup_raw(markup, "How the values of ");
    markup_text(markup, column);
    markup_raw(markup,
               " are distributed, before and now; the numbers stand in the table below\">\n");
    put_steps(markup, shape, false, true, "old");
    put_steps(markup, shape, true, true, "new");
    put_steps(markup, shape, true, false, "outline");
    put_hints(markup, shape);
    markup_raw(markup, "</svg></div>\n");
    put_axis(markup, shape);
}

static void put_bar(struct markup *markup, const char *class, double share, double top)
{
    markup_format(markup, "<span class=\"bar %s\" style=\"width:%.2f%%\"></span>", class,
                  share < top ? 100 * share / top : 100);
}

/* One line of the table; with bars if top, the share whose bar is the longest, is not 0. */
static void put_line(struct markup *markup, const char *label, double before, double now,
                     double top)
{
    markup_raw(markup, "<tr>");
    markup_element(markup, "th scope=\"row\"", label);
    markup_raw(markup, "<td class=\"number\">");
    put_share(markup, before);
    markup_raw(markup, "</td><td class=\"number\">");
    put_share(markup, now);
    markup_raw(markup, "</td>");
    if (top > 0) {
        markup_raw(markup, "<td class=\"bars\" aria-hidden=\"true\">");
        put_bar(markup, "old", before, top);
        put_bar(markup, "new", now, top);
        markup_raw(markup, "</td>");
    }
    markup_raw(markup, "</tr>\n");
}

static double ratio(const json_t *distribution, const char *rows, double whole)
{
    return whole > 0 ? (double)stored_count(distribution, rows) / whole : 0;
}

/* Rows that stand in no bin. */
static const struct {
    const char *label;
    const char *before;
    const char *now;
} specials[] = {{"NaN", "old_nans", "new_nans"}, {"NULL", "old_nulls", "new_nulls"}};

static void put_specials(struct markup *markup, const json_t *distribution,
                         const struct shape *shape, double top)
{
    for (size_t i = 0; i < ARRAY_SIZE(specials); i++) {
        double before = ratio(distribution, specials[i].before, shape->old_rows);
        double now = ratio(distribution, specials[i].now, shape->new_rows);
        if (before > 0 || now > 0)
            put_line(markup, specials[i].label, before, now, top);
    }
}

/* The largest share that a line of the table has. */
static double find_longest(const json_t *distribution, const struct shape *shape)
{
    double longest = 0;
    for (size_t i = 0; i < shape->n; i++)
        longest = fmax(longest, larger_share(shape, i));
    for (size_t i = 0; i < ARRAY_SIZE(specials); i++) {
        longest = fmax(longest, ratio(distribution, specials[i].before, shape->old_rows));
        longest = fmax(longest, ratio(distribution, specials[i].now, shape->new_rows));
    }
    return longest;
}

static void put_table(struct markup *markup, const json_t *distribution, const struct shape *shape,
                      const char *column, bool bars)
{
    double top = bars ? find_longest(distribution, shape) : 0;
    markup_raw(markup,
               "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Values of ");
    markup_text(markup, column);
    markup_raw(markup, "\"><table class=\"values\"><thead><tr>");
    markup_element(markup, "th scope=\"col\"", column);
    markup_raw(markup, "<th scope=\"col\" class=\"number\">before</th>"
                       "<th scope=\"col\" class=\"number\">now</th>");
    if (bars)
        markup_raw(markup, "<td class=\"bars\"></td>");
    markup_raw(markup, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < shape->n; i++)
        put_line(markup, stored_text_or_empty(json_array_get(shape->bins, i), "label"),
                 share_of(shape, i, false), share_of(shape, i, true), top);
    put_specials(markup, distribution, shape, top);
    markup_raw(markup, "</tbody></table></div>\n");
}

void distribution_html_put(struct markup *markup, const json_t *drawing)
{
    const json_t *distribution = json_object_get(drawing, "distribution");
    const char *column = stored_text_or_empty(drawing, "column");
    struct shape shape = shape_of(distribution);
    if (shape.n == 0 || (shape.old_rows <= 0 && shape.new_rows <= 0))
        return;
    markup_raw(markup, "<figure>\n<figcaption>Values of ");
    markup_text(markup, column);
    markup_raw(markup, ", in shares of all rows</figcaption>\n");
    bool categories = strcmp(stored_text_or_empty(distribution, "scale"), "categories") == 0;
    if (shape.n <= MAX_NAMED_BINS || categories) {
        put_legend(markup);
        put_table(markup, distribution, &shape, column, true);
    } else {
        put_histogram(markup, &shape, column);
        markup_raw(markup, "<details><summary>the numbers</summary>\n");
        put_table(markup, distribution, &shape, column, false);
        markup_raw(markup, "</details>\n");
    }
    markup_raw(markup, "</figure>\n");
}
