#include "tests/unit/test.h"

#include <stdlib.h>

#include "scorer/environment.h"

static struct error err;

/* The value of a variable in the list, NULL if it is not there; fails if it is there twice. */
static const char *value_of(const char *const *env, const char *name)
{
    const char *value = NULL;
    for (; *env != NULL; env++) {
        if (strncmp(*env, name, strlen(name)) != 0 || (*env)[strlen(name)] != '=')
            continue;
        assert_null(value);
        value = *env + strlen(name) + 1;
    }
    return value;
}

static enum error_code make(const struct scorer_spec *spec, const struct process_user *user,
                            struct arena *arena, const char *const **ret_env)
{
    const struct scorer_context context = {
        .feed = "klout", .load_id = 12, .as_of_us = INT64_C(1306148400000000)};
    return scorer_environment(spec, &context, user, "/tmp/x/manifest", arena, ret_env, &err);
}

static void only_what_is_allowed_passes(void **state)
{
    (void)state;
    assert_int_equal(setenv("PGPASSWORD", "hunter2", 1), 0);
    assert_int_equal(setenv("WAREHOUSE", "east", 1), 0);
    assert_int_equal(unsetenv("NOT_SET"), 0);
    static const char *const names[] = {"WAREHOUSE", "NOT_SET", NULL};
    struct scorer_spec spec = {.env_names = names};
    struct arena arena = {0};
    const char *const *env = NULL;
    assert_ok(make(&spec, NULL, &arena, &env));
    assert_null(value_of(env, "PGPASSWORD"));
    assert_null(value_of(env, "NOT_SET"));
    assert_string_equal(value_of(env, "WAREHOUSE"), "east");
    assert_string_equal(value_of(env, "PATH"), getenv("PATH"));
    arena_release(&arena);
}

static void the_contract_is_in_the_environment(void **state)
{
    (void)state;
    struct scorer_spec spec = {0};
    struct arena arena = {0};
    const char *const *env = NULL;
    assert_ok(make(&spec, NULL, &arena, &env));
    assert_string_equal(value_of(env, "LOADGUARD_FEED"), "klout");
    assert_string_equal(value_of(env, "LOADGUARD_LOAD_ID"), "12");
    assert_string_equal(value_of(env, "LOADGUARD_AS_OF"), "2011-05-23T11:00:00Z");
    assert_string_equal(value_of(env, "LOADGUARD_MANIFEST"), "/tmp/x/manifest");
    assert_string_equal(value_of(env, "LOADGUARD_MANIFEST_FD"), "3");
    arena_release(&arena);
}

static void what_is_set_wins_over_what_passes(void **state)
{
    (void)state;
    static const char *const values[] = {"PATH=/opt/bin", "EMPTY=", "PATH_2=b=c", NULL};
    struct scorer_spec spec = {.env_values = values};
    struct arena arena = {0};
    const char *const *env = NULL;
    assert_ok(make(&spec, NULL, &arena, &env));
    assert_string_equal(value_of(env, "PATH"), "/opt/bin");
    assert_string_equal(value_of(env, "EMPTY"), "");
    assert_string_equal(value_of(env, "PATH_2"), "b=c");
    arena_release(&arena);
}

static void another_account_has_its_own_home(void **state)
{
    (void)state;
    const struct process_user user = {.name = "scores", .home = "/srv/scores", .shell = "/bin/sh"};
    struct scorer_spec spec = {0};
    struct arena arena = {0};
    const char *const *env = NULL;
    assert_ok(make(&spec, &user, &arena, &env));
    assert_string_equal(value_of(env, "HOME"), "/srv/scores");
    assert_string_equal(value_of(env, "USER"), "scores");
    assert_string_equal(value_of(env, "LOGNAME"), "scores");
    arena_release(&arena);
}

static void what_is_no_name_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "1A", "A B", "A=B", "LOADGUARD_FEED", "\xC3\xA4"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        const char *const names[] = {bad[i], NULL};
        struct scorer_spec spec = {.env_names = names};
        struct arena arena = {0};
        const char *const *env = NULL;
        assert_fails(ERR_CONFIG, make(&spec, NULL, &arena, &env));
        assert_null(env);
        arena_release(&arena);
    }
    static const char *const values[] = {"NO_VALUE", NULL};
    struct scorer_spec spec = {.env_values = values};
    struct arena arena = {0};
    const char *const *env = NULL;
    assert_fails(ERR_CONFIG, make(&spec, NULL, &arena, &env));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_allowed_passes),
        cmocka_unit_test(the_contract_is_in_the_environment),
        cmocka_unit_test(what_is_set_wins_over_what_passes),
        cmocka_unit_test(another_account_has_its_own_home),
        cmocka_unit_test(what_is_no_name_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
