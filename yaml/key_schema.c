/* The JSON Schema made from a key table, for editors that check YAML while it is written. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "yaml/keys.h"

/* What a scalar that takes the place of a text may be: YAML does not tell 5 from a text. */
#define SCALAR "\"type\": [\"string\", \"number\", \"boolean\"]"

#define DIGITS "[0-9]+(\\\\.[0-9]+)?"
#define INTEGER_PATTERN "^[-+]?[0-9]+(_[0-9]+)*$"
#define NUMBER_PATTERN "^[-+]?[0-9]+(_[0-9]+)*(\\\\.[0-9]+)?([eE][-+]?[0-9]+)?$"
#define DURATION_PATTERN "^(0|(" DIGITS " *(us|ms|s|m|min|h|d))+)$"
#define SIZE_PATTERN "^" DIGITS " *(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)?$"
#define SHARE_PATTERN "^" DIGITS "%?$"
#define TIME_PATTERN                                                                               \
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:" DIGITS "([Zz]|[-+][0-9]{2}:[0-9]{2})$"
#define TIME_OF_DAY_PATTERN "^[0-9]{2}:[0-9]{2}(:[0-9]{2})?$"

static enum error_code write_map(const struct key_table *table, bool nullable, struct buffer *out,
                                 struct error *err);

static enum error_code write_string(const char *text, struct buffer *out, struct error *err)
{
    TRY(buffer_append_char(out, '"', err));
    for (const char *p = text; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;
        if (c < 0x20)
            TRY(buffer_printf(out, err, "\\u%04x", c));
        else if (c == '"' || c == '\\')
            TRY(buffer_printf(out, err, "\\%c", c));
        else
            TRY(buffer_append_char(out, *p, err));
    }
    return buffer_append_char(out, '"', err);
}

static enum error_code write_enum(const struct key *key, struct buffer *out, struct error *err)
{
    TRY(buffer_append_string(out, "\"enum\": [", err));
    for (size_t i = 0; key->choices[i] != NULL; i++) {
        if (i > 0)
            TRY(buffer_append_string(out, ", ", err));
        TRY(write_string(key->choices[i], out, err));
    }
    return buffer_append_char(out, ']', err);
}

/* A number, or a text that reads as one. */
static enum error_code write_number(const struct key *key, const char *type, const char *pattern,
                                    struct buffer *out, struct error *err)
{
    TRY(buffer_printf(out, err, "\"type\": [\"%s\", \"string\"], \"pattern\": \"%s\"", type,
                      pattern));
    if (key->kind != KEY_INTEGER || (key->min == 0 && key->max == 0))
        return OK;
    return buffer_printf(out, err, ", \"minimum\": %" PRId64 ", \"maximum\": %" PRId64, key->min,
                         key->max);
}

/* What one scalar of the key may be. */
static enum error_code write_word(const struct key *key, struct buffer *out, struct error *err)
{
    if (key->choices == NULL)
        return buffer_append_string(out, SCALAR, err);
    if (!key->choices_open)
        return write_enum(key, out, err);
    TRY(buffer_append_string(out, "\"anyOf\": [{", err));
    TRY(write_enum(key, out, err));
    return buffer_append_string(out, "}, {" SCALAR "}]", err);
}

/* One scalar or a list of them. */
static enum error_code write_words(const struct key *key, struct buffer *out, struct error *err)
{
    TRY(buffer_append_string(out, "\"anyOf\": [{", err));
    TRY(write_word(key, out, err));
    TRY(buffer_append_string(out, "}, {\"type\": \"array\", \"items\": {", err));
    TRY(write_word(key, out, err));
    TRY(buffer_append_char(out, '}', err));
    if (key->kind == KEY_TEXTS && (key->min != 0 || key->max != 0))
        TRY(buffer_printf(out, err, ", \"minItems\": %" PRId64 ", \"maxItems\": %" PRId64, key->min,
                          key->max));
    return buffer_append_string(out, "}]", err);
}

static enum error_code write_wrapped(const char *before, const struct key_table *table,
                                     const char *after, struct buffer *out, struct error *err)
{
    TRY(buffer_append_string(out, before, err));
    TRY(write_map(table, false, out, err));
    return buffer_append_string(out, after, err);
}

static enum error_code write_count(const struct key *key, const char *what, struct buffer *out,
                                   struct error *err)
{
    if (key->min == 0 && key->max == 0)
        return OK;
    return buffer_printf(out, err, ", \"min%s\": %" PRId64 ", \"max%s\": %" PRId64, what, key->min,
                         what, key->max);
}

static bool has_required(const struct key_table *table)
{
    for (size_t i = 0; i < table->n_keys; i++) {
        if (table->keys[i].required)
            return true;
    }
    return false;
}

/* The members of a schema object for keys with others below them. */
static enum error_code write_nested(const struct key *key, struct buffer *out, struct error *err)
{
    switch (key->kind) {
    case KEY_MAP:
        TRY(buffer_append_string(out, "\"allOf\": [", err));
        TRY(write_map(key->table, !has_required(key->table), out, err));
        return buffer_append_char(out, ']', err);
    case KEY_LIST:
        TRY(write_wrapped("\"type\": \"array\", \"items\": ", key->table, "", out, err));
        return write_count(key, "Items", out, err);
    default:
        TRY(write_wrapped("\"type\": \"object\", \"additionalProperties\": ", key->table, "", out,
                          err));
        return write_count(key, "Properties", out, err);
    }
}

/* The members of a schema object that say what a value is. */
static enum error_code write_kind(const struct key *key, struct buffer *out, struct error *err)
{
    switch (key->kind) {
    case KEY_BOOL:
        return buffer_append_string(out, "\"type\": \"boolean\"", err);
    case KEY_INTEGER:
        return write_number(key, "integer", INTEGER_PATTERN, out, err);
    case KEY_NUMBER:
        return write_number(key, "number", NUMBER_PATTERN, out, err);
    case KEY_SHARE:
        return write_number(key, "number", SHARE_PATTERN, out, err);
    case KEY_SIZE:
        return write_number(key, "integer", SIZE_PATTERN, out, err);
    case KEY_DURATION:
        return buffer_append_string(out,
                                    "\"anyOf\": [{\"type\": \"string\", \"pattern\": "
                                    "\"" DURATION_PATTERN "\"}, {\"const\": 0}]",
                                    err);
    case KEY_TIME:
        return buffer_append_string(out, "\"type\": \"string\", \"pattern\": \"" TIME_PATTERN "\"",
                                    err);
    case KEY_TIME_OF_DAY:
        return buffer_append_string(
            out, "\"type\": \"string\", \"pattern\": \"" TIME_OF_DAY_PATTERN "\"", err);
    case KEY_CHOICE:
        return write_enum(key, out, err);
    case KEY_CHOICES:
    case KEY_TEXTS:
        return write_words(key, out, err);
    case KEY_TEXT:
        return write_word(key, out, err);
    case KEY_TEXT_MAP:
        return buffer_append_string(
            out, "\"type\": \"object\", \"additionalProperties\": {" SCALAR "}", err);
    case KEY_MAP:
    case KEY_LIST:
    case KEY_NAMED:
        return write_nested(key, out, err);
    case KEY_NODE:
    case KEY_CUSTOM:
        break;
    }
    return key->schema == NULL
               ? buffer_append_string(out,
                                      "\"type\": [\"object\", \"array\", \"string\", "
                                      "\"number\", \"boolean\"]",
                                      err)
               : buffer_append_string(out, key->schema, err);
}

static enum error_code write_property(const struct key *key, struct buffer *out, struct error *err)
{
    TRY(write_string(key->name, out, err));
    TRY(buffer_append_string(out, ": {", err));
    TRY(write_kind(key, out, err));
    if (key->doc != NULL) {
        TRY(buffer_append_string(out, ", \"description\": ", err));
        TRY(write_string(key->doc, out, err));
    }
    if (key->by_default != NULL && key->kind != KEY_BOOL && key->kind != KEY_INTEGER &&
        key->kind != KEY_NUMBER) {
        TRY(buffer_append_string(out, ", \"default\": ", err));
        TRY(write_string(key->by_default, out, err));
    } else if (key->by_default != NULL) {
        TRY(buffer_printf(out, err, ", \"default\": %s", key->by_default));
    }
    return buffer_append_char(out, '}', err);
}

static enum error_code write_required(const struct key_table *table, struct buffer *out,
                                      struct error *err)
{
    const char *before = "";
    TRY(buffer_append_string(out, ", \"required\": [", err));
    for (size_t i = 0; i < table->n_keys; i++) {
        if (!table->keys[i].required)
            continue;
        TRY(buffer_append_string(out, before, err));
        TRY(write_string(table->keys[i].name, out, err));
        before = ", ";
    }
    return buffer_append_char(out, ']', err);
}

/* The members of an object schema, without its braces. */
static enum error_code write_members(const struct key_table *table, bool nullable,
                                     struct buffer *out, struct error *err)
{
    TRY(buffer_append_string(
        out, nullable ? "\"type\": [\"object\", \"null\"]" : "\"type\": \"object\"", err));
    TRY(buffer_append_string(out, ", \"additionalProperties\": false, \"properties\": {", err));
    for (size_t i = 0; i < table->n_keys; i++) {
        if (i > 0)
            TRY(buffer_append_string(out, ", ", err));
        TRY(write_property(&table->keys[i], out, err));
    }
    TRY(buffer_append_char(out, '}', err));
    TRY(write_required(table, out, err));
    if (table->schema == NULL)
        return OK;
    return buffer_printf(out, err, ", %s", table->schema);
}

/* What a scalar in place of the map may be. */
static enum error_code write_shorthand(const struct key_table *table, struct buffer *out,
                                       struct error *err)
{
    for (size_t i = 0; i < table->n_keys; i++) {
        const struct key *key = &table->keys[i];
        if (strcmp(key->name, table->shorthand) == 0)
            return key->kind == KEY_TEXTS ? write_word(key, out, err) : write_kind(key, out, err);
    }
    return buffer_append_string(out, SCALAR, err);
}

static enum error_code write_map(const struct key_table *table, bool nullable, struct buffer *out,
                                 struct error *err)
{
    if (table->shorthand == NULL) {
        TRY(buffer_append_char(out, '{', err));
        TRY(write_members(table, nullable, out, err));
        return buffer_append_char(out, '}', err);
    }
    TRY(buffer_append_string(out, "{\"anyOf\": [{", err));
    TRY(write_shorthand(table, out, err));
    TRY(buffer_append_string(out, "}, {", err));
    TRY(write_members(table, nullable, out, err));
    return buffer_append_string(out, "}]}", err);
}

static enum error_code write_definitions(const struct key_table *table, struct buffer *out,
                                         struct error *err)
{
    TRY(buffer_append_string(out, ", \"$defs\": {", err));
    for (size_t i = 0; i < table->n_definitions; i++) {
        if (i > 0)
            TRY(buffer_append_string(out, ", ", err));
        TRY(write_string(table->definitions[i].name, out, err));
        TRY(write_wrapped(": ", table->definitions[i].table, "", out, err));
    }
    return buffer_append_char(out, '}', err);
}

enum error_code keys_write_schema(const struct key_table *table, const char *title,
                                  struct buffer *out, struct error *err)
{
    TRY(buffer_append_string(
        out, "{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\", \"title\": ", err));
    TRY(write_string(title, out, err));
    TRY(buffer_append_string(out, ", ", err));
    TRY(write_members(table, false, out, err));
    if (table->n_definitions > 0)
        TRY(write_definitions(table, out, err));
    return buffer_append_string(out, "}\n", err);
}
