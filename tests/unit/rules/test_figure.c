#include "tests/unit/test.h"

#include "base/clock.h"
#include "rules/figure.h"

#define DOUBLE(number) ((struct value){.type = VALUE_DOUBLE, .f64 = (number)})
#define INTEGER(number) ((struct value){.type = VALUE_INTEGER, .i64 = (number)})
#define TEXT(literal) ((struct text_ref){.bytes = (literal), .len = sizeof(literal) - 1})

static void measures_are_written_for_people(void **state)
{
    (void)state;
    char out[FIGURE_TEXT_BYTES];
    struct value share = DOUBLE(0.93196);
    struct value rows = INTEGER(75000000);
    struct value numeric = {.type = VALUE_NUMERIC, .text = TEXT("0.25")};
    struct value time = {.type = VALUE_TIME, .i64 = 0};
    struct value forever = {.type = VALUE_TIME, .i64 = INT64_MAX};
    struct value duration = {.type = VALUE_DURATION, .i64 = 14580 * USEC_PER_SEC};
    struct value null = {.type = VALUE_DOUBLE, .is_null = true};
    struct value text = {.type = VALUE_TEXT, .text = TEXT("twitter")};
    assert_string_equal(figure_text(&share, true, 0, out), "93.2 %");
    assert_string_equal(figure_text(&share, false, 0, out), "0.93196");
    assert_string_equal(figure_text(&rows, false, 0, out), "75,000,000");
    assert_string_equal(figure_text(&numeric, true, 0, out), "25 %");
    assert_string_equal(figure_text(&time, false, 0, out), "2000-01-01 00:00 UTC");
    assert_string_equal(figure_text(&forever, false, 0, out), "infinity");
    assert_string_equal(figure_text(&duration, false, 0, out), "4 h 3 min");
    assert_string_equal(figure_text(&null, true, 0, out), "NULL");
    assert_string_equal(figure_text(&text, true, 0, out), "twitter");
}

static void assert_texts(double measured, double limit, const char *measured_text,
                         const char *limit_text)
{
    char measured_out[FIGURE_TEXT_BYTES];
    char limit_out[FIGURE_TEXT_BYTES];
    struct value measured_value = DOUBLE(measured);
    struct value limit_value = DOUBLE(limit);
    figure_texts(&measured_value, &limit_value, true, measured_out, limit_out);
    assert_string_equal(measured_out, measured_text);
    assert_string_equal(limit_out, limit_text);
}

static void a_value_is_never_rounded_to_the_limit_that_it_passed(void **state)
{
    (void)state;
    assert_texts(0.404, 0.05, "40.4 %", "5 %");
    assert_texts(0.049996, 0.05, "4.9996 %", "5 %");
    assert_texts(0.0500000001, 0.05, "5.00000001 %", "5 %");
    assert_texts(0.05, 0.049996, "5 %", "4.9996 %");
    assert_texts(0.01236, 0.01233, "1.24 %", "1.23 %");
}

static void a_value_that_is_the_limit_reads_like_it(void **state)
{
    (void)state;
    char measured[FIGURE_TEXT_BYTES];
    char limit[FIGURE_TEXT_BYTES];
    struct value value = DOUBLE(0.1 + 0.2);
    figure_texts(&value, &value, false, measured, limit);
    assert_string_equal(measured, "0.3");
    assert_string_equal(limit, "0.3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measures_are_written_for_people),
        cmocka_unit_test(a_value_is_never_rounded_to_the_limit_that_it_passed),
        cmocka_unit_test(a_value_that_is_the_limit_reads_like_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
