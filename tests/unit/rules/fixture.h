/* What tests of rules share: a schema, and rule sets from texts. */
#ifndef LG_TESTS_UNIT_RULES_FIXTURE_H
#define LG_TESTS_UNIT_RULES_FIXTURE_H

#include "tests/unit/test.h"

#include "rules/rule_set.h"

/* A rule set read from a text, or the problems that it has. Release with rules_release. */
struct rules {
    struct arena arena;
    struct schema *schema;
    struct diagnostics diags;
    struct error err;
    enum error_code code;
    struct rule_set *set;
};

/*
 * The schema of most tests: profile_id bigint (the key), score double precision, level integer,
 * rate real, price numeric, network text, active boolean, born date, seen timestamptz, token uuid.
 */
static inline struct schema *test_schema(struct arena *arena)
{
    static const struct schema_column columns[] = {
        {.name = "profile_id", .type = TYPE_BIGINT, .not_null = true},
        {.name = "score", .type = TYPE_DOUBLE},
        {.name = "level", .type = TYPE_INTEGER},
        {.name = "rate", .type = TYPE_REAL},
        {.name = "price", .type = TYPE_NUMERIC},
        {.name = "network", .type = TYPE_TEXT},
        {.name = "active", .type = TYPE_BOOLEAN},
        {.name = "born", .type = TYPE_DATE},
        {.name = "seen", .type = TYPE_TIMESTAMPTZ},
        {.name = "token", .type = TYPE_UUID},
    };
    static const char *const keys[] = {"profile_id"};
    struct schema *schema = NULL;
    struct error err;
    assert_ok(schema_make(arena, columns, ARRAY_SIZE(columns), keys, 1, &schema, &err));
    return schema;
}

/* Reads rules from a text that stands in a file of the name. */
static inline void rules_from_named_text(struct rules *rules, const char *name, const char *text)
{
    *rules = (struct rules){0};
    struct error err;
    struct arena document CLEANUP(arena_release) = {0};
    const struct yaml_node *root = NULL;
    rules->schema = test_schema(&rules->arena);
    assert_ok(yaml_parse_text(name, text, strlen(text), &document, &root, &rules->diags, &err));
    rules->code = rule_set_from_node(root, rules->schema, &rules->set, &rules->diags, &rules->err);
}

static inline void rules_from_text(struct rules *rules, const char *text)
{
    rules_from_named_text(rules, "rules.yaml", text);
}

static inline void rules_release(struct rules *rules)
{
    rule_set_free(rules->set);
    diagnostics_release(&rules->diags);
    arena_release(&rules->arena);
}

#endif
