#include "tests/unit/diff/helpers.h"

#include <math.h>

static void values_read_as_people_write_them(void **state)
{
    (void)state;
    assert_string_equal(shown((struct value){.type = VALUE_DOUBLE, .f64 = 0.93}), "0.93");
    assert_string_equal(shown((struct value){.type = VALUE_DOUBLE, .f64 = 62}), "62");
    assert_string_equal(shown((struct value){.type = VALUE_DOUBLE, .f64 = 0.1 + 0.2}),
                        "0.30000000000000004");
    assert_string_equal(shown((struct value){.type = VALUE_DOUBLE, .f64 = -INFINITY}), "-Infinity");
    assert_string_equal(shown((struct value){.type = VALUE_INTEGER, .i64 = INT64_MIN}),
                        "-9223372036854775808");
    assert_string_equal(shown((struct value){.type = VALUE_BOOLEAN, .u8 = 1}), "true");
    assert_string_equal(shown(text_value(VALUE_NUMERIC, "12.50")), "12.50");
    assert_string_equal(shown(text_value(VALUE_TEXT, "")), "");
    assert_string_equal(shown((struct value){.type = VALUE_TEXT, .is_null = true}), "NULL");
}

static void times_are_written_in_utc(void **state)
{
    (void)state;
    assert_string_equal(shown((struct value){.type = VALUE_DATE, .i64 = 9020}), "2024-09-11");
    assert_string_equal(shown((struct value){.type = VALUE_DATE, .i64 = -1}), "1999-12-31");
    assert_string_equal(
        shown((struct value){.type = VALUE_TIME, .i64 = INT64_C(9020) * 86400 * 1000000}),
        "2024-09-11T00:00:00Z");
    assert_string_equal(shown((struct value){.type = VALUE_TIME, .i64 = INT64_MAX}), "infinity");
    assert_string_equal(shown((struct value){.type = VALUE_DATE, .i64 = INT64_MIN}), "-infinity");
    assert_string_equal(
        shown((struct value){.type = VALUE_DURATION, .i64 = INT64_C(243) * 60 * 1000000}),
        "4 h 3 min");
    assert_string_equal(shown((struct value){.type = VALUE_DURATION, .i64 = -4200000}), "-4.2 s");
}

static void extreme_times_do_not_overflow(void **state)
{
    (void)state;
    assert_contains(shown((struct value){.type = VALUE_TIME, .i64 = INT64_MAX - 1}), "Z");
    assert_contains(shown((struct value){.type = VALUE_TIME, .i64 = INT64_MIN + 1}), "Z");
    assert_contains(shown((struct value){.type = VALUE_DATE, .i64 = INT32_MAX - 1}), "-");
    assert_contains(shown((struct value){.type = VALUE_DURATION, .i64 = INT64_MIN}), "h");
}

static void an_identifier_has_its_hyphens(void **state)
{
    (void)state;
    struct value value = {.type = VALUE_UUID};
    for (uint8_t i = 0; i < 16; i++)
        value.uuid.bytes[i] = (uint8_t)(i * 17);
    assert_string_equal(shown(value), "00112233-4455-6677-8899-aabbccddeeff");
}

static void long_texts_are_cut_between_characters(void **state)
{
    (void)state;
    char out[10];
    struct value value = text_value(VALUE_TEXT, "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4");
    assert_string_equal(value_format(&value, out, sizeof(out)), "\xc3\xa4\xc3\xa4\xc3\xa4…");
    value = text_value(VALUE_TEXT, "123456789");
    assert_string_equal(value_format(&value, out, sizeof(out)), "123456789");
    value = text_value(VALUE_TEXT, "1234567890");
    assert_string_equal(value_format(&value, out, sizeof(out)), "123456…");
    assert_string_equal(value_format(&value, out, 5), "1…");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_read_as_people_write_them),
        cmocka_unit_test(times_are_written_in_utc),
        cmocka_unit_test(extreme_times_do_not_overflow),
        cmocka_unit_test(an_identifier_has_its_hyphens),
        cmocka_unit_test(long_texts_are_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
