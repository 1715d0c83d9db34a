#include "snapshot/csv_header.h"

#include <stdio.h>
#include <string.h>

#include "snapshot/value.h"

#define MAX_SUGGESTIONS 20 /* names that are compared with all columns */

/* A list of sentences that is cut when it is full. */
struct report {
    char text[900];
    size_t len;
};

static void add(struct report *report, const char *text)
{
    size_t len = strlen(text);
    size_t room = sizeof(report->text) - 1 - report->len;
    if (len > room)
        len = 0;
    memcpy(report->text + report->len, text, len);
    report->len += len;
    report->text[report->len] = '\0';
}

static void add_name(struct report *report, const char *name)
{
    char quoted[VALUE_QUOTE_BYTES];
    add(report, "'");
    add(report, value_quote(name, strlen(name), quoted));
    add(report, "'");
}

/* Starts an item of a list: "label: " before the first, ", " before the others. */
static void add_item(struct report *report, const char *label, size_t index)
{
    if (index == 0) {
        add(report, report->len > 0 ? " " : "");
        add(report, label);
    }
    add(report, index == 0 ? ": " : ", ");
}

static bool is_among(const char *name, const char *const *names, size_t n_names)
{
    for (size_t i = 0; i < n_names; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* Number of single-byte changes between two names without regard to case (Levenshtein). */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[SCHEMA_MAX_NAME_BYTES + 1];
    size_t b_len = strlen(b);
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b_len; j++) {
            size_t replaced = diagonal + (lower(a[i]) != lower(b[j]));
            size_t changed = min3(row[j] + 1, row[j + 1] + 1, replaced);
            diagonal = row[j + 1];
            row[j + 1] = changed;
        }
    }
    return row[b_len];
}

/* The missing column that an unknown name probably stands for, or NULL. */
static const char *suggestion(const struct schema *schema, const char *name,
                              const char *const *names, size_t n_names)
{
    size_t best = strlen(name) / 3 + 2;
    const char *found = NULL;
    if (strlen(name) > SCHEMA_MAX_NAME_BYTES)
        return NULL;
    for (size_t i = 0; i < schema->n_columns; i++) {
        const char *column = schema->columns[i].name;
        size_t distance = edit_distance(name, column);
        if (distance < best && distance < strlen(column) && !is_among(column, names, n_names)) {
            best = distance;
            found = column;
        }
    }
    return found;
}

static size_t report_missing(const struct schema *schema, const char *const *names, size_t n_names,
                             struct report *report)
{
    size_t count = 0;
    for (size_t i = 0; i < schema->n_columns; i++) {
        if (is_among(schema->columns[i].name, names, n_names))
            continue;
        add_item(report, "Missing", count++);
        add_name(report, schema->columns[i].name);
    }
    if (count > 0)
        add(report, ".");
    return count;
}

static size_t report_unknown(const struct schema *schema, const char *const *names, size_t n_names,
                             struct report *report)
{
    size_t count = 0;
    for (size_t i = 0; i < n_names; i++) {
        if (schema_find(schema, names[i]) >= 0)
            continue;
        const char *meant =
            count < MAX_SUGGESTIONS ? suggestion(schema, names[i], names, n_names) : NULL;
        add_item(report, "Unknown", count++);
        add_name(report, names[i]);
        if (meant == NULL)
            continue;
        add(report, " (did you mean ");
        add_name(report, meant);
        add(report, "?)");
    }
    if (count > 0)
        add(report, ".");
    return count;
}

static void report_doubled(const char *const *names, size_t n_names, struct report *report)
{
    size_t count = 0;
    for (size_t i = 1; i < n_names; i++) {
        if (!is_among(names[i], names, i))
            continue;
        add_item(report, "More than once", count++);
        add_name(report, names[i]);
    }
    if (count > 0)
        add(report, ".");
}

/* Tells the first column that is in another place than declared, among those that are known. */
static void report_order(const struct schema *schema, const char *const *names, size_t n_names,
                         struct report *report)
{
    size_t name = 0;
    for (size_t i = 0; i < schema->n_columns; i++) {
        if (!is_among(schema->columns[i].name, names, n_names))
            continue;
        while (name < n_names && schema_find(schema, names[name]) < 0)
            name++;
        if (name < n_names && strcmp(names[name], schema->columns[i].name) != 0) {
            add_item(report, "Out of order", 0);
            add_name(report, names[name]);
            add(report, " stands where ");
            add_name(report, schema->columns[i].name);
            add(report, " was expected.");
            return;
        }
        name++;
    }
}

static void hint_expected(const struct schema *schema, struct error *err)
{
    struct report list = {0};
    for (size_t i = 0; i < schema->n_columns && list.len < 350; i++) {
        add(&list, i > 0 ? "," : "");
        add(&list, schema->columns[i].name);
    }
    error_hint(err, "The first line has to be the header %s%s", list.text,
               list.len >= 350 ? ",…" : "");
}

static bool header_matches(const struct schema *schema, const char *const *names, size_t n_names)
{
    bool same = n_names == schema->n_columns;
    for (size_t i = 0; same && i < n_names; i++)
        same = strcmp(names[i], schema->columns[i].name) == 0;
    return same;
}

enum error_code csv_check_header(const struct schema *schema, const char *const *names,
                                 size_t n_names, struct error *err)
{
    if (header_matches(schema, names, n_names))
        return OK;
    struct report report = {0};
    size_t missing = report_missing(schema, names, n_names, &report);
    (void)report_unknown(schema, names, n_names, &report);
    report_doubled(names, n_names, &report);
    report_order(schema, names, n_names, &report);
    (void)error_set(err, ERR_DATA,
                    missing == schema->n_columns
                        ? "the first line is not the header"
                        : "the header is not that of the declared columns");
    error_detail(err, "%s", report.text);
    hint_expected(schema, err);
    if (n_names == 1 && schema->n_columns > 1 && strpbrk(names[0], ";\t|") != NULL)
        error_hint(err, "Fields are separated by commas; this file seems to use '%c'.",
                   *strpbrk(names[0], ";\t|"));
    return ERR_DATA;
}
