#include "tests/unit/report/html.h"

static struct error err;

static void assert_text(const char *text, const char *expected)
{
    struct markup markup;
    markup_init(&markup, &err);
    markup_text(&markup, text);
    char *html = markup_string(&markup);
    assert_string_equal(html, expected);
    free(html);
}

static void what_means_something_in_html_is_escaped(void **state)
{
    (void)state;
    assert_text("<script>alert('1')</script> & \"x\"",
                "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;x&quot;");
    assert_text("&amp;", "&amp;amp;");
}

static void what_a_reader_cannot_see_is_made_visible(void **state)
{
    (void)state;
    assert_text("a\nb\033[31m", "a\\nb\\x1b[31m");
    assert_text("\xE2\x80\xAE"
                "abc",
                "\\u202eabc");
    assert_text("\xFF<", "\xEF\xBF\xBD&lt;");
    assert_text("→ ü 日本", "→ ü 日本");
}

static void an_element_is_closed_by_its_name(void **state)
{
    (void)state;
    struct markup markup;
    markup_init(&markup, &err);
    markup_element(&markup, "th scope=\"col\"", "a < b");
    markup_element(&markup, "p", "");
    char *html = markup_string(&markup);
    assert_string_equal(html, "<th scope=\"col\">a &lt; b</th>\n<p></p>\n");
    free(html);
}

static void a_failure_to_write_is_told(void **state)
{
    (void)state;
    struct markup markup;
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    markup_init(&markup, &err);
    markup_raw(&markup, "<p>");
    assert_fails(ERR_SPACE, markup_write(&markup, full));
    (void)fclose(full);
    markup_release(&markup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_means_something_in_html_is_escaped),
        cmocka_unit_test(what_a_reader_cannot_see_is_made_visible),
        cmocka_unit_test(an_element_is_closed_by_its_name),
        cmocka_unit_test(a_failure_to_write_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
