#include "tests/unit/test.h"

#include <float.h>
#include <math.h>

#include "base/clock.h"
#include "base/number.h"

static char out[NUMBER_TEXT_BYTES];

static void counts_are_grouped_in_thousands(void **state)
{
    (void)state;
    assert_string_equal(number_format_count(0, out), "0");
    assert_string_equal(number_format_count(999, out), "999");
    assert_string_equal(number_format_count(1000, out), "1,000");
    assert_string_equal(number_format_count(75000000, out), "75,000,000");
    assert_string_equal(number_format_count(UINT64_MAX, out), "18,446,744,073,709,551,615");
    assert_string_equal(number_format_integer(INT64_MIN, out), "-9,223,372,036,854,775,808");
    assert_string_equal(number_format_integer(-100, out), "-100");
}

static void shares_have_as_many_digits_as_say_something(void **state)
{
    (void)state;
    assert_string_equal(number_format_share(0.93196, 0, out), "93.2 %");
    assert_string_equal(number_format_share(0.005, 0, out), "0.5 %");
    assert_string_equal(number_format_share(0.00004, 0, out), "0.004 %");
    assert_string_equal(number_format_share(0.07, 0, out), "7 %");
    assert_string_equal(number_format_share(0.29, 0, out), "29 %");
    assert_string_equal(number_format_share(-0.0525, 0, out), "-5.2 %");
    assert_string_equal(number_format_share(1.5, 0, out), "150 %");
    assert_string_equal(number_format_share(12345.678, 0, out), "1,234,568 %");
}

static void only_nothing_is_0_and_only_all_is_100_percent(void **state)
{
    (void)state;
    assert_string_equal(number_format_share(0, 0, out), "0 %");
    assert_string_equal(number_format_share(-0.0, 0, out), "0 %");
    assert_string_equal(number_format_share(1, 0, out), "100 %");
    assert_string_equal(number_format_share(0.99996, 0, out), "99.996 %");
    assert_string_equal(number_format_share(74999999.0 / 75000000.0, 0, out), "99.9999987 %");
    assert_string_equal(number_format_share(1.0 / 75000000.0, 0, out), "0.0000013 %");
    assert_string_equal(number_format_share(1e-300, 0, out), "1e-298 %");
    assert_string_equal(number_format_share(1.0001, 0, out), "100.01 %");
}

static void more_digits_can_be_had(void **state)
{
    (void)state;
    assert_string_equal(number_format_share(0.0050003, 0, out), "0.5 %");
    assert_string_equal(number_format_share(0.0050003, 3, out), "0.50003 %");
    assert_string_equal(number_format_double(1.80000004, 0, out), "1.8");
    assert_string_equal(number_format_double(1.80000004, 3, out), "1.80000004");
}

static void doubles_have_six_digits_or_all_before_the_point(void **state)
{
    (void)state;
    assert_string_equal(number_format_double(45.237812, 0, out), "45.2378");
    assert_string_equal(number_format_double(1234567.89, 0, out), "1,234,568");
    assert_string_equal(number_format_double(-1234.5, 0, out), "-1,234.5");
    assert_string_equal(number_format_double(0, 0, out), "0");
    assert_string_equal(number_format_double(-0.0, 0, out), "0");
    assert_string_equal(number_format_double(0.001, 0, out), "0.001");
    assert_string_equal(number_format_double(0.00000123, 0, out), "1.23e-06");
    assert_string_equal(number_format_double(1e15, 0, out), "1e+15");
}

static void extremes_and_what_is_no_number_are_shown(void **state)
{
    (void)state;
    assert_string_equal(number_format_double((double)NAN, 0, out), "NaN");
    assert_string_equal(number_format_double(-(double)INFINITY, 0, out), "-infinity");
    assert_string_equal(number_format_share((double)INFINITY, 0, out), "infinity");
    assert_string_equal(number_format_double(DBL_MAX, 0, out), "1.79769e+308");
    assert_string_equal(number_format_share(DBL_MAX, 0, out), "infinity");
    assert_string_equal(number_format_double(DBL_TRUE_MIN, 0, out), "4.94066e-324");
    assert_string_equal(number_format_share(DBL_TRUE_MIN, 12, out), "4.9406564584125e-322 %");
}

static void times_name_their_zone_and_leave_out_empty_seconds(void **state)
{
    (void)state;
    assert_string_equal(number_format_time(INT64_C(1306062000000000), out), "2011-05-22 11:00 UTC");
    assert_string_equal(number_format_time(INT64_C(1306062007000000), out),
                        "2011-05-22 11:00:07 UTC");
    assert_string_equal(number_format_time(INT64_C(1306062000250000), out),
                        "2011-05-22 11:00:00.250000 UTC");
    assert_string_equal(number_format_time(-1, out), "1969-12-31 23:59:59.999999 UTC");
    assert_non_null(strstr(number_format_time(INT64_MAX, out), " UTC"));
    assert_non_null(strstr(number_format_time(INT64_MIN, out), " UTC"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_grouped_in_thousands),
        cmocka_unit_test(shares_have_as_many_digits_as_say_something),
        cmocka_unit_test(only_nothing_is_0_and_only_all_is_100_percent),
        cmocka_unit_test(more_digits_can_be_had),
        cmocka_unit_test(doubles_have_six_digits_or_all_before_the_point),
        cmocka_unit_test(extremes_and_what_is_no_number_are_shown),
        cmocka_unit_test(times_name_their_zone_and_leave_out_empty_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
