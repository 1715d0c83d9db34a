#include "store/feed_names.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* FNV-1a; http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint32_t hash_text(const char *text)
{
    uint32_t hash = 2166136261U;
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
        hash = (hash ^ *p) * 16777619U;
    return hash;
}

/* The longest prefix of at most max bytes that ends between two characters. */
static int utf8_prefix(const char *text, size_t max)
{
    size_t len = strlen(text);
    if (len <= max)
        return (int)len;
    while (max > 0 && ((unsigned char)text[max] & 0xC0) == 0x80)
        max--;
    return (int)max;
}

/* Longest "__<load id>". */
#define ID_BYTES 21
#define HASH_BYTES 9
#define PREFIX_BYTES (LOAD_TABLE_MAX_BYTES - ID_BYTES)

char *load_table_prefix(const char *feed, char out[LOAD_TABLE_NAME_BYTES])
{
    if (strlen(feed) <= PREFIX_BYTES)
        (void)snprintf(out, LOAD_TABLE_NAME_BYTES, "%s", feed);
    else
        (void)snprintf(out, LOAD_TABLE_NAME_BYTES, "%.*s_%08x",
                       utf8_prefix(feed, PREFIX_BYTES - HASH_BYTES), feed, hash_text(feed));
    return out;
}

char *load_table_name(const char *feed, int64_t load_id, char out[LOAD_TABLE_NAME_BYTES])
{
    char prefix[LOAD_TABLE_NAME_BYTES];
    (void)snprintf(out, LOAD_TABLE_NAME_BYTES, "%s__%lld", load_table_prefix(feed, prefix),
                   (long long)load_id);
    return out;
}

char *parent_table_name(const char *feed, char out[LOAD_TABLE_NAME_BYTES])
{
    (void)snprintf(out, LOAD_TABLE_NAME_BYTES, "%s", feed);
    return out;
}

char *load_part_name(const char *table, unsigned part, char out[LOAD_TABLE_NAME_BYTES])
{
    (void)snprintf(out, LOAD_TABLE_NAME_BYTES, "%s_p%u", table, part);
    return out;
}

/* A load's only table is its part 0 under another name, so that its indexes keep theirs. */
static const char *part_suffix(const char *leaf)
{
    size_t len = strlen(leaf);
    bool is_part = len > 3 && strncmp(leaf + len - 3, "_p", 2) == 0;
    return is_part ? "" : "_p0";
}

char *key_index_name(const char *leaf, char out[LOAD_TABLE_NAME_BYTES])
{
    (void)snprintf(out, LOAD_TABLE_NAME_BYTES, "%s%s_key", leaf, part_suffix(leaf));
    return out;
}

char *extra_index_name(const char *leaf, const char *definition, char out[LOAD_TABLE_NAME_BYTES])
{
    (void)snprintf(out, LOAD_TABLE_NAME_BYTES, "%s%s_i%08x", leaf, part_suffix(leaf),
                   hash_text(definition));
    return out;
}

enum error_code view_name_parse(const char *view, struct view_name *ret_name, struct error *err)
{
    const char *dot = strchr(view, '.');
    const char *name = dot == NULL ? view : dot + 1;
    size_t schema_len = dot == NULL ? 0 : (size_t)(dot - view);
    bool bad = name[0] == '\0' || strchr(name, '.') != NULL || dot == view ||
               strlen(name) > SCHEMA_MAX_NAME_BYTES || schema_len > SCHEMA_MAX_NAME_BYTES;
    if (bad) {
        (void)error_set(err, ERR_CONFIG, "'%s' is not a name for a view", view);
        error_hint(err, "Write schema.name, each part with at most %d bytes.",
                   SCHEMA_MAX_NAME_BYTES);
        return ERR_CONFIG;
    }
    (void)snprintf(ret_name->name, sizeof(ret_name->name), "%s", name);
    if (dot == NULL)
        (void)snprintf(ret_name->schema, sizeof(ret_name->schema), "public");
    else
        (void)snprintf(ret_name->schema, sizeof(ret_name->schema), "%.*s", (int)schema_len, view);
    return OK;
}

enum error_code feed_name_check(const char *feed, struct error *err)
{
    size_t len = strlen(feed);
    if (len == 0 || len > SCHEMA_MAX_NAME_BYTES)
        return error_set(err, ERR_CONFIG, "the name of a feed has 1 to %d bytes, not %zu",
                         SCHEMA_MAX_NAME_BYTES, len);
    for (const char *at = strstr(feed, "__"); at != NULL; at = strstr(at + 1, "__")) {
        if (isdigit((unsigned char)at[2]))
            return error_set(err, ERR_CONFIG,
                             "feed '%s' has two underscores and a digit in its name, as the tables "
                             "of loads have",
                             feed);
    }
    return OK;
}

bool column_not_null(const struct schema *schema, size_t column)
{
    return schema->columns[column].not_null || schema_is_key(schema, column);
}

static enum error_code append_name(struct store *store, const struct schema *schema, size_t column,
                                   bool first, struct buffer *out, struct error *err)
{
    if (!first)
        TRY(buffer_append_string(out, ", ", err));
    return store_quote_identifier(store, schema->columns[column].name, out, err);
}

enum error_code append_columns(struct store *store, const struct schema *schema, struct buffer *out,
                               struct error *err)
{
    for (size_t i = 0; i < schema->n_columns; i++)
        TRY(append_name(store, schema, i, i == 0, out, err));
    return OK;
}

enum error_code append_keys(struct store *store, const struct schema *schema, struct buffer *out,
                            struct error *err)
{
    for (size_t i = 0; i < schema->n_keys; i++)
        TRY(append_name(store, schema, schema->keys[i], i == 0, out, err));
    return OK;
}

enum error_code append_definitions(struct store *store, const struct schema *schema,
                                   struct buffer *out, struct error *err)
{
    for (size_t i = 0; i < schema->n_columns; i++) {
        TRY(append_name(store, schema, i, i == 0, out, err));
        TRY(buffer_printf(out, err, " %s%s", schema_type_name(schema->columns[i].type),
                          column_not_null(schema, i) ? " not null" : ""));
    }
    return OK;
}
