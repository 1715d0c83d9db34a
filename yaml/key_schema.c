/* The JSON Schema made from a key table, for editors that check YAML while it is written. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "yaml/keys.h"

static enum error_code write_map(const struct key_table *table, struct buffer *out,
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

static enum error_code write_integer(const struct key *key, struct buffer *out, struct error *err)
{
    TRY(buffer_append_string(out, "\"type\": \"integer\"", err));
    if (key->min == 0 && key->max == 0)
        return OK;
    return buffer_printf(out, err, ", \"minimum\": %" PRId64 ", \"maximum\": %" PRId64, key->min,
                         key->max);
}

static enum error_code write_choices(const struct key *key, struct buffer *out, struct error *err)
{
    TRY(buffer_append_string(out, "\"anyOf\": [{", err));
    TRY(write_enum(key, out, err));
    TRY(buffer_append_string(out, "}, {\"type\": \"array\", \"items\": {", err));
    TRY(write_enum(key, out, err));
    return buffer_append_string(out, "}}]", err);
}

static enum error_code write_wrapped(const char *before, const struct key_table *table,
                                     const char *after, struct buffer *out, struct error *err)
{
    TRY(buffer_append_string(out, before, err));
    TRY(write_map(table, out, err));
    return buffer_append_string(out, after, err);
}

/* The members of a schema object that say what a value is. */
static enum error_code write_kind(const struct key *key, struct buffer *out, struct error *err)
{
    static const char scalar[] = "\"type\": [\"string\", \"number\", \"boolean\"]";
    static const char text_or_list[] =
        "\"anyOf\": [{\"type\": [\"string\", \"number\", \"boolean\"]}, {\"type\": \"array\"}]";
    switch (key->kind) {
    case KEY_BOOL:
        return buffer_append_string(out, "\"type\": \"boolean\"", err);
    case KEY_INTEGER:
        return write_integer(key, out, err);
    case KEY_NUMBER:
        return buffer_append_string(out, "\"type\": \"number\"", err);
    case KEY_CHOICE:
        return write_enum(key, out, err);
    case KEY_CHOICES:
        return write_choices(key, out, err);
    case KEY_TEXTS:
        return buffer_append_string(out, text_or_list, err);
    case KEY_TEXT_MAP:
        return buffer_append_string(out, "\"type\": \"object\"", err);
    case KEY_MAP:
        return write_wrapped("\"anyOf\": [", key->table, "]", out, err);
    case KEY_LIST:
        return write_wrapped("\"type\": \"array\", \"items\": ", key->table, "", out, err);
    case KEY_NAMED:
        return write_wrapped("\"type\": \"object\", \"additionalProperties\": ", key->table, "",
                             out, err);
    case KEY_NODE:
    case KEY_CUSTOM:
        return buffer_append_string(out,
                                    "\"type\": [\"object\", \"array\", \"string\", "
                                    "\"number\", \"boolean\"]",
                                    err);
    default:
        return buffer_append_string(out, scalar, err);
    }
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

/* The members of an object schema, without its braces. */
static enum error_code write_members(const struct key_table *table, struct buffer *out,
                                     struct error *err)
{
    TRY(buffer_append_string(
        out, "\"type\": \"object\", \"additionalProperties\": false, \"properties\": {", err));
    for (size_t i = 0; i < table->n_keys; i++) {
        if (i > 0)
            TRY(buffer_append_string(out, ", ", err));
        TRY(write_property(&table->keys[i], out, err));
    }
    TRY(buffer_append_string(out, "}, \"required\": [", err));
    bool any = false;
    for (size_t i = 0; i < table->n_keys; i++) {
        if (!table->keys[i].required)
            continue;
        if (any)
            TRY(buffer_append_string(out, ", ", err));
        TRY(write_string(table->keys[i].name, out, err));
        any = true;
    }
    return buffer_append_char(out, ']', err);
}

static enum error_code write_map(const struct key_table *table, struct buffer *out,
                                 struct error *err)
{
    if (table->shorthand == NULL) {
        TRY(buffer_append_char(out, '{', err));
        TRY(write_members(table, out, err));
        return buffer_append_char(out, '}', err);
    }
    TRY(buffer_append_string(out, "{\"anyOf\": [{\"type\": [\"string\", \"number\"]}, {", err));
    TRY(write_members(table, out, err));
    return buffer_append_string(out, "}]}", err);
}

enum error_code keys_write_schema(const struct key_table *table, const char *title,
                                  struct buffer *out, struct error *err)
{
    TRY(buffer_append_string(
        out, "{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\", \"title\": ", err));
    TRY(write_string(title, out, err));
    TRY(buffer_append_string(out, ", ", err));
    TRY(write_members(table, out, err));
    return buffer_append_string(out, "}\n", err);
}
