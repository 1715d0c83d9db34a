/* Names and lists of columns of a feed as SQL text, for the files of this folder. */
#ifndef LG_STORE_FEED_NAMES_H
#define LG_STORE_FEED_NAMES_H

#include "base/buffer.h"
#include "store/feed_table.h"

/* Longest name of a load's table, so that its parts and their indexes can have longer ones. */
#define LOAD_TABLE_MAX_BYTES 50

/* Most tables that one load is spread over. */
#define LOAD_MAX_PARTS 8

/* What the name of every load's table of a feed begins with; the rest is "__<load id>". */
char *load_table_prefix(const char *feed, char out[LOAD_TABLE_NAME_BYTES]);

/* "<table>_p<part>". Returns out. */
char *load_part_name(const char *table, unsigned part, char out[LOAD_TABLE_NAME_BYTES]);

/* Name of the index on the key of a leaf table. Returns out. */
char *key_index_name(const char *leaf, char out[LOAD_TABLE_NAME_BYTES]);

/* Name of a further index on a leaf table, the same for the same definition. Returns out. */
char *extra_index_name(const char *leaf, const char *definition, char out[LOAD_TABLE_NAME_BYTES]);

/* A view's schema and name, each at most 63 bytes. */
struct view_name {
    char schema[LOAD_TABLE_NAME_BYTES];
    char name[LOAD_TABLE_NAME_BYTES];
};

/* ERR_CONFIG: not "name" or "schema.name". */
enum error_code view_name_parse(const char *view, struct view_name *ret_name,
                                struct error *err) MUST_CHECK;

/* ERR_CONFIG: a name that cannot be a table's or could be taken for a load's table. */
enum error_code feed_name_check(const char *feed, struct error *err) MUST_CHECK;

/* Whether a column may not be null: asked for, or part of the key. */
bool column_not_null(const struct schema *schema, size_t column);

/* Append `"a", "b"`: all columns, the key's, or all with type and `not null`. */
enum error_code append_columns(struct store *store, const struct schema *schema, struct buffer *out,
                               struct error *err) MUST_CHECK;
enum error_code append_keys(struct store *store, const struct schema *schema, struct buffer *out,
                            struct error *err) MUST_CHECK;
enum error_code append_definitions(struct store *store, const struct schema *schema,
                                   struct buffer *out, struct error *err) MUST_CHECK;

#endif
