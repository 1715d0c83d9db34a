#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "yaml/diagnostics.h"

static char *printed(struct diagnostics *diags)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    diagnostics_print(diags, out);
    (void)fclose(out);
    return text;
}

static void problems_are_printed_in_the_order_of_the_files(void **state)
{
    (void)state;
    struct diagnostics diags;
    diagnostics_init(&diags);
    diagnostics_add(&diags, "b.yaml", 7, 1, "feeds", "second");
    diagnostics_add(&diags, "a.yaml", 1, 1, "", "third");
    diagnostics_add(&diags, "b.yaml", 2, 9, "feeds.x", "first");
    diagnostics_hint(&diags, "Do %s.", "this");
    char *text = printed(&diags);
    assert_string_equal(text, "b.yaml:2:9: feeds.x: first\n  hint: Do this.\n"
                              "b.yaml:7:1: feeds: second\na.yaml:1:1: third\n");
    free(text);
    diagnostics_release(&diags);
}

static void an_error_names_the_first_problem_and_counts_the_rest(void **state)
{
    (void)state;
    struct error err;
    struct diagnostics diags;
    diagnostics_init(&diags);
    assert_ok(diagnostics_to_error(&diags, &err));
    diagnostics_add(&diags, "a.yaml", 9, 2, "", "later");
    diagnostics_add(&diags, "a.yaml", 3, 4, "store.url", "is wrong");
    diagnostics_hint(&diags, "Write another.");
    assert_fails(ERR_CONFIG, diagnostics_to_error(&diags, &err));
    assert_string_equal(err.message, "store.url: is wrong");
    assert_string_equal(err.hint, "Write another.");
    assert_string_equal(err.detail, "There is 1 more problem.");
    assert_string_equal(err.file, "a.yaml");
    assert_int_equal(err.line, 3);
    assert_int_equal(err.column, 4);
    diagnostics_release(&diags);
}

static void problems_beyond_the_cap_are_counted(void **state)
{
    (void)state;
    struct diagnostics diags;
    diagnostics_init(&diags);
    for (unsigned i = 0; i < DIAGNOSTICS_MAX_PROBLEMS + 5; i++) {
        diagnostics_add(&diags, "a.yaml", i + 1, 1, "", "problem %u", i);
        diagnostics_hint(&diags, "Hint %u.", i);
    }
    assert_int_equal(diagnostics_count(&diags), DIAGNOSTICS_MAX_PROBLEMS + 5);
    char *text = printed(&diags);
    assert_contains(text, "problem 199\n  hint: Hint 199.\nand 5 more problems\n");
    free(text);
    diagnostics_release(&diags);
}

static void control_characters_never_reach_the_terminal(void **state)
{
    (void)state;
    struct diagnostics diags;
    diagnostics_init(&diags);
    diagnostics_add(&diags, "a\n.yaml", 1, 1, "k\x1b[31m", "bad \x07 value");
    char *text = printed(&diags);
    assert_string_equal(text, "a?.yaml:1:1: k?[31m: bad ? value\n");
    free(text);
    diagnostics_release(&diags);
}

static void a_hint_goes_to_the_newest_problem_even_after_sorting(void **state)
{
    (void)state;
    struct diagnostics diags;
    diagnostics_init(&diags);
    diagnostics_add(&diags, "a.yaml", 5, 1, "", "old");
    diagnostics_add(&diags, "a.yaml", 1, 1, "", "new");
    diagnostics_sort(&diags);
    diagnostics_hint(&diags, "For the new one.");
    assert_string_equal(diags.problems[0].hint, "For the new one.");
    assert_string_equal(diags.problems[1].hint, "");
    diagnostics_release(&diags);
}

static void over_long_messages_are_cut_at_a_whole_character(void **state)
{
    (void)state;
    struct diagnostics diags;
    diagnostics_init(&diags);
    char long_text[4097];
    for (size_t i = 0; i < 4096; i += 2)
        memcpy(long_text + i, "\xC3\xA4", 2);
    long_text[4096] = '\0';
    diagnostics_add(&diags, "a.yaml", 1, 1, "", "%s", long_text);
    const char *message = diags.problems[0].message;
    assert_true(strlen(message) < 2048);
    assert_int_equal(strlen(message) % 2, 0);
    diagnostics_release(&diags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(problems_are_printed_in_the_order_of_the_files),
        cmocka_unit_test(an_error_names_the_first_problem_and_counts_the_rest),
        cmocka_unit_test(problems_beyond_the_cap_are_counted),
        cmocka_unit_test(control_characters_never_reach_the_terminal),
        cmocka_unit_test(a_hint_goes_to_the_newest_problem_even_after_sorting),
        cmocka_unit_test(over_long_messages_are_cut_at_a_whole_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
