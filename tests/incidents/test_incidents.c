/*
 * Each incident, done to a feed of any size, comes out as the table of expectations says: on seeds
 * and shares on which no rule was tuned.
 *
 *   LOADGUARD_INCIDENT_ROWS=1000000    rows of the feed (default 10000)
 *   LOADGUARD_INCIDENT_SEED=N          one more seed
 *
 * An argument chooses tests by a pattern of their names.
 */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "tests/incidents/expected.h"
#include "tests/incidents/past.h"

#define SMALL_ROWS 10000
#define LARGE_ROWS 1000000
#define SMALL_NIGHTS 28
#define LARGE_NIGHTS 9

static size_t n_rows = SMALL_ROWS;
static uint64_t seeds[] = {9001, 9002, 0};
static size_t n_seeds = 2;

static bool is_large(void)
{
    return n_rows >= LARGE_ROWS;
}

/* A feed with its past, about to be damaged. */
static void begin(struct past *past, enum temperature temperature, uint64_t seed)
{
    past_init(past, temperature == COLD, n_rows, seed);
    past_quiet_nights(past, temperature == COLD ? 2 : is_large() ? LARGE_NIGHTS : SMALL_NIGHTS);
    feed_next(&past->feed);
}

static void damage(const struct past *past, const struct incident *incident, double share,
                   uint64_t seed, struct feed *ret_tonight)
{
    feed_copy(&past->feed, ret_tonight);
    incident->damage(ret_tonight, &past->last, share, seed);
}

static unsigned copies_of(const struct incident *incident)
{
    return incident->copies == 0 ? 1 : incident->copies;
}

static bool is_said(const struct judgement *judgement, const struct expectation *expected)
{
    for (size_t i = 0; i < judgement->n_outcomes; i++) {
        const struct outcome *outcome = &judgement->outcomes[i];
        if (outcome->kind == OUTCOME_FINDING && strcmp(outcome->rule, expected->rule) == 0 &&
            strstr(outcome->sentence, expected->sentence) != NULL)
            return true;
    }
    return false;
}

static void print_findings(const struct judgement *judgement)
{
    for (size_t i = 0; i < judgement->n_outcomes && i < 12; i++) {
        const struct outcome *outcome = &judgement->outcomes[i];
        if (outcome->kind == OUTCOME_FINDING || outcome->kind == OUTCOME_ERROR)
            print_error("  %s: %s\n", outcome->rule, outcome->sentence);
    }
}

/* Returns whether it comes out as expected at the share. */
static bool meets(struct past *past, const struct expectation *expected, double share,
                  uint64_t seed)
{
    const struct incident *incident = incident_find(expected->incident);
    struct feed tonight;
    struct past_verdict verdict;
    assert_non_null(incident);
    damage(past, incident, share, seed, &tonight);
    past_judge(past, &tonight, copies_of(incident), &verdict);
    bool met =
        verdict.judgement.verdict >= expected->verdict && is_said(&verdict.judgement, expected);
    if (!met) {
        print_error("%s %s, share %g, seed %llu: %s, expected %s by '%s'\n", expected->incident,
                    expected->temperature == COLD ? "cold" : "warm", share,
                    (unsigned long long)seed, verdict_name(verdict.judgement.verdict),
                    verdict_name(expected->verdict), expected->rule);
        print_findings(&verdict.judgement);
    }
    past_verdict_release(&verdict);
    feed_release(&tonight);
    return met;
}

static void check_all(enum temperature temperature)
{
    static const double factors[] = {1, 1.37, 4.9};
    size_t missed = 0;
    for (size_t s = 0; s < n_seeds; s++) {
        struct past past;
        begin(&past, temperature, seeds[s]);
        for (size_t i = 0; i < n_expectations; i++) {
            const struct expectation *expected = &expectations[i];
            double smallest = is_large() ? expected->large : expected->small;
            if (expected->temperature != temperature)
                continue;
            for (size_t f = 0; f < ARRAY_SIZE(factors); f++) {
                if (f == 0 || (smallest * factors[f] <= 0.4 && smallest < 0.1))
                    missed += !meets(&past, expected, smallest * factors[f], seeds[s] + f);
            }
        }
        past_release(&past);
    }
    assert_int_equal(missed, 0);
}

static void two_nights_alone_show_what_the_table_says(void **state)
{
    (void)state;
    check_all(COLD);
}

static void the_nights_before_show_what_the_table_says(void **state)
{
    (void)state;
    check_all(WARM);
}

/* A segment that sinks by 0.1 % a night is noticed within a fortnight. */
static void slow_drift_is_noticed(void **state)
{
    (void)state;
    struct past past;
    size_t noticed = 0;
    const struct incident *incident = incident_find("unity-2021-q4");
    past_init(&past, false, n_rows, seeds[0]);
    past_quiet_nights(&past, 28);
    for (int night = 0; night < 14; night++) {
        struct past_verdict verdict;
        feed_next(&past.feed);
        incident->damage(&past.feed, &past.last, 0.001, seeds[0]);
        past_judge(&past, &past.feed, 1, &verdict);
        for (size_t i = 0; i < verdict.judgement.n_findings; i++) {
            const struct outcome *outcome = &verdict.judgement.outcomes[i];
            noticed += strcmp(outcome->rule, "slow drift") == 0 &&
                       strstr(outcome->sentence,
                              "network=linkedin: recent(mean(shift(influence))") != NULL;
        }
        past_end_night(&past, &past.feed, &verdict, true, false);
        past_verdict_release(&verdict);
    }
    past_release(&past);
    assert_true(noticed > 0);
}

/* Judges and ends one night; published says whether it has to be. */
static void night(struct past *past, const struct feed *rows, unsigned copies, bool published,
                  bool approved)
{
    struct past_verdict verdict;
    past_judge(past, rows, copies, &verdict);
    if (past_stopped(&verdict) == published && !approved) {
        print_findings(&verdict.judgement);
        fail_msg("day %d is judged %s", past->feed.day, verdict_name(verdict.judgement.verdict));
    }
    past_end_night(past, rows, &verdict, published || approved, approved);
    past_verdict_release(&verdict);
}

/* After so many lost nights, the night that repairs the data is published without help. */
static void repair_after(size_t lost, uint64_t seed, size_t quiet_nights)
{
    struct past past;
    past_init(&past, quiet_nights < HISTORY_MIN_LOADS, n_rows, seed);
    past_quiet_nights(&past, quiet_nights);
    for (size_t i = 0; i < lost; i++) {
        struct feed tonight;
        feed_next(&past.feed);
        damage(&past, incident_find("klout-2011-05-23"), 0.8, seed, &tonight);
        night(&past, &tonight, 1, false, false);
        feed_release(&tonight);
    }
    feed_next(&past.feed);
    night(&past, &past.feed, 1, true, false);
    feed_next(&past.feed);
    night(&past, &past.feed, 1, true, false);
    past_release(&past);
}

static void a_night_that_repairs_the_data_is_published(void **state)
{
    (void)state;
    for (size_t s = 0; s < n_seeds; s++) {
        static const size_t lost[] = {1, 2, 6};
        for (size_t i = 0; i < ARRAY_SIZE(lost); i++) {
            repair_after(lost[i], seeds[s], 14);
            repair_after(lost[i], seeds[s], 4);
        }
    }
}

/* A change on purpose is held; approved, it is what the next nights are judged against. */
static void approve(const char *incident_name, uint64_t seed, size_t quiet_nights)
{
    struct past past;
    struct feed tonight;
    const struct incident *incident = incident_find(incident_name);
    past_init(&past, quiet_nights < HISTORY_MIN_LOADS, n_rows, seed);
    past_quiet_nights(&past, quiet_nights);
    feed_next(&past.feed);
    damage(&past, incident, incident_name[0] == 'o' ? 0.391 : 0.9, seed, &tonight);
    struct past_verdict verdict;
    past_judge(&past, &tonight, 1, &verdict);
    assert_int_equal(verdict.judgement.verdict, VERDICT_HOLD);
    past_end_night(&past, &tonight, &verdict, true, true);
    past_verdict_release(&verdict);
    feed_release(&past.feed);
    feed_copy(&tonight, &past.feed);
    feed_release(&tonight);
    for (int i = 0; i < 5; i++) {
        feed_next(&past.feed);
        night(&past, &past.feed, 1, true, false);
    }
    past_release(&past);
}

static void what_was_approved_is_what_is_judged_against(void **state)
{
    (void)state;
    static const char *const on_purpose[] = {"ofqual-2020-08", "twitter-2018-07",
                                             "klout-2011-10-26"};
    for (size_t i = 0; i < ARRAY_SIZE(on_purpose); i++) {
        approve(on_purpose[i], seeds[0] + i, 14);
        approve(on_purpose[i], seeds[1] + i, 4);
    }
}

int main(int argc, char **argv)
{
    const char *rows = getenv("LOADGUARD_INCIDENT_ROWS");
    const char *seed = getenv("LOADGUARD_INCIDENT_SEED");
    if (rows != NULL)
        n_rows = strtoull(rows, NULL, 10);
    if (seed != NULL)
        seeds[n_seeds++] = strtoull(seed, NULL, 10);
    if (is_large())
        n_seeds = 1;
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_nights_alone_show_what_the_table_says),
        cmocka_unit_test(the_nights_before_show_what_the_table_says),
        cmocka_unit_test(slow_drift_is_noticed),
        cmocka_unit_test(a_night_that_repairs_the_data_is_published),
        cmocka_unit_test(what_was_approved_is_what_is_judged_against),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
