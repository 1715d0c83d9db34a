#include "tests/unit/test.h"

#include "guard/arguments.h"

static const struct option_spec specs[] = {
    {"reason", "TEXT", "why", false},
    {"override", NULL, "even if blocked", false},
    {"rows", "N", "how many", false},
};

#define MAX_WORDS 8

/* Parses the words, which end with NULL, from memory that may be written to, as a shell gives. */
static enum error_code parse(const char *const *words, struct arguments *arguments,
                             struct error *err)
{
    static char copies[MAX_WORDS][64];
    static char *argv[MAX_WORDS];
    int argc = 0;
    for (; words[argc] != NULL; argc++) {
        (void)snprintf(copies[argc], sizeof(copies[argc]), "%s", words[argc]);
        argv[argc] = copies[argc];
    }
    return arguments_parse(argc, argv, specs, ARRAY_SIZE(specs), arguments, err);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void options_and_operands_may_be_mixed(void **state)
{
    (void)state;
    struct error err;
    const char *const *argv = WORDS("12", "--reason", "new model", "--override", "--rows=7", "x");
    struct arguments arguments;
    assert_ok(parse(argv, &arguments, &err));
    assert_int_equal(arguments.n_operands, 2);
    assert_string_equal(arguments.operands[0], "12");
    assert_string_equal(arguments.operands[1], "x");
    assert_string_equal(arguments_text(&arguments, "reason"), "new model");
    assert_true(arguments_flag(&arguments, "override"));
    int64_t rows = 0;
    assert_ok(arguments_integer(&arguments, "rows", &rows, &err));
    assert_int_equal(rows, 7);
}

static void a_double_dash_ends_the_options_and_a_dash_is_an_operand(void **state)
{
    (void)state;
    struct error err;
    const char *const *argv = WORDS("-", "--", "--override");
    struct arguments arguments;
    assert_ok(parse(argv, &arguments, &err));
    assert_int_equal(arguments.n_operands, 2);
    assert_string_equal(arguments.operands[1], "--override");
    assert_false(arguments_flag(&arguments, "override"));
}

static void a_misspelt_option_is_answered_with_the_closest(void **state)
{
    (void)state;
    struct error err;
    const char *const *argv = WORDS("--reson", "x");
    struct arguments arguments;
    assert_fails(ERR_USAGE, parse(argv, &arguments, &err));
    assert_contains(err.message, "--reson");
    assert_contains(err.hint, "--reason");
}

static void wrong_use_of_an_option_is_refused(void **state)
{
    (void)state;
    struct error err;
    struct arguments arguments;
    const char *const *missing = WORDS("--reason");
    assert_fails(ERR_USAGE, parse(missing, &arguments, &err));
    assert_contains(err.message, "needs a value");
    const char *const *valued = WORDS("--override=yes");
    assert_fails(ERR_USAGE, parse(valued, &arguments, &err));
    const char *const *twice = WORDS("--rows", "1", "--rows", "2");
    assert_fails(ERR_USAGE, parse(twice, &arguments, &err));
    const char *const *single = WORDS("-rows");
    assert_fails(ERR_USAGE, parse(single, &arguments, &err));
    assert_contains(err.message, "'-rows'");
}

static void a_number_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "x", "-1", "1.5", "99999999999999999999", "1 "};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct error err;
        int64_t load = 5;
        assert_fails(ERR_USAGE, arguments_load_id(bad[i], &load, &err));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_operands_may_be_mixed),
        cmocka_unit_test(a_double_dash_ends_the_options_and_a_dash_is_an_operand),
        cmocka_unit_test(a_misspelt_option_is_answered_with_the_closest),
        cmocka_unit_test(wrong_use_of_an_option_is_refused),
        cmocka_unit_test(a_number_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
