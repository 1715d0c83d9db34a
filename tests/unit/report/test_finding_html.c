#include "tests/unit/report/html.h"

#include <string.h>

#include "report/finding_html.h"

#define REPORT(findings) "{\"key\":[\"id\"],\"findings\":[" findings "]}"
#define SEGMENT(name)                                                                              \
    "{\"rule\":\"shifted\",\"action\":\"hold\",\"segment\":\"" name "\",\"condition\":\"c\","      \
    "\"sentence\":\"" name ": much\"}"

static void a_finding_says_what_why_how_much_and_where_the_limit_comes_from(void **state)
{
    (void)state;
    char *html = html_of(
        finding_html_put_all,
        REPORT("{\"rule\":\"mass reset\",\"action\":\"block\",\"column\":\"score\","
               "\"sentence\":\"93.2 % of kept rows moved to score = 1\",\"because\":\"it is a "
               "default\",\"condition\":\"arrivals(score) > 25%\",\"file\":\"r.yaml\",\"line\":12,"
               "\"limit_text\":\"25 %\",\"basis\":\"short history\",\"loads\":3}"));
    assert_contains(html, "<article class=\"finding block\">");
    assert_contains(html, "block</span> mass reset<span class=\"about\">score</span>");
    assert_contains(html, "<p class=\"sentence\">93.2 % of kept rows moved to score = 1</p>");
    assert_contains(html, "<dt>because</dt>\n<dd>it is a default</dd>");
    assert_contains(html, "<dd>25 %, the rule&#39;s own for a short history, since there are only "
                          "3 earlier loads</dd>");
    assert_contains(html, "<code>arrivals(score) &gt; 25%</code> <span "
                          "class=\"place\">r.yaml:12</span>");
    free(html);
}

static void segments_of_one_check_are_one_article(void **state)
{
    (void)state;
    char *html = html_of(finding_html_put_all, REPORT(SEGMENT("n=a") "," SEGMENT("n=b")));
    assert_contains(html, "<span class=\"about\">2 segments</span>");
    assert_contains(html, "<li>n=a: much</li>\n<li>n=b: much</li>");
    const char *first = strstr(html, "<article");
    assert_non_null(first);
    assert_null(strstr(first + 1, "<article"));
    free(html);
}

static void what_is_drawn_once_is_referred_to(void **state)
{
    (void)state;
#define DRAWN(rule, distribution)                                                                  \
    "{\"rule\":\"" rule "\",\"action\":\"hold\",\"drawing\":{\"column\":\"score\","                \
    "\"distribution\":" distribution "}}"
    char *html = html_of(
        finding_html_put_all,
        REPORT(DRAWN("a", "{\"bins\":[{\"label\":\"1\",\"old\":1}],\"old_rows\":1}") "," DRAWN(
            "b", "null")));
    assert_contains(html, "score is drawn under “a”.");
    assert_null(strstr(html, "“b”"));
    free(html);
}

static void where_values_are_judged_together_it_is_said(void **state)
{
    (void)state;
    assert_html_contains(finding_html_put_all,
                         REPORT("{\"rule\":\"a\",\"action\":\"hold\",\"segment\":\"n=1\","
                                "\"rest\":{\"single\":10000,\"together\":52120}}"),
                         "<dd>10,000 values are judged singly, and 52,120 others together</dd>");
}

/* n findings of different rules. */
static char *many(size_t n)
{
    json_t *findings = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(
            findings,
            json_pack("{s:o, s:s}", "rule", json_sprintf("rule %zu", i), "action", "warn"));
    json_t *report = json_pack("{s:o}", "findings", findings);
    char *text = json_dumps(report, 0);
    json_decref(report);
    char *html = html_of(finding_html_put_all, text);
    free(text);
    return html;
}

static size_t count(const char *html, const char *part)
{
    size_t n = 0;
    for (const char *at = strstr(html, part); at != NULL; at = strstr(at + 1, part))
        n++;
    return n;
}

static void of_many_findings_the_first_are_whole_and_the_rest_is_folded(void **state)
{
    (void)state;
    char *html = many(20);
    assert_int_equal(count(html, "<article"), 20);
    assert_int_equal(count(html, "further findings"), 0);
    free(html);
    html = many(1600);
    assert_int_equal(count(html, "<article"), 20);
    assert_int_equal(count(html, "<li>"), 500);
    assert_contains(html, "… and 1080 more");
    free(html);
}

static void what_nobody_can_release_and_what_does_not_count_say_so(void **state)
{
    (void)state;
    assert_html_contains(finding_html_put_all,
                         REPORT("{\"rule\":\"a\",\"action\":\"block\",\"releasable\":false}"),
                         "Nobody can release this.");
    assert_html_contains(finding_html_put_all,
                         REPORT("{\"rule\":\"a\",\"action\":\"warn\",\"shadow\":true}"),
                         "A shadow: recorded, does not count.");
}

static void nothing_from_a_report_becomes_markup(void **state)
{
    (void)state;
#define EVIL "\\\"><script>x</script>"
    char *html = html_of(
        finding_html_put_all,
        "{\"key\":[\"" EVIL "\"],\"findings\":[{\"rule\":\"" EVIL "\",\"action\":\"" EVIL
        "\",\"segment\":\"" EVIL "\",\"column\":\"" EVIL "\",\"sentence\":\"" EVIL
        "\",\"because\":\"" EVIL "\",\"condition\":\"" EVIL "\",\"file\":\"" EVIL
        "\",\"limit_text\":\"" EVIL "\",\"basis\":\"" EVIL "\",\"measures\":[{\"measure\":\"" EVIL
        "\",\"text\":\"" EVIL "\"}],\"example_columns\":[\"" EVIL
        "\"],\"examples\":[{\"key\":{\"" EVIL "\":\"" EVIL "\"},\"old\":{\"" EVIL "\":\"" EVIL
        "\"},\"new\":{\"" EVIL "\":\"b" EVIL "\"}}],\"drawing\":{\"column\":\"" EVIL
        "\",\"distribution\":{\"bins\":[{\"label\":\"" EVIL
        "\",\"old\":1}],\"old_rows\":1},\"transitions\":{\"groups\":[\"" EVIL
        "\"],\"rows\":[[1]],\"kept\":1,\"changed\":1}},\"past\":[{\"as_of\":\"" EVIL
        "\",\"value\":1},{\"value\":2}],\"measured\":1}]}");
    assert_null(strstr(html, "<script"));
    assert_null(strstr(html, "\"\">"));
    assert_int_equal(count(html, "&lt;script&gt;"), 23);
    free(html);
}

static void errors_and_the_others_stand_apart(void **state)
{
    (void)state;
    static const char report[] =
        "{\"outcomes\":[{\"outcome\":\"error\",\"rule\":\"canaries\",\"action\":\"hold\","
        "\"sentence\":\"the file matches no row\"},"
        "{\"outcome\":\"pass\",\"rule\":\"rows lost\",\"action\":\"hold\",\"measures\":[{"
        "\"measure\":\"removed\",\"text\":\"12\"}],\"segments\":3}]}";
    assert_html_contains(finding_html_put_errors, report, "Could not tell, so the load is held.");
    struct error err;
    struct markup markup;
    json_t *json = parsed(report);
    markup_init(&markup, &err);
    finding_html_put_others(&markup, json, "pass", "passed");
    finding_html_put_others(&markup, json, "not applicable", "not applicable");
    json_decref(json);
    char *html = markup_string(&markup);
    assert_contains(html, "<details><summary>1 check passed</summary>");
    assert_contains(html, "<th scope=\"row\">rows lost, 3 segments</th>\n<td>12</td>");
    assert_null(strstr(html, "not applicable"));
    free(html);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_finding_says_what_why_how_much_and_where_the_limit_comes_from),
        cmocka_unit_test(segments_of_one_check_are_one_article),
        cmocka_unit_test(where_values_are_judged_together_it_is_said),
        cmocka_unit_test(what_is_drawn_once_is_referred_to),
        cmocka_unit_test(of_many_findings_the_first_are_whole_and_the_rest_is_folded),
        cmocka_unit_test(what_nobody_can_release_and_what_does_not_count_say_so),
        cmocka_unit_test(nothing_from_a_report_becomes_markup),
        cmocka_unit_test(errors_and_the_others_stand_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
