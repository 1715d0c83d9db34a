#include "tests/unit/report/fixture.h"

static char out[REPORT_SUMMARY_BYTES];

static struct judgement judgement_of(const struct outcome *outcomes, size_t n, size_t n_findings)
{
    return (struct judgement){
        .verdict = VERDICT_BLOCK, .outcomes = outcomes, .n_outcomes = n, .n_findings = n_findings};
}

static void the_strongest_finding_is_told_and_the_others_are_counted(void **state)
{
    (void)state;
    struct outcome outcomes[] = {fixture_mass_reset(), fixture_outcome(OUTCOME_FINDING, "b"),
                                 fixture_outcome(OUTCOME_ERROR, "c")};
    outcomes[0].sentence = "93.2 % of kept rows moved to score = 1.";
    struct judgement judgement = judgement_of(outcomes, 3, 3);
    assert_string_equal(report_summary(&judgement, out),
                        "block: 93.2 % of kept rows moved to score = 1, and 2 more findings");
    judgement = judgement_of(outcomes, 2, 2);
    assert_string_equal(report_summary(&judgement, out),
                        "block: 93.2 % of kept rows moved to score = 1, and 1 more finding");
    judgement = judgement_of(outcomes, 1, 1);
    assert_string_equal(report_summary(&judgement, out),
                        "block: 93.2 % of kept rows moved to score = 1");
}

static void a_shadow_finding_is_not_told(void **state)
{
    (void)state;
    struct outcome outcomes[] = {fixture_mass_reset(), fixture_outcome(OUTCOME_FINDING, "b")};
    outcomes[0].shadow = true;
    outcomes[1].sentence = "many rows were lost";
    struct judgement judgement = judgement_of(outcomes, 2, 1);
    judgement.verdict = VERDICT_HOLD;
    assert_string_equal(report_summary(&judgement, out), "hold: many rows were lost");
}

static void an_error_alone_says_what_could_not_be_judged(void **state)
{
    (void)state;
    struct outcome outcome = fixture_outcome(OUTCOME_ERROR, "thought leaders");
    outcome.sentence = "canaries.txt matches no row";
    struct judgement judgement = judgement_of(&outcome, 1, 1);
    judgement.verdict = VERDICT_HOLD;
    assert_string_equal(report_summary(&judgement, out),
                        "hold: could not judge thought leaders: canaries.txt matches no row");
}

static void a_pass_counts_its_checks(void **state)
{
    (void)state;
    struct outcome outcomes[] = {fixture_outcome(OUTCOME_NOT_APPLICABLE, "a"),
                                 fixture_outcome(OUTCOME_PASS, "b")};
    struct judgement judgement = {.outcomes = outcomes, .n_outcomes = 2};
    assert_string_equal(report_summary(&judgement, out), "pass: 1 check passed");
    judgement.n_outcomes = 0;
    assert_string_equal(report_summary(&judgement, out), "pass: 0 checks passed");
}

static void a_finding_without_a_sentence_is_told_by_its_rule(void **state)
{
    (void)state;
    struct outcome outcome = fixture_outcome(OUTCOME_FINDING, "mass reset");
    struct judgement judgement = judgement_of(&outcome, 1, 1);
    assert_string_equal(report_summary(&judgement, out), "block: mass reset");
}

static void a_long_sentence_is_cut_between_characters_and_still_counts_the_others(void **state)
{
    (void)state;
    char sentence[2001];
    for (size_t i = 0; i < 2000; i += 2)
        memcpy(sentence + i, "ü", 3);
    for (size_t shift = 0; shift < 2; shift++) {
        struct outcome outcomes[] = {fixture_mass_reset(), fixture_mass_reset()};
        sentence[0] = shift == 0 ? sentence[0] : 'a';
        sentence[1] = shift == 0 ? sentence[1] : 'b';
        outcomes[0].sentence = sentence + shift;
        struct judgement judgement = judgement_of(outcomes, 2, 2);
        report_summary(&judgement, out);
        assert_true(strlen(out) < REPORT_SUMMARY_BYTES);
        assert_true(strlen(out) >= REPORT_SUMMARY_BYTES - 3);
        assert_contains(out, "ü…, and 1 more finding");
    }
}

static void escapes_and_line_breaks_do_not_get_into_an_alert(void **state)
{
    (void)state;
    struct outcome outcome = fixture_mass_reset();
    outcome.sentence = "segment network=\033[31mx\ny has \xFF";
    struct judgement judgement = judgement_of(&outcome, 1, 1);
    assert_string_equal(report_summary(&judgement, out),
                        "block: segment network=\\x1b[31mx\\ny has \xEF\xBF\xBD");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_strongest_finding_is_told_and_the_others_are_counted),
        cmocka_unit_test(a_shadow_finding_is_not_told),
        cmocka_unit_test(an_error_alone_says_what_could_not_be_judged),
        cmocka_unit_test(a_pass_counts_its_checks),
        cmocka_unit_test(a_finding_without_a_sentence_is_told_by_its_rule),
        cmocka_unit_test(a_long_sentence_is_cut_between_characters_and_still_counts_the_others),
        cmocka_unit_test(escapes_and_line_breaks_do_not_get_into_an_alert),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
