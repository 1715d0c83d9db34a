#include "snapshot/schema.h"

#include <string.h>
#include <strings.h>

struct type_traits {
    const char *name;
    size_t width;
    bool is_number;
    bool can_be_key;
};

static const struct type_traits types[N_COLUMN_TYPES] = {
    [TYPE_BIGINT] = {"bigint", 8, true, true},
    [TYPE_INTEGER] = {"integer", 4, true, true},
    [TYPE_REAL] = {"real", 4, true, false},
    [TYPE_DOUBLE] = {"double precision", 8, true, false},
    [TYPE_NUMERIC] = {"numeric", 0, true, false},
    [TYPE_TEXT] = {"text", 0, false, true},
    [TYPE_BOOLEAN] = {"boolean", 1, false, false},
    [TYPE_DATE] = {"date", 4, false, false},
    [TYPE_TIMESTAMPTZ] = {"timestamptz", 8, false, false},
    [TYPE_UUID] = {"uuid", 16, false, true},
};

static const struct {
    const char *name;
    enum column_type type;
} aliases[] = {
    {"int8", TYPE_BIGINT},
    {"int", TYPE_INTEGER},
    {"int4", TYPE_INTEGER},
    {"float4", TYPE_REAL},
    {"float8", TYPE_DOUBLE},
    {"float", TYPE_DOUBLE},
    {"double", TYPE_DOUBLE},
    {"decimal", TYPE_NUMERIC},
    {"varchar", TYPE_TEXT},
    {"bool", TYPE_BOOLEAN},
    {"timestamp with time zone", TYPE_TIMESTAMPTZ},
};

const char *schema_type_name(enum column_type type)
{
    return types[type].name;
}

bool schema_type_can_be_key(enum column_type type)
{
    return types[type].can_be_key;
}

bool schema_type_is_number(enum column_type type)
{
    return types[type].is_number;
}

size_t schema_type_width(enum column_type type)
{
    return types[type].width;
}

enum error_code schema_type_parse(const char *name, enum column_type *ret_type, struct error *err)
{
    for (size_t i = 0; i < N_COLUMN_TYPES; i++) {
        if (strcasecmp(name, types[i].name) == 0) {
            *ret_type = (enum column_type)i;
            return OK;
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
        if (strcasecmp(name, aliases[i].name) == 0) {
            *ret_type = aliases[i].type;
            return OK;
        }
    }
    (void)error_set(err, ERR_CONFIG, "unknown column type '%s'", name);
    if (strcasecmp(name, "timestamp") == 0 || strcasecmp(name, "timestamp without time zone") == 0)
        error_hint(err, "Use timestamptz: a time without a zone could be any of forty moments.");
    else
        error_hint(err, "The types are bigint, integer, real, double precision, numeric, text, "
                        "boolean, date, timestamptz and uuid.");
    return ERR_CONFIG;
}

long schema_find(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->n_columns; i++) {
        if (strcmp(schema->columns[i].name, name) == 0)
            return (long)i;
    }
    return -1;
}

bool schema_is_key(const struct schema *schema, size_t column)
{
    for (size_t k = 0; k < schema->n_keys; k++) {
        if (schema->keys[k] == column)
            return true;
    }
    return false;
}

static enum error_code check_name(const struct schema *so_far, const char *name, struct error *err)
{
    if (name == NULL || name[0] == '\0')
        return error_set(err, ERR_CONFIG, "column %zu has no name", so_far->n_columns + 1);
    if (strlen(name) > SCHEMA_MAX_NAME_BYTES)
        return error_set(err, ERR_CONFIG, "the name of column %zu is longer than %d bytes: '%s'",
                         so_far->n_columns + 1, SCHEMA_MAX_NAME_BYTES, name);
    if (schema_find(so_far, name) >= 0)
        return error_set(err, ERR_CONFIG, "column '%s' is named twice", name);
    return OK;
}

static enum error_code add_key(struct schema *schema, const char *name, struct error *err)
{
    long found = schema_find(schema, name);
    if (found < 0)
        return error_set(err, ERR_CONFIG, "the key column '%s' is not among the columns", name);
    size_t column = (size_t)found;
    if (schema_is_key(schema, column))
        return error_set(err, ERR_CONFIG, "the key names column '%s' twice", name);
    enum column_type type = schema->columns[column].type;
    if (!schema_type_can_be_key(type)) {
        (void)error_set(err, ERR_CONFIG, "column '%s' cannot be part of the key: it is %s", name,
                        schema_type_name(type));
        error_hint(err, "Keys are bigint, integer, text or uuid.");
        return ERR_CONFIG;
    }
    schema->keys[schema->n_keys++] = column;
    schema->columns[column].not_null = true;
    return OK;
}

static enum error_code check_counts(size_t n_columns, size_t n_keys, struct error *err)
{
    if (n_columns == 0)
        return error_set(err, ERR_CONFIG, "there are no columns");
    if (n_columns > SCHEMA_MAX_COLUMNS)
        return error_set(err, ERR_CONFIG, "%zu columns are more than a table can have (%d)",
                         n_columns, SCHEMA_MAX_COLUMNS);
    if (n_keys == 0)
        return error_set(err, ERR_CONFIG, "there is no key");
    if (n_keys > SCHEMA_MAX_KEYS)
        return error_set(err, ERR_CONFIG, "%zu key columns are more than an index can have (%d)",
                         n_keys, SCHEMA_MAX_KEYS);
    return OK;
}

enum error_code schema_make(struct arena *arena, const struct schema_column *columns,
                            size_t n_columns, const char *const *key_names, size_t n_keys,
                            struct schema **ret_schema, struct error *err)
{
    TRY(check_counts(n_columns, n_keys, err));
    struct schema *schema = arena_alloc(arena, sizeof(*schema));
    schema->columns = arena_calloc(arena, n_columns, sizeof(*schema->columns));
    schema->keys = arena_calloc(arena, n_keys, sizeof(*schema->keys));
    for (size_t i = 0; i < n_columns; i++) {
        TRY(check_name(schema, columns[i].name, err));
        schema->columns[i] = columns[i];
        schema->columns[i].name = arena_strdup(arena, columns[i].name);
        schema->n_columns++;
    }
    for (size_t i = 0; i < n_keys; i++)
        TRY(add_key(schema, key_names[i], err));
    *ret_schema = schema;
    return OK;
}

bool schema_equal(const struct schema *a, const struct schema *b)
{
    if (a->n_columns != b->n_columns || a->n_keys != b->n_keys)
        return false;
    for (size_t i = 0; i < a->n_columns; i++) {
        if (a->columns[i].type != b->columns[i].type ||
            strcmp(a->columns[i].name, b->columns[i].name) != 0)
            return false;
    }
    for (size_t k = 0; k < a->n_keys; k++) {
        if (a->keys[k] != b->keys[k])
            return false;
    }
    return true;
}
