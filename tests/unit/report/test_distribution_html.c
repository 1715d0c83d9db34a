#include "tests/unit/report/html.h"

#include <string.h>

#include "report/distribution_html.h"

#define DRAWING(scale, bins, rest)                                                                 \
    "{\"column\":\"score\",\"distribution\":{\"scale\":\"" scale "\",\"bins\":[" bins              \
    "],\"old_rows\":100,\"new_rows\":200" rest "}}"
#define BIN(label, old, new) "{\"label\":\"" label "\",\"old\":" #old ",\"new\":" #new "}"

static void few_values_stand_in_a_table_with_bars(void **state)
{
    (void)state;
    static const char drawing[] =
        DRAWING("categories", BIN("twitter", 50, 20) "," BIN("facebook", 50, 160),
                ",\"old_nulls\":0,\"new_nulls\":20");
    char *html = html_of(distribution_html_put, drawing);
    assert_contains(html, "<th scope=\"row\">twitter</th>\n<td class=\"number\">50 %</td>"
                          "<td class=\"number\">10 %</td>");
    assert_contains(html, "<span class=\"bar old\" style=\"width:62.50%\"></span>"
                          "<span class=\"bar new\" style=\"width:12.50%\"></span>");
    assert_contains(html, "<th scope=\"row\">NULL</th>\n<td class=\"number\">0 %</td>"
                          "<td class=\"number\">10 %</td>");
    assert_null(strstr(html, "NaN"));
    assert_null(strstr(html, "<svg"));
    free(html);
}

/* Twenty bins of five old rows each; the first has `first` new rows, all others `others`. */
static char *histogram(unsigned first, unsigned others)
{
    json_t *bins = json_array();
    for (int i = 0; i < 20; i++)
        (void)json_array_append_new(bins, json_pack("{s:s, s:i, s:i}", "label",
                                                    i == 0 ? "0 <to> 4" : "later", "old", 5, "new",
                                                    i == 0 ? first : others));
    json_t *drawing = json_pack("{s:s, s:{s:o, s:i, s:i}}", "column", "score", "distribution",
                                "bins", bins, "old_rows", 100, "new_rows", 200);
    char *text = json_dumps(drawing, 0);
    json_decref(drawing);
    char *html = html_of(distribution_html_put, text);
    free(text);
    return html;
}

static void many_values_are_drawn_over_each_other(void **state)
{
    (void)state;
    char *html = histogram(10, 10);
    assert_contains(html, "role=\"img\" aria-label=\"How the values of score are distributed");
    assert_contains(html, "<path class=\"old\" d=\"M0 240V0.0H50.0V0.0H100.0");
    assert_contains(html, "<path class=\"outline\"");
    assert_contains(html, "<title>0 &lt;to&gt; 4: 5 % → 5 %</title>");
    assert_null(strstr(html, "cut off"));
    free(html);
}

static void a_bin_far_above_all_others_is_cut_so_that_these_can_be_seen(void **state)
{
    (void)state;
    char *html = histogram(181, 1);
    assert_contains(html, "0 &lt;to&gt; 4: 5 % → 90.5 %, cut off here</p>");
    assert_contains(html, "<path class=\"old\" d=\"M0 240V80.0H50.0V80.0");
    free(html);
}

static void nothing_is_drawn_of_nothing(void **state)
{
    (void)state;
    static const char *const drawings[] = {
        "null", "{}", "{\"column\":\"score\",\"distribution\":null}",
        "{\"column\":\"score\",\"distribution\":{\"bins\":7,\"old_rows\":1}}",
        "{\"column\":7,\"distribution\":{\"bins\":[{}],\"old_rows\":0,\"new_rows\":\"a\"}}"};
    for (size_t i = 0; i < ARRAY_SIZE(drawings); i++) {
        json_t *json = json_loads(drawings[i], JSON_DECODE_ANY, NULL);
        struct error err;
        struct markup markup;
        markup_init(&markup, &err);
        distribution_html_put(&markup, json);
        json_decref(json);
        char *html = markup_string(&markup);
        assert_string_equal(html, "");
        free(html);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_values_stand_in_a_table_with_bars),
        cmocka_unit_test(many_values_are_drawn_over_each_other),
        cmocka_unit_test(a_bin_far_above_all_others_is_cut_so_that_these_can_be_seen),
        cmocka_unit_test(nothing_is_drawn_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
