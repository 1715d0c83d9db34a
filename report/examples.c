#include "report/examples.h"

#include <string.h>

#include "diff/compare.h"
#include "report/values.h"

static bool is_word_byte(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           ((unsigned char)c & 0x80) != 0;
}

/* The text after the string literal or the bare or quoted name that it starts with, or after one
 * other character. *ret_len is 0 if it is no name. */
static const char *next_token(const char *text, const char **ret_name, size_t *ret_len)
{
    const char quote[] = {*text, '\0'};
    *ret_name = text;
    *ret_len = 0;
    if (*text == '"' || *text == '\'') {
        size_t len = strcspn(text + 1, quote);
        *ret_name = text + 1;
        *ret_len = *text == '"' ? len : 0;
        return text + 1 + len + (text[1 + len] != '\0');
    }
    while (is_word_byte(text[*ret_len]))
        (*ret_len)++;
    return text + (*ret_len > 0 ? *ret_len : 1);
}

/* Marks the columns that a condition or measure names. */
static void mark_named(const struct schema *schema, const char *condition, bool *named)
{
    char column[SCHEMA_MAX_NAME_BYTES + 1];
    const char *at = condition;
    while (*at != '\0') {
        const char *name = NULL;
        size_t len = 0;
        at = next_token(at, &name, &len);
        if (len == 0 || len > SCHEMA_MAX_NAME_BYTES)
            continue;
        memcpy(column, name, len);
        column[len] = '\0';
        long index = schema_find(schema, column);
        if (index >= 0)
            named[index] = true;
    }
}

/* Marks the columns that the outcome is about; named has an entry a column, false before. */
static void mark_columns_of(const struct schema *schema, const struct outcome *outcome, bool *named)
{
    long index = outcome->column == NULL ? -1 : schema_find(schema, outcome->column);
    if (index >= 0)
        named[index] = true;
    mark_named(schema, outcome->condition, named);
    for (size_t i = 0; i < outcome->n_measures; i++)
        mark_named(schema, outcome->measures[i].text, named);
}

size_t examples_subject(const struct schema *schema, const struct outcome *outcome)
{
    long index = outcome->column == NULL ? -1 : schema_find(schema, outcome->column);
    bool named[SCHEMA_MAX_COLUMNS] = {false};
    mark_columns_of(schema, outcome, named);
    if (index >= 0 && !schema_is_key(schema, (size_t)index))
        return (size_t)index;
    for (size_t i = 0; i < schema->n_columns; i++)
        if (named[i] && !schema_is_key(schema, i))
            return i;
    return EXAMPLES_NO_SUBJECT;
}

/* In how many of the examples the column has another value than before. */
static size_t count_changes(const struct report_examples *examples, size_t column)
{
    size_t changes = 0;
    for (size_t i = 0; i < examples->n_examples; i++) {
        const struct example *example = &examples->examples[i];
        if (example->old_values != NULL && example->new_values != NULL)
            changes += !value_equal(&example->old_values[column], &example->new_values[column]);
    }
    return changes;
}

/* Puts the column where its weight belongs; the lightest falls out when there is no room. */
static void insert(struct example_columns *columns, size_t weights[EXAMPLES_MAX_COLUMNS],
                   size_t column, size_t weight)
{
    size_t at = columns->n;
    while (at > 0 && weights[at - 1] < weight)
        at--;
    if (columns->n == EXAMPLES_MAX_COLUMNS) {
        columns->left_out++;
        if (at == columns->n)
            return;
    } else {
        columns->n++;
    }
    size_t behind = columns->n - 1 - at;
    memmove(&columns->index[at + 1], &columns->index[at], behind * sizeof(columns->index[0]));
    memmove(&weights[at + 1], &weights[at], behind * sizeof(weights[0]));
    columns->index[at] = column;
    weights[at] = weight;
}

struct example_columns examples_choose_columns(const struct schema *schema,
                                               const struct outcome *outcome,
                                               const struct report_examples *examples)
{
    struct example_columns columns = {0};
    size_t weights[EXAMPLES_MAX_COLUMNS] = {0};
    bool named[SCHEMA_MAX_COLUMNS] = {false};
    mark_columns_of(schema, outcome, named);
    for (size_t i = 0; i < schema->n_columns; i++) {
        if (schema_is_key(schema, i))
            continue;
        size_t weight = named[i] ? SIZE_MAX : count_changes(examples, i);
        if (weight > 0)
            insert(&columns, weights, i, weight);
    }
    if (columns.n > 0)
        return columns;
    for (size_t i = 0; i < schema->n_columns; i++)
        if (!schema_is_key(schema, i))
            insert(&columns, weights, i, 1);
    return columns;
}

static json_t *key_json(const struct schema *schema, const struct value *key)
{
    json_t *object = json_object();
    int failed = 0;
    for (size_t i = 0; i < schema->n_keys; i++)
        failed |=
            values_set(object, schema->columns[schema->keys[i]].name, values_json(&key[i], 0));
    if (failed == 0)
        return object;
    json_decref(object);
    return NULL;
}

/* The chosen columns of one side; other is the other side or NULL. */
static json_t *side_json(const struct schema *schema, const struct example_columns *columns,
                         const struct value *side, const struct value *other)
{
    if (side == NULL)
        return json_null();
    json_t *object = json_object();
    int failed = 0;
    for (size_t i = 0; i < columns->n; i++) {
        size_t column = columns->index[i];
        size_t skip = other == NULL ? 0 : values_common_bytes(&side[column], &other[column]);
        failed |=
            values_set(object, schema->columns[column].name, values_json(&side[column], skip));
    }
    if (failed == 0)
        return object;
    json_decref(object);
    return NULL;
}

static size_t kept_bytes(const struct value *value)
{
    bool is_text = value->type == VALUE_TEXT || value->type == VALUE_NUMERIC;
    if (value->is_null || !is_text)
        return 32;
    return 32 + (value->text.len < VALUES_MAX_TEXT_BYTES ? value->text.len : VALUES_MAX_TEXT_BYTES);
}

/* About what an example takes as JSON. */
static size_t example_bytes(const struct schema *schema, const struct example_columns *columns,
                            const struct example *example)
{
    size_t bytes = 64;
    for (size_t i = 0; i < schema->n_keys; i++)
        bytes += kept_bytes(&example->key[i]) + strlen(schema->columns[schema->keys[i]].name);
    for (size_t i = 0; i < columns->n; i++) {
        size_t column = columns->index[i];
        bytes += 2 * strlen(schema->columns[column].name);
        bytes += example->old_values == NULL ? 0 : kept_bytes(&example->old_values[column]);
        bytes += example->new_values == NULL ? 0 : kept_bytes(&example->new_values[column]);
    }
    return bytes;
}

json_t *examples_json(const struct schema *schema, const struct example_columns *columns,
                      const struct report_examples *examples, size_t *budget_bytes)
{
    json_t *array = json_array();
    int failed = array == NULL;
    for (size_t i = 0; i < examples->n_examples && failed == 0; i++) {
        const struct example *example = &examples->examples[i];
        size_t bytes = example_bytes(schema, columns, example);
        if (bytes > *budget_bytes)
            break;
        *budget_bytes -= bytes;
        json_t *row = json_object();
        failed |= json_object_set_new(row, "key", key_json(schema, example->key));
        failed |= json_object_set_new(
            row, "old", side_json(schema, columns, example->old_values, example->new_values));
        failed |= json_object_set_new(
            row, "new", side_json(schema, columns, example->new_values, example->old_values));
        failed |= json_array_append_new(array, row);
    }
    if (failed == 0)
        return array;
    json_decref(array);
    return NULL;
}
