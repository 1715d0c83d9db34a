#include "tests/unit/test.h"

#include <stdlib.h>

#include "guard/command.h"
#include "guard/commands/commands.h"

static char *printed(void (*print)(FILE *out))
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    print(out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void every_command_is_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_commands; i++) {
        assert_non_null(commands[i].name);
        assert_non_null(commands[i].operands);
        assert_non_null(commands[i].options);
        assert_non_null(commands[i].n_options);
        assert_non_null(commands[i].run);
        assert_true(strlen(commands[i].summary) > 0 && strlen(commands[i].summary) <= 70);
        assert_true(strlen(commands[i].description) > 0);
        assert_true(commands[i].min_operands <= commands[i].max_operands);
        assert_true((commands[i].max_operands == 0) == (commands[i].operands[0] == '\0'));
    }
}

static void no_two_commands_have_one_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_commands; i++) {
        assert_ptr_equal(command_find(commands[i].name), &commands[i]);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(commands[i].name, commands[j].name);
    }
    assert_null(command_find("publish"));
}

static void options_are_unique_and_none_shadows_a_common_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_commands; i++) {
        struct option_spec specs[ARGUMENTS_MAX_OPTIONS];
        assert_true(*commands[i].n_options + n_common_options <= ARGUMENTS_MAX_OPTIONS);
        size_t n = command_options(&commands[i], specs);
        assert_int_equal(n, *commands[i].n_options + n_common_options);
        for (size_t j = 0; j < n; j++) {
            assert_true(strlen(specs[j].help) > 0);
            for (size_t k = 0; k < j; k++)
                assert_string_not_equal(specs[j].name, specs[k].name);
        }
    }
}

static void no_help_text_ends_a_shell_quote(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_commands; i++)
        assert_null(strpbrk(commands[i].summary, "'\\"));
}

static void the_overview_lists_every_command(void **state)
{
    (void)state;
    char *text = printed(command_print_overview);
    for (size_t i = 0; i < n_commands; i++)
        assert_contains(text, commands[i].summary);
    free(text);
}

static void the_manual_page_has_every_command_and_option(void **state)
{
    (void)state;
    char *text = printed(command_print_manual);
    for (size_t i = 0; i < n_commands; i++) {
        char line[128];
        (void)snprintf(line, sizeof(line), "\n.Ss loadguard %s ", commands[i].name);
        assert_contains(text, line);
        for (size_t j = 0; j < *commands[i].n_options; j++) {
            (void)snprintf(line, sizeof(line), "\n.It Fl Fl %s", commands[i].options[j].name);
            assert_contains(text, line);
        }
    }
    free(text);
}

static void help_breaks_lines_between_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_commands; i++) {
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);
        command_print_help(&commands[i], out);
        assert_int_equal(fclose(out), 0);
        for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
            assert_true(strlen(line) <= 92 || strchr(line + 30, ' ') == NULL);
        free(text);
    }
}

static void completion_knows_two_shells(void **state)
{
    (void)state;
    struct error err;
    static const char *const shells[] = {"bash", "zsh"};
    for (size_t s = 0; s < ARRAY_SIZE(shells); s++) {
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);
        assert_ok(command_print_completion(shells[s], out, &err));
        assert_int_equal(fclose(out), 0);
        for (size_t i = 0; i < n_commands; i++)
            assert_contains(text, commands[i].name);
        assert_contains(text, "--scheduled-for");
        free(text);
    }
    assert_fails(ERR_USAGE, command_print_completion("fish", stderr, &err));
    assert_contains(err.message, "bash and zsh");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_is_complete),
        cmocka_unit_test(no_two_commands_have_one_name),
        cmocka_unit_test(options_are_unique_and_none_shadows_a_common_one),
        cmocka_unit_test(no_help_text_ends_a_shell_quote),
        cmocka_unit_test(the_overview_lists_every_command),
        cmocka_unit_test(the_manual_page_has_every_command_and_option),
        cmocka_unit_test(help_breaks_lines_between_words),
        cmocka_unit_test(completion_knows_two_shells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
