#include "tests/unit/test.h"

#include "base/clock.h"
#include "notify/http.h"

/* Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110. */
#define EXAMPLE_US (INT64_C(784111777) * USEC_PER_SEC)

static int64_t wait_of(const char *value)
{
    int64_t wait_us = -1;
    assert_true(http_parse_retry_after(value, EXAMPLE_US - 10 * USEC_PER_SEC, &wait_us));
    return wait_us;
}

static void seconds_are_a_wait(void **state)
{
    (void)state;
    assert_int_equal(wait_of("120"), 120 * USEC_PER_SEC);
    assert_int_equal(wait_of("0"), 0);
    assert_int_equal(wait_of(" 5 "), 5 * USEC_PER_SEC);
}

static void a_date_is_a_wait_until_then(void **state)
{
    (void)state;
    assert_int_equal(wait_of("Sun, 06 Nov 1994 08:49:37 GMT"), 10 * USEC_PER_SEC);
    assert_int_equal(wait_of("Sunday, 06-Nov-94 08:49:37 GMT"), 10 * USEC_PER_SEC);
    assert_int_equal(wait_of("Sun Nov  6 08:49:37 1994"), 10 * USEC_PER_SEC);
}

static void a_wait_is_never_negative_and_never_longer_than_a_day(void **state)
{
    (void)state;
    assert_int_equal(wait_of("Sun, 06 Nov 1983 08:49:37 GMT"), 0);
    assert_int_equal(wait_of("Sun, 06 Nov 2094 08:49:37 GMT"), HTTP_MAX_RETRY_AFTER_US);
    assert_int_equal(wait_of("86401"), HTTP_MAX_RETRY_AFTER_US);
    assert_int_equal(wait_of("999999999"), HTTP_MAX_RETRY_AFTER_US);
    assert_int_equal(wait_of("99999999999999999999999999"), HTTP_MAX_RETRY_AFTER_US);
}

static void anything_else_is_no_wait(void **state)
{
    (void)state;
    static const char *const bad[] = {"", " ", "-5", "1.5", "soon", "5 s", ":", "0x10"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        int64_t wait_us = 7;
        assert_false(http_parse_retry_after(bad[i], EXAMPLE_US, &wait_us));
        assert_int_equal(wait_us, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seconds_are_a_wait),
        cmocka_unit_test(a_date_is_a_wait_until_then),
        cmocka_unit_test(a_wait_is_never_negative_and_never_longer_than_a_day),
        cmocka_unit_test(anything_else_is_no_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
