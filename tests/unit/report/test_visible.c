#include "tests/unit/test.h"

#include "report/visible.h"

static void assert_shown(const char *text, const char *expected)
{
    struct arena arena = {0};
    assert_string_equal(visible_copy(&arena, text, strlen(text)), expected);
    arena_release(&arena);
}

static void text_of_any_script_stays_as_it_is(void **state)
{
    (void)state;
    assert_shown("", "");
    assert_shown("plain ~ text", "plain ~ text");
    assert_shown("Grüße, мир, 世界, שלום, 😀", "Grüße, мир, 世界, שלום, 😀");
    assert_shown("e\xCC\x81", "e\xCC\x81");
    assert_shown("می‌خواهم", "می‌خواهم");
}

static void terminal_escapes_are_shown_and_not_obeyed(void **state)
{
    (void)state;
    assert_shown("\033[2J\033]0;title\007", "\\x1b[2J\\x1b]0;title\\x07");
    assert_shown("\xC2\x9B"
                 "2J",
                 "\\u009b2J");
    assert_shown("a\nb\tc\rd\x7F", "a\\nb\\tc\\rd\\x7f");
}

static void what_hides_or_reorders_is_shown(void **state)
{
    (void)state;
    assert_shown("a\xE2\x80\x8B", "a\\u200b");
    static const char right_to_left[] = {'\xE2', '\x80', '\xAE', 't', 'x', 't', '\0'};
    assert_shown(right_to_left, "\\u202etxt");
    assert_shown("\xEF\xBB\xBFid", "\\ufeffid");
    assert_shown("soft\xC2\xADhyphen", "soft\\u00adhyphen");
    assert_shown("line\xE2\x80\xA8"
                 "end",
                 "line\\u2028end");
}

static void invalid_bytes_are_replaced_one_by_one(void **state)
{
    (void)state;
    assert_shown("a\xFF\xFE", "a\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_shown("\xE4\xB8", "\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_shown("\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

static void what_is_visible_stays_the_same(void **state)
{
    (void)state;
    struct arena arena = {0};
    uint64_t random = 7;
    for (int round = 0; round < 2000; round++) {
        char text[40];
        for (size_t i = 0; i < sizeof(text); i++)
            text[i] = (char)((random = random * 6364136223846793005 + 1) >> 56);
        const char *once = visible_copy(&arena, text, sizeof(text));
        const char *twice = visible_copy(&arena, once, strlen(once));
        assert_string_equal(once, twice);
        for (const char *c = once; *c != '\0'; c++)
            assert_true((unsigned char)*c >= 0x20 && *c != 0x7F);
    }
    arena_release(&arena);
}

static void a_zero_byte_inside_is_shown(void **state)
{
    (void)state;
    struct arena arena = {0};
    assert_string_equal(visible_copy(&arena, "a\0b", 3), "a\\x00b");
    arena_release(&arena);
}

static void a_full_buffer_is_an_error(void **state)
{
    (void)state;
    struct error err;
    struct buffer buf;
    buffer_init(&buf, 3);
    assert_fails(ERR_LIMIT, visible_append(&buf, "\033", 1, &err));
    buffer_release(&buf);
}

static size_t columns_of(const char *text)
{
    return visible_columns(text, strlen(text));
}

static void width_is_that_of_a_terminal(void **state)
{
    (void)state;
    assert_int_equal(columns_of(""), 0);
    assert_int_equal(columns_of("abc"), 3);
    assert_int_equal(columns_of("Grüße → 1"), 9);
    assert_int_equal(columns_of("世界"), 4);
    assert_int_equal(columns_of("e\xCC\x81"), 1);
    assert_int_equal(columns_of("😀"), 2);
}

static void a_cut_never_splits_a_character(void **state)
{
    (void)state;
    assert_int_equal(visible_cut("abc", 3, 2), 2);
    assert_int_equal(visible_cut("abc", 3, 9), 3);
    assert_int_equal(visible_cut("世界", 6, 3), 3);
    assert_int_equal(visible_cut("世界", 6, 1), 0);
    assert_int_equal(visible_cut("e\xCC\x81x", 4, 1), 3);
}

static void a_tower_of_combining_characters_is_cut(void **state)
{
    (void)state;
    char text[2001] = "e";
    for (size_t i = 1; i + 3 < sizeof(text); i += 2)
        memcpy(text + i, "\xCC\x81", 3);
    assert_true(visible_cut(text, strlen(text), 10) < 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_of_any_script_stays_as_it_is),
        cmocka_unit_test(terminal_escapes_are_shown_and_not_obeyed),
        cmocka_unit_test(what_hides_or_reorders_is_shown),
        cmocka_unit_test(invalid_bytes_are_replaced_one_by_one),
        cmocka_unit_test(what_is_visible_stays_the_same),
        cmocka_unit_test(a_zero_byte_inside_is_shown),
        cmocka_unit_test(a_full_buffer_is_an_error),
        cmocka_unit_test(width_is_that_of_a_terminal),
        cmocka_unit_test(a_cut_never_splits_a_character),
        cmocka_unit_test(a_tower_of_combining_characters_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
