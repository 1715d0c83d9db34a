#include "tests/unit/test.h"

#include "base/text.h"

static struct error err;

static void assert_clean(const char *text, size_t len, const char *expected)
{
    struct buffer buf;
    buffer_init(&buf, 1000);
    assert_ok(text_append_clean(&buf, text, len, &err));
    assert_string_equal(buffer_string(&buf), expected);
    buffer_release(&buf);
}

static void utf8_is_recognised_in_its_shortest_form_only(void **state)
{
    (void)state;
    assert_true(text_is_utf8("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", 10));
    assert_true(text_is_utf8("", 0));
    static const char *const bad[] = {
        "\x80", "\xC0\x80",         "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
        "\xF5", "\xF4\x90\x80\x80", "\xE2\x82", "\xC3",         "\xE2\x82\x41", "\xFF"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(text_is_utf8(bad[i], strlen(bad[i])));
}

static void outside_text_is_made_safe_to_show(void **state)
{
    (void)state;
    assert_clean("a\tb\nc", 5, "a\tb\nc");
    assert_clean("\x1B[2J\x7F\r\0", 7, "?[2J???");
    assert_clean("\xC2\x9B|\xC2\xA0|\xFF", 7, "?|\xC2\xA0|\xEF\xBF\xBD");
}

static void a_json_string_escapes_what_json_forbids(void **state)
{
    (void)state;
    struct buffer buf;
    buffer_init(&buf, 1000);
    assert_ok(text_append_json(&buf, "\"\\\n\t\r\0\x7F\xC3\xA4\xC3", 10, &err));
    assert_string_equal(buffer_string(&buf),
                        "\"\\\"\\\\\\n\\t\\u000d\\u0000\\u007f\xC3\xA4\xEF\xBF\xBD\"");
    buffer_release(&buf);
}

static void a_text_beyond_the_cap_is_an_error(void **state)
{
    (void)state;
    struct buffer buf;
    buffer_init(&buf, 3);
    assert_fails(ERR_LIMIT, text_append_clean(&buf, "abcd", 4, &err));
    buffer_clear(&buf);
    assert_fails(ERR_LIMIT, text_append_json(&buf, "ab", 2, &err));
    buffer_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_recognised_in_its_shortest_form_only),
        cmocka_unit_test(outside_text_is_made_safe_to_show),
        cmocka_unit_test(a_json_string_escapes_what_json_forbids),
        cmocka_unit_test(a_text_beyond_the_cap_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
