#include "tests/unit/report/html.h"

#include <string.h>

#include "report/series_html.h"

#define PAST                                                                                       \
    "\"past\":[{\"load\":9,\"as_of\":\"2011-05-22T04:00:00Z\",\"value\":0.01},{\"load\":8,"        \
    "\"value\":"                                                                                   \
    "0.02}]"

static void earlier_loads_and_this_one_are_a_line_in_a_band(void **state)
{
    (void)state;
    char *html = html_of(series_html_put, "{" PAST ",\"measured\":0.07,\"band\":[-0.01,0.04],"
                                          "\"percentage\":true}");
    assert_contains(html, "The last 2 loads and this one. This load: 7 %. Allowed: 0 % to 4 %.");
    assert_contains(html, "aria-label=\"This load: 7 %. Allowed: 0 % to 4 %.\"");
    assert_contains(html, "<rect class=\"band\"");
    assert_contains(html, "<title>load 9, as of 2011-05-22 04:00 UTC: 1 %</title>");
    assert_contains(html, "<title>load 8: 2 %</title>");
    assert_contains(html, "<title>this load: 7 %</title>");
    assert_contains(html, "<span>load 8</span>");
    free(html);
}

static void a_fixed_limit_is_a_line_across(void **state)
{
    (void)state;
    char *html = html_of(series_html_put, "{" PAST ",\"measured\":0.07,\"limit\":0.05}");
    assert_contains(html, "This load: 0.07. Limit: 0.05.");
    assert_contains(html, "<path class=\"limit\"");
    assert_null(strstr(html, "class=\"band\""));
    free(html);
}

static void values_that_are_all_alike_are_drawn_in_the_middle(void **state)
{
    (void)state;
    assert_html_contains(series_html_put,
                         "{\"past\":[{\"load\":1,\"value\":5},{\"load\":2,\"value\":5}],"
                         "\"measured\":5}",
                         "M166.7 60.0L500.0 60.0L833.3 60.0");
}

static void nothing_is_drawn_of_too_few_loads_or_of_what_is_no_number(void **state)
{
    (void)state;
    assert_no_html(series_html_put, "{}");
    assert_no_html(series_html_put, "{\"past\":[{\"load\":1,\"value\":1}],\"measured\":1}");
    assert_no_html(series_html_put, "{" PAST ",\"measured\":\"NaN\"}");
    assert_no_html(series_html_put, "{\"past\":[{\"value\":\"Infinity\"},{\"value\":1}],"
                                    "\"measured\":1}");
}

static void more_loads_than_are_ever_kept_are_not_drawn(void **state)
{
    (void)state;
    json_t *finding = json_pack("{s:i, s:[]}", "measured", 1, "past");
    for (int i = 0; i < 29; i++)
        (void)json_array_append_new(json_object_get(finding, "past"),
                                    json_pack("{s:i}", "value", 1));
    char *text = json_dumps(finding, 0);
    assert_no_html(series_html_put, text);
    free(text);
    json_decref(finding);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(earlier_loads_and_this_one_are_a_line_in_a_band),
        cmocka_unit_test(a_fixed_limit_is_a_line_across),
        cmocka_unit_test(values_that_are_all_alike_are_drawn_in_the_middle),
        cmocka_unit_test(nothing_is_drawn_of_too_few_loads_or_of_what_is_no_number),
        cmocka_unit_test(more_loads_than_are_ever_kept_are_not_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
