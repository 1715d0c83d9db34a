#include "tests/unit/test.h"

#include "report/history_text.h"

static json_t *parsed(const char *text)
{
    json_error_t where;
    json_t *json = json_loads(text, 0, &where);
    if (json == NULL)
        fail_msg("%s: %s", where.text, text);
    return json;
}

typedef const char *(*text_fn)(struct arena *arena, const json_t *json);

static void assert_text(text_fn text_of, const char *json_text, const char *expected)
{
    CLEANUP(arena_release) struct arena arena = {0};
    json_t *json = parsed(json_text);
    const char *text = text_of(&arena, json);
    if (expected == NULL)
        assert_null(text);
    else
        assert_string_equal(text, expected);
    json_decref(json);
}

#define WARM "{\"rule\":\"a\",\"basis\":\"history\"}"
#define COLD "{\"rule\":\"b\",\"column\":\"x\",\"basis\":\"short history\"}"
#define COLD_TOO "{\"rule\":\"b\",\"column\":\"y\",\"basis\":\"short history\"}"
#define WAITING "{\"rule\":\"c\",\"basis\":\"fixed\",\"lacks_history\":true}"
#define FIXED "{\"rule\":\"d\",\"basis\":\"fixed\"}"
#define REPORT(loads, findings, outcomes)                                                          \
    "{\"history\":{\"loads\":" #loads "},\"findings\":[" findings "],\"outcomes\":[" outcomes "]}"

static void it_says_against_how_many_loads_a_load_was_judged(void **state)
{
    (void)state;
    assert_text(history_text_loads, REPORT(28, WARM, FIXED), "judged against 28 earlier loads");
    assert_text(history_text_loads, REPORT(1, WARM, FIXED), "judged against 1 earlier load");
    assert_text(history_text_loads, REPORT(28, WARM, COLD),
                "judged against 28 earlier loads; 1 check used its limit for a short history");
}

static void it_says_which_checks_had_too_little_history(void **state)
{
    (void)state;
    assert_text(history_text_loads, REPORT(3, COLD "," COLD_TOO, WAITING),
                "3 earlier loads: 2 checks used their limits for a short history, 1 needs more "
                "loads");
    assert_text(history_text_loads, REPORT(0, "", COLD),
                "no history: 1 check used its limit for a short history");
    assert_text(history_text_loads, REPORT(3, "", WAITING),
                "3 earlier loads: 1 check needs more loads");
}

static void segments_of_a_check_count_once(void **state)
{
    (void)state;
    assert_text(history_text_loads, REPORT(3, COLD "," COLD, COLD),
                "3 earlier loads: 1 check used its limit for a short history");
}

static void nothing_is_said_where_no_check_looks_at_history(void **state)
{
    (void)state;
    assert_text(history_text_loads, REPORT(28, FIXED, FIXED), NULL);
    assert_text(history_text_loads, "{\"history\":7,\"findings\":[]}", NULL);
}

static void a_gap_is_told_in_nights_where_loads_come_nightly(void **state)
{
    (void)state;
    assert_text(history_text_gap,
                "{\"history\":{\"gap\":6.02},\"as_of\":\"2011-05-28T04:10:00Z\","
                "\"baseline_as_of\":\"2011-05-22T04:00:00Z\"}",
                "6 nights lie between this load and the last good one");
    assert_text(history_text_gap,
                "{\"history\":{\"gap\":2.5},\"as_of\":\"2011-05-22T06:30:00Z\","
                "\"baseline_as_of\":\"2011-05-22T04:00:00Z\"}",
                "2.5 times the usual time lies between this load and the last good one");
    assert_text(history_text_gap, "{\"history\":{\"gap\":1.4}}", NULL);
    assert_text(history_text_gap, "{}", NULL);
}

static void a_limit_says_where_it_comes_from(void **state)
{
    (void)state;
    assert_text(history_text_limit, "{\"basis\":\"fixed\"}", "fixed by the rule");
    assert_text(history_text_limit, "{}", "fixed by the rule");
    assert_text(history_text_limit, "{\"basis\":\"history\"}", "from earlier loads");
    assert_text(history_text_limit,
                "{\"basis\":\"history\",\"loads\":12,\"range\":[0.003,0.0061],"
                "\"percentage\":true}",
                "from 12 earlier loads, which were 0.3 % to 0.61 %");
    assert_text(history_text_limit, "{\"basis\":\"history\",\"loads\":9,\"range\":[40,40.0]}",
                "from 9 earlier loads, which were 40");
    assert_text(history_text_limit, "{\"basis\":\"short history\",\"loads\":3}",
                "the rule's own for a short history, since there are only 3 earlier loads");
    assert_text(history_text_limit, "{\"basis\":\"short history\",\"loads\":0}",
                "the rule's own for a short history, since there is none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_against_how_many_loads_a_load_was_judged),
        cmocka_unit_test(it_says_which_checks_had_too_little_history),
        cmocka_unit_test(segments_of_a_check_count_once),
        cmocka_unit_test(nothing_is_said_where_no_check_looks_at_history),
        cmocka_unit_test(a_gap_is_told_in_nights_where_loads_come_nightly),
        cmocka_unit_test(a_limit_says_where_it_comes_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
