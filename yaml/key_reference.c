/* The reference page made from a key table. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "yaml/keys.h"
#include "yaml/units.h"

/* What a reader of the page has to write, in words. */
static const char *kind_words(enum key_kind kind)
{
    switch (kind) {
    case KEY_TEXT:
        return "text";
    case KEY_BOOL:
        return "true or false";
    case KEY_INTEGER:
        return "whole number";
    case KEY_NUMBER:
        return "number";
    case KEY_DURATION:
        return "duration";
    case KEY_SIZE:
        return "size";
    case KEY_SHARE:
        return "share";
    case KEY_TIME:
        return "time";
    case KEY_TIME_OF_DAY:
        return "time of day";
    case KEY_CHOICE:
        return "one of";
    case KEY_CHOICES:
        return "one or more of";
    case KEY_TEXTS:
        return "text or list of texts";
    case KEY_TEXT_MAP:
        return "map of names to texts";
    case KEY_MAP:
        return "map";
    case KEY_LIST:
        return "list of maps";
    case KEY_NAMED:
        return "map of names to maps";
    default:
        return "see text";
    }
}

static enum error_code write_choices(const struct key *key, struct buffer *out, struct error *err)
{
    for (size_t i = 0; key->choices != NULL && key->choices[i] != NULL; i++)
        TRY(buffer_printf(out, err, "%s`%s`", i == 0 ? " " : ", ", key->choices[i]));
    return OK;
}

static const char *bound_text(const struct key *key, int64_t bound, char text[UNITS_TEXT_BYTES])
{
    if (key->kind == KEY_DURATION)
        return units_format_duration(bound, text);
    if (key->kind == KEY_SIZE)
        return units_format_size(bound, text);
    (void)snprintf(text, UNITS_TEXT_BYTES, "%" PRId64, bound);
    return text;
}

static enum error_code write_range(const struct key *key, struct buffer *out, struct error *err)
{
    if (key->min == 0 && key->max == 0)
        return OK;
    char low[UNITS_TEXT_BYTES];
    char high[UNITS_TEXT_BYTES];
    return buffer_printf(out, err, ", %s to %s", bound_text(key, key->min, low),
                         bound_text(key, key->max, high));
}

/* A text as the cell of a Markdown table. */
static enum error_code write_cell(const char *text, struct buffer *out, struct error *err)
{
    for (const char *p = text == NULL ? "" : text; *p != '\0'; p++) {
        if (*p == '|')
            TRY(buffer_append_char(out, '\\', err));
        TRY(buffer_append_char(out, *p == '\n' ? ' ' : *p, err));
    }
    return OK;
}

static enum error_code write_row(const struct key *key, struct buffer *out, struct error *err)
{
    TRY(buffer_printf(out, err, "| `%s` | %s", key->name, kind_words(key->kind)));
    TRY(write_choices(key, out, err));
    TRY(write_range(key, out, err));
    if (key->required)
        TRY(buffer_append_string(out, " | required | ", err));
    else if (key->by_default != NULL)
        TRY(buffer_printf(out, err, " | `%s` | ", key->by_default));
    else
        TRY(buffer_append_string(out, " | | ", err));
    TRY(write_cell(key->doc, out, err));
    return buffer_append_string(out, " |\n", err);
}

static enum error_code write_table(const struct key_table *table, const char *path,
                                   struct buffer *out, struct error *err)
{
    TRY(buffer_printf(out, err, "## %s\n\n", path));
    if (table->doc != NULL)
        TRY(buffer_printf(out, err, "%s\n\n", table->doc));
    TRY(buffer_append_string(out, "| key | value | default | meaning |\n|---|---|---|---|\n", err));
    for (size_t i = 0; i < table->n_keys; i++)
        TRY(write_row(&table->keys[i], out, err));
    TRY(buffer_append_char(out, '\n', err));
    for (size_t i = 0; i < table->n_keys; i++) {
        const struct key *key = &table->keys[i];
        if (key->table == NULL)
            continue;
        char nested[YAML_PATH_BYTES];
        (void)snprintf(nested, sizeof(nested), "%s.%s%s", path, key->name,
                       key->kind == KEY_NAMED  ? ".NAME"
                       : key->kind == KEY_LIST ? "[]"
                                               : "");
        TRY(write_table(key->table, nested, out, err));
    }
    return OK;
}

enum error_code keys_write_reference(const struct key_table *table, const char *title,
                                     struct buffer *out, struct error *err)
{
    return write_table(table, title, out, err);
}
