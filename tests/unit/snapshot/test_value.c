#include "tests/unit/snapshot/helpers.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>

#include "base/clock.h"
#include "snapshot/value.h"

static int64_t bigint(const char *text)
{
    struct error err;
    int64_t value = 0;
    assert_ok(value_parse_bigint(text, strlen(text), &value, &err));
    return value;
}

static double dbl(const char *text)
{
    struct error err;
    double value = 0;
    assert_ok(value_parse_double(text, strlen(text), true, &value, &err));
    return value;
}

static float real(const char *text)
{
    struct error err;
    float value = 0;
    assert_ok(value_parse_real(text, strlen(text), true, &value, &err));
    return value;
}

static bool same_double(double a, double b)
{
    return a == b && signbit(a) == signbit(b);
}

static void integers_reach_to_the_ends_of_their_types(void **state)
{
    (void)state;
    struct error err;
    int32_t small = 7;
    assert_int_equal(bigint("9223372036854775807"), INT64_MAX);
    assert_int_equal(bigint("-9223372036854775808"), INT64_MIN);
    assert_int_equal(bigint("+0042"), 42);
    assert_int_equal(bigint("-0"), 0);
    assert_ok(value_parse_integer("-2147483648", 11, &small, &err));
    assert_int_equal(small, INT32_MIN);
    assert_fails(ERR_DATA, value_parse_integer("2147483648", 10, &small, &err));
    assert_string_equal(err.message, "'2147483648' is out of range for integer");
    assert_int_equal(small, INT32_MIN);
}

static void integers_beyond_the_type_are_out_of_range(void **state)
{
    (void)state;
    static const char *const bad[] = {"9223372036854775808", "-9223372036854775809",
                                      "18446744073709551616", "99999999999999999999999999"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct error err;
        int64_t value = 7;
        assert_fails(ERR_DATA, value_parse_bigint(bad[i], strlen(bad[i]), &value, &err));
        assert_contains(err.message, "out of range for bigint");
        assert_int_equal(value, 7);
    }
}

static void what_is_no_integer_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",   "-",   "+",   "12x", "x12", " 1",  "1 ",
                                      "1.", "1.0", "1e3", "--1", "0x1", "1_0", "\xD9\xA1"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct error err;
        int64_t value = 7;
        assert_fails(ERR_DATA, value_parse_bigint(bad[i], strlen(bad[i]), &value, &err));
        assert_contains(err.message, "is not a bigint");
    }
}

static void doubles_are_rounded_as_strtod_does(void **state)
{
    (void)state;
    uint64_t random = 42;
    for (int i = 0; i < 200000; i++) {
        char text[64];
        uint64_t digits = next_random(&random) >> (next_random(&random) % 64);
        unsigned style = (unsigned)(next_random(&random) % 4);
        int shift = (int)(next_random(&random) % 40);
        if (style == 0)
            (void)snprintf(text, sizeof(text), "%" PRIu64 ".%" PRIu64, digits >> 40,
                           digits & 0xFFFFFF);
        else if (style == 1)
            (void)snprintf(text, sizeof(text), "-%" PRIu64 "e%d", digits, shift - 20);
        else if (style == 2)
            (void)snprintf(text, sizeof(text), "0.%0*d%" PRIu64, shift, 0, digits);
        else
            (void)snprintf(text, sizeof(text), "%" PRIu64, digits);
        double expected = strtod(text, NULL);
        double value = dbl(text);
        if (!same_double(value, expected))
            fail_msg("%s: %a, not %a", text, value, expected);
        float expected_float = strtof(text, NULL);
        float value_float = real(text);
        if (!same_double((double)value_float, (double)expected_float))
            fail_msg("%s: %a, not %a", text, (double)value_float, (double)expected_float);
    }
}

static void every_double_reads_back_from_its_17_digits(void **state)
{
    (void)state;
    uint64_t random = 7;
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = next_random(&random);
        if (i % 2 == 0) /* half of them of everyday size */
            bits = (bits & UINT64_C(0x800FFFFFFFFFFFFF)) |
                   (UINT64_C(1023 - 30 + 60) - next_random(&random) % 60) << 52;
        double value = 0;
        memcpy(&value, &bits, sizeof(value));
        if (!isfinite(value))
            continue;
        char text[40];
        (void)snprintf(text, sizeof(text), "%.17g", value);
        double back = dbl(text);
        assert_true(same_double(back, value));
    }
}

static void halfway_cases_go_to_the_even_neighbour(void **state)
{
    (void)state;
    assert_true(dbl("9007199254740993") == 9007199254740992.0);
    assert_true(dbl("9007199254740995") == 9007199254740996.0);
    assert_true(dbl("9007199254740993.0000000001") == 9007199254740994.0);
    assert_true(dbl("1.00000005960464477539") == 1.00000005960464477539);
    assert_true(real("16777217") == 16777216.0F);
    assert_true(real("16777219") == 16777220.0F);
    assert_true(real("1.000000059604644775390625") == 1.0F);
    assert_true(real("1.000000059604644775390626") == 1.00000012F);
}

static void forms_of_floating_point_that_postgresql_takes_are_taken(void **state)
{
    (void)state;
    assert_true(dbl(".5") == 0.5);
    assert_true(dbl("5.") == 5.0);
    assert_true(dbl("+1E+2") == 100.0);
    assert_true(dbl("1e-3") == 0.001);
    assert_true(dbl("0e99999999999") == 0.0);
    assert_true(signbit(dbl("-0")) != 0);
    assert_true(dbl("1.7976931348623157e308") == DBL_MAX);
    assert_true(dbl("5e-324") > 0);
    assert_true(real("1e-45") > 0);
    assert_true(isnan(dbl("nAn")));
    assert_true(dbl("Infinity") == (double)INFINITY);
    assert_true(dbl("-inf") == -(double)INFINITY);
}

static void what_is_no_floating_point_number_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",       ".",    "-",     "+.",  "e5",  "1e",    "1e+",
                                      "0x1",    "1,5",  " 1",    "1 ",  "1f",  "1.2.3", "1e5.0",
                                      "nan(1)", "-nan", "infin", "1\0", "--1", "1e5x"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct error err;
        double value = 7;
        float small = 7;
        assert_fails(ERR_DATA,
                     value_parse_double(bad[i], strlen(bad[i]) + (i == 17), true, &value, &err));
        assert_contains(err.message, "is not a double precision");
        assert_fails(ERR_DATA,
                     value_parse_real(bad[i], strlen(bad[i]) + (i == 17), true, &small, &err));
        assert_true(value == 7.0);
    }
}

static void overflow_and_underflow_are_out_of_range(void **state)
{
    (void)state;
    static const char *const bad[] = {"1e309", "-1.8e308", "1e-400", "1e999999999999"};
    struct error err;
    double value = 7;
    float small = 7;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_fails(ERR_DATA, value_parse_double(bad[i], strlen(bad[i]), true, &value, &err));
        assert_contains(err.message, "out of range for double precision");
    }
    assert_fails(ERR_DATA, value_parse_real("3.5e38", 6, true, &small, &err));
    assert_fails(ERR_DATA, value_parse_real("999999999999999999e22", 21, true, &small, &err));
    assert_fails(ERR_DATA, value_parse_real("1e-46", 5, true, &small, &err));
    assert_contains(err.message, "out of range for real");
}

static void nan_and_infinity_need_permission(void **state)
{
    (void)state;
    static const char *const words[] = {"NaN", "Infinity", "-Infinity", "inf"};
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        struct error err;
        double value = 7;
        assert_fails(ERR_DATA, value_parse_double(words[i], strlen(words[i]), false, &value, &err));
        assert_contains(err.message, "is not finite");
        assert_true(value == 7.0);
    }
}

static void a_number_of_a_thousand_digits_is_read(void **state)
{
    (void)state;
    char text[1003];
    memset(text, '3', sizeof(text) - 1);
    text[1] = '.';
    text[sizeof(text) - 1] = '\0';
    assert_true(dbl(text) == 10.0 / 3.0);
}

static void booleans_are_the_words_and_their_unique_prefixes(void **state)
{
    (void)state;
    static const char *const yes[] = {"t", "TRUE", "tr", "yes", "Y", "on", "ON", "1"};
    static const char *const no[] = {"f", "False", "fals", "no", "n", "of", "off", "0"};
    static const char *const bad[] = {"", "o", "truex", "2", "01", " t", "t ", "ja", "tf"};
    struct error err;
    for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
        uint8_t value = 7;
        assert_ok(value_parse_boolean(yes[i], strlen(yes[i]), &value, &err));
        assert_int_equal(value, 1);
        assert_ok(value_parse_boolean(no[i], strlen(no[i]), &value, &err));
        assert_int_equal(value, 0);
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        uint8_t value = 7;
        assert_fails(ERR_DATA, value_parse_boolean(bad[i], strlen(bad[i]), &value, &err));
        assert_int_equal(value, 7);
    }
}

static void uuids_are_read_with_and_without_hyphens_and_braces(void **state)
{
    (void)state;
    static const char *const good[] = {
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC999C0B4EF8BB6D6BB9BD380A11",
        "{a0eebc999c0b4ef8bb6d6bb9bd380a11}", "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11"};
    static const char *const bad[] = {"",
                                      "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
                                      "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111",
                                      "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
                                      "a0eebc99--9c0b-4ef8-bb6d-6bb9bd380a11",
                                      "g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
                                      "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11-"};
    struct error err;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        struct uuid value;
        char text[VALUE_TEXT_BYTES];
        assert_ok(value_parse_uuid(good[i], strlen(good[i]), &value, &err));
        assert_int_equal(value_format_uuid(&value, text), 36);
        assert_memory_equal(text, good[0], 36);
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct uuid value;
        assert_fails(ERR_DATA, value_parse_uuid(bad[i], strlen(bad[i]), &value, &err));
    }
}

static int32_t date(const char *text)
{
    struct error err;
    int32_t value = 0;
    assert_ok(value_parse_date(text, strlen(text), true, &value, &err));
    return value;
}

static void dates_count_from_the_year_2000(void **state)
{
    (void)state;
    assert_int_equal(date("2000-01-01"), 0);
    assert_int_equal(date("1999-12-31"), -1);
    assert_int_equal(date("2000-03-01"), 60);
    assert_int_equal(date("0001-01-01"), -730119);
    assert_int_equal(date("9999-12-31"), 2921939);
    assert_int_equal(date("Infinity"), INT32_MAX);
    assert_int_equal(date("-infinity"), INT32_MIN);
}

static void what_is_no_date_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",           "2011-5-23",  "23.05.2011",  "2011-05-23 ", "2011-02-29",
        "2011-13-01", "0000-01-01", "10000-01-01", "20110523",    "2011-05-23T00:00:00Z",
        "inf",        "2011-04-31"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct error err;
        int32_t value = 7;
        assert_fails(ERR_DATA, value_parse_date(bad[i], strlen(bad[i]), true, &value, &err));
        assert_int_equal(value, 7);
    }
}

static void infinite_dates_and_times_need_permission(void **state)
{
    (void)state;
    struct error err;
    int32_t days = 7;
    int64_t us = 7;
    assert_fails(ERR_DATA, value_parse_date("infinity", 8, false, &days, &err));
    assert_fails(ERR_DATA, value_parse_timestamptz("-infinity", 9, false, &us, &err));
    assert_int_equal(days, 7);
    assert_int_equal(us, 7);
}

static const char *time_text(const char *text)
{
    static char out[VALUE_TEXT_BYTES + 1];
    struct error err;
    int64_t value = 0;
    assert_ok(value_parse_timestamptz(text, strlen(text), true, &value, &err));
    out[value_format_timestamptz(value, out)] = '\0';
    return out;
}

static void times_are_read_in_every_accepted_form(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"2011-05-23T04:00:00-07:00", "2011-05-23 11:00:00+00"},
        {"2011-05-23 04:00:00-07", "2011-05-23 11:00:00+00"},
        {"2011-05-23 04:00:00.120000+00", "2011-05-23 04:00:00.12+00"},
        {"2011-05-23t04:00z", "2011-05-23 04:00:00+00"},
        {"2011-05-23 04:00:00 UTC", "2011-05-23 04:00:00+00"},
        {"2011-05-23 04:00:00+0530", "2011-05-22 22:30:00+00"},
        {"2011-05-23 04:00:00+00:00:30", "2011-05-23 03:59:30+00"},
        {"2011-05-23T24:00:00Z", "2011-05-24 00:00:00+00"},
        {"2016-12-31T23:59:60Z", "2017-01-01 00:00:00+00"},
        {"2011-05-23T04:00:00.1234565Z", "2011-05-23 04:00:00.123456+00"},
        {"2011-05-23T04:00:00.9999999Z", "2011-05-23 04:00:01+00"},
        {"2011-05-23T04:00:00.000000499999999999999999999Z", "2011-05-23 04:00:00+00"},
        {"0001-01-01T00:00:00Z", "0001-01-01 00:00:00+00"},
        {"9999-12-31T23:59:59.999999Z", "9999-12-31 23:59:59.999999+00"},
        {"infinity", "infinity"},
        {"-INFINITY", "-infinity"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
        assert_string_equal(time_text(pairs[i][0]), pairs[i][1]);
}

static void a_time_without_a_zone_is_refused_and_told_how_to_write_it(void **state)
{
    (void)state;
    static const char *const bad[] = {"2011-05-23 04:00:00", "2011-05-23T04:00:00.5",
                                      "2011-05-23T04:00", "2011-05-23"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct error err;
        int64_t value = 7;
        assert_fails(ERR_DATA, value_parse_timestamptz(bad[i], strlen(bad[i]), true, &value, &err));
        assert_contains(err.message, "has no time zone (write it like");
        assert_int_equal(value, 7);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "now",
        "2011-05-23T4:00:00Z",
        "2011-05-23T04:00:00 Z",
        "2011-05-23T04:00:00.Z",
        "2011-05-23T25:00:00Z",
        "2011-05-23T24:00:01Z",
        "2011-05-23T04:60:00Z",
        "2011-05-23T04:00:61Z",
        "2011-02-30T04:00:00Z",
        "2011-05-23T04:00:00+16:00",
        "2011-05-23T04:00:00+1",
        "2011-05-23T04:00:00+01:0",
        "2011-05-23T04:00:00+010000",
        "+infinity",
        "2011-05-23T04:00:00+01:00:00:00",
        "2011-05-23T04:00:00 PST",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "1306123200",
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct error err;
        int64_t value = 7;
        assert_fails(ERR_DATA, value_parse_timestamptz(bad[i], strlen(bad[i]), true, &value, &err));
        assert_int_equal(value, 7);
    }
}

static void invalid_text_is_named_with_the_byte_and_its_place(void **state)
{
    (void)state;
    struct error err;
    assert_ok(value_check_text("gr\xC3\xBC\xC3\x9F", 6, &err));
    assert_fails(ERR_DATA, value_check_text("gr\xFC\xDF", 4, &err));
    assert_string_equal(err.message, "byte 0xFC at position 3 is not valid UTF-8");
    assert_fails(ERR_DATA, value_check_text("a\0b", 3, &err));
    assert_contains(err.message, "byte 0x00 at position 2");
}

static void only_well_formed_utf8_is_valid(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\x80",
        "\xC0\x80",
        "\xC1\xBF",
        "\xC3",
        "\xE0\x9F\xBF",
        "\xED\xA0\x80",
        "\xEF\xBF",
        "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80",
        "\xFF",
        "12345678\xE2\x82",
    };
    static const char *const good[] = {"",
                                       "a",
                                       "\xC2\x80",
                                       "\xE0\xA0\x80",
                                       "\xED\x9F\xBF",
                                       "\xEE\x80\x80",
                                       "\xF0\x90\x80\x80",
                                       "\xF4\x8F\xBF\xBF",
                                       ("1234567\xE2\x82\xAC"
                                        "890123456789")};
    struct error err;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_fails(ERR_DATA, value_check_text(bad[i], strlen(bad[i]), &err));
    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        assert_ok(value_check_text(good[i], strlen(good[i]), &err));
}

static void a_quoted_value_is_printable_and_short(void **state)
{
    (void)state;
    char out[VALUE_QUOTE_BYTES];
    assert_string_equal(value_quote("a\nb\xFFz", 5, out), "a?b?z");
    char text[300];
    memset(text, 'x', sizeof(text));
    for (size_t pad = 55; pad < 64; pad++) {
        for (size_t i = 0; i < 4; i++)
            text[pad + i] = "\xF0\x9F\x98\x80"[i];
        (void)value_quote(text, sizeof(text), out);
        struct error err;
        assert_ok(value_check_text(out, strlen(out), &err));
        assert_contains(out, "…");
        text[pad] = 'x';
    }
}

static void numbers_are_printed_as_postgresql_prints_them(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } doubles[] = {{0.1, "0.1"},
                   {-0.0, "-0"},
                   {100000, "100000"},
                   {1e14, "100000000000000"},
                   {1e15, "1e+15"},
                   {123456789012345678.0, "1.2345678901234568e+17"},
                   {0.0001, "0.0001"},
                   {0.00001234, "1.234e-05"},
                   {-1.5e-300, "-1.5e-300"},
                   {5e-324, "5e-324"},
                   {2.2250738585072011e-308, "2.225073858507201e-308"},
                   {DBL_MAX, "1.7976931348623157e+308"},
                   {0.30000000000000004, "0.30000000000000004"},
                   {12.5, "12.5"},
                   {4.6706077073160064e16, "4.6706077073160064e+16"}, /* not the halfway point */
                   {9578200090000000000.0, "9.578200089999999e+18"},
                   {(double)NAN, "NaN"},
                   {-(double)INFINITY, "-Infinity"}};
    for (size_t i = 0; i < ARRAY_SIZE(doubles); i++) {
        char text[VALUE_TEXT_BYTES + 1];
        text[value_format_double(doubles[i].value, text)] = '\0';
        assert_string_equal(text, doubles[i].text);
    }
    static const struct {
        float value;
        const char *text;
    } reals[] = {{0.1F, "0.1"},
                 {100000, "100000"},
                 {1e6F, "1e+06"},
                 {16777216, "1.6777216e+07"},
                 {92713744, "9.2713744e+07"},
                 {1e-45F, "1e-45"},
                 {FLT_MAX, "3.4028235e+38"}};
    for (size_t i = 0; i < ARRAY_SIZE(reals); i++) {
        char text[VALUE_TEXT_BYTES + 1];
        text[value_format_real(reals[i].value, text)] = '\0';
        assert_string_equal(text, reals[i].text);
    }
}

static void printed_doubles_read_back_the_same(void **state)
{
    (void)state;
    uint64_t random = 99;
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = next_random(&random);
        double value = 0;
        memcpy(&value, &bits, sizeof(value));
        if (!isfinite(value))
            continue;
        char text[VALUE_TEXT_BYTES + 1];
        text[value_format_double(value, text)] = '\0';
        double back = dbl(text);
        assert_true(same_double(back, value));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_reach_to_the_ends_of_their_types),
        cmocka_unit_test(integers_beyond_the_type_are_out_of_range),
        cmocka_unit_test(what_is_no_integer_is_refused),
        cmocka_unit_test(doubles_are_rounded_as_strtod_does),
        cmocka_unit_test(every_double_reads_back_from_its_17_digits),
        cmocka_unit_test(halfway_cases_go_to_the_even_neighbour),
        cmocka_unit_test(forms_of_floating_point_that_postgresql_takes_are_taken),
        cmocka_unit_test(what_is_no_floating_point_number_is_refused),
        cmocka_unit_test(overflow_and_underflow_are_out_of_range),
        cmocka_unit_test(nan_and_infinity_need_permission),
        cmocka_unit_test(a_number_of_a_thousand_digits_is_read),
        cmocka_unit_test(booleans_are_the_words_and_their_unique_prefixes),
        cmocka_unit_test(uuids_are_read_with_and_without_hyphens_and_braces),
        cmocka_unit_test(dates_count_from_the_year_2000),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(infinite_dates_and_times_need_permission),
        cmocka_unit_test(times_are_read_in_every_accepted_form),
        cmocka_unit_test(a_time_without_a_zone_is_refused_and_told_how_to_write_it),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(invalid_text_is_named_with_the_byte_and_its_place),
        cmocka_unit_test(only_well_formed_utf8_is_valid),
        cmocka_unit_test(a_quoted_value_is_printable_and_short),
        cmocka_unit_test(numbers_are_printed_as_postgresql_prints_them),
        cmocka_unit_test(printed_doubles_read_back_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
