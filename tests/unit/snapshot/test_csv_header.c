#include "tests/unit/snapshot/helpers.h"

#include "snapshot/csv_header.h"

static enum error_code check(const char *schema_text, const char *header, struct error *err)
{
    struct arena arena = {0};
    struct schema *schema = make_schema(&arena, schema_text, 1);
    const char *names[64];
    size_t n = 0;
    char *copy = arena_strdup(&arena, header);
    for (char *name = strsep(&copy, ","); name != NULL; name = strsep(&copy, ","))
        names[n++] = name;
    enum error_code code = csv_check_header(schema, names, n, err);
    arena_release(&arena);
    return code;
}

static void the_declared_header_is_accepted(void **state)
{
    (void)state;
    struct error err;
    assert_ok(check("id bigint, score real", "id,score", &err));
}

static void a_missing_column_is_named(void **state)
{
    (void)state;
    struct error err;
    assert_fails(ERR_DATA, check("id bigint, score real, name text", "id,score", &err));
    assert_string_equal(err.detail, "Missing: 'name'.");
    assert_contains(err.hint, "id,score,name");
}

static void an_extra_column_is_named(void **state)
{
    (void)state;
    struct error err;
    assert_fails(ERR_DATA, check("id bigint, score real", "id,score,xyz", &err));
    assert_string_equal(err.detail, "Unknown: 'xyz'.");
}

static void a_renamed_column_is_told_with_what_was_probably_meant(void **state)
{
    (void)state;
    struct error err;
    assert_fails(ERR_DATA, check("profile_id bigint, score real", "profil_id,Score", &err));
    assert_string_equal(err.detail, "Missing: 'profile_id', 'score'. Unknown: 'profil_id' (did you "
                                    "mean 'profile_id'?), 'Score' (did you mean 'score'?).");
}

static void columns_in_another_order_are_told(void **state)
{
    (void)state;
    struct error err;
    assert_fails(ERR_DATA, check("id bigint, score real, name text", "id,name,score", &err));
    assert_string_equal(err.detail, "Out of order: 'name' stands where 'score' was expected.");
}

static void all_differences_are_told_at_once(void **state)
{
    (void)state;
    struct error err;
    assert_fails(ERR_DATA, check("a bigint, bb real, ccc text, d text", "ccc,a,xxxxx,a,bb", &err));
    assert_string_equal(err.detail, "Missing: 'd'. Unknown: 'xxxxx'. More than once: 'a'. Out of "
                                    "order: 'ccc' stands where 'a' was expected.");
}

static void a_column_that_stands_twice_is_told(void **state)
{
    (void)state;
    struct error err;
    assert_fails(ERR_DATA, check("id bigint, score real", "id,score,score", &err));
    assert_string_equal(err.detail, "More than once: 'score'.");
}

static void data_instead_of_a_header_are_recognised(void **state)
{
    (void)state;
    struct error err;
    assert_fails(ERR_DATA, check("id bigint, score real", "17,3.5", &err));
    assert_string_equal(err.message, "the first line is not the header");
}

static void another_separator_is_pointed_out(void **state)
{
    (void)state;
    struct error err;
    assert_fails(ERR_DATA, check("id bigint, score real", "id;score", &err));
    assert_contains(err.hint, "';'");
}

static void hundreds_of_odd_names_fit_into_the_error(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct error err;
    struct schema *schema = make_schema(&arena, "id bigint, score real", 1);
    char long_name[5000];
    memset(long_name, 'x', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    const char *names[500];
    for (size_t i = 0; i < 500; i++)
        names[i] = i % 2 == 0 ? long_name : "\x1b[31m\xFF";
    assert_fails(ERR_DATA, csv_check_header(schema, names, 500, &err));
    assert_contains(err.detail, "Missing: 'id', 'score'. Unknown: 'xxx");
    assert_null(strchr(err.detail, '\x1b'));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_declared_header_is_accepted),
        cmocka_unit_test(a_missing_column_is_named),
        cmocka_unit_test(an_extra_column_is_named),
        cmocka_unit_test(a_renamed_column_is_told_with_what_was_probably_meant),
        cmocka_unit_test(columns_in_another_order_are_told),
        cmocka_unit_test(all_differences_are_told_at_once),
        cmocka_unit_test(a_column_that_stands_twice_is_told),
        cmocka_unit_test(data_instead_of_a_header_are_recognised),
        cmocka_unit_test(another_separator_is_pointed_out),
        cmocka_unit_test(hundreds_of_odd_names_fit_into_the_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
