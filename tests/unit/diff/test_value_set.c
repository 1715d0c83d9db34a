#include "tests/unit/diff/helpers.h"

#include <math.h>

static void a_set_contains_what_was_added(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(value_set_cleanup) struct value_set *set = NULL;
    assert_ok(value_set_new(VALUE_INTEGER, &set, &err));
    for (int64_t x = 0; x < 10000; x += 2)
        assert_ok(value_set_add(set, &(struct value){.type = VALUE_INTEGER, .i64 = x}, &err));
    assert_ok(value_set_add(set, &(struct value){.type = VALUE_INTEGER, .i64 = 4}, &err));
    assert_int_equal(value_set_size(set), 5000);
    for (int64_t x = 0; x < 10000; x++)
        assert_int_equal(value_set_contains(set, &(struct value){.type = VALUE_INTEGER, .i64 = x}),
                         x % 2 == 0);
    assert_false(value_set_contains(set, &(struct value){.type = VALUE_INTEGER, .is_null = true}));
    assert_false(value_set_contains(set, &(struct value){.type = VALUE_DOUBLE, .f64 = 2}));
}

static void texts_are_copied_whatever_their_length(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(value_set_cleanup) struct value_set *set = NULL;
    assert_ok(value_set_new(VALUE_TEXT, &set, &err));
    size_t lengths[] = {0, 1, 100, 1 << 20, (1 << 20) + 1, 7};
    char *text = calloc(1, (1 << 20) + 2);
    for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
        memset(text, 'a' + (int)i, lengths[i]);
        text[lengths[i]] = '\0';
        struct value value = text_value(VALUE_TEXT, text);
        assert_ok(value_set_add(set, &value, &err));
    }
    memset(text, '?', (1 << 20) + 2);
    char *added = text;
    text = calloc(1, (1 << 20) + 2);
    for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
        memset(text, 'a' + (int)i, lengths[i]);
        text[lengths[i]] = '\0';
        struct value value = text_value(VALUE_TEXT, text);
        assert_true(value_set_contains(set, &value));
    }
    struct value other = text_value(VALUE_TEXT, "bb");
    assert_false(value_set_contains(set, &other));
    free(added);
    free(text);
}

static void equal_values_are_one_member(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(value_set_cleanup) struct value_set *numerics = NULL;
    CLEANUP(value_set_cleanup) struct value_set *doubles = NULL;
    assert_ok(value_set_new(VALUE_NUMERIC, &numerics, &err));
    assert_ok(value_set_new(VALUE_DOUBLE, &doubles, &err));
    const char *texts[] = {"1", "1.0", "1.00", "0", "0.00", "10", "NaN", "-1.50", "-1.5"};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct value value = text_value(VALUE_NUMERIC, texts[i]);
        assert_ok(value_set_add(numerics, &value, &err));
    }
    assert_int_equal(value_set_size(numerics), 5);
    double values[] = {0.0, -0.0, NAN, -NAN, 1};
    for (size_t i = 0; i < ARRAY_SIZE(values); i++)
        assert_ok(
            value_set_add(doubles, &(struct value){.type = VALUE_DOUBLE, .f64 = values[i]}, &err));
    assert_int_equal(value_set_size(doubles), 3);
}

static void identifiers_and_booleans_can_be_members(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(value_set_cleanup) struct value_set *uuids = NULL;
    CLEANUP(value_set_cleanup) struct value_set *booleans = NULL;
    assert_ok(value_set_new(VALUE_UUID, &uuids, &err));
    assert_ok(value_set_new(VALUE_BOOLEAN, &booleans, &err));
    struct value uuid = {.type = VALUE_UUID, .uuid = {.bytes = {1, 2, 3}}};
    assert_ok(value_set_add(uuids, &uuid, &err));
    assert_true(value_set_contains(uuids, &uuid));
    uuid.uuid.bytes[15] = 1;
    assert_false(value_set_contains(uuids, &uuid));
    assert_ok(value_set_add(booleans, &(struct value){.type = VALUE_BOOLEAN, .u8 = 1}, &err));
    assert_true(value_set_contains(booleans, &(struct value){.type = VALUE_BOOLEAN, .u8 = 1}));
    assert_false(value_set_contains(booleans, &(struct value){.type = VALUE_BOOLEAN, .u8 = 0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_contains_what_was_added),
        cmocka_unit_test(texts_are_copied_whatever_their_length),
        cmocka_unit_test(equal_values_are_one_member),
        cmocka_unit_test(identifiers_and_booleans_can_be_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
