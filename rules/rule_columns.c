/* Which columns each:, except: and by: of a rule name. */
#include <string.h>

#include "rules/rule_map.h"
#include "yaml/suggest.h"

struct resolving {
    const struct schema *schema;
    struct arena *arena;
    struct diagnostics *diags;
};

/* Kinds of column in each:. */
struct selector {
    const char *name;
    unsigned types; /* bit per column_type */
};

#define TYPE_BIT(type) (1U << (type))
#define INTEGER_TYPES (TYPE_BIT(TYPE_BIGINT) | TYPE_BIT(TYPE_INTEGER))
#define CATEGORY_TYPES (TYPE_BIT(TYPE_TEXT) | TYPE_BIT(TYPE_BOOLEAN))

static const struct selector selectors[] = {
    {"number",
     INTEGER_TYPES | TYPE_BIT(TYPE_REAL) | TYPE_BIT(TYPE_DOUBLE) | TYPE_BIT(TYPE_NUMERIC)},
    {"integer", INTEGER_TYPES},
    {"text", TYPE_BIT(TYPE_TEXT)},
    {"boolean", TYPE_BIT(TYPE_BOOLEAN)},
    {"time", TYPE_BIT(TYPE_DATE) | TYPE_BIT(TYPE_TIMESTAMPTZ)},
    {"category", CATEGORY_TYPES},
    {"any", ~0U},
};

bool rule_column_is_categorical(const struct schema *schema, size_t column)
{
    return (CATEGORY_TYPES & TYPE_BIT(schema->columns[column].type)) != 0 &&
           !schema_is_key(schema, column);
}

/* Reports a column that is not there; words are other names that could have been meant. */
static void unknown_column(struct resolving *r, const struct yaml_node *node,
                           const char *const *words, size_t n_words)
{
    size_t n = 0;
    const char **names = arena_calloc(r->arena, r->schema->n_columns + n_words, sizeof(*names));
    for (size_t i = 0; i < n_words; i++)
        names[n++] = words[i];
    for (size_t i = 0; i < r->schema->n_columns; i++)
        names[n++] = r->schema->columns[i].name;
    yaml_problem(r->diags, node, "there is no column '%s'", node->text);
    const char *near = suggest_closest(node->text, names, n);
    if (near != NULL)
        diagnostics_hint(r->diags, "Did you mean '%s'?", near);
    else
        diagnostics_hint(r->diags, n_words > 1
                                       ? "Write names of columns, or number, integer, text, "
                                         "boolean, time, category or any; several stand in "
                                         "a list, as in [a, b]."
                                       : "Write names of columns; several stand in a list, "
                                         "as in [a, b].");
}

static const struct selector *find_selector(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(selectors); i++) {
        if (strcmp(selectors[i].name, name) == 0)
            return &selectors[i];
    }
    return NULL;
}

static void select_one(struct resolving *r, const struct yaml_node *node, struct rule *rule,
                       bool *chosen)
{
    const struct selector *selector = find_selector(node->text);
    long column = schema_find(r->schema, node->text);
    if (selector == NULL && column < 0) {
        const char *names[ARRAY_SIZE(selectors)];
        for (size_t i = 0; i < ARRAY_SIZE(selectors); i++)
            names[i] = selectors[i].name;
        unknown_column(r, node, names, ARRAY_SIZE(selectors));
        return;
    }
    rule->each_category |= selector != NULL && strcmp(selector->name, "category") == 0;
    for (size_t i = 0; i < r->schema->n_columns; i++) {
        if (selector == NULL ? i == (size_t)column
                             : (selector->types & TYPE_BIT(r->schema->columns[i].type)) != 0)
            chosen[i] = true;
    }
    if (selector == NULL && schema_is_key(r->schema, (size_t)column)) {
        yaml_problem(r->diags, node, "'%s' is part of the key, which never changes", node->text);
        diagnostics_hint(r->diags, "each: goes over value columns.");
    }
}

void rule_map_columns(const struct key_texts *each, const struct key_texts *except,
                      const struct schema *schema, struct rule *rule, struct arena *arena,
                      struct diagnostics *diags)
{
    struct resolving resolving = {.schema = schema, .arena = arena, .diags = diags};
    struct resolving *r = &resolving;
    size_t n = r->schema->n_columns;
    bool *chosen = arena_calloc(r->arena, n, sizeof(*chosen));
    rule->has_each = each->n > 0;
    for (size_t i = 0; i < each->n; i++)
        select_one(r, each->nodes[i], rule, chosen);
    for (size_t i = 0; i < except->n; i++) {
        long column = schema_find(r->schema, except->texts[i]);
        if (column < 0)
            unknown_column(r, except->nodes[i], NULL, 0);
        else
            chosen[column] = false;
    }
    rule->columns = arena_calloc(r->arena, n, sizeof(*rule->columns));
    for (size_t i = 0; i < n; i++) {
        if (chosen[i] && !schema_is_key(r->schema, i))
            rule->columns[rule->n_columns++] = i;
    }
}

void rule_map_by(const struct key_texts *by, const struct schema *schema, struct rule *rule,
                 struct arena *arena, struct diagnostics *diags)
{
    struct resolving resolving = {.schema = schema, .arena = arena, .diags = diags};
    struct resolving *r = &resolving;
    static const char *const words[] = {"each category"};
    if (by->n == 1 && strcmp(by->texts[0], words[0]) == 0) {
        rule->by = BY_EACH_CATEGORY;
        return;
    }
    rule->by = by->n > 0 ? BY_COLUMNS : BY_NONE;
    rule->by_columns = arena_calloc(r->arena, by->n + 1, sizeof(*rule->by_columns));
    for (size_t i = 0; i < by->n; i++) {
        long column = schema_find(r->schema, by->texts[i]);
        if (column < 0) {
            unknown_column(r, by->nodes[i], words, ARRAY_SIZE(words));
            continue;
        }
        for (size_t j = 0; j < rule->n_by_columns; j++) {
            if (rule->by_columns[j] != (size_t)column)
                continue;
            yaml_problem(r->diags, by->nodes[i], "'%s' stands twice", by->texts[i]);
            diagnostics_hint(r->diags, "Remove one of them.");
        }
        rule->by_columns[rule->n_by_columns++] = (size_t)column;
    }
}
