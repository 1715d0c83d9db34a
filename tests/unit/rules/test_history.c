/* Rules that look at earlier loads, over measures that are made up. */
#include "tests/unit/rules/judging.h"

/* A history of n loads of "share(score = 1)", "mean(score)" and "removed". */
static void give_history(struct fixture *f, struct history *history, size_t n,
                         const char *const *texts, const double *const *values, size_t n_texts)
{
    history_init(history, &f->rules.arena);
    for (size_t i = 0; i < n; i++) {
        const struct history_load load = {.load = (int64_t)(100 - i)};
        assert_int_equal(i, history_add_load(history, &load));
        for (size_t t = 0; t < n_texts; t++) {
            const struct history_record record = {
                .text = texts[t], .segment = "", .value = values[t][i], .trains = true};
            history_add(history, i, &record);
        }
    }
    history->previous = 0;
    f->context.history = history;
}

static const double quiet_means[] = {50, 51, 49, 50, 52, 50, 51, 50, 50, 49};

static void give_means(struct fixture *f, struct history *history, size_t n)
{
    static const char *const texts[] = {"mean(score)"};
    const double *const values[] = {quiet_means};
    give_history(f, history, n, texts, values, 1);
}

static void beyond_judges_by_the_range_of_earlier_loads(void **state)
{
    (void)state;
    struct fixture f;
    struct history history;
    begin(&f, "- {name: a, hold: \"beyond(mean(score), none, 0.5)\"}\n");
    give_means(&f, &history, 8);
    set_double(&f, "mean(score)", 54.9);
    judge(&f);
    assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_PASS);
    assert_string_equal(outcome_of(&f, "a")->basis, "history");
    set_double(&f, "mean(score)", 55.1);
    judge(&f);
    const struct outcome *outcome = outcome_of(&f, "a");
    assert_int_equal(outcome->kind, OUTCOME_FINDING);
    assert_string_equal(outcome->sentence,
                        "mean(score) is 55.1 (limit 55; 49 to 52 in the last 8 loads)");
    assert_true(outcome->has_range && outcome->range[0] == 49 && outcome->range[1] == 52);
    assert_int_equal(outcome->n_loads, 8);
    assert_true(outcome->has_band && outcome->band[0] == 46 && outcome->band[1] == 55);
    set_double(&f, "mean(score)", 45.9);
    judge(&f);
    assert_string_equal(outcome_of(&f, "a")->sentence,
                        "mean(score) is 45.9 (limit 46; 49 to 52 in the last 8 loads)");
    end(&f);
}

static void a_finding_comes_with_what_earlier_loads_were_like(void **state)
{
    (void)state;
    struct fixture f;
    struct history history;
    begin(&f, "- {name: beyond, hold: \"beyond(2 * mean(score), none, 0.5)\"}\n"
              "- {name: fixed, hold: mean(score) > 60}\n"
              "- {name: other, hold: max(score) > 60}\n");
    give_means(&f, &history, 8);
    set_double(&f, "mean(score)", 61);
    set_double(&f, "max(score)", 61);
    judge(&f);
    const struct outcome *outcome = outcome_of(&f, "beyond");
    assert_int_equal(outcome->n_past, 8);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(outcome->past[i].load, 100 - i);
        assert_true(outcome->past[i].number == 2 * quiet_means[i]);
    }
    outcome = outcome_of(&f, "fixed");
    assert_false(outcome->has_band);
    assert_int_equal(outcome->n_past, 8);
    assert_true(outcome->past[4].number == 52);
    assert_int_equal(outcome_of(&f, "other")->n_past, 0);
    end(&f);
}

static void beyond_has_a_limit_of_its_own_while_history_is_short(void **state)
{
    (void)state;
    struct fixture f;
    struct history history;
    begin(&f, "- {name: a, hold: \"beyond(mean(score), 60, 0.5)\"}\n"
              "- {name: b, hold: \"beyond(mean(score), none, 0.5)\"}\n"
              "- {name: c, min_history: 7, hold: \"beyond(mean(score), none, 0.5)\"}\n");
    give_means(&f, &history, 7);
    set_double(&f, "mean(score)", -60.5);
    judge(&f);
    assert_string_equal(outcome_of(&f, "a")->sentence, "mean(score) is -60.5 (limit -60)");
    assert_string_equal(outcome_of(&f, "a")->basis, "short history");
    assert_int_equal(outcome_of(&f, "b")->kind, OUTCOME_NOT_APPLICABLE);
    assert_string_equal(outcome_of(&f, "b")->sentence, "needs 8 loads of history and has 7");
    assert_true(outcome_of(&f, "b")->lacks_history);
    assert_int_equal(outcome_of(&f, "c")->kind, OUTCOME_FINDING);
    end(&f);
}

static void after_a_gap_what_compares_two_loads_may_have_grown_with_it(void **state)
{
    (void)state;
    struct fixture f;
    struct history history;
    static const char *const texts[] = {"removed", "old_rows"};
    static const double removed[] = {8, 9, 10, 9, 8, 9, 10, 8};
    static const double old_rows[] = {1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000};
    const double *const values[] = {removed, old_rows};
    begin(&f, "- {name: a, hold: \"beyond(removed / old_rows, none, 0.1%)\"}\n");
    give_history(&f, &history, 8, texts, values, 2);
    set_integer(&f, "old_rows", 1000);
    set_integer(&f, "removed", 60);
    judge(&f);
    assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_FINDING);
    f.context.gap = 7;
    judge(&f);
    assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_PASS);
    set_integer(&f, "removed", 200);
    judge(&f);
    assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_FINDING);
    end(&f);
}

static void summaries_of_history_are_its_median_spread_and_extremes(void **state)
{
    (void)state;
    struct fixture f;
    struct history history;
    begin(&f, "- {name: usual, hold: mean(score) > 1.1 * usual(mean(score))}\n"
              "- {name: spread, hold: abs(mean(score) - usual(mean(score))) > 6 * "
              "spread(mean(score))}\n"
              "- {name: highest, hold: mean(score) > highest(mean(score))}\n"
              "- {name: lowest, hold: mean(score) < lowest(mean(score))}\n"
              "- {name: previous, hold: mean(score) > previous(mean(score)) + 5}\n");
    give_means(&f, &history, 8);
    set_double(&f, "mean(score)", 55.01);
    judge(&f);
    const struct outcome *outcome = outcome_of(&f, "usual");
    assert_string_equal(outcome->sentence, "mean(score) is 55.01 (limit 55)");
    assert_string_equal(outcome->basis, "history");
    assert_int_equal(outcome_of(&f, "spread")->kind, OUTCOME_FINDING);
    assert_string_equal(outcome_of(&f, "highest")->sentence, "mean(score) is 55.01 (limit 52)");
    assert_int_equal(outcome_of(&f, "lowest")->kind, OUTCOME_PASS);
    assert_int_equal(outcome_of(&f, "previous")->kind, OUTCOME_FINDING);
    set_double(&f, "mean(score)", 52);
    judge(&f);
    assert_int_equal(outcome_of(&f, "highest")->kind, OUTCOME_PASS);
    assert_int_equal(outcome_of(&f, "spread")->kind, OUTCOME_PASS);
    end(&f);
}

static void recent_means_are_compared_with_windows_that_do_not_overlap(void **state)
{
    (void)state;
    struct fixture f;
    struct history history;
    static const char *const texts[] = {"mean(score)"};
    static const double slow[] = {51, 51, 51, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50};
    const double *const values[] = {slow};
    begin(&f, "- {name: a, hold: \"beyond(recent(mean(score), 4), none, 0.5)\"}\n"
              "- {name: b, hold: \"beyond(mean(score), none, 0.5)\"}\n"
              "- {name: c, hold: \"recent(mean(score), 4) = 51\"}\n");
    give_history(&f, &history, 14, texts, values, 1);
    set_double(&f, "mean(score)", 51);
    judge(&f);
    assert_string_equal(outcome_of(&f, "a")->sentence,
                        "recent(mean(score), 4) is 51 (limit 50.5; 50 in the last 8 loads)");
    assert_int_equal(outcome_of(&f, "b")->kind, OUTCOME_PASS);
    assert_int_equal(outcome_of(&f, "c")->kind, OUTCOME_FINDING);
    give_history(&f, &history, 13, texts, values, 1);
    judge(&f);
    assert_string_equal(outcome_of(&f, "a")->sentence, "needs 14 loads of history and has 13");
    end(&f);
}

static void shares_have_room_for_chance(void **state)
{
    (void)state;
    struct fixture f;
    struct history history;
    static const char *const texts[] = {"share(score = 1)"};
    static const double shares[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
    const double *const values[] = {shares};
    begin(&f, "- {name: a, hold: \"beyond(share(score = 1), none, 0.1%)\"}\n");
    give_history(&f, &history, 8, texts, values, 1);
    /* 4 * sqrt((0.1 * 0.9 + 0.001) / 1000) is 0.038. */
    set_double(&f, "share(score = 1)", 0.137);
    judge(&f);
    assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_PASS);
    set_double(&f, "share(score = 1)", 0.139);
    judge(&f);
    assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_FINDING);
    end(&f);
}

static void what_does_not_train_is_not_counted(void **state)
{
    (void)state;
    struct fixture f;
    struct history history;
    begin(&f, "- {name: a, hold: \"beyond(mean(score), none, 0.5)\"}\n");
    give_means(&f, &history, 9);
    ((struct history_series *)(uintptr_t)history_find(&history, "mean(score)", ""))->trains &=
        ~UINT32_C(6);
    judge(&f);
    assert_string_equal(outcome_of(&f, "a")->sentence, "needs 8 loads of history and has 7");
    end(&f);
}

static void the_gap_is_told_by_the_usual_interval(void **state)
{
    (void)state;
    const int64_t nights[] = {0, 10, 20, 30, 90};
    assert_true(history_gap(nights, 5, 30, 90) == 6);
    assert_true(history_gap(nights, 5, 30, 35) == 1);
    assert_true(history_gap(nights, 1, 30, 90) == 1);
    assert_true(history_gap(nights, 5, 90, 30) == 1);
}

/* Segments of which the one numbered i has i rows on the larger side, and a rest without any. */
static void divide(struct fixture *f, const char *measure, size_t n)
{
    struct arena *arena = &f->rules.arena;
    struct segment *segments = arena_calloc(arena, n, sizeof(*segments));
    struct value *values = arena_calloc(arena, n, sizeof(*values));
    uint64_t *rows = arena_calloc(arena, n, sizeof(*rows));
    for (size_t i = 0; i < n; i++) {
        segments[i] = (struct segment){.text = arena_printf(arena, "network=%05zu", i),
                                       .new_rows = i % 2 == 0 ? i : 1,
                                       .old_rows = i % 2 == 0 ? 1 : i};
        values[i] = (struct value){.type = VALUE_DOUBLE, .f64 = (double)i};
    }
    segments[n - 1] = (struct segment){.text = "other values", .is_rest = true};
    f->result.measures[index_of(f, measure)] = (struct measure_result){
        .n_segments = n, .segments = segments, .values = values, .scope_rows = rows};
}

static void of_too_many_segments_the_largest_and_the_rest_are_recorded(void **state)
{
    (void)state;
    struct fixture f;
    struct history_record *records = NULL;
    size_t n = 0;
    begin(&f, "- {name: a, hold: mean(score) > 5, by: network}\n");
    const size_t mean = index_of(&f, "mean(score)");
    const struct measure *measure = &rule_set_plan(f.rules.set)->measures[mean];
    divide(&f, "mean(score)", HISTORY_MAX_SEGMENTS + 1);
    history_records(measure, &f.result.measures[mean], 1, &f.rules.arena, &records, &n);
    assert_int_equal(n, HISTORY_MAX_SEGMENTS + 1);
    divide(&f, "mean(score)", HISTORY_MAX_SEGMENTS + 500);
    history_records(measure, &f.result.measures[mean], 1, &f.rules.arena, &records, &n);
    assert_int_equal(n, HISTORY_MAX_SEGMENTS + 1);
    assert_string_equal(records[0].segment, "network=00499");
    ((struct segment *)(uintptr_t)f.result.measures[mean].segments)[HISTORY_MAX_SEGMENTS + 499] =
        (struct segment){.text = "network=x", .new_rows = 1};
    history_records(measure, &f.result.measures[mean], 1, &f.rules.arena, &records, &n);
    assert_int_equal(n, HISTORY_MAX_SEGMENTS);
    divide(&f, "mean(score)", HISTORY_MAX_SEGMENTS + 500);
    history_records(measure, &f.result.measures[mean], 1, &f.rules.arena, &records, &n);
    assert_string_equal(records[n - 2].segment, "network=01498");
    assert_string_equal(records[n - 1].segment, "other values");
    end(&f);
}

static const struct outcome *find_outcome(const struct fixture *f, enum outcome_kind kind,
                                          const char *basis)
{
    for (size_t i = 0; i < f->judgement.n_outcomes; i++) {
        const struct outcome *outcome = &f->judgement.outcomes[i];
        if (outcome->kind == kind && strcmp(outcome->basis, basis) == 0 && outcome->n_segments > 0)
            return outcome;
    }
    fail_msg("no such outcome");
    return NULL;
}

/* Ten loads like the one at hand, as they would be recorded. */
static void give_same_loads(struct fixture *f, struct history *history)
{
    history_init(history, &f->rules.arena);
    for (int64_t i = 0; i < 10; i++) {
        const struct history_load load = {.load = 100 - i};
        size_t index = history_add_load(history, &load);
        history_add_result(history, index, rule_set_plan(f->rules.set), &f->result, 1);
    }
    history->previous = 0;
    f->context.history = history;
}

static void segments_without_history_are_told_apart_from_those_that_pass(void **state)
{
    (void)state;
    struct fixture f;
    struct history history;
    begin(&f, "- {name: a, hold: \"beyond(mean(score), none, 0.5)\", by: network, min_rows: 10}\n");
    for (size_t i = 0; i < rule_set_plan(f.rules.set)->n_measures; i++)
        divide(&f, rule_set_plan(f.rules.set)->measures[i].text, HISTORY_MAX_SEGMENTS + 500);
    give_same_loads(&f, &history);
    judge(&f);
    const struct outcome *passed = find_outcome(&f, OUTCOME_PASS, "history");
    assert_int_equal(passed->n_segments, HISTORY_MAX_SEGMENTS);
    assert_int_equal(f.judgement.n_findings, 0);
    bool told = false;
    size_t n_small = 0;
    for (size_t i = 0; i < f.judgement.n_outcomes; i++) {
        const struct outcome *outcome = &f.judgement.outcomes[i];
        if (outcome->kind != OUTCOME_NOT_APPLICABLE)
            continue;
        if (!outcome->lacks_history) {
            n_small = outcome->n_segments;
            continue;
        }
        told = true;
        assert_int_equal(outcome->n_segments, 499 - 10);
        assert_string_equal(outcome->sentence,
                            "needs 8 loads of history and has 0; only the 1000 segments with the "
                            "most rows have a history");
    }
    assert_true(told);
    assert_int_equal(n_small, 11);
    end(&f);
}

static void segments_judged_by_a_limit_for_short_history_are_told_apart(void **state)
{
    (void)state;
    struct fixture f;
    struct history history;
    begin(&f, "- {name: a, hold: \"beyond(mean(score), 10000, 0.5)\", by: network}\n");
    for (size_t i = 0; i < rule_set_plan(f.rules.set)->n_measures; i++)
        divide(&f, rule_set_plan(f.rules.set)->measures[i].text, HISTORY_MAX_SEGMENTS + 500);
    give_same_loads(&f, &history);
    judge(&f);
    assert_int_equal(find_outcome(&f, OUTCOME_PASS, "history")->n_segments,
                     HISTORY_MAX_SEGMENTS + 1);
    const struct outcome *cold = find_outcome(&f, OUTCOME_PASS, "short history");
    assert_int_equal(cold->n_segments, 499);
    assert_contains(cold->sentence, "limit for a short history; only the 1000 segments");
    end(&f);
}

static void an_exception_leaves_out_its_load_and_a_new_normal_those_before(void **state)
{
    (void)state;
    static const struct history_excuse excuses[] = {
        {.load = 5, .text = "rows"}, {.load = 7, .new_normal = true, .text = "kept"}, {.load = 8}};
    const size_t n = ARRAY_SIZE(excuses);
    assert_true(history_is_excused(excuses, n, 5, 9, "rows"));
    assert_false(history_is_excused(excuses, n, 4, 9, "rows"));
    assert_false(history_is_excused(excuses, n, 5, 9, "kept") &&
                 history_is_excused(excuses, n, 7, 9, "kept"));
    assert_true(history_is_excused(excuses, n, 6, 9, "kept"));
    assert_false(history_is_excused(excuses, n, 7, 9, "kept"));
    assert_false(history_is_excused(excuses, n, 6, 7, "kept"));
    assert_false(history_is_excused(excuses, n, 8, 9, "rows"));
    assert_true(history_is_approved(excuses, n, 8));
    assert_false(history_is_approved(excuses, n, 6));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beyond_judges_by_the_range_of_earlier_loads),
        cmocka_unit_test(a_finding_comes_with_what_earlier_loads_were_like),
        cmocka_unit_test(beyond_has_a_limit_of_its_own_while_history_is_short),
        cmocka_unit_test(after_a_gap_what_compares_two_loads_may_have_grown_with_it),
        cmocka_unit_test(summaries_of_history_are_its_median_spread_and_extremes),
        cmocka_unit_test(recent_means_are_compared_with_windows_that_do_not_overlap),
        cmocka_unit_test(shares_have_room_for_chance),
        cmocka_unit_test(what_does_not_train_is_not_counted),
        cmocka_unit_test(the_gap_is_told_by_the_usual_interval),
        cmocka_unit_test(of_too_many_segments_the_largest_and_the_rest_are_recorded),
        cmocka_unit_test(segments_without_history_are_told_apart_from_those_that_pass),
        cmocka_unit_test(segments_judged_by_a_limit_for_short_history_are_told_apart),
        cmocka_unit_test(an_exception_leaves_out_its_load_and_a_new_normal_those_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
