#include "tests/unit/report/fixture.h"

#include <math.h>

#include "base/clock.h"
#include "report/values.h"

/* The value as JSON text, exact. */
static void assert_json(struct value value, const char *expected)
{
    struct error err;
    json_t *json = values_json(&value, 0);
    assert_non_null(json);
    char *text = PRINTED(out, report_write_json(json, false, out, &err));
    text[strcspn(text, "\n")] = '\0';
    assert_string_equal(text, expected);
    free(text);
    json_decref(json);
}

static void numbers_that_json_can_hold_are_numbers(void **state)
{
    (void)state;
    assert_json(INTEGER(0), "0");
    assert_json(INTEGER(-42), "-42");
    assert_json(INTEGER(INT64_C(1) << 53), "9007199254740992");
    assert_json(DOUBLE(0.93), "0.93");
    assert_json(DOUBLE(62), "62");
    assert_json(NUMERIC("12.50"), "12.5");
    assert_json(NUMERIC("-123456789012345"), "-123456789012345");
    assert_json(((struct value){.type = VALUE_BOOLEAN, .u8 = 1}), "true");
}

static void numbers_that_json_cannot_hold_are_strings(void **state)
{
    (void)state;
    assert_json(INTEGER((INT64_C(1) << 53) + 1), "\"9007199254740993\"");
    assert_json(INTEGER(INT64_MIN), "\"-9223372036854775808\"");
    assert_json(INTEGER(INT64_MAX), "\"9223372036854775807\"");
    assert_json(DOUBLE((double)NAN), "\"NaN\"");
    assert_json(DOUBLE((double)INFINITY), "\"Infinity\"");
    assert_json(DOUBLE(-(double)INFINITY), "\"-Infinity\"");
    assert_json(NUMERIC("0.1234567890123456"), "\"0.1234567890123456\"");
    assert_json(NUMERIC("NaN"), "\"NaN\"");
}

static void null_of_any_type_is_null(void **state)
{
    (void)state;
    for (enum value_type type = VALUE_BOOLEAN; type <= VALUE_UUID; type++)
        assert_json(NULL_OF(type), "null");
}

static void dates_times_durations_and_uuids_have_their_usual_form(void **state)
{
    (void)state;
    assert_json(((struct value){.type = VALUE_DATE, .i64 = 4160}), "\"2011-05-23\"");
    assert_json(((struct value){.type = VALUE_TIME, .i64 = 0}), "\"2000-01-01T00:00:00Z\"");
    assert_json(((struct value){.type = VALUE_DURATION, .i64 = 90 * USEC_PER_SEC}), "90");
    assert_json(((struct value){.type = VALUE_DURATION, .i64 = 1500000}), "1.5");
    struct value uuid = {.type = VALUE_UUID};
    memset(uuid.uuid.bytes, 0xAB, sizeof(uuid.uuid.bytes));
    assert_json(uuid, "\"abababab-abab-abab-abab-abababababab\"");
}

static void text_is_kept_but_for_bytes_that_json_cannot_hold(void **state)
{
    (void)state;
    assert_json(TEXT_OF("Grüße"), "\"Grüße\"");
    assert_json(TEXT_OF(""), "\"\"");
    assert_json(TEXT_OF("a\xFF"), "\"a\xEF\xBF\xBD\"");
    assert_json(TEXT_OF("a\0b"), "\"a\xEF\xBF\xBD"
                                 "b\"");
    assert_json(((struct value){.type = VALUE_TEXT}), "\"\"");
}

static struct value text_value(const char *text)
{
    return (struct value){.type = VALUE_TEXT, .text = {.bytes = text, .len = strlen(text)}};
}

static void long_text_is_cut_between_characters(void **state)
{
    (void)state;
    static char text[5001];
    for (size_t i = 0; i < 5000; i += 2)
        memcpy(text + i, "ü", 3);
    struct value value = text_value(text);
    json_t *json = values_json(&value, 0);
    const char *cut = json_string_value(json);
    assert_int_equal(strlen(cut), VALUES_MAX_TEXT_BYTES + strlen("…"));
    assert_string_equal(cut + VALUES_MAX_TEXT_BYTES, "…");
    json_decref(json);
}

static void two_long_texts_show_where_they_differ(void **state)
{
    (void)state;
    static char a[3001];
    static char b[3001];
    memset(a, 'x', 3000);
    memcpy(b, a, sizeof(a));
    b[2500] = 'y';
    struct value old_value = text_value(a);
    struct value new_value = text_value(b);
    size_t skip = values_common_bytes(&old_value, &new_value);
    assert_int_equal(skip, values_common_bytes(&new_value, &old_value));
    json_t *json = values_json(&new_value, skip);
    assert_memory_equal(json_string_value(json), "…xxx", strlen("…xxx"));
    assert_non_null(strchr(json_string_value(json), 'y'));
    assert_true(json_string_length(json) < 700);
    json_decref(json);
}

static void texts_that_are_short_or_equal_are_not_skipped_into(void **state)
{
    (void)state;
    static char a[3001];
    memset(a, 'x', 3000);
    struct value text = text_value(a);
    struct value other = TEXT_OF("xxxx");
    struct value null = NULL_OF(VALUE_TEXT);
    struct value number = INTEGER(1);
    assert_int_equal(values_common_bytes(&text, &text), 0);
    assert_int_equal(values_common_bytes(&text, &other), 0);
    assert_int_equal(values_common_bytes(&text, &null), 0);
    assert_int_equal(values_common_bytes(&number, &number), 0);
}

static void members_with_names_that_are_not_utf_8_can_be_set(void **state)
{
    (void)state;
    json_t *object = json_object();
    assert_int_equal(values_set(object, "bad\xFFname", json_true()), 0);
    assert_true(json_is_true(json_object_get(object, "bad\xEF\xBF\xBDname")));
    assert_int_equal(values_set(object, "nothing", NULL), -1);
    json_decref(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_that_json_can_hold_are_numbers),
        cmocka_unit_test(numbers_that_json_cannot_hold_are_strings),
        cmocka_unit_test(null_of_any_type_is_null),
        cmocka_unit_test(dates_times_durations_and_uuids_have_their_usual_form),
        cmocka_unit_test(text_is_kept_but_for_bytes_that_json_cannot_hold),
        cmocka_unit_test(long_text_is_cut_between_characters),
        cmocka_unit_test(two_long_texts_show_where_they_differ),
        cmocka_unit_test(texts_that_are_short_or_equal_are_not_skipped_into),
        cmocka_unit_test(members_with_names_that_are_not_utf_8_can_be_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
