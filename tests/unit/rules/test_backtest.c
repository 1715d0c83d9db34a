#include "tests/unit/rules/fixture.h"

#include "rules/backtest.h"

#define N_NIGHTS 20
#define DAY_US INT64_C(86400000000)

/* Nights on which one measure was recorded. */
struct past {
    struct rules rules;
    struct backtest_night nights[N_NIGHTS];
    struct history_record records[N_NIGHTS];
    struct backtest_result result;
};

static void begin(struct past *past, const char *rules, const char *measure)
{
    *past = (struct past){0};
    rules_from_text(&past->rules, rules);
    if (past->rules.code != OK)
        fail_msg("%s", past->rules.err.message);
    for (size_t i = 0; i < N_NIGHTS; i++) {
        past->records[i] = (struct history_record){
            .text = measure, .segment = "", .value = 50 + (double)(i % 3), .trains = true};
        past->nights[i] = (struct backtest_night){
            .load = (int64_t)i + 1,
            .has_as_of = true,
            .as_of_us = (int64_t)i * DAY_US,
            .published = true,
            .baseline = i == 0 ? BACKTEST_NO_NIGHT : i - 1,
            .has_baseline = i > 0,
            .has_counts = true,
            .counts = {.old_rows = 100, .new_rows = 100, .kept = 100},
            .records = &past->records[i],
            .n_records = 1,
        };
    }
}

static void run(struct past *past)
{
    struct error err;
    assert_ok(backtest_run(past->rules.set, past->nights, N_NIGHTS, &past->rules.arena,
                           &past->result, &err));
}

static void end(struct past *past)
{
    rules_release(&past->rules);
}

static void a_fixed_limit_stops_the_nights_beyond_it(void **state)
{
    (void)state;
    struct past past;
    begin(&past, "- {name: mean, hold: mean(score) > 60}\n", "mean(score)");
    past.records[4].value = 61;
    past.records[7].value = 90;
    run(&past);
    assert_int_equal(past.result.rules[0].judged, N_NIGHTS);
    assert_int_equal(past.result.rules[0].stopped, 2);
    assert_int_equal(past.result.nights[4].verdict, VERDICT_HOLD);
    assert_int_equal(past.result.nights[7].verdict, VERDICT_HOLD);
    assert_int_equal(past.result.nights[5].verdict, VERDICT_PASS);
    end(&past);
}

static void each_night_has_the_history_that_there_was_then(void **state)
{
    (void)state;
    struct past past;
    begin(&past, "- {name: mean, hold: 'beyond(mean(score), none, 0)'}\n", "mean(score)");
    past.records[15].value = 60;
    run(&past);
    assert_int_equal(past.result.rules[0].not_judged, HISTORY_MIN_LOADS);
    assert_int_equal(past.result.rules[0].judged, N_NIGHTS - HISTORY_MIN_LOADS);
    assert_int_equal(past.result.rules[0].stopped, 1);
    assert_contains(past.result.rules[0].reason, "needs 8 loads");
    assert_int_equal(past.result.nights[15].verdict, VERDICT_HOLD);
    end(&past);
}

static void only_published_nights_train(void **state)
{
    (void)state;
    for (int published = 0; published <= 1; published++) {
        struct past past;
        begin(&past, "- {name: mean, hold: 'beyond(mean(score), none, 0)'}\n", "mean(score)");
        past.records[10].value = 80;
        past.records[15].value = 80;
        past.nights[10].published = published;
        run(&past);
        assert_int_equal(past.result.nights[10].verdict, VERDICT_HOLD);
        assert_int_equal(past.result.nights[15].verdict, published ? VERDICT_PASS : VERDICT_HOLD);
        end(&past);
    }
}

static void records_that_do_not_train_are_left_out(void **state)
{
    (void)state;
    struct past past;
    begin(&past, "- {name: mean, hold: 'beyond(mean(score), none, 0)'}\n", "mean(score)");
    past.records[10].value = 80;
    past.records[10].trains = false;
    past.records[15].value = 80;
    run(&past);
    assert_int_equal(past.result.nights[15].verdict, VERDICT_HOLD);
    end(&past);
}

static void an_approved_exception_trains_no_later_night(void **state)
{
    (void)state;
    static const struct history_excuse excuse = {.load = 11, .text = "mean(score)"};
    struct past past;
    begin(&past, "- {name: mean, hold: 'beyond(mean(score), none, 0)'}\n", "mean(score)");
    past.records[10].value = 80;
    past.records[15].value = 80;
    past.nights[10].excuses = &excuse;
    past.nights[10].n_excuses = 1;
    run(&past);
    assert_int_equal(past.result.nights[10].verdict, VERDICT_HOLD);
    assert_int_equal(past.result.nights[15].verdict, VERDICT_HOLD);
    end(&past);
}

static void a_new_normal_changes_nothing_for_the_nights_before_it(void **state)
{
    (void)state;
    static const struct history_excuse excuse = {
        .load = 11, .new_normal = true, .text = "mean(score)"};
    struct past past;
    begin(&past, "- {name: mean, hold: 'beyond(mean(score), none, 0)'}\n", "mean(score)");
    past.nights[10].excuses = &excuse;
    past.nights[10].n_excuses = 1;
    run(&past);
    assert_true(past.result.nights[9].outcomes[0].judged);
    assert_false(past.result.nights[11].outcomes[0].judged);
    assert_contains(past.result.nights[11].outcomes[0].sentence, "needs 8 loads");
    assert_false(past.result.nights[17].outcomes[0].judged);
    assert_true(past.result.nights[18].outcomes[0].judged);
    end(&past);
}

/* 58 is beyond what the nights were, and within the rule's limit for a short history. */
static void ranges_rest_after_an_approval_as_they_did_then(void **state)
{
    (void)state;
    static const struct history_excuse excuse = {.load = 11, .text = "mean(score)"};
    for (int approved = 0; approved <= 1; approved++) {
        struct past past;
        begin(&past, "- {name: mean, hold: 'beyond(mean(score), 60, 0)'}\n", "mean(score)");
        past.records[10].value = 80;
        past.records[10].trains = false;
        past.records[12].value = 58;
        past.nights[10].excuses = &excuse;
        past.nights[10].n_excuses = (size_t)approved;
        run(&past);
        assert_int_equal(past.result.nights[12].verdict, approved ? VERDICT_PASS : VERDICT_HOLD);
        end(&past);
    }
}

static void a_measure_that_was_not_recorded_is_not_judged_with_the_reason(void **state)
{
    (void)state;
    struct past past;
    begin(&past, "- {name: mean, hold: mean(score) > 60}\n- {name: top, hold: max(score) > 60}\n",
          "mean(score)");
    run(&past);
    assert_int_equal(past.result.rules[1].judged, 0);
    assert_int_equal(past.result.rules[1].not_judged, N_NIGHTS);
    assert_contains(past.result.rules[1].reason, "not recorded");
    assert_false(backtest_is_recorded(past.rules.set, &past.nights[0]));
    end(&past);
}

static void a_rule_that_was_judged_for_some_columns_alone_says_so(void **state)
{
    (void)state;
    struct past past;
    begin(&past, "- {name: lows, each: number, hold: min(x) < 10}\n", "min(score)");
    run(&past);
    const struct backtest_rule *rule = &past.result.rules[0];
    assert_int_equal(rule->judged, N_NIGHTS);
    assert_int_equal(rule->in_part, N_NIGHTS);
    assert_contains(rule->unknown, "not recorded");
    assert_non_null(past.result.nights[3].outcomes[0].unknown);
    end(&past);
}

static void a_query_is_judged_by_what_it_gave_then(void **state)
{
    (void)state;
    struct past past;
    begin(&past, "- {name: q, sql: 'select 1', hold: value > 60}\n", "");
    const struct measure_plan *plan = rule_set_plan(past.rules.set);
    size_t query = 0;
    while (plan->measures[query].aggregate != AGG_SQL)
        query++;
    for (size_t i = 0; i < N_NIGHTS; i++)
        past.records[i].text = plan->measures[query].text;
    past.records[4].value = 61;
    past.nights[7].n_records = 0;
    run(&past);
    assert_int_equal(past.result.rules[0].judged, N_NIGHTS - 1);
    assert_int_equal(past.result.rules[0].stopped, 1);
    assert_int_equal(past.result.nights[4].verdict, VERDICT_HOLD);
    assert_string_equal(past.result.rules[0].reason, "its query was not run then");
    end(&past);
}

static void segments_are_not_judged_on_records_alone(void **state)
{
    (void)state;
    struct past past;
    begin(&past, "- {name: mean, hold: mean(score) > 60, by: network}\n", "mean(score)");
    run(&past);
    assert_int_equal(past.result.rules[0].judged, 0);
    assert_contains(past.result.rules[0].reason, "segments");
    end(&past);
}

static void shadow_rules_are_counted_but_change_no_verdict(void **state)
{
    (void)state;
    struct past past;
    begin(&past, "- {name: mean, block: mean(score) > 10, shadow: true}\n", "mean(score)");
    run(&past);
    assert_int_equal(past.result.rules[0].stopped, N_NIGHTS);
    assert_int_equal(past.result.nights[3].verdict, VERDICT_PASS);
    end(&past);
}

static void duplicates_are_found_where_rows_were_counted(void **state)
{
    (void)state;
    struct past past;
    begin(&past, "- {name: mean, hold: mean(score) > 60}\n", "mean(score)");
    past.nights[2].counts.duplicates = 4;
    past.nights[3].has_counts = false;
    run(&past);
    const struct backtest_rule *rule = &past.result.rules[past.result.n_rules - 1];
    assert_string_equal(rule->name, RULE_DUPLICATE_KEYS);
    assert_int_equal(rule->stopped, 1);
    assert_int_equal(rule->not_judged, 1);
    assert_int_equal(past.result.nights[2].verdict, VERDICT_BLOCK);
    end(&past);
}

static void a_first_night_has_nothing_to_compare_with(void **state)
{
    (void)state;
    struct past past;
    begin(&past, "- {name: jump, hold: mean(score - old.score) > 60}\n", "mean(score - old.score)");
    run(&past);
    assert_int_equal(past.result.rules[0].not_judged, 1);
    assert_contains(past.result.nights[0].outcomes[0].sentence, "no last good load");
    end(&past);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fixed_limit_stops_the_nights_beyond_it),
        cmocka_unit_test(each_night_has_the_history_that_there_was_then),
        cmocka_unit_test(only_published_nights_train),
        cmocka_unit_test(records_that_do_not_train_are_left_out),
        cmocka_unit_test(an_approved_exception_trains_no_later_night),
        cmocka_unit_test(a_new_normal_changes_nothing_for_the_nights_before_it),
        cmocka_unit_test(ranges_rest_after_an_approval_as_they_did_then),
        cmocka_unit_test(a_measure_that_was_not_recorded_is_not_judged_with_the_reason),
        cmocka_unit_test(a_rule_that_was_judged_for_some_columns_alone_says_so),
        cmocka_unit_test(a_query_is_judged_by_what_it_gave_then),
        cmocka_unit_test(segments_are_not_judged_on_records_alone),
        cmocka_unit_test(shadow_rules_are_counted_but_change_no_verdict),
        cmocka_unit_test(duplicates_are_found_where_rows_were_counted),
        cmocka_unit_test(a_first_night_has_nothing_to_compare_with),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
