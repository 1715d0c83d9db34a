#include "report/transitions_html.h"

#include <math.h>

#include "base/number.h"
#include "report/stored.h"

/* The colour of a cell from which text still stands out. */
#define MAX_SHADE 0.45

/* A larger table cannot be taken in. */
#define MAX_GROUPS 32

static double rows_at(const json_t *transitions, size_t from, size_t to)
{
    const json_t *row = json_array_get(json_object_get(transitions, "rows"), from);
    double rows = json_number_value(json_array_get(row, to));
    return rows > 0 ? rows : 0;
}

static const char *label_at(const json_t *transitions, size_t group)
{
    const char *label =
        json_string_value(json_array_get(json_object_get(transitions, "groups"), group));
    return label == NULL ? "" : label;
}

static void put_head(struct markup *markup, const json_t *transitions, size_t n)
{
    markup_raw(markup, "<thead><tr><th scope=\"col\" class=\"corner\">from ↓ to →</th>");
    for (size_t to = 0; to < n; to++)
        markup_element(markup, "th scope=\"col\"", label_at(transitions, to));
    markup_raw(markup, "</tr></thead>\n");
}

static void put_cell(struct markup *markup, double rows, double kept, bool stayed)
{
    char text[NUMBER_TEXT_BYTES];
    char count[NUMBER_TEXT_BYTES];
    double share = rows / kept;
    if (rows <= 0) {
        markup_raw(markup, stayed ? "<td class=\"stayed\">·</td>" : "<td>·</td>");
        return;
    }
    markup_format(markup, "<td class=\"%s\" style=\"--shade:%.3f\" title=\"%s rows\">",
                  stayed ? "stayed" : "moved", MAX_SHADE * sqrt(share < 1 ? share : 1),
                  number_format_count((uint64_t)rows, count));
    markup_text(markup, number_format_share(share, 0, text));
    markup_raw(markup, "</td>");
}

static void put_summary(struct markup *markup, const json_t *drawing, const json_t *transitions,
                        double kept)
{
    char text[NUMBER_TEXT_BYTES];
    double changed = (double)stored_count(transitions, "changed");
    markup_raw(markup, "<figcaption>From where to where ");
    markup_text(markup, stored_text_or_empty(drawing, "column"));
    markup_raw(markup, " moved, in shares of the kept rows: ");
    markup_text(markup, number_format_share(changed / kept, 0, text));
    markup_raw(markup, " have changed</figcaption>\n");
}

void transitions_html_put(struct markup *markup, const json_t *drawing)
{
    const json_t *transitions = json_object_get(drawing, "transitions");
    double kept = (double)stored_count(transitions, "kept");
    size_t n = json_array_size(json_object_get(transitions, "groups"));
    if (n == 0 || n > MAX_GROUPS || kept <= 0 || stored_count(transitions, "changed") == 0)
        return;
    markup_raw(markup, "<figure>\n");
    put_summary(markup, drawing, transitions, kept);
    markup_raw(markup, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                       "aria-label=\"From where to where values moved\">"
                       "<table class=\"moves\">\n");
    put_head(markup, transitions, n);
    markup_raw(markup, "<tbody>\n");
    for (size_t from = 0; from < n; from++) {
        markup_raw(markup, "<tr>");
        markup_element(markup, "th scope=\"row\"", label_at(transitions, from));
        for (size_t to = 0; to < n; to++)
            put_cell(markup, rows_at(transitions, from, to), kept, from == to);
        markup_raw(markup, "</tr>\n");
    }
    markup_raw(markup, "</tbody></table></div>\n</figure>\n");
}
