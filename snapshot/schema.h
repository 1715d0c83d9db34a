/* What a feed's rows look like: names, types and key of the columns. */
#ifndef LG_SNAPSHOT_SCHEMA_H
#define LG_SNAPSHOT_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

/* Column types; the SQL name is also the one used in configuration. */
enum column_type {
    TYPE_BIGINT,
    TYPE_INTEGER,
    TYPE_REAL,
    TYPE_DOUBLE,
    TYPE_NUMERIC,
    TYPE_TEXT,
    TYPE_BOOLEAN,
    TYPE_DATE,
    TYPE_TIMESTAMPTZ,
    TYPE_UUID,
};
#define N_COLUMN_TYPES 10

struct schema_column {
    const char *name;
    enum column_type type;
    bool not_null;        /* key columns always are */
    bool allow_nonfinite; /* NaN and infinity are data; otherwise they fail the row */
};

/*
 * columns[n_columns] in the order of the file and of the table; keys[n_keys] are indices into
 * columns in the order of the key. Owned by the arena it was made in; immutable once used.
 * 1 <= n_keys <= SCHEMA_MAX_KEYS, names are unique, key types satisfy schema_type_can_be_key.
 */
struct schema {
    struct schema_column *columns;
    size_t n_columns;
    size_t *keys;
    size_t n_keys;
};

#define SCHEMA_MAX_COLUMNS 1600  /* PostgreSQL's limit for a table */
#define SCHEMA_MAX_KEYS 32       /* PostgreSQL's limit for an index */
#define SCHEMA_MAX_NAME_BYTES 63 /* PostgreSQL's limit for an identifier */

/* SQL name of a type ("double precision"); never NULL. */
const char *schema_type_name(enum column_type type);

/*
 * Type of that name in any case; also accepts the aliases int8, int, int4, float4, float8, float,
 * double, decimal,
 * varchar, bool, "timestamp with time zone". ERR_CONFIG lists the names otherwise.
 */
enum error_code schema_type_parse(const char *name, enum column_type *ret_type,
                                  struct error *err) MUST_CHECK;

/* bigint, integer, text and uuid. */
bool schema_type_can_be_key(enum column_type type);

/* bigint, integer, real, double precision and numeric. */
bool schema_type_is_number(enum column_type type);

/* Bytes of one value in a batch; 0 for text and numeric, whose values vary in length. */
size_t schema_type_width(enum column_type type);

/* Index of the column of that name, or -1. */
long schema_find(const struct schema *schema, const char *name);

/* Whether the column is part of the key. */
bool schema_is_key(const struct schema *schema, size_t column);

/*
 * Builds a schema in the arena from columns (copied, names too) and the key's column names.
 * ERR_CONFIG: no columns, too many, a duplicate or over-long or empty name, no key, an unknown key
 * column or one of a type that cannot be a key.
 */
enum error_code schema_make(struct arena *arena, const struct schema_column *columns,
                            size_t n_columns, const char *const *key_names, size_t n_keys,
                            struct schema **ret_schema, struct error *err) MUST_CHECK;

/* Same names, types and key in the same order. */
bool schema_equal(const struct schema *a, const struct schema *b);

#endif
