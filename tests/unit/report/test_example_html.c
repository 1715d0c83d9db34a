#include "tests/unit/report/html.h"

#include <string.h>

#include "report/example_html.h"

/* Examples with the key id and the columns score and network. */
static char *table(const char *rows_text)
{
    struct error err;
    struct markup markup;
    json_t *rows = parsed(rows_text);
    json_t *key = parsed("[\"id\"]");
    json_t *columns = parsed("[\"score\",\"network\"]");
    markup_init(&markup, &err);
    example_html_put(&markup, "Examples", rows, key, columns);
    json_decref(rows);
    json_decref(key);
    json_decref(columns);
    return markup_string(&markup);
}

static void what_changed_stands_on_both_sides_of_an_arrow(void **state)
{
    (void)state;
    char *html = table("[{\"key\":{\"id\":7},\"old\":{\"score\":62,\"network\":\"a&b\"},"
                       "\"new\":{\"score\":1,\"network\":\"a&b\"}}]");
    assert_contains(html, "<caption>Examples, before → now</caption>");
    assert_contains(html, "<td class=\"number\">7</td><td class=\"number\">"
                          "<span class=\"before\">62</span>\n"
                          "<span aria-label=\"became\" role=\"img\">→</span> "
                          "<strong>1</strong>\n</td><td><span>a&amp;b</span>\n</td>");
    free(html);
}

static void rows_of_one_side_say_so(void **state)
{
    (void)state;
    char *html = table("[{\"key\":{\"id\":7},\"old\":null,\"new\":{\"score\":1}}]");
    assert_contains(html, "rows that are new");
    free(html);
    html = table("[{\"key\":{\"id\":7},\"old\":{\"score\":1},\"new\":null}]");
    assert_contains(html, "rows that are gone");
    free(html);
}

static void null_and_text_that_looks_like_it_differ(void **state)
{
    (void)state;
    char *html = table("[{\"key\":{\"id\":null},\"old\":{\"score\":\"NULL\"},"
                       "\"new\":{\"score\":null}}]");
    assert_contains(html, "&quot;NULL&quot;");
    assert_contains(html, "<strong>NULL</strong>");
    free(html);
}

static void no_rows_are_no_table(void **state)
{
    (void)state;
    char *html = table("[]");
    assert_string_equal(html, "");
    free(html);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_changed_stands_on_both_sides_of_an_arrow),
        cmocka_unit_test(rows_of_one_side_say_so),
        cmocka_unit_test(null_and_text_that_looks_like_it_differ),
        cmocka_unit_test(no_rows_are_no_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
