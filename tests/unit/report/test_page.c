#include "tests/unit/report/written.h"

static void long_text_is_wrapped_at_spaces_with_an_indent(void **state)
{
    (void)state;
    struct error err;
    struct page page;
    page_init(&page, 40, false, &err);
    page_put(&page, INK_PLAIN, "because  ");
    page_wrap(&page, INK_PLAIN, 9, "the last pipeline step writes 1 when its inputs are missing");
    page_newline(&page);
    assert_written(&page, "because  the last pipeline step writes 1\n"
                          "         when its inputs are missing\n");
}

static void a_number_keeps_its_percent_sign(void **state)
{
    (void)state;
    struct error err;
    struct page page;
    page_init(&page, 40, false, &err);
    page_wrap(&page, INK_PLAIN, 0, "123456789 123456789 123456789 12345 93.2 % of kept");
    assert_written(&page, "123456789 123456789 123456789 12345\n93.2 % of kept");
}

static void a_word_longer_than_a_line_is_broken(void **state)
{
    (void)state;
    struct error err;
    struct page page;
    char word[101];
    memset(word, 'x', 100);
    word[100] = '\0';
    page_init(&page, 40, false, &err);
    page_wrap(&page, INK_PLAIN, 4, word);
    char expected[200];
    (void)snprintf(expected, sizeof(expected), "%.40s\n    %.36s\n    %.24s", word, word, word);
    assert_written(&page, expected);
}

static void wide_characters_count_twice(void **state)
{
    (void)state;
    struct error err;
    struct page page;
    page_init(&page, 40, false, &err);
    page_wrap(&page, INK_PLAIN, 0, "世界世界世界世界世界 世界世界世界世界世界");
    page_newline(&page);
    page_put(&page, INK_PLAIN, "世界");
    assert_int_equal(page.column, 4);
    page_tab(&page, 6);
    page_put(&page, INK_PLAIN, "x");
    assert_written(&page, "世界世界世界世界世界\n世界世界世界世界世界\n世界  x");
}

static void text_that_does_not_fit_is_cut_with_an_ellipsis(void **state)
{
    (void)state;
    struct error err;
    struct page page;
    page_init(&page, 40, false, &err);
    page_put(&page, INK_PLAIN, "0123456789");
    page_put_cut(&page, INK_PLAIN, "0123456789 0123456789 012345678");
    page_newline(&page);
    page_put_cut(&page, INK_PLAIN, "0123456789 0123456789 0123456789 0123456");
    assert_written(&page, "01234567890123456789 0123456789 0123456…\n"
                          "0123456789 0123456789 0123456789 0123456");
}

static void colour_is_used_only_where_it_is_wanted(void **state)
{
    (void)state;
    struct error err;
    struct page page;
    page_init(&page, 0, true, &err);
    page_put(&page, INK_RED, "BLOCKED");
    page_tab(&page, 9);
    page_put(&page, INK_PLAIN, "load");
    page_newline(&page);
    assert_written(&page, "\033[1;31mBLOCKED\033[0m  load\n");
    page_init(&page, 0, false, &err);
    page_put(&page, INK_RED, "BLOCKED");
    assert_written(&page, "BLOCKED");
}

static void colour_ends_with_its_line(void **state)
{
    (void)state;
    struct error err;
    struct page page;
    page_init(&page, 0, true, &err);
    page_put(&page, INK_DIM, "note");
    page_newline(&page);
    assert_written(&page, "\033[2mnote\033[0m\n");
}

static void escapes_in_text_never_reach_the_terminal(void **state)
{
    (void)state;
    struct error err;
    struct page page;
    page_init(&page, 0, false, &err);
    page_put(&page, INK_PLAIN, "\033[31m");
    page_wrap(&page, INK_PLAIN, 0, "a\nb \007");
    page_put_cut(&page, INK_PLAIN, "\x9B");
    char *text = page_text(&page);
    assert_string_equal(text, "\\x1b[31ma\\nb \\x07\xEF\xBF\xBD");
    free(text);
}

static void spaces_at_the_end_of_a_line_are_dropped(void **state)
{
    (void)state;
    struct error err;
    struct page page;
    page_init(&page, 0, false, &err);
    page_put(&page, INK_PLAIN, "x");
    page_tab(&page, 20);
    page_newline(&page);
    page_newline(&page);
    assert_written(&page, "x\n\n");
}

static void a_tiny_width_is_raised_and_a_wide_indent_lowered(void **state)
{
    (void)state;
    struct error err;
    struct page page;
    page_init(&page, 1, false, &err);
    assert_int_equal(page.width, PAGE_MIN_WIDTH);
    page_wrap(&page, INK_PLAIN, 500, "0123456789 0123456789 0123456789 0123456789");
    assert_written(&page, "0123456789 0123456789 0123456789\n                    0123456789");
}

static void a_full_disk_is_an_error(void **state)
{
    (void)state;
    struct error err;
    struct page page;
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    page_init(&page, 0, false, &err);
    page_put(&page, INK_PLAIN, "text");
    assert_int_not_equal(page_write(&page, full), OK);
    assert_contains(err.message, "cannot write the report");
    page_release(&page);
    (void)fclose(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_text_is_wrapped_at_spaces_with_an_indent),
        cmocka_unit_test(a_number_keeps_its_percent_sign),
        cmocka_unit_test(a_word_longer_than_a_line_is_broken),
        cmocka_unit_test(wide_characters_count_twice),
        cmocka_unit_test(text_that_does_not_fit_is_cut_with_an_ellipsis),
        cmocka_unit_test(colour_is_used_only_where_it_is_wanted),
        cmocka_unit_test(colour_ends_with_its_line),
        cmocka_unit_test(escapes_in_text_never_reach_the_terminal),
        cmocka_unit_test(spaces_at_the_end_of_a_line_are_dropped),
        cmocka_unit_test(a_tiny_width_is_raised_and_a_wide_indent_lowered),
        cmocka_unit_test(a_full_disk_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
