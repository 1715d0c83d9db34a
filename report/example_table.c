#include "report/example_table.h"

#include <string.h>

#include "base/arena.h"
#include "report/stored.h"
#include "report/visible.h"

#define MAX_ROWS 10
#define MAX_KEY_COLUMNS 3
#define MAX_VALUE_COLUMNS 5
#define GAP 2
#define NO_ROW "–" /* in place of a value whose side has no such row */
#define ARROW " → "

/* One value, or two with an arrow between them if after is not NULL. */
struct cell {
    const char *before;
    const char *after;
};

struct table_column {
    const char *header;
    bool numbers; /* aligned right */
    struct cell *cells;
    size_t before_width;
    size_t width;
};

/* Which sides the examples have. */
enum sides {
    SIDES_BOTH,
    SIDES_NEW,
    SIDES_OLD,
};

struct table {
    struct arena *arena;
    const json_t *rows;
    size_t n_rows;
    enum sides sides;
    struct table_column columns[MAX_KEY_COLUMNS + MAX_VALUE_COLUMNS];
    size_t n_columns;
    size_t cell_columns; /* longer values are cut */
};

static enum sides sides_of(const json_t *rows)
{
    bool has_old = false;
    bool has_new = false;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        has_old |= json_is_object(json_object_get(json_array_get(rows, i), "old"));
        has_new |= json_is_object(json_object_get(json_array_get(rows, i), "new"));
    }
    if (has_old == has_new)
        return SIDES_BOTH;
    return has_new ? SIDES_NEW : SIDES_OLD;
}

/* Bytes that two texts have in common at their start, up to a whole character. */
static size_t common_bytes(const char *a, const char *b)
{
    size_t common = 0;
    size_t at = 0;
    while (a[at] != '\0' && a[at] == b[at]) {
        at++;
        if (((unsigned char)a[at] & 0xC0) != 0x80 && ((unsigned char)b[at] & 0xC0) != 0x80)
            common = at;
    }
    return common;
}

/* The text from skip on, cut to the columns; "…" stands for what is left out. */
static const char *cut(struct arena *arena, const char *text, size_t skip, size_t columns)
{
    const char *start = text + skip;
    const char *before = skip > 0 ? "…" : "";
    size_t room = columns - (skip > 0);
    size_t len = strlen(start);
    if (visible_cut(start, len, room) == len)
        return arena_printf(arena, "%s%s", before, start);
    return arena_printf(arena, "%s%.*s…", before, (int)visible_cut(start, len, room - 1), start);
}

#define COMMON_KEPT 4 /* characters before the first difference of two long texts */

/* Both values, cut so that what differs is seen. */
static struct cell pair(const struct table *table, const char *before, const char *after)
{
    size_t room = table->cell_columns;
    size_t skip = 0;
    bool fit = visible_columns(before, strlen(before)) <= room &&
               visible_columns(after, strlen(after)) <= room;
    if (!fit) {
        size_t common = common_bytes(before, after);
        if (visible_columns(before, common) > room / 2) {
            size_t back = visible_columns(before, common) - COMMON_KEPT;
            skip = visible_cut(before, common, back);
        }
    }
    return (struct cell){.before = cut(table->arena, before, skip, room),
                         .after = cut(table->arena, after, skip, room)};
}

static struct cell single(const struct table *table, const char *text)
{
    return (struct cell){.before = cut(table->arena, text, 0, table->cell_columns)};
}

/* The cell of a value column: one value where nothing changed or there is one side in the whole
 * table. */
static struct cell value_cell(const struct table *table, const json_t *row, const char *name)
{
    const json_t *old_value = json_object_get(json_object_get(row, "old"), name);
    const json_t *new_value = json_object_get(json_object_get(row, "new"), name);
    const char *old_text = old_value == NULL ? NO_ROW : stored_value_text(table->arena, old_value);
    const char *new_text = new_value == NULL ? NO_ROW : stored_value_text(table->arena, new_value);
    if (table->sides == SIDES_NEW)
        return single(table, new_text);
    if (table->sides == SIDES_OLD || strcmp(old_text, new_text) == 0)
        return single(table, old_text);
    return pair(table, old_text, new_text);
}

static bool is_number(const json_t *value)
{
    return value == NULL || json_is_number(value) || json_is_null(value);
}

/* Whether no row has anything but a number or NULL in the member of one of its parts. */
static bool all_numbers(const struct table *table, const char *part, const char *name)
{
    for (size_t i = 0; i < table->n_rows; i++) {
        const json_t *row = json_array_get(table->rows, i);
        if (!is_number(json_object_get(json_object_get(row, part), name)))
            return false;
    }
    return true;
}

static size_t columns_of(const char *text)
{
    return visible_columns(text, strlen(text));
}

static size_t max(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void measure(const struct table *table, struct table_column *column)
{
    size_t after_width = 0;
    for (size_t i = 0; i < table->n_rows; i++) {
        const struct cell *cell = &column->cells[i];
        column->before_width = max(column->before_width, columns_of(cell->before));
        if (cell->after != NULL)
            after_width = max(after_width, columns_of(ARROW) + columns_of(cell->after));
    }
    column->width = max(column->before_width + after_width, columns_of(column->header));
    if (after_width == 0 && column->numbers)
        column->before_width = column->width;
}

static void add_column(struct table *table, const char *name, bool is_key)
{
    struct table_column *column = &table->columns[table->n_columns++];
    const char *header = visible_copy(table->arena, name, strlen(name));
    *column = (struct table_column){
        .header = cut(table->arena, header, 0, table->cell_columns),
        .cells = arena_calloc(table->arena, table->n_rows + 1, sizeof(struct cell)),
        .numbers = is_key ? all_numbers(table, "key", name)
                          : all_numbers(table, "old", name) && all_numbers(table, "new", name)};
    for (size_t i = 0; i < table->n_rows; i++) {
        const json_t *row = json_array_get(table->rows, i);
        const json_t *key = is_key ? json_object_get(json_object_get(row, "key"), name) : NULL;
        if (!is_key)
            column->cells[i] = value_cell(table, row, name);
        else
            column->cells[i] =
                single(table, key == NULL ? "?" : stored_value_text(table->arena, key));
    }
    measure(table, column);
}

/* Adds up to limit columns from a list of names. */
static void add_columns(struct table *table, const json_t *names, size_t limit, bool is_key)
{
    for (size_t i = 0; i < json_array_size(names) && i < limit; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (name != NULL)
            add_column(table, name, is_key);
    }
}

static size_t table_width(const struct table *table)
{
    size_t width = 0;
    for (size_t i = 0; i < table->n_columns; i++)
        width += table->columns[i].width + (i > 0 ? GAP : 0);
    return width;
}

/* Fills the table anew; returns whether it fits the room. */
static bool fill(struct table *table, const json_t *key, const json_t *names, size_t n_values,
                 size_t cell_columns, size_t room)
{
    arena_release(table->arena);
    table->n_columns = 0;
    table->cell_columns = cell_columns;
    add_columns(table, key, MAX_KEY_COLUMNS, true);
    add_columns(table, names, n_values, false);
    return table_width(table) <= room;
}

/* Fills the table with what fits the room: rather one column whole than five cut short. */
static void fit(struct table *table, const json_t *key, const json_t *names, size_t room)
{
    static const size_t whole[] = {40, 24};
    static const size_t cut_short[] = {16, 12, 8};
    size_t n_values = json_array_size(names);
    if (n_values > MAX_VALUE_COLUMNS)
        n_values = MAX_VALUE_COLUMNS;
    for (;; n_values--) {
        for (size_t i = 0; i < ARRAY_SIZE(whole); i++)
            if (fill(table, key, names, n_values, whole[i], room))
                return;
        if (n_values <= 1)
            break;
    }
    for (size_t i = 0; i < ARRAY_SIZE(cut_short); i++)
        if (fill(table, key, names, n_values, cut_short[i], room))
            return;
}

static void put_header(struct page *page, const struct table *table, size_t indent)
{
    size_t start = indent;
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct table_column *column = &table->columns[i];
        bool right = column->numbers && column->before_width == column->width;
        page_tab(page, right ? start + column->width - columns_of(column->header) : start);
        page_put(page, INK_DIM, column->header);
        start += column->width + GAP;
    }
    page_newline(page);
}

static void put_row(struct page *page, const struct table *table, size_t row, size_t indent)
{
    size_t start = indent;
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct table_column *column = &table->columns[i];
        const struct cell *cell = &column->cells[row];
        size_t pad = column->before_width - columns_of(cell->before);
        page_tab(page, column->numbers ? start + pad : start);
        page_put(page, INK_PLAIN, cell->before);
        if (cell->after != NULL) {
            page_tab(page, start + column->before_width);
            page_put(page, INK_DIM, ARROW);
            page_put(page, INK_BOLD, cell->after);
        }
        start += column->width + GAP;
    }
    page_newline(page);
}

static void put_caption(struct page *page, enum sides sides, const char *segment, size_t indent)
{
    static const char *const captions[] = {
        [SIDES_BOTH] = ", old → new", [SIDES_NEW] = ", new rows", [SIDES_OLD] = ", old rows"};
    page_tab(page, indent);
    page_put(page, INK_DIM, *segment == '\0' ? "examples" : "examples of ");
    page_wrap(page, INK_DIM, indent, segment);
    page_wrap(page, INK_DIM, indent, captions[sides]);
    page_newline(page);
}

/* Says what the table leaves out. */
static void put_rest(struct page *page, size_t columns, size_t rows, size_t indent)
{
    if (columns + rows == 0)
        return;
    page_tab(page, indent);
    page_put(page, INK_DIM, "… ");
    if (rows > 0)
        page_printf(page, INK_DIM, "%zu more row%s%s", rows, rows == 1 ? "" : "s",
                    columns > 0 ? ", " : "");
    if (columns > 0)
        page_printf(page, INK_DIM, "%zu more column%s", columns, columns == 1 ? "" : "s");
    page_newline(page);
}

void example_table_put(struct page *page, const json_t *finding, const json_t *key,
                       const char *segment, size_t indent, bool all)
{
    CLEANUP(arena_release) struct arena arena = {0};
    const json_t *rows = json_object_get(finding, "examples");
    const json_t *names = json_object_get(finding, "example_columns");
    size_t n_rows = json_array_size(rows);
    if (n_rows == 0)
        return;
    struct table table = {.arena = &arena, .rows = rows, .n_rows = n_rows};
    if (!all && n_rows > MAX_ROWS)
        table.n_rows = MAX_ROWS;
    table.sides = sides_of(rows);
    fit(&table, key, names, page->width > indent ? page->width - indent : 0);
    put_caption(page, table.sides, segment, indent);
    put_header(page, &table, indent);
    for (size_t i = 0; i < table.n_rows; i++)
        put_row(page, &table, i, indent);
    size_t n_keys = json_array_size(key) < MAX_KEY_COLUMNS ? json_array_size(key) : MAX_KEY_COLUMNS;
    size_t columns = json_array_size(key) + json_array_size(names) +
                     (size_t)stored_count(finding, "example_columns_left_out");
    size_t shown = table.n_columns > n_keys ? table.n_columns : n_keys;
    put_rest(page, columns > shown ? columns - shown : 0,
             n_rows - table.n_rows + (size_t)stored_count(finding, "examples_left_out"), indent);
}
