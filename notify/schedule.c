#include "notify/schedule.h"

#include <stddef.h>

#include "base/clock.h"
#include "base/macros.h"

#define MINUTE_S 60
#define HOUR_S 3600

static const int64_t operator_waits_s[] = {1, 2, 4, 8, 15, 30};

static const int64_t partner_waits_s[SCHEDULE_PARTNER_ATTEMPTS - 1] = {
    5,           5 * MINUTE_S, 30 * MINUTE_S, 2 * HOUR_S,  5 * HOUR_S,
    10 * HOUR_S, 14 * HOUR_S,  20 * HOUR_S,   24 * HOUR_S,
};

/* Source: the finalizer of SplitMix64 (Steele, Lea and Flood, 2014). */
static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

/* 80 % to 120 %, in steps of a ten-thousandth. */
static int64_t jitter(int64_t wait_us, uint64_t seed, unsigned attempts)
{
    int64_t share = 8000 + (int64_t)(mix(seed ^ mix(attempts)) % 4001);
    return wait_us / 10000 * share;
}

static int64_t planned_wait_us(const struct schedule_input *input)
{
    size_t step = input->attempts > 0 ? input->attempts - 1 : 0;
    if (input->kind == SCHEDULE_PARTNER)
        return jitter(partner_waits_s[step] * USEC_PER_SEC, input->seed, input->attempts);
    size_t last = ARRAY_SIZE(operator_waits_s) - 1;
    return operator_waits_s[step < last ? step : last] * USEC_PER_SEC;
}

bool schedule_next(const struct schedule_input *input, int64_t *ret_wait_us)
{
    unsigned most =
        input->kind == SCHEDULE_PARTNER ? SCHEDULE_PARTNER_ATTEMPTS : SCHEDULE_OPERATOR_ATTEMPTS;
    if (input->attempts >= most)
        return false;
    int64_t wait_us = planned_wait_us(input);
    *ret_wait_us = wait_us > input->retry_after_us ? wait_us : input->retry_after_us;
    return true;
}
