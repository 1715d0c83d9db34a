#include "report/example_html.h"

#include "report/stored.h"

/* Columns of values in one table; more cannot be taken in. */
#define MAX_COLUMNS 8

static size_t n_columns(const json_t *columns)
{
    size_t n = json_array_size(columns);
    return n < MAX_COLUMNS ? n : MAX_COLUMNS;
}

static const char *name_at(const json_t *names, size_t i)
{
    const char *name = json_string_value(json_array_get(names, i));
    return name == NULL ? "" : name;
}

/* Whether the column has numbers, so that it is aligned right; side is "key", "old" or "new". */
static bool has_numbers(const json_t *rows, const char *side, const char *column)
{
    bool any = false;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *values = json_object_get(json_array_get(rows, i), side);
        const json_t *value = json_object_get(values, column);
        if (value != NULL && !json_is_number(value) && !json_is_null(value))
            return false;
        any |= json_is_number(value);
    }
    return any;
}

static bool value_is_number(const json_t *rows, const char *column)
{
    return has_numbers(rows, "old", column) || has_numbers(rows, "new", column);
}

static void put_title(struct markup *markup, const char *name, bool numbers)
{
    markup_element(markup, numbers ? "th scope=\"col\" class=\"number\"" : "th scope=\"col\"",
                   name);
}

static void put_head(struct markup *markup, const json_t *rows, const json_t *key,
                     const json_t *columns)
{
    markup_raw(markup, "<thead><tr>");
    for (size_t i = 0; i < json_array_size(key); i++)
        put_title(markup, name_at(key, i), has_numbers(rows, "key", name_at(key, i)));
    for (size_t i = 0; i < n_columns(columns); i++)
        put_title(markup, name_at(columns, i), value_is_number(rows, name_at(columns, i)));
    markup_raw(markup, "</tr></thead>\n");
}

static void put_cell_start(struct markup *markup, bool numbers)
{
    markup_raw(markup, numbers ? "<td class=\"number\">" : "<td>");
}

static void put_key(struct markup *markup, const json_t *value, bool numbers)
{
    CLEANUP(arena_release) struct arena arena = {0};
    put_cell_start(markup, numbers);
    markup_text(markup, value == NULL ? "" : stored_value_text(&arena, value));
    markup_raw(markup, "</td>");
}

/* A value on both sides if it is there on both and differs, else the one that there is. */
static void put_value(struct markup *markup, const json_t *before, const json_t *after,
                      bool numbers)
{
    CLEANUP(arena_release) struct arena arena = {0};
    const json_t *only = after == NULL ? before : after;
    bool changed = before != NULL && after != NULL && !json_equal(before, after);
    put_cell_start(markup, numbers);
    if (changed) {
        markup_element(markup, "span class=\"before\"", stored_value_text(&arena, before));
        markup_raw(markup, "<span aria-label=\"became\" role=\"img\">→</span> ");
    }
    if (only != NULL)
        markup_element(markup, changed ? "strong" : "span", stored_value_text(&arena, only));
    markup_raw(markup, "</td>");
}

static void put_row(struct markup *markup, const json_t *rows, size_t index, const json_t *key,
                    const json_t *columns)
{
    const json_t *row = json_array_get(rows, index);
    const json_t *keys = json_object_get(row, "key");
    const json_t *before = json_object_get(row, "old");
    const json_t *after = json_object_get(row, "new");
    markup_raw(markup, "<tr>");
    for (size_t i = 0; i < json_array_size(key); i++)
        put_key(markup, json_object_get(keys, name_at(key, i)),
                has_numbers(rows, "key", name_at(key, i)));
    for (size_t i = 0; i < n_columns(columns); i++)
        put_value(markup, json_object_get(before, name_at(columns, i)),
                  json_object_get(after, name_at(columns, i)),
                  value_is_number(rows, name_at(columns, i)));
    markup_raw(markup, "</tr>\n");
}

/* What the rows are, if they all stand on one side only. */
static const char *side_words(const json_t *rows)
{
    bool has_old = false;
    bool has_new = false;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        has_old |= json_is_object(json_object_get(json_array_get(rows, i), "old"));
        has_new |= json_is_object(json_object_get(json_array_get(rows, i), "new"));
    }
    if (has_old == has_new)
        return "before → now";
    return has_new ? "rows that are new" : "rows that are gone";
}

void example_html_put(struct markup *markup, const char *title, const json_t *rows,
                      const json_t *key, const json_t *columns)
{
    if (json_array_size(rows) == 0)
        return;
    markup_raw(markup, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
    markup_text(markup, title);
    markup_raw(markup, "\"><table class=\"examples\"><caption>");
    markup_text(markup, title);
    markup_format(markup, ", %s</caption>\n", side_words(rows));
    put_head(markup, rows, key, columns);
    markup_raw(markup, "<tbody>\n");
    for (size_t i = 0; i < json_array_size(rows); i++)
        put_row(markup, rows, i, key, columns);
    markup_raw(markup, "</tbody></table></div>\n");
}
