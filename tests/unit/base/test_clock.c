#include "tests/unit/test.h"

#include "base/clock.h"

static int64_t parsed(const char *text)
{
    struct error err;
    int64_t us = 0;
    assert_ok(clock_parse_rfc3339(text, strlen(text), &us, &err));
    return us;
}

static void a_time_with_a_zone_is_read_as_utc(void **state)
{
    (void)state;
    assert_int_equal(parsed("1970-01-01T00:00:00Z"), 0);
    assert_int_equal(parsed("2000-01-01T00:00:00Z"), PG_EPOCH_UNIX_US);
    assert_int_equal(parsed("2011-05-23T04:00:00-07:00"), INT64_C(1306148400000000));
    assert_int_equal(parsed("2011-05-23 04:00:00.25-07"), INT64_C(1306148400250000));
    assert_int_equal(parsed("1969-12-31T23:59:59.999999Z"), -1);
}

static void what_is_no_time_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "2011-05-23",
                                      "2011-05-23T04:00:00",
                                      "2011-02-29T00:00:00Z",
                                      "yesterday",
                                      "2011-05-23T24:00:00Z",
                                      "2011-05-23T04:00:00Zx",
                                      "2011-13-01T00:00:00Z",
                                      "2011-05-23T04:00:00.Z"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct error err;
        int64_t us = 7;
        assert_fails(ERR_DATA, clock_parse_rfc3339(bad[i], strlen(bad[i]), &us, &err));
        assert_int_equal(us, 7);
    }
}

static void formatting_and_parsing_are_inverse(void **state)
{
    (void)state;
    char text[CLOCK_TEXT_BYTES];
    for (int64_t us = -62135596800000000; us < 253402300800000000; us += 7654321987654321) {
        clock_format_rfc3339(us, text);
        assert_int_equal(parsed(text), us);
    }
}

static void dates_and_days_are_inverse(void **state)
{
    (void)state;
    for (int64_t days = -719162; days < 2932896; days += 97) {
        int year = 0;
        int month = 0;
        int day = 0;
        clock_date_from_days(days, &year, &month, &day);
        assert_true(clock_date_valid(year, month, day));
        assert_int_equal(clock_days_from_date(year, month, day), days);
    }
}

static void durations_read_well(void **state)
{
    (void)state;
    char text[CLOCK_TEXT_BYTES];
    assert_string_equal(clock_format_duration(850000, text), "850 ms");
    assert_string_equal(clock_format_duration(4200000, text), "4.2 s");
    assert_string_equal(clock_format_duration(200 * USEC_PER_SEC, text), "3 min 20 s");
    assert_string_equal(clock_format_duration(18180 * USEC_PER_SEC, text), "5 h 3 min");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_with_a_zone_is_read_as_utc),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(formatting_and_parsing_are_inverse),
        cmocka_unit_test(dates_and_days_are_inverse),
        cmocka_unit_test(durations_read_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
