#include "tests/unit/test.h"

#include "yaml/units.h"

static void assert_duration(const char *text, int64_t us)
{
    struct error err;
    int64_t value = -1;
    assert_ok(units_parse_duration(text, strlen(text), &value, &err));
    assert_int_equal(value, us);
}

static void durations_are_read_in_every_unit(void **state)
{
    (void)state;
    assert_duration("500ms", 500000);
    assert_duration("10s", 10000000);
    assert_duration("5m", INT64_C(300000000));
    assert_duration("26h", INT64_C(93600000000));
    assert_duration("2d", INT64_C(172800000000));
    assert_duration("1h30m", INT64_C(5400000000));
    assert_duration("1.5s", 1500000);
    assert_duration("10 s", 10000000);
    assert_duration("0", 0);
}

static void a_duration_without_a_unit_or_out_of_range_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"10",
                                      "",
                                      "s",
                                      "10x",
                                      "-5s",
                                      "1h30",
                                      "10s ",
                                      "5S",
                                      "9999999999999999d",
                                      "1.s",
                                      "99999999999999999999s",
                                      "1.0000000000000001s",
                                      "1hh"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct error err;
        int64_t value = 77;
        assert_fails(ERR_CONFIG, units_parse_duration(bad[i], strlen(bad[i]), &value, &err));
        assert_contains(err.message, "is not a duration");
        assert_int_equal(value, 77);
    }
}

static void assert_size(const char *text, int64_t bytes)
{
    struct error err;
    int64_t value = -1;
    assert_ok(units_parse_size(text, strlen(text), &value, &err));
    assert_int_equal(value, bytes);
}

static void sizes_tell_binary_units_from_decimal_ones(void **state)
{
    (void)state;
    assert_size("64MiB", 64 << 20);
    assert_size("1GiB", 1 << 30);
    assert_size("10MB", 10000000);
    assert_size("512kB", 512000);
    assert_size("100", 100);
    assert_size("1.5KiB", 1536);
    struct error err;
    int64_t value = 0;
    assert_fails(ERR_CONFIG, units_parse_size("64 XB", 5, &value, &err));
    assert_fails(ERR_CONFIG, units_parse_size("9999999999TiB", 13, &value, &err));
    assert_fails(ERR_CONFIG, units_parse_size("", 0, &value, &err));
}

static void assert_share(const char *text, double share)
{
    struct error err;
    double value = -1;
    assert_ok(units_parse_share(text, strlen(text), &value, &err));
    assert_true(value == share);
}

static void shares_are_exact_as_percentage_and_as_fraction(void **state)
{
    (void)state;
    assert_share("0.5%", 0.005);
    assert_share("0.1%", 0.001);
    assert_share("99.9%", 0.999);
    assert_share("0.3%", 0.003);
    assert_share("0.005", 0.005);
    assert_share("100 %", 1);
    struct error err;
    double value = 0;
    assert_fails(ERR_CONFIG, units_parse_share("50", 2, &value, &err));
    assert_contains(err.message, "not between 0% and 100%");
    assert_fails(ERR_CONFIG, units_parse_share("x%", 2, &value, &err));
    assert_fails(ERR_CONFIG, units_parse_share("%", 1, &value, &err));
    assert_fails(ERR_CONFIG, units_parse_share("1e1%", 4, &value, &err));
}

static void whole_numbers_may_have_underscores_between_digits(void **state)
{
    (void)state;
    struct error err;
    int64_t value = 0;
    assert_ok(units_parse_integer("10_000", 6, &value, &err));
    assert_int_equal(value, 10000);
    assert_ok(units_parse_integer("-7", 2, &value, &err));
    assert_int_equal(value, -7);
    assert_fails(ERR_CONFIG, units_parse_integer("_1", 2, &value, &err));
    assert_fails(ERR_CONFIG, units_parse_integer("1_", 2, &value, &err));
    assert_fails(ERR_CONFIG, units_parse_integer("1__0", 4, &value, &err));
    assert_fails(ERR_CONFIG, units_parse_integer("1.5", 3, &value, &err));
    assert_fails(ERR_CONFIG, units_parse_integer("0x10", 4, &value, &err));
    assert_fails(ERR_CONFIG, units_parse_integer("", 0, &value, &err));
    assert_fails(ERR_CONFIG, units_parse_integer("99999999999999999999", 20, &value, &err));
    assert_contains(err.message, "64 bits");
    assert_int_equal(value, -7);
}

static void numbers_that_are_not_finite_are_refused(void **state)
{
    (void)state;
    struct error err;
    double value = 0;
    assert_ok(units_parse_number("1_000.5", 7, &value, &err));
    assert_true(value == 1000.5);
    assert_fails(ERR_CONFIG, units_parse_number("nan", 3, &value, &err));
    assert_fails(ERR_CONFIG, units_parse_number("1e999", 5, &value, &err));
    assert_fails(ERR_CONFIG, units_parse_number("0x1p3", 5, &value, &err));
    assert_fails(ERR_CONFIG, units_parse_number("1e", 2, &value, &err));
}

static void times_of_day_are_seconds_after_midnight(void **state)
{
    (void)state;
    struct error err;
    int64_t value = 0;
    assert_ok(units_parse_time_of_day("04:30", 5, &value, &err));
    assert_int_equal(value, 16200);
    assert_ok(units_parse_time_of_day("23:59:59", 8, &value, &err));
    assert_int_equal(value, 86399);
    assert_fails(ERR_CONFIG, units_parse_time_of_day("24:00", 5, &value, &err));
    assert_fails(ERR_CONFIG, units_parse_time_of_day("4:00", 4, &value, &err));
    assert_fails(ERR_CONFIG, units_parse_time_of_day("04:60", 5, &value, &err));
    assert_fails(ERR_CONFIG, units_parse_time_of_day("04:00:0x", 8, &value, &err));
}

static void formatting_uses_the_largest_unit_that_divides(void **state)
{
    (void)state;
    char text[UNITS_TEXT_BYTES];
    assert_string_equal(units_format_duration(INT64_C(93600000000), text), "26h");
    assert_string_equal(units_format_duration(INT64_C(86400000000), text), "24h");
    assert_string_equal(units_format_duration(INT64_C(172800000000), text), "2d");
    assert_string_equal(units_format_duration(INT64_C(5400000000), text), "90m");
    assert_string_equal(units_format_duration(500000, text), "500ms");
    assert_string_equal(units_format_duration(1, text), "1us");
    assert_string_equal(units_format_duration(0, text), "0s");
    assert_string_equal(units_format_size(64 << 20, text), "64MiB");
    assert_string_equal(units_format_size(1000, text), "1000");
    assert_string_equal(units_format_size(0, text), "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read_in_every_unit),
        cmocka_unit_test(a_duration_without_a_unit_or_out_of_range_is_refused),
        cmocka_unit_test(sizes_tell_binary_units_from_decimal_ones),
        cmocka_unit_test(shares_are_exact_as_percentage_and_as_fraction),
        cmocka_unit_test(whole_numbers_may_have_underscores_between_digits),
        cmocka_unit_test(numbers_that_are_not_finite_are_refused),
        cmocka_unit_test(times_of_day_are_seconds_after_midnight),
        cmocka_unit_test(formatting_uses_the_largest_unit_that_divides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
