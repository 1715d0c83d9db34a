#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "guard/commands/drill.h"

#define SHARE_BYTES 48
#define NAME_COLUMNS 40
#define CELL_COLUMNS 8
#define MIN_CELLS 4
#define FROM_COLUMNS 22
#define HUNDRED 100

/* "0.05 %" */
static char *share_text(double share, char out[SHARE_BYTES])
{
    (void)snprintf(out, SHARE_BYTES, "%.6g %%", share * HUNDRED);
    return out;
}

/* "0.5 % (10 rows)", "by 2 %", "always", "never" */
static char *from_text(const struct drill_row *row, char out[SHARE_BYTES])
{
    char share[SHARE_BYTES];
    char rows[NUMBER_TEXT_BYTES];
    const struct drill_step *step = row->stops;
    if (row->damage.refused != NULL)
        (void)snprintf(out, SHARE_BYTES, "one row");
    else if (step == NULL)
        (void)snprintf(out, SHARE_BYTES, "never");
    else if (row->damage.axis == DAMAGE_WHOLE)
        (void)snprintf(out, SHARE_BYTES, "always");
    else if (row->damage.axis == DAMAGE_OF_VALUE)
        (void)snprintf(out, SHARE_BYTES, "by %s", share_text(step->share, share));
    else
        (void)snprintf(out, SHARE_BYTES, "%.20s (%.16s row%s)", share_text(step->share, share),
                       number_format_count(step->rows, rows), step->rows == 1 ? "" : "s");
    return out;
}

/* Columns that a text takes on a terminal, if none of its characters is wide. */
static int columns_of(const char *text)
{
    int n = 0;
    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* A line of a table that is being printed: blanks that belong before the next cell. */
struct line {
    int blanks;
};

static void put(struct line *line, const char *text, int columns)
{
    int width = columns_of(text);
    if (width > 0) {
        (void)printf("%*s%s", line->blanks, "", text);
        line->blanks = 0;
    }
    line->blanks += width < columns ? columns - width : 1;
}

static void end_line(struct line *line)
{
    (void)fputs("\n", stdout);
    line->blanks = 0;
}

static int name_columns(const struct drill_result *result)
{
    int widest = NAME_COLUMNS;
    for (size_t i = 0; i < result->n_rows; i++) {
        int columns = columns_of(result->rows[i].damage.name) + 2;
        widest = columns > widest ? columns : widest;
    }
    return widest;
}

static void print_verdicts(struct line *line, const struct drill_row *row)
{
    char share[SHARE_BYTES];
    char text[SHARE_BYTES * 2];
    put(line, row->stops == NULL ? "" : verdict_name(row->stops->verdict), CELL_COLUMNS);
    put(line, verdict_name(row->steps[0].verdict), CELL_COLUMNS);
    if (row->warns != NULL && row->warns->verdict < VERDICT_HOLD) {
        (void)snprintf(text, sizeof(text), "warns from %s", share_text(row->warns->share, share));
        put(line, text, 0);
    }
    if (row->passes != NULL) {
        (void)snprintf(text, sizeof(text), "but not at %s", share_text(row->passes->share, share));
        put(line, text, 0);
    }
}

static void print_row(const struct drill_row *row, int names)
{
    char text[SHARE_BYTES];
    struct line line = {0};
    put(&line, row->damage.name, names);
    put(&line, from_text(row, text), FROM_COLUMNS);
    if (row->damage.refused != NULL) {
        put(&line, "the load fails:", 0);
        put(&line, row->damage.refused, 0);
    } else {
        print_verdicts(&line, row);
    }
    end_line(&line);
}

static void print_damages(const struct drill_result *result, int names)
{
    struct line line = {0};
    put(&line, "damage", names);
    put(&line, "stopped from", FROM_COLUMNS);
    put(&line, "as", CELL_COLUMNS);
    put(&line, "in full", CELL_COLUMNS);
    end_line(&line);
    for (size_t i = 0; i < result->n_rows; i++)
        print_row(&result->rows[i], names);
}

static bool catches_something(const struct drill_result *result, size_t rule)
{
    for (size_t i = 0; i < result->n_rows; i++) {
        if (result->rows[i].caught[rule] > 0)
            return true;
    }
    return false;
}

static bool is_caught(const struct drill_result *result, const struct drill_row *row)
{
    for (size_t i = 0; i < result->n_rules; i++) {
        if (row->caught[i] > 0)
            return true;
    }
    return row->damage.refused != NULL;
}

/* The rules that catch something, by letters; returns how many. */
static size_t find_catchers(const struct drill_result *result, size_t *catchers, size_t capacity)
{
    size_t n = 0;
    for (size_t i = 0; i < result->n_rules && n < capacity; i++) {
        if (catches_something(result, i))
            catchers[n++] = i;
    }
    return n;
}

static void print_matrix_row(const struct drill_row *row, const size_t *catchers, size_t n,
                             int names)
{
    char cell[SHARE_BYTES];
    struct line line = {0};
    size_t caught = 0;
    for (size_t i = 0; i < n; i++)
        caught += row->caught[catchers[i]] > 0;
    if (caught == 0)
        return;
    put(&line, row->damage.name, names);
    for (size_t i = 0; i < n; i++) {
        double share = row->caught[catchers[i]];
        (void)snprintf(cell, sizeof(cell), "%.4g", share * HUNDRED);
        put(&line, share > 0 ? cell : "-", CELL_COLUMNS);
    }
    end_line(&line);
}

/* One band of the matrix, as wide as the terminal. */
static void print_band(const struct drill_result *result, const size_t *catchers, size_t first,
                       size_t n, int names)
{
    char number[SHARE_BYTES];
    struct line line = {0};
    end_line(&line);
    put(&line, "", names);
    for (size_t i = first; i < first + n; i++) {
        (void)snprintf(number, sizeof(number), "[%zu]", i + 1);
        put(&line, number, CELL_COLUMNS);
    }
    end_line(&line);
    for (size_t i = 0; i < result->n_rows; i++)
        print_matrix_row(&result->rows[i], catchers + first, n, names);
}

static void print_matrix(const struct drill_result *result, int names, unsigned width)
{
    enum { MAX_SHOWN = 200 };
    size_t catchers[MAX_SHOWN];
    size_t n = find_catchers(result, catchers, MAX_SHOWN);
    int room = ((int)width - names) / CELL_COLUMNS;
    size_t band = room < MIN_CELLS ? MIN_CELLS : (size_t)room;
    if (n == 0)
        return;
    (void)puts("\nsmallest share in % that each rule still catches:");
    for (size_t first = 0; first < n; first += band)
        print_band(result, catchers, first, n - first < band ? n - first : band, names);
    (void)fputs("\n", stdout);
    for (size_t i = 0; i < n; i++)
        (void)printf("  [%zu] %s\n", i + 1, result->rules[catchers[i]]);
}

static void print_rules(const struct drill_result *result, const char *title, bool still)
{
    size_t n = 0;
    for (size_t i = 0; i < result->n_rules; i++) {
        if (still ? !result->still[i] : result->still[i] || catches_something(result, i))
            continue;
        (void)printf("%s%s", n++ == 0 ? title : ", ", result->rules[i]);
    }
    if (n > 0)
        (void)fputs("\n", stdout);
}

static void print_uncaught(const struct drill_result *result)
{
    size_t n = 0;
    for (size_t i = 0; i < result->n_rows; i++) {
        if (is_caught(result, &result->rows[i]))
            continue;
        (void)printf("%s%s", n++ == 0 ? "\nnothing catches: " : "; ", result->rows[i].damage.name);
    }
    if (n > 0)
        (void)fputs("\n", stdout);
}

void drill_print(const struct drill_subject *subject, const struct drill_result *result,
                 unsigned width)
{
    int names = name_columns(result);
    char rows[NUMBER_TEXT_BYTES];
    (void)printf("drill of %s: %s rows, %zu damages, seed %" PRIu64 "\n", subject->name,
                 number_format_count(subject->rows, rows), result->n_rows, subject->seed);
    (void)printf("copies are judged against %s, with %zu loads of history\n\n", subject->against,
                 subject->n_loads);
    print_damages(result, names);
    print_matrix(result, names, width);
    print_uncaught(result);
    print_rules(result, "\nrules that caught nothing: ", false);
    print_rules(result, "\nnot counted, since they find a copy without damage too: ", true);
}

static const char *axis_name(enum damage_axis axis)
{
    static const char *const names[] = {
        [DAMAGE_OF_ROWS] = "rows", [DAMAGE_OF_VALUE] = "value", [DAMAGE_WHOLE] = "whole"};
    return names[axis];
}

static json_t *step_json(const struct drill_step *step)
{
    if (step == NULL)
        return json_null();
    return json_pack("{s:f, s:I, s:s}", "share", step->share, "rows", (json_int_t)step->rows,
                     "verdict", verdict_name(step->verdict));
}

static json_t *catches_json(const struct drill_result *result, const struct drill_row *row)
{
    json_t *array = json_array();
    for (size_t i = 0; i < result->n_rules; i++) {
        if (row->caught[i] > 0)
            (void)json_array_append_new(array, json_pack("{s:s, s:f, s:s}", "rule",
                                                         result->rules[i], "share", row->caught[i],
                                                         "action", action_name(row->actions[i])));
    }
    return array;
}

static json_t *row_json(const struct drill_result *result, const struct drill_row *row)
{
    json_t *steps = json_array();
    for (size_t i = 0; i < row->n_steps; i++)
        (void)json_array_append_new(steps, step_json(&row->steps[i]));
    return json_pack("{s:s, s:s*, s:s*, s:s, s:o, s:o, s:o, s:o, s:o}", "damage", row->damage.name,
                     "incident", row->damage.incident[0] == '\0' ? NULL : row->damage.incident,
                     "fails", row->damage.refused, "share_of", axis_name(row->damage.axis), "stops",
                     step_json(row->stops), "tells", step_json(row->warns), "passes_at",
                     step_json(row->passes), "caught_by", catches_json(result, row), "steps",
                     steps);
}

json_t *drill_json(const struct drill_subject *subject, const struct drill_result *result)
{
    json_t *damages = json_array();
    json_t *uncaught = json_array();
    json_t *idle = json_array();
    json_t *still = json_array();
    for (size_t i = 0; i < result->n_rows; i++) {
        (void)json_array_append_new(damages, row_json(result, &result->rows[i]));
        if (!is_caught(result, &result->rows[i]))
            (void)json_array_append_new(uncaught, json_string(result->rows[i].damage.name));
    }
    for (size_t i = 0; i < result->n_rules; i++) {
        if (result->still[i])
            (void)json_array_append_new(still, json_string(result->rules[i]));
        else if (!catches_something(result, i))
            (void)json_array_append_new(idle, json_string(result->rules[i]));
    }
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "subject", subject->name,
                     "against", subject->against, "rows", (json_int_t)subject->rows, "seed",
                     (json_int_t)subject->seed, "loads", (json_int_t)subject->n_loads, "damages",
                     damages, "uncaught", uncaught, "rules_that_caught_nothing", idle,
                     "rules_not_counted", still);
}
