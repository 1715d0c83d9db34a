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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
