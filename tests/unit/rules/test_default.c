/* The default rules as a file: they fit every schema, and each says why it is there. */
#include "tests/unit/rules/fixture.h"

static void the_default_rules_fit_columns_of_every_type(void **state)
{
    (void)state;
    struct error err;
    struct arena arena CLEANUP(arena_release) = {0};
    struct rule_set *set CLEANUP(rule_set_cleanup) = NULL;
    assert_ok(rule_set_default(test_schema(&arena), &set, &err));
    assert_true(rule_set_n_rules(set) >= 20);
    assert_true(rule_set_plan(set)->n_measures > 50);
}

static void the_default_rules_fit_a_table_of_keys_alone(void **state)
{
    (void)state;
    static const struct schema_column columns[] = {{.name = "id", .type = TYPE_UUID}};
    static const char *const keys[] = {"id"};
    struct error err;
    struct arena arena CLEANUP(arena_release) = {0};
    struct schema *schema = NULL;
    struct rule_set *set CLEANUP(rule_set_cleanup) = NULL;
    assert_ok(schema_make(&arena, columns, 1, keys, 1, &schema, &err));
    assert_ok(rule_set_default(schema, &set, &err));
    for (size_t i = 0; i < rule_set_n_rules(set); i++)
        assert_true(rule_set_rule(set, i).n_checks <= 1);
}

static void columns_may_have_any_name(void **state)
{
    (void)state;
    static const char *const names[] = {"x",    "old",     "select from", "and",   "rows",
                                        "a\"b", "changed", "\xC3\xA4",    "as_of", "1st"};
    struct schema_column columns[ARRAY_SIZE(names) + 1] = {{.name = "id", .type = TYPE_BIGINT}};
    static const char *const keys[] = {"id"};
    struct error err;
    struct arena arena CLEANUP(arena_release) = {0};
    struct schema *schema = NULL;
    struct rule_set *set CLEANUP(rule_set_cleanup) = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        columns[i + 1] = (struct schema_column){.name = names[i], .type = TYPE_DOUBLE};
    assert_ok(schema_make(&arena, columns, ARRAY_SIZE(columns), keys, 1, &schema, &err));
    assert_ok(rule_set_default(schema, &set, &err));
    bool found = false;
    for (size_t i = 0; i < rule_set_plan(set)->n_measures; i++)
        found |= strcmp(rule_set_plan(set)->measures[i].text, "arrivals(\"a\"\"b\")") == 0;
    assert_true(found);
}

static void a_very_wide_table_is_no_problem(void **state)
{
    (void)state;
    static char names[SCHEMA_MAX_COLUMNS][8];
    static struct schema_column columns[SCHEMA_MAX_COLUMNS];
    static const char *const keys[] = {"c0"};
    struct error err;
    struct arena arena CLEANUP(arena_release) = {0};
    struct schema *schema = NULL;
    struct rule_set *set CLEANUP(rule_set_cleanup) = NULL;
    for (size_t i = 0; i < SCHEMA_MAX_COLUMNS; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "c%zu", i);
        columns[i] = (struct schema_column){.name = names[i],
                                            .type = i % 100 == 99 ? TYPE_TEXT : TYPE_BIGINT};
    }
    assert_ok(schema_make(&arena, columns, SCHEMA_MAX_COLUMNS, keys, 1, &schema, &err));
    assert_ok(rule_set_default(schema, &set, &err));
}

static void every_default_rule_says_why(void **state)
{
    (void)state;
    struct error err;
    struct arena arena CLEANUP(arena_release) = {0};
    struct rule_set *set CLEANUP(rule_set_cleanup) = NULL;
    assert_ok(rule_set_default(test_schema(&arena), &set, &err));
    for (size_t i = 0; i < rule_set_n_rules(set); i++) {
        struct rule_info info = rule_set_rule(set, i);
        if (strlen(info.because) < 20)
            fail_msg("'%s' does not say why", info.name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_rules_fit_columns_of_every_type),
        cmocka_unit_test(the_default_rules_fit_a_table_of_keys_alone),
        cmocka_unit_test(columns_may_have_any_name),
        cmocka_unit_test(a_very_wide_table_is_no_problem),
        cmocka_unit_test(every_default_rule_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
