#include "tests/unit/report/written.h"

#include "report/finding_text.h"

/* The text of findings, or of outcomes, given as JSON. */
static char *text_of(const char *findings, bool all)
{
    struct error err;
    struct page page;
    json_error_t where;
    json_t *list = json_loads(findings, 0, &where);
    if (list == NULL)
        fail_msg("%s: %s", where.text, findings);
    json_t *report = json_pack("{s:o, s:[s]}", "findings", list, "key", "id");
    page_init(&page, 80, false, &err);
    finding_text_put_all(&page, report, all);
    json_decref(report);
    return page_text(&page);
}

static void assert_text(const char *findings, const char *expected)
{
    char *text = text_of(findings, false);
    assert_string_equal(text, expected);
    free(text);
}

static void a_finding_says_what_why_and_how_much(void **state)
{
    (void)state;
    assert_text("[{\"rule\":\"mass reset\",\"action\":\"block\",\"column\":\"score\","
                "\"sentence\":\"93.2 % of kept rows moved to score = 1\","
                "\"because\":\"the last step writes 1 when its inputs are missing\","
                "\"condition\":\"arrivals(score) > 25%\",\"file\":\"rules.yaml\",\"line\":12,"
                "\"measures\":[{\"measure\":\"arrivals(score)\",\"value\":0.93196,"
                "\"text\":\"93.2 %\",\"arrived_at\":1}],"
                "\"measured\":0.93196,\"limit\":0.25,\"measured_text\":\"93.2 %\","
                "\"limit_text\":\"25 %\",\"basis\":\"fixed\"}]",
                "\n"
                "✗ block  mass reset · score\n"
                "  93.2 % of kept rows moved to score = 1\n"
                "  because    the last step writes 1 when its inputs are missing\n"
                "  condition  arrivals(score) > 25%  (rules.yaml:12)\n"
                "  measured   93.2 % at 1, limit 25 %\n");
}

static void several_measures_are_named_and_what_was_compared_is_told(void **state)
{
    (void)state;
    assert_text("[{\"rule\":\"mean as usual\",\"action\":\"hold\",\"segment\":\"network=x\","
                "\"condition\":\"abs(mean(score) - usual(mean(score))) > 1.8\","
                "\"measures\":[{\"measure\":\"mean(score)\",\"value\":1.5,\"text\":\"1.5\"},"
                "{\"measure\":\"distinct(id)\",\"value\":7,\"text\":\"7\","
                "\"relative_error\":0.008}],"
                "\"measured\":44.2,\"measured_text\":\"44.2\",\"limit_text\":\"1.8\","
                "\"basis\":\"history\",\"loads\":12}]",
                "\n"
                "‖ hold   mean as usual · network=x\n"
                "  condition  abs(mean(score) - usual(mean(score))) > 1.8\n"
                "  measured   mean(score) = 1.5, distinct(id) = 7 ± 0.8 %\n"
                "  compared   44.2, limit 1.8\n"
                "  limit      from 12 earlier loads\n");
}

static void what_the_sentence_says_is_not_said_again(void **state)
{
    (void)state;
    assert_text("[{\"rule\":\"r\",\"action\":\"hold\",\"sentence\":\"0.7 % fell (limit 0.5 %)\","
                "\"measures\":[{\"measure\":\"m\",\"value\":0.007,\"text\":\"0.7 %\"}],"
                "\"measured\":0.007,\"measured_text\":\"0.7 %\",\"limit_text\":\"0.5 %\"}]",
                "\n‖ hold   r\n  0.7 % fell (limit 0.5 %)\n");
}

static void a_limit_within_another_number_is_not_the_value(void **state)
{
    (void)state;
    assert_text("[{\"rule\":\"r\",\"action\":\"hold\",\"sentence\":\"min(x) is -0.38 (limit 0)\","
                "\"measures\":[{\"measure\":\"min(x)\",\"value\":-0.38,\"text\":\"-0.38\"}],"
                "\"measured\":-0.38,\"measured_text\":\"-0.38\",\"limit_text\":\"0\"}]",
                "\n‖ hold   r\n  min(x) is -0.38 (limit 0)\n");
    assert_text("[{\"rule\":\"r\",\"action\":\"hold\",\"sentence\":\"10 rows fell (limit 0)\","
                "\"measures\":[{\"measure\":\"count(x < 0)\",\"value\":10,\"text\":\"10\"}],"
                "\"measured\":10,\"measured_text\":\"10\",\"limit_text\":\"0\"}]",
                "\n‖ hold   r\n  10 rows fell (limit 0)\n");
}

static void the_same_examples_are_not_shown_twice(void **state)
{
    (void)state;
#define EXAMPLES                                                                                   \
    "\"example_columns\":[\"v\"],\"examples\":["                                                   \
    "{\"key\":{\"id\":7},\"old\":{\"v\":62},\"new\":{\"v\":1}}]}"
    assert_text("[{\"rule\":\"a\",\"action\":\"hold\"," EXAMPLES
                ",{\"rule\":\"b\",\"action\":\"hold\"," EXAMPLES
                ",{\"rule\":\"c\",\"action\":\"hold\"," EXAMPLES "]",
                "\n"
                "‖ hold   a\n"
                "  examples, old → new\n"
                "  id  v\n"
                "   7  62 → 1\n"
                "\n"
                "‖ hold   b\n"
                "  examples as under a\n"
                "\n"
                "‖ hold   c\n"
                "  examples as under a\n");
}

static void more_digits_are_shown_where_the_sentence_has_too_few(void **state)
{
    (void)state;
    assert_text("[{\"rule\":\"r\",\"action\":\"hold\",\"sentence\":\"0.5 % fell (limit 0.5 %)\","
                "\"measures\":[{\"measure\":\"m\",\"value\":0.0050003,\"text\":\"0.5 %\"}],"
                "\"measured\":0.0050003,\"measured_text\":\"0.50003 %\",\"limit_text\":\"0.5 %\"}]",
                "\n"
                "‖ hold   r\n"
                "  0.5 % fell (limit 0.5 %)\n"
                "  measured   0.50003 %, limit 0.5 %\n");
}

static void a_finding_with_nothing_but_a_rule_is_one_line(void **state)
{
    (void)state;
    assert_text("[{\"rule\":\"r\",\"action\":\"warn\"}]", "\n! warn   r\n");
}

static void shadow_and_unreleasable_findings_say_so(void **state)
{
    (void)state;
    assert_text("[{\"rule\":\"r\",\"action\":\"hold\",\"shadow\":true},"
                "{\"rule\":\"duplicates\",\"action\":\"block\",\"releasable\":false}]",
                "\n"
                "‖ hold   r (shadow: recorded, does not count)\n"
                "\n"
                "✗ block  duplicates (nobody can release this)\n");
}

static void segments_of_one_check_stand_together(void **state)
{
    (void)state;
    assert_text("[{\"rule\":\"drops\",\"action\":\"hold\",\"segment\":\"network=x\","
                "\"sentence\":\"31 % fell, more than 1 %\",\"because\":\"b\"},"
                "{\"rule\":\"drops\",\"action\":\"hold\",\"segment\":\"network=y\","
                "\"sentence\":\"in network=y 5 % fell, more than 1 %\",\"because\":\"b\","
                "\"example_columns\":[\"v\"],\"examples\":["
                "{\"key\":{\"id\":7},\"old\":{\"v\":62},\"new\":{\"v\":1}}]},"
                "{\"rule\":\"drops\",\"action\":\"warn\",\"segment\":\"network=z\"}]",
                "\n"
                "‖ hold   drops · network=x and 1 more segment\n"
                "  - network=x: 31 % fell, more than 1 %\n"
                "  - in network=y 5 % fell, more than 1 %\n"
                "  because    b\n"
                "  examples of network=y, old → new\n"
                "  id  v\n"
                "   7  62 → 1\n"
                "\n"
                "! warn   drops · network=z\n");
}

static void segments_beyond_the_cap_and_vanished_ones_count_too(void **state)
{
    (void)state;
    assert_text("[{\"rule\":\"drops\",\"action\":\"hold\",\"segment\":\"network=x\","
                "\"condition\":\"share(x < 1) > 1%\",\"sentence\":\"network=x: 31 % fell\"},"
                "{\"rule\":\"drops\",\"action\":\"hold\",\"segment\":\"network=y\","
                "\"condition\":\"a segment vanished\",\"sentence\":\"network=y has vanished\"},"
                "{\"rule\":\"drops\",\"action\":\"hold\",\"segments\":17,"
                "\"condition\":\"share(x < 1) > 1%\","
                "\"sentence\":\"17 more segments are like this\"}]",
                "\n"
                "‖ hold   drops · network=x and 18 more segments\n"
                "  - network=x: 31 % fell\n"
                "  - network=y has vanished\n"
                "  - 17 more segments are like this\n");
}

static json_t *many_findings(size_t n, bool segments)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *finding =
            json_pack("{s:s, s:s, s:s}", "rule", "r", "action", "hold", "sentence", "a sentence");
        (void)json_object_set_new(finding, segments ? "segment" : "column",
                                  json_sprintf("c%zu", i));
        (void)json_array_append_new(list, finding);
    }
    return list;
}

static char *text_of_many(size_t n, bool segments, bool all)
{
    json_t *list = many_findings(n, segments);
    char *dump = json_dumps(list, 0);
    char *text = text_of(dump, all);
    free(dump);
    json_decref(list);
    return text;
}

static void of_1600_findings_the_first_are_whole_then_a_line_each_then_a_number(void **state)
{
    (void)state;
    char *text = text_of_many(1600, false, false);
    assert_contains(text, "\n\n‖ hold   r · c19\n  a sentence\n");
    assert_contains(text, "\n‖ hold   r · c20: a sentence\n‖ hold   r · c21: a sentence\n");
    assert_contains(text, "r · c119: a sentence\n… 1480 more\n");
    free(text);
}

static void all_findings_are_whole_if_wanted(void **state)
{
    (void)state;
    char *text = text_of_many(200, false, true);
    assert_contains(text, "\n\n‖ hold   r · c199\n  a sentence\n");
    assert_null(strstr(text, "…"));
    free(text);
}

static void of_many_segments_the_first_are_told(void **state)
{
    (void)state;
    char *some = text_of_many(100, true, false);
    char *all = text_of_many(100, true, true);
    assert_contains(some, "- c9: a sentence\n  - … 90 more segments\n");
    assert_contains(all, "- c99: a sentence\n");
    free(some);
    free(all);
}

static void errors_say_that_nobody_could_tell(void **state)
{
    (void)state;
    struct error err;
    struct page page;
    json_t *report = json_pack("{s:[{s:s,s:s,s:s},{s:s,s:s,s:s,s:s}]}", "outcomes", "outcome",
                               "pass", "rule", "p", "action", "hold", "outcome", "error", "rule",
                               "thought leaders", "action", "hold", "sentence", "no value now");
    page_init(&page, 80, false, &err);
    finding_text_put_errors(&page, report, false);
    json_decref(report);
    assert_written(&page, "\n‖ hold   thought leaders — could not tell\n  no value now\n");
}

static void where_nothing_arrived_no_value_is_named(void **state)
{
    (void)state;
    struct arena arena = {0};
    json_t *outcome = json_pack("{s:[{s:s, s:f, s:s, s:n}]}", "measures", "measure", "arrivals(x)",
                                "value", 0.0, "text", "0 %", "arrived_at");
    assert_string_equal(finding_text_measures(&arena, outcome), "0 %");
    json_decref(outcome);
    arena_release(&arena);
}

static void a_name_has_rule_column_and_segment(void **state)
{
    (void)state;
    struct arena arena = {0};
    json_t *outcome =
        json_pack("{s:s, s:s, s:s}", "rule", "r", "column", "score", "segment", "network=x");
    assert_string_equal(finding_text_name(&arena, outcome), "r · score · network=x");
    json_decref(outcome);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_finding_says_what_why_and_how_much),
        cmocka_unit_test(several_measures_are_named_and_what_was_compared_is_told),
        cmocka_unit_test(what_the_sentence_says_is_not_said_again),
        cmocka_unit_test(a_limit_within_another_number_is_not_the_value),
        cmocka_unit_test(the_same_examples_are_not_shown_twice),
        cmocka_unit_test(more_digits_are_shown_where_the_sentence_has_too_few),
        cmocka_unit_test(a_finding_with_nothing_but_a_rule_is_one_line),
        cmocka_unit_test(shadow_and_unreleasable_findings_say_so),
        cmocka_unit_test(segments_of_one_check_stand_together),
        cmocka_unit_test(segments_beyond_the_cap_and_vanished_ones_count_too),
        cmocka_unit_test(of_1600_findings_the_first_are_whole_then_a_line_each_then_a_number),
        cmocka_unit_test(all_findings_are_whole_if_wanted),
        cmocka_unit_test(of_many_segments_the_first_are_told),
        cmocka_unit_test(errors_say_that_nobody_could_tell),
        cmocka_unit_test(where_nothing_arrived_no_value_is_named),
        cmocka_unit_test(a_name_has_rule_column_and_segment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
