#include "tests/unit/rules/fixture.h"

#include <math.h>

#include "rules/suggest.h"

#define N_NIGHTS 30
#define DAY_US INT64_C(86400000000)
#define LARGE_N 200

struct past {
    struct rules rules;
    struct backtest_night nights[LARGE_N];
    struct history_record records[LARGE_N];
    struct suggestion *suggestions;
    size_t n;
};

static double wave(size_t i)
{
    return 50 + 2 * sin((double)i);
}

static void begin(struct past *past, const char *rules, const char *measure)
{
    *past = (struct past){0};
    rules_from_text(&past->rules, rules);
    if (past->rules.code != OK)
        fail_msg("%s", past->rules.err.message);
    for (size_t i = 0; i < LARGE_N; i++) {
        past->records[i] = (struct history_record){
            .text = measure, .segment = "", .value = wave(i), .trains = true};
        past->nights[i] = (struct backtest_night){.has_as_of = true,
                                                  .as_of_us = (int64_t)i * DAY_US,
                                                  .published = true,
                                                  .has_baseline = true,
                                                  .records = &past->records[i],
                                                  .n_records = 1};
    }
}

static const struct suggestion *suggest(struct past *past, size_t n_nights, double per_load)
{
    const char *measure = past->records[0].text;
    suggest_limits(rule_set_plan(past->rules.set), past->nights, n_nights, per_load,
                   &past->rules.arena, &past->suggestions, &past->n);
    for (size_t i = 0; i < past->n; i++) {
        if (strcmp(past->suggestions[i].measure->text, measure) == 0)
            return &past->suggestions[i];
    }
    fail_msg("no suggestion for '%s'", measure);
    return NULL;
}

/* The suggestions read back as rules. */
static void assert_rules_are_accepted(struct past *past)
{
    struct buffer text CLEANUP(buffer_release);
    struct rules read;
    struct error err;
    buffer_init(&text, 1 << 20);
    assert_ok(suggest_write_yaml(past->suggestions, past->n, &text, &err));
    rules_from_text(&read, buffer_string(&text));
    if (read.code != OK)
        fail_msg("%s\n%s", read.err.message, buffer_string(&text));
    rules_release(&read);
}

static void a_target_within_reach_of_the_loads_is_their_range(void **state)
{
    (void)state;
    struct past past;
    begin(&past, "- {name: m, warn: mean(score) > 60}\n", "mean(score)");
    const struct suggestion *s = suggest(&past, N_NIGHTS, 0.5);
    assert_int_equal(s->kind, SUGGESTION_RANGE);
    assert_true(s->low == s->min && s->high == s->max);
    assert_int_equal(s->n_stopped, 0);
    rules_release(&past.rules);
}

static void a_rarer_alarm_needs_a_wider_limit(void **state)
{
    (void)state;
    struct past past;
    begin(&past, "- {name: m, warn: mean(score) > 60}\n", "mean(score)");
    double yearly = suggest(&past, N_NIGHTS, 1 / 365.25)->high;
    double rarely = suggest(&past, N_NIGHTS, 0.1 / 365.25)->high;
    assert_true(yearly > 52 && yearly < 60);
    assert_true(rarely > yearly);
    rules_release(&past.rules);
}

static void the_room_is_that_of_exponential_tails(void **state)
{
    (void)state;
    assert_true(suggest_room(10, 19, 0.1) == 0);
    double expected = 10 * log(0.1 / 0.001) / (2 * (log(9.5) + 0.57721566490153286));
    assert_true(fabs(suggest_room(10, 19, 0.001) - expected) < 1e-12);
    assert_true(suggest_room(0, 19, 0.001) == 0);
}

/* Laplace values from a fixed sequence; of 100,000 loads after 30 about one in 100 is stopped. */
static void exponential_tails_are_stopped_about_as_often_as_wanted(void **state)
{
    (void)state;
    uint64_t seed = 1;
    size_t stopped = 0;
    size_t total = 0;
    for (int trial = 0; trial < 400; trial++) {
        double low = 0;
        double high = 0;
        for (int i = 0; i < 530; i++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            double u = ((double)(seed >> 11) + 0.5) / 9007199254740992.0 - 0.5;
            double x = (u < 0 ? 1 : -1) * log(1 - 2 * fabs(u));
            if (i < 30) {
                low = i == 0 ? x : fmin(low, x);
                high = i == 0 ? x : fmax(high, x);
                continue;
            }
            double room = suggest_room(high - low, 30, 0.01);
            stopped += x < low - room || x > high + room;
            total++;
        }
    }
    double share = (double)stopped / (double)total;
    if (share < 0.005 || share > 0.02)
        fail_msg("%g of the loads are stopped", share);
}

static void fewer_than_eight_loads_are_not_guessed_from(void **state)
{
    (void)state;
    struct past past;
    begin(&past, "- {name: m, warn: mean(score) > 60}\n", "mean(score)");
    assert_int_equal(suggest(&past, SUGGEST_MIN_LOADS - 1, 0.01)->kind, SUGGESTION_SHORT);
    assert_rules_are_accepted(&past);
    assert_int_equal(suggest(&past, SUGGEST_MIN_LOADS, 0.01)->kind, SUGGESTION_RANGE);
    rules_release(&past.rules);
}

static void a_constant_measure_may_be_nothing_else(void **state)
{
    (void)state;
    struct past past;
    begin(&past, "- {name: m, warn: nulls(score) > 60}\n", "nulls(score)");
    for (size_t i = 0; i < N_NIGHTS; i++)
        past.records[i].value = 0;
    past.records[20].value = 7;
    past.nights[20].published = false;
    const struct suggestion *s = suggest(&past, N_NIGHTS, 0.01);
    assert_int_equal(s->kind, SUGGESTION_CONSTANT);
    assert_int_equal(s->n_stopped, 1);
    assert_int_equal(s->n_judged, N_NIGHTS);
    assert_int_equal(s->n_loads, N_NIGHTS - 1);
    assert_rules_are_accepted(&past);
    rules_release(&past.rules);
}

static void what_only_grows_gets_no_fixed_limit(void **state)
{
    (void)state;
    struct past past;
    begin(&past, "- {name: m, warn: rows > 60}\n", "rows");
    for (size_t i = 0; i < N_NIGHTS; i++)
        past.records[i].value = 1000 + 10 * (double)i;
    assert_int_equal(suggest(&past, N_NIGHTS, 0.01)->kind, SUGGESTION_TREND);
    assert_rules_are_accepted(&past);
    rules_release(&past.rules);
}

static void counts_get_whole_limits_that_are_not_negative(void **state)
{
    (void)state;
    struct past past;
    begin(&past, "- {name: m, warn: added > 60}\n", "added");
    for (size_t i = 0; i < N_NIGHTS; i++)
        past.records[i].value = (double)(i % 4);
    const struct suggestion *s = suggest(&past, N_NIGHTS, 0.001);
    assert_true(s->low == 0);
    assert_true(s->high > 3 && s->high == floor(s->high));
    rules_release(&past.rules);
}

static void a_load_without_one_before_it_says_nothing_of_changes(void **state)
{
    (void)state;
    struct past past;
    begin(&past, "- {name: m, warn: kept > 60 or duplicates > 5}\n", "kept");
    for (size_t i = 0; i < N_NIGHTS; i++)
        past.records[i].value = i == 0 ? 0 : 100 + (double)(i % 4);
    past.nights[0].has_baseline = false;
    const struct suggestion *s = suggest(&past, N_NIGHTS, 0.1);
    assert_true(s->min == 100);
    assert_int_equal(s->n_loads, N_NIGHTS - 1);
    assert_int_equal(past.n, 1);
    rules_release(&past.rules);
}

static void texts_with_quotes_are_read_back(void **state)
{
    (void)state;
    struct past past;
    begin(&past, "- {name: m, warn: \"share(network = 'it''s') > 60%\"}\n",
          "share(network = 'it''s')");
    for (size_t i = 0; i < N_NIGHTS; i++)
        past.records[i].value = 0.5 + 0.01 * (double)(i % 4);
    assert_int_equal(suggest(&past, N_NIGHTS, 0.01)->kind, SUGGESTION_RANGE);
    assert_rules_are_accepted(&past);
    rules_release(&past.rules);
}

static void loads_a_year_follow_from_the_usual_interval(void **state)
{
    (void)state;
    struct past past;
    begin(&past, "- {name: m, warn: rows > 60}\n", "rows");
    assert_true(fabs(suggest_loads_per_year(past.nights, N_NIGHTS) - 365.25) < 1e-9);
    for (size_t i = 0; i < N_NIGHTS; i++)
        past.nights[i].as_of_us = (int64_t)i * 7 * DAY_US;
    assert_true(fabs(suggest_loads_per_year(past.nights, N_NIGHTS) - 365.25 / 7) < 1e-9);
    assert_true(suggest_loads_per_year(past.nights, 1) == 365.25);
    rules_release(&past.rules);
}

/* Uniform in (0, 1), from a fixed sequence. */
static double next_uniform(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return ((double)(*seed >> 11) + 0.5) / 9007199254740992.0;
}

static double next_normal(uint64_t *seed)
{
    double u = next_uniform(seed);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * next_uniform(seed));
}

enum quiet_kind {
    QUIET_NORMAL,
    QUIET_SKEWED,
    QUIET_WEEKLY,
    QUIET_HEAVY,
    QUIET_WALK,
    QUIET_GROWING
};

#define N_QUIET (QUIET_GROWING + 1)
#define QUIET_NIGHTS 1096
#define QUIET_TRAINING 60
#define QUIET_FEEDS 50

/* What one measure comes to in three years of quiet nights. */
static void fill_quiet(enum quiet_kind kind, uint64_t seed, double *values)
{
    double level = 100;
    for (size_t i = 0; i < QUIET_NIGHTS; i++) {
        double normal = next_normal(&seed);
        double week = 1 + 0.4 * sin(6.283185307179586 * (double)i / 7);
        level += kind == QUIET_WALK ? normal : 0;
        switch (kind) {
        case QUIET_NORMAL:
            values[i] = 50 + normal;
            break;
        case QUIET_SKEWED:
            values[i] = 0.01 * exp(0.2 * normal);
            break;
        case QUIET_WEEKLY:
            values[i] = 0.3 * week + 0.01 * normal;
            break;
        case QUIET_HEAVY:
            values[i] = normal / fmax(0.3, fabs(next_normal(&seed)));
            break;
        case QUIET_WALK:
            values[i] = level;
            break;
        case QUIET_GROWING:
            values[i] = 1e6 * exp(0.003 * (double)i) * (1 + 0.01 * normal);
            break;
        }
    }
}

/* What limits that were made to raise an alarm a year come to. */
struct promise {
    double alarms_a_year;
    size_t n_limits; /* feeds that got one */
};

static struct promise keep_promise(enum quiet_kind kind)
{
    double values[QUIET_NIGHTS];
    struct past past;
    struct promise promise = {0};
    begin(&past, "- {name: m, warn: mean(score) > 60}\n", "mean(score)");
    for (uint64_t feed = 1; feed <= QUIET_FEEDS; feed++) {
        fill_quiet(kind, feed, values);
        for (size_t i = 0; i < QUIET_TRAINING; i++)
            past.records[i].value = values[i];
        const struct suggestion *s = suggest(&past, QUIET_TRAINING, 1 / 365.25);
        if (s->kind != SUGGESTION_RANGE)
            continue;
        promise.n_limits++;
        for (size_t i = QUIET_TRAINING; i < QUIET_NIGHTS; i++)
            promise.alarms_a_year += values[i] < s->low || values[i] > s->high;
    }
    promise.alarms_a_year *= 365.25 / (QUIET_FEEDS * (QUIET_NIGHTS - QUIET_TRAINING));
    rules_release(&past.rules);
    return promise;
}

static void quiet_years_bring_about_as_many_alarms_as_asked_for(void **state)
{
    (void)state;
    for (int kind = QUIET_NORMAL; kind <= QUIET_HEAVY; kind++) {
        struct promise promise = keep_promise((enum quiet_kind)kind);
        if (promise.alarms_a_year > 3 || promise.n_limits < QUIET_FEEDS - 1)
            fail_msg("kind %d: %g alarms a year, %zu limits", kind, promise.alarms_a_year,
                     promise.n_limits);
        if (kind == QUIET_NORMAL || kind == QUIET_SKEWED)
            assert_true(promise.alarms_a_year > 1.0 / 3);
    }
}

/* A few walks of sixty steps look like anything else. */
static void what_moves_on_from_load_to_load_gets_no_fixed_limit(void **state)
{
    (void)state;
    assert_true(keep_promise(QUIET_WALK).n_limits <= 2);
    assert_int_equal(keep_promise(QUIET_GROWING).n_limits, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_within_reach_of_the_loads_is_their_range),
        cmocka_unit_test(a_rarer_alarm_needs_a_wider_limit),
        cmocka_unit_test(the_room_is_that_of_exponential_tails),
        cmocka_unit_test(exponential_tails_are_stopped_about_as_often_as_wanted),
        cmocka_unit_test(fewer_than_eight_loads_are_not_guessed_from),
        cmocka_unit_test(a_constant_measure_may_be_nothing_else),
        cmocka_unit_test(what_only_grows_gets_no_fixed_limit),
        cmocka_unit_test(counts_get_whole_limits_that_are_not_negative),
        cmocka_unit_test(a_load_without_one_before_it_says_nothing_of_changes),
        cmocka_unit_test(texts_with_quotes_are_read_back),
        cmocka_unit_test(quiet_years_bring_about_as_many_alarms_as_asked_for),
        cmocka_unit_test(what_moves_on_from_load_to_load_gets_no_fixed_limit),
        cmocka_unit_test(loads_a_year_follow_from_the_usual_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
