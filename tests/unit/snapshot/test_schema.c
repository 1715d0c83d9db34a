#include "tests/unit/snapshot/helpers.h"

static enum error_code made(const struct schema_column *columns, size_t n, const char *key,
                            struct error *err)
{
    struct arena arena = {0};
    struct schema *schema = NULL;
    const char *keys[] = {key};
    enum error_code code = schema_make(&arena, columns, n, keys, key != NULL, &schema, err);
    arena_release(&arena);
    return code;
}

static void every_type_is_found_by_its_own_name(void **state)
{
    (void)state;
    struct error err;
    for (int i = 0; i < N_COLUMN_TYPES; i++) {
        enum column_type type = TYPE_UUID;
        assert_ok(schema_type_parse(schema_type_name((enum column_type)i), &type, &err));
        assert_int_equal(type, i);
    }
}

static void usual_aliases_are_known_in_any_case(void **state)
{
    (void)state;
    struct error err;
    enum column_type type = TYPE_UUID;
    assert_ok(schema_type_parse("INT8", &type, &err));
    assert_int_equal(type, TYPE_BIGINT);
    assert_ok(schema_type_parse("timestamp with time zone", &type, &err));
    assert_int_equal(type, TYPE_TIMESTAMPTZ);
    assert_ok(schema_type_parse("Decimal", &type, &err));
    assert_int_equal(type, TYPE_NUMERIC);
}

static void an_unknown_type_is_refused_with_the_list_of_types(void **state)
{
    (void)state;
    struct error err;
    enum column_type type = TYPE_UUID;
    assert_fails(ERR_CONFIG, schema_type_parse("string", &type, &err));
    assert_contains(err.message, "'string'");
    assert_contains(err.hint, "bigint");
    assert_int_equal(type, TYPE_UUID);
}

static void a_timestamp_without_zone_is_answered_with_timestamptz(void **state)
{
    (void)state;
    struct error err;
    enum column_type type = TYPE_UUID;
    assert_fails(ERR_CONFIG, schema_type_parse("timestamp", &type, &err));
    assert_contains(err.hint, "timestamptz");
}

static void a_key_column_is_not_null_and_is_found(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct schema *schema = make_schema(&arena, "a text, b bigint, c real", 2);
    assert_true(schema->columns[0].not_null);
    assert_false(schema->columns[2].not_null);
    assert_int_equal(schema_find(schema, "b"), 1);
    assert_int_equal(schema_find(schema, "d"), -1);
    assert_true(schema_is_key(schema, 1));
    assert_false(schema_is_key(schema, 2));
    arena_release(&arena);
}

static void a_schema_keeps_its_own_copies_of_names(void **state)
{
    (void)state;
    struct arena arena = {0};
    char name[] = "id";
    const char *key = "id";
    struct schema_column column = {.name = name, .type = TYPE_BIGINT};
    struct schema *schema = NULL;
    struct error err;
    assert_ok(schema_make(&arena, &column, 1, &key, 1, &schema, &err));
    name[0] = 'x';
    assert_string_equal(schema->columns[0].name, "id");
    arena_release(&arena);
}

static void what_is_no_schema_is_refused_with_the_reason(void **state)
{
    (void)state;
    struct error err;
    struct schema_column columns[] = {{.name = "a", .type = TYPE_BIGINT},
                                      {.name = "b", .type = TYPE_REAL}};
    assert_fails(ERR_CONFIG, made(columns, 0, "a", &err));
    assert_fails(ERR_CONFIG, made(columns, 2, NULL, &err));
    assert_contains(err.message, "no key");
    assert_fails(ERR_CONFIG, made(columns, 2, "z", &err));
    assert_contains(err.message, "'z' is not among the columns");
    assert_fails(ERR_CONFIG, made(columns, 2, "b", &err));
    assert_contains(err.message, "cannot be part of the key: it is real");
    columns[1].name = "a";
    assert_fails(ERR_CONFIG, made(columns, 2, "a", &err));
    assert_contains(err.message, "named twice");
    columns[1].name = "";
    assert_fails(ERR_CONFIG, made(columns, 2, "a", &err));
    assert_contains(err.message, "column 2 has no name");
}

static void names_end_at_the_length_of_an_identifier(void **state)
{
    (void)state;
    struct error err;
    char name[SCHEMA_MAX_NAME_BYTES + 2];
    memset(name, 'n', sizeof(name));
    name[SCHEMA_MAX_NAME_BYTES] = '\0';
    struct schema_column column = {.name = name, .type = TYPE_UUID};
    assert_ok(made(&column, 1, name, &err));
    name[SCHEMA_MAX_NAME_BYTES] = 'n';
    name[SCHEMA_MAX_NAME_BYTES + 1] = '\0';
    assert_fails(ERR_CONFIG, made(&column, 1, name, &err));
}

static void a_table_can_have_1600_columns_and_no_more(void **state)
{
    (void)state;
    struct error err;
    struct schema_column *columns = calloc(SCHEMA_MAX_COLUMNS + 1, sizeof(*columns));
    char(*names)[8] = calloc(SCHEMA_MAX_COLUMNS + 1, sizeof(*names));
    for (size_t i = 0; i <= SCHEMA_MAX_COLUMNS; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "c%zu", i);
        columns[i] = (struct schema_column){.name = names[i], .type = TYPE_BIGINT};
    }
    assert_ok(made(columns, SCHEMA_MAX_COLUMNS, "c0", &err));
    assert_fails(ERR_CONFIG, made(columns, SCHEMA_MAX_COLUMNS + 1, "c0", &err));
    free(names);
    free(columns);
}

static void schemas_are_equal_by_names_types_and_key(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct schema *schema = make_schema(&arena, "a text, b bigint, c real", 1);
    assert_true(schema_equal(schema, make_schema(&arena, "a text, b bigint!, c real?", 1)));
    assert_false(schema_equal(schema, make_schema(&arena, "a text, b bigint, c real", 2)));
    assert_false(schema_equal(schema, make_schema(&arena, "a text, b integer, c real", 1)));
    assert_false(schema_equal(schema, make_schema(&arena, "a text, B bigint, c real", 1)));
    assert_false(schema_equal(schema, make_schema(&arena, "a text, b bigint", 1)));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_found_by_its_own_name),
        cmocka_unit_test(usual_aliases_are_known_in_any_case),
        cmocka_unit_test(an_unknown_type_is_refused_with_the_list_of_types),
        cmocka_unit_test(a_timestamp_without_zone_is_answered_with_timestamptz),
        cmocka_unit_test(a_key_column_is_not_null_and_is_found),
        cmocka_unit_test(a_schema_keeps_its_own_copies_of_names),
        cmocka_unit_test(what_is_no_schema_is_refused_with_the_reason),
        cmocka_unit_test(names_end_at_the_length_of_an_identifier),
        cmocka_unit_test(a_table_can_have_1600_columns_and_no_more),
        cmocka_unit_test(schemas_are_equal_by_names_types_and_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
