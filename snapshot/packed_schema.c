#include <string.h>

#include "snapshot/packed_format.h"

#define FLAG_NOT_NULL 1U
#define FLAG_ALLOW_NONFINITE 2U

static enum error_code put_number(struct buffer *out, size_t number, struct error *err)
{
    uint32_t value = (uint32_t)number;
    return buffer_append(out, &value, sizeof(value), err);
}

enum error_code packed_schema_encode(const struct schema *schema, struct buffer *out,
                                     struct error *err)
{
    TRY(put_number(out, schema->n_columns, err));
    TRY(put_number(out, schema->n_keys, err));
    for (size_t i = 0; i < schema->n_keys; i++)
        TRY(put_number(out, schema->keys[i], err));
    for (size_t i = 0; i < schema->n_columns; i++) {
        const struct schema_column *column = &schema->columns[i];
        const char *type = schema_type_name(column->type);
        unsigned flags = (column->not_null ? FLAG_NOT_NULL : 0) |
                         (column->allow_nonfinite ? FLAG_ALLOW_NONFINITE : 0);
        TRY(buffer_append_char(out, (char)flags, err));
        TRY(buffer_append(out, type, strlen(type) + 1, err));
        TRY(buffer_append(out, column->name, strlen(column->name) + 1, err));
    }
    return OK;
}

struct parser {
    const char *p;
    const char *end;
};

static bool take_number(struct parser *parser, size_t limit, size_t *ret_number)
{
    uint32_t value = 0;
    if ((size_t)(parser->end - parser->p) < sizeof(value))
        return false;
    memcpy(&value, parser->p, sizeof(value));
    parser->p += sizeof(value);
    *ret_number = value;
    return value <= limit;
}

static bool take_string(struct parser *parser, const char **ret_text)
{
    const char *zero = memchr(parser->p, '\0', (size_t)(parser->end - parser->p));
    if (zero == NULL)
        return false;
    *ret_text = parser->p;
    parser->p = zero + 1;
    return true;
}

static bool take_column(struct parser *parser, struct schema_column *column)
{
    const char *type = NULL;
    if (parser->p == parser->end)
        return false;
    unsigned flags = (unsigned char)*parser->p++;
    column->not_null = (flags & FLAG_NOT_NULL) != 0;
    column->allow_nonfinite = (flags & FLAG_ALLOW_NONFINITE) != 0;
    return take_string(parser, &type) && take_string(parser, &column->name) &&
           schema_type_parse(type, &column->type, NULL) == OK;
}

enum error_code packed_schema_parse(const char *bytes, size_t len, struct arena *arena,
                                    struct schema **ret_schema, struct error *err)
{
    struct parser parser = {.p = bytes, .end = bytes + len};
    size_t n_columns = 0;
    size_t n_keys = 0;
    size_t keys[SCHEMA_MAX_KEYS];
    const char *key_names[SCHEMA_MAX_KEYS];
    bool ok = take_number(&parser, SCHEMA_MAX_COLUMNS, &n_columns) && n_columns > 0 &&
              take_number(&parser, SCHEMA_MAX_KEYS, &n_keys);
    for (size_t i = 0; ok && i < n_keys; i++)
        ok = take_number(&parser, n_columns - 1, &keys[i]);
    struct schema_column *columns = ok ? arena_calloc(arena, n_columns, sizeof(*columns)) : NULL;
    for (size_t i = 0; ok && i < n_columns; i++)
        ok = take_column(&parser, &columns[i]);
    for (size_t i = 0; ok && i < n_keys; i++)
        key_names[i] = columns[keys[i]].name;
    if (!ok || parser.p != parser.end ||
        schema_make(arena, columns, n_columns, key_names, n_keys, ret_schema, NULL) != OK)
        return error_set(err, ERR_CORRUPT, "its schema cannot be read");
    return OK;
}
