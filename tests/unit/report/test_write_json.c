#include "tests/unit/report/fixture.h"

#include <float.h>

/* What is written for JSON text, on one line. */
static char *rewritten(const char *text, bool indent)
{
    struct error err;
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(json);
    char *written = PRINTED(out, report_write_json(json, indent, out, &err));
    json_decref(json);
    return written;
}

static void assert_rewritten(const char *text, const char *expected)
{
    char *written = rewritten(text, false);
    assert_string_equal(written, expected);
    free(written);
}

static void everything_is_written_on_one_line(void **state)
{
    (void)state;
    assert_rewritten("{ \"a\": [1, -2, true, false, null, {}, []], \"b\": \"x\" }",
                     "{\"a\":[1,-2,true,false,null,{},[]],\"b\":\"x\"}\n");
}

static void indented_json_reads_well(void **state)
{
    (void)state;
    char *written = rewritten("{\"a\": [1, {\"b\": 2}], \"c\": {}}", true);
    assert_string_equal(written, "{\n"
                                 "  \"a\": [\n"
                                 "    1,\n"
                                 "    {\n"
                                 "      \"b\": 2\n"
                                 "    }\n"
                                 "  ],\n"
                                 "  \"c\": {}\n"
                                 "}\n");
    free(written);
}

static void assert_reads_back(double number)
{
    struct error err;
    json_t *json = json_real(number);
    char *written = PRINTED(out, report_write_json(json, false, out, &err));
    json_t *again = json_loads(written, JSON_DECODE_ANY, NULL);
    assert_non_null(again);
    assert_true(json_number_value(again) == number);
    json_decref(again);
    json_decref(json);
    free(written);
}

static void doubles_have_the_fewest_digits_that_read_back_the_same(void **state)
{
    (void)state;
    static const double numbers[] = {0.1 + 0.2, 1.0 / 3, DBL_MAX, DBL_TRUE_MIN, 1e22, -1e-7};
    assert_rewritten("0.93", "0.93\n");
    assert_rewritten("0.1", "0.1\n");
    assert_rewritten("5.0", "5\n");
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
        assert_reads_back(numbers[i]);
}

static void strings_cannot_harm_a_terminal(void **state)
{
    (void)state;
    assert_rewritten("\"quote \\\" and \\\\, Grüße\"", "\"quote \\\" and \\\\, Grüße\"\n");
    assert_rewritten("\"\\u001b[2J\\n\\u009b\\u007f\"", "\"\\u001b[2J\\n\\u009b\\u007f\"\n");
    assert_rewritten("\"\\u202e\\udb40\\udc41\"", "\"\\u202e\\udb40\\udc41\"\n");
    assert_rewritten("{\"\\u001b\":0}", "{\"\\u001b\":0}\n");
}

static void what_is_written_reads_back_as_the_same(void **state)
{
    (void)state;
    const char *text = "{\"a\":\"\\u001b \\udb40\\udc41 \\ud83d\\ude00\\\\\",\"b\":[[[0.25]]]}";
    json_t *before = json_loads(text, 0, NULL);
    char *written = rewritten(text, true);
    json_t *after = json_loads(written, 0, NULL);
    assert_true(json_equal(before, after));
    json_decref(before);
    json_decref(after);
    free(written);
}

static void a_full_disk_is_an_error(void **state)
{
    (void)state;
    struct error err;
    FILE *full = fopen("/dev/full", "w");
    json_t *json = json_true();
    assert_non_null(full);
    assert_int_not_equal(report_write_json(json, false, full, &err), OK);
    assert_contains(err.message, "cannot write the report");
    (void)fclose(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_written_on_one_line),
        cmocka_unit_test(indented_json_reads_well),
        cmocka_unit_test(doubles_have_the_fewest_digits_that_read_back_the_same),
        cmocka_unit_test(strings_cannot_harm_a_terminal),
        cmocka_unit_test(what_is_written_reads_back_as_the_same),
        cmocka_unit_test(a_full_disk_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
