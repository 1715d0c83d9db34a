#include "tests/unit/test.h"

#include "report/stored.h"

#define ROWS                                                                                       \
    "\"rows\":{\"old\":1,\"new\":1,\"kept\":1,\"added\":0,\"removed\":0,\"changed\":0,"            \
    "\"duplicates\":0}"

static enum error_code check(const char *text, struct error *err)
{
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(json);
    enum error_code code = stored_check(json, err);
    json_decref(json);
    return code;
}

static void the_smallest_report_has_verdict_rows_and_findings(void **state)
{
    (void)state;
    struct error err;
    assert_ok(check("{\"verdict\":\"pass\"," ROWS ",\"findings\":[]}", &err));
    assert_ok(check("{\"verdict\":\"hold\"," ROWS ",\"more\":1,\"findings\":"
                    "[{\"rule\":\"r\",\"action\":\"hold\",\"more\":[]}]}",
                    &err));
}

static void what_is_not_a_report_is_refused_with_the_reason(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *reason;
    } bad[] = {
        {"[]", "not a JSON object"},
        {"null", "not a JSON object"},
        {"{}", "no verdict"},
        {"{\"verdict\":\"fine\"}", "no verdict"},
        {"{\"verdict\":3}", "no verdict"},
        {"{\"verdict\":\"pass\"}", "no row count 'old'"},
        {"{\"verdict\":\"pass\",\"rows\":[]}", "no row count 'old'"},
        {"{\"verdict\":\"pass\",\"rows\":{\"old\":-1}}", "no row count 'old'"},
        {"{\"verdict\":\"pass\",\"rows\":{\"old\":1,\"new\":\"2\"}}", "no row count 'new'"},
        {"{\"verdict\":\"pass\"," ROWS "}", "no findings"},
        {"{\"verdict\":\"pass\"," ROWS ",\"findings\":{}}", "'findings'"},
        {"{\"verdict\":\"pass\"," ROWS ",\"findings\":[1]}", "'findings'"},
        {"{\"verdict\":\"pass\"," ROWS ",\"findings\":[{}]}", "number 1 of 'findings'"},
        {"{\"verdict\":\"pass\"," ROWS ",\"findings\":[{\"rule\":\"r\",\"action\":\"x\"}]}",
         "no action"},
        {"{\"verdict\":\"pass\"," ROWS ",\"findings\":[{\"rule\":\"r\",\"action\":\"hold\","
         "\"examples\":[1]}]}",
         "examples"},
        {"{\"verdict\":\"pass\"," ROWS ",\"findings\":[{\"rule\":\"r\",\"action\":\"hold\","
         "\"measures\":\"x\"}]}",
         "measures"},
        {"{\"verdict\":\"pass\"," ROWS ",\"findings\":[],\"outcomes\":[{\"rule\":1}]}",
         "number 1 of 'outcomes'"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct error err = {.code = OK};
        assert_fails(ERR_DATA, check(bad[i].text, &err));
        assert_contains(err.message, bad[i].reason);
    }
}

static void members_of_another_type_are_as_good_as_none(void **state)
{
    (void)state;
    json_t *json = json_loads("{\"n\":-3,\"t\":7,\"b\":\"true\",\"s\":\"x\",\"c\":5}", 0, NULL);
    assert_null(stored_text(json, "t"));
    assert_string_equal(stored_text_or_empty(json, "t"), "");
    assert_string_equal(stored_text_or_empty(json, "s"), "x");
    assert_int_equal(stored_count(json, "n"), 0);
    assert_int_equal(stored_count(json, "s"), 0);
    assert_int_equal(stored_count(json, "c"), 5);
    assert_false(stored_is_true(json, "b"));
    assert_false(stored_is_true(NULL, "b"));
    json_decref(json);
}

static void assert_value(const char *text, const char *expected)
{
    struct arena arena = {0};
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(json);
    assert_string_equal(stored_value_text(&arena, json), expected);
    json_decref(json);
    arena_release(&arena);
}

static void values_are_shown_as_in_the_data(void **state)
{
    (void)state;
    assert_value("7", "7");
    assert_value("8123456", "8123456");
    assert_value("48.25", "48.25");
    assert_value("1.0", "1");
    assert_value("0.1", "0.1");
    assert_value("true", "true");
    assert_value("null", "NULL");
    assert_value("\"twitter\"", "twitter");
    assert_value("[]", "?");
}

static void texts_that_would_be_mistaken_are_quoted(void **state)
{
    (void)state;
    assert_value("\"\"", "\"\"");
    assert_value("\"NULL\"", "\"NULL\"");
    assert_value("\" a\"", "\" a\"");
    assert_value("\"a \"", "\"a \"");
    assert_value("\"a\\u001b[2J\"", "a\\x1b[2J");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_smallest_report_has_verdict_rows_and_findings),
        cmocka_unit_test(what_is_not_a_report_is_refused_with_the_reason),
        cmocka_unit_test(members_of_another_type_are_as_good_as_none),
        cmocka_unit_test(values_are_shown_as_in_the_data),
        cmocka_unit_test(texts_that_would_be_mistaken_are_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
