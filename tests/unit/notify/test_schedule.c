#include "tests/unit/test.h"

#include "base/clock.h"
#include "notify/schedule.h"

static int64_t wait_s(enum schedule_kind kind, unsigned attempts, uint64_t seed)
{
    const struct schedule_input input = {.kind = kind, .attempts = attempts, .seed = seed};
    int64_t wait_us = -1;
    assert_true(schedule_next(&input, &wait_us));
    return wait_us / USEC_PER_SEC;
}

static void operators_hear_again_soon_and_then_every_half_minute(void **state)
{
    (void)state;
    static const int64_t waits[] = {1, 2, 4, 8, 15, 30, 30, 30};
    for (unsigned i = 0; i < ARRAY_SIZE(waits); i++)
        assert_int_equal(wait_s(SCHEDULE_OPERATOR, i + 1, 0), waits[i]);
    assert_int_equal(wait_s(SCHEDULE_OPERATOR, SCHEDULE_OPERATOR_ATTEMPTS - 1, 0), 30);
}

static void partners_hear_again_after_ever_longer_waits_with_jitter(void **state)
{
    (void)state;
    static const int64_t waits_s[] = {5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400};
    for (unsigned i = 0; i < ARRAY_SIZE(waits_s); i++) {
        int64_t least = INT64_MAX;
        int64_t most = 0;
        for (uint64_t seed = 0; seed < 2000; seed++) {
            const struct schedule_input input = {SCHEDULE_PARTNER, i + 1, seed, 0};
            int64_t wait_us = 0;
            assert_true(schedule_next(&input, &wait_us));
            least = wait_us < least ? wait_us : least;
            most = wait_us > most ? wait_us : most;
        }
        int64_t plan_us = waits_s[i] * USEC_PER_SEC;
        assert_in_range(least, plan_us / 100 * 80, plan_us / 100 * 81);
        assert_in_range(most, plan_us / 100 * 119, plan_us / 100 * 120);
    }
}

static void the_same_delivery_waits_the_same(void **state)
{
    (void)state;
    assert_int_equal(wait_s(SCHEDULE_PARTNER, 4, 17), wait_s(SCHEDULE_PARTNER, 4, 17));
    assert_int_not_equal(wait_s(SCHEDULE_PARTNER, 4, 17), wait_s(SCHEDULE_PARTNER, 4, 18));
}

static void what_the_endpoint_asked_for_is_a_floor(void **state)
{
    (void)state;
    struct schedule_input input = {SCHEDULE_OPERATOR, 1, 0, 60 * USEC_PER_SEC};
    int64_t wait_us = 0;
    assert_true(schedule_next(&input, &wait_us));
    assert_int_equal(wait_us, 60 * USEC_PER_SEC);
    input.attempts = 6;
    input.retry_after_us = USEC_PER_SEC;
    assert_true(schedule_next(&input, &wait_us));
    assert_int_equal(wait_us, 30 * USEC_PER_SEC);
}

static void attempts_come_to_an_end(void **state)
{
    (void)state;
    int64_t wait_us = 7;
    struct schedule_input input = {.kind = SCHEDULE_PARTNER, .attempts = SCHEDULE_PARTNER_ATTEMPTS};
    assert_false(schedule_next(&input, &wait_us));
    input.attempts = UINT32_MAX;
    assert_false(schedule_next(&input, &wait_us));
    input.kind = SCHEDULE_OPERATOR;
    input.attempts = SCHEDULE_OPERATOR_ATTEMPTS;
    assert_false(schedule_next(&input, &wait_us));
    assert_int_equal(wait_us, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_hear_again_soon_and_then_every_half_minute),
        cmocka_unit_test(partners_hear_again_after_ever_longer_waits_with_jitter),
        cmocka_unit_test(the_same_delivery_waits_the_same),
        cmocka_unit_test(what_the_endpoint_asked_for_is_a_floor),
        cmocka_unit_test(attempts_come_to_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
