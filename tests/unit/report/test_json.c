#include "tests/unit/report/fixture.h"

#include <math.h>

static json_t *json_of(const struct report *report)
{
    struct error err;
    json_t *json = NULL;
    assert_ok(report_json(report, &json, &err));
    return json;
}

/* The member as JSON text on one line. */
static void assert_member(const json_t *object, const char *name, const char *expected)
{
    struct error err;
    const json_t *member = json_object_get(object, name);
    if (member == NULL)
        fail_msg("there is no '%s'", name);
    char *text = PRINTED(out, report_write_json(member, false, out, &err));
    text[strcspn(text, "\n")] = '\0';
    assert_string_equal(text, expected);
    free(text);
}

static struct judgement judgement_of(const struct outcome *outcomes, size_t n)
{
    return (struct judgement){
        .verdict = VERDICT_BLOCK, .outcomes = outcomes, .n_outcomes = n, .n_findings = n};
}

static void a_comparison_of_files_has_verdict_rows_and_findings(void **state)
{
    (void)state;
    struct judgement judgement = {.verdict = VERDICT_PASS};
    struct report report = fixture_files(&judgement);
    json_t *json = json_of(&report);
    assert_member(json, "verdict", "\"pass\"");
    assert_member(json, "title", "\"old.csv → new.csv\"");
    assert_member(json, "rows",
                  "{\"old\":75000000,\"new\":75010000,\"kept\":74990000,\"added\":20000,"
                  "\"removed\":10000,\"changed\":69888123,\"duplicates\":0}");
    assert_member(json, "key", "[\"profile_id\"]");
    assert_member(json, "judged_in", "null");
    assert_member(json, "findings", "[]");
    assert_member(json, "outcomes", "[]");
    assert_null(json_object_get(json, "feed"));
    assert_null(json_object_get(json, "load"));
    json_decref(json);
}

static void a_load_says_which_and_when_and_by_whose_word(void **state)
{
    (void)state;
    struct judgement judgement = {.verdict = VERDICT_PASS};
    struct report report = fixture_load(&judgement);
    report.stderr_tail = "done\n";
    json_t *json = json_of(&report);
    assert_member(json, "feed", "\"klout\"");
    assert_member(json, "load", "12");
    assert_member(json, "baseline", "11");
    assert_member(json, "as_of", "\"2011-05-23T11:00:00Z\"");
    assert_member(json, "baseline_as_of", "\"2011-05-22T11:00:00Z\"");
    assert_member(json, "completeness", "\"manifest\"");
    assert_member(json, "correction", "false");
    assert_member(json, "scorer_stderr", "\"done\\n\"");
    assert_member(json, "judged_in", "4.2");
    json_decref(json);
}

static void a_report_says_how_much_history_there_was(void **state)
{
    (void)state;
    struct outcome outcomes[] = {fixture_mass_reset(), fixture_outcome(OUTCOME_PASS, "rows")};
    struct judgement judgement = judgement_of(outcomes, 2);
    static const struct outcome_past past[] = {
        {.load = 11, .has_as_of = true, .as_of_us = INT64_C(1306062000000000), .number = 0.001},
        {.load = 10, .number = 0.0025}};
    judgement.n_loads = 9;
    judgement.gap = 2.5;
    outcomes[0].basis = "history";
    outcomes[0].n_loads = 8;
    outcomes[0].has_range = outcomes[0].has_band = true;
    outcomes[0].range[0] = 0.001;
    outcomes[0].range[1] = 0.0025;
    outcomes[0].band[0] = -0.01;
    outcomes[0].band[1] = 0.0125;
    outcomes[0].past = past;
    outcomes[0].n_past = 2;
    outcomes[1].basis = "short history";
    outcomes[1].n_loads = 3;
    struct report report = fixture_files(&judgement);
    json_t *json = json_of(&report);
    assert_member(json, "history", "{\"loads\":9,\"gap\":2.5}");
    const json_t *finding = json_array_get(json_object_get(json, "findings"), 0);
    assert_member(finding, "basis", "\"history\"");
    assert_member(finding, "loads", "8");
    assert_member(finding, "percentage", "true");
    assert_member(finding, "range", "[0.001,0.0025]");
    assert_member(finding, "band", "[-0.01,0.0125]");
    assert_member(finding, "past",
                  "[{\"load\":11,\"as_of\":\"2011-05-22T11:00:00Z\",\"value\":0.001},"
                  "{\"load\":10,\"as_of\":null,\"value\":0.0025}]");
    const json_t *other = json_array_get(json_object_get(json, "outcomes"), 0);
    assert_member(other, "basis", "\"short history\"");
    assert_member(other, "loads", "3");
    assert_member(other, "lacks_history", "false");
    json_decref(json);
}

static void without_history_range_and_band_are_null(void **state)
{
    (void)state;
    struct outcome outcome = fixture_mass_reset();
    struct judgement judgement = judgement_of(&outcome, 1);
    struct report report = fixture_files(&judgement);
    json_t *json = json_of(&report);
    assert_member(json, "history", "{\"loads\":0,\"gap\":1}");
    const json_t *finding = json_array_get(json_object_get(json, "findings"), 0);
    assert_member(finding, "range", "null");
    assert_member(finding, "band", "null");
    assert_member(finding, "past", "[]");
    assert_member(finding, "drawing", "null");
    json_decref(json);
}

static void what_is_not_known_of_a_load_is_null(void **state)
{
    (void)state;
    struct judgement judgement = {.verdict = VERDICT_PASS};
    struct report report = fixture_files(&judgement);
    report.feed = "klout";
    json_t *json = json_of(&report);
    static const char *const names[] = {"load",           "baseline",     "as_of",
                                        "baseline_as_of", "completeness", "scorer_stderr"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        assert_member(json, names[i], "null");
    json_decref(json);
}

static void a_finding_has_measures_limit_reason_and_examples(void **state)
{
    (void)state;
    struct outcome outcome = fixture_mass_reset();
    struct judgement judgement = judgement_of(&outcome, 1);
    struct report_examples examples = {.examples = fixture_examples, .n_examples = 1};
    struct report report = fixture_files(&judgement);
    report.examples = &examples;
    json_t *json = json_of(&report);
    const json_t *finding = json_array_get(json_object_get(json, "findings"), 0);
    assert_member(finding, "rule", "\"mass reset\"");
    assert_member(finding, "action", "\"block\"");
    assert_member(finding, "segment", "null");
    assert_member(finding, "column", "null");
    assert_member(finding, "condition", "\"share(score = 1 and old.score > 1) > 0.5%\"");
    assert_member(finding, "measures",
                  "[{\"measure\":\"share(score = 1 and old.score > 1)\",\"value\":0.93196,"
                  "\"text\":\"93.2 %\"}]");
    assert_member(finding, "measured", "0.93196");
    assert_member(finding, "limit", "0.005");
    assert_member(finding, "measured_text", "\"93.2 %\"");
    assert_member(finding, "limit_text", "\"0.5 %\"");
    assert_member(finding, "basis", "\"fixed\"");
    assert_member(finding, "because",
                  "\"the last pipeline step writes 1 when its inputs are missing\"");
    assert_member(finding, "releasable", "true");
    assert_member(finding, "shadow", "false");
    assert_member(finding, "file", "\"rules.yaml\"");
    assert_member(finding, "line", "12");
    assert_member(finding, "segments", "0");
    assert_member(finding, "example_columns", "[\"score\"]");
    assert_member(finding, "example_columns_left_out", "0");
    assert_member(finding, "examples_left_out", "0");
    assert_member(finding, "examples",
                  "[{\"key\":{\"profile_id\":7},\"old\":{\"score\":62},\"new\":{\"score\":1}}]");
    json_decref(json);
}

static void a_finding_without_limit_examples_or_file_says_so(void **state)
{
    (void)state;
    struct outcome outcome = fixture_outcome(OUTCOME_FINDING, "duplicates");
    outcome.releasable = false;
    outcome.column = "score";
    outcome.segment = "network=twitter";
    struct judgement judgement = judgement_of(&outcome, 1);
    struct report report = fixture_files(&judgement);
    json_t *json = json_of(&report);
    const json_t *finding = json_array_get(json_object_get(json, "findings"), 0);
    assert_member(finding, "limit", "null");
    assert_member(finding, "measured", "null");
    assert_null(json_object_get(finding, "limit_text"));
    assert_member(finding, "examples", "[]");
    assert_member(finding, "file", "null");
    assert_member(finding, "line", "null");
    assert_member(finding, "releasable", "false");
    assert_member(finding, "column", "\"score\"");
    assert_member(finding, "segment", "\"network=twitter\"");
    json_decref(json);
}

static void arrivals_say_where_to_and_sketches_how_exact(void **state)
{
    (void)state;
    struct outcome_measure measures[] = {
        {.text = "arrivals(score)",
         .value = DOUBLE(0.93196),
         .has_arrived_at = true,
         .arrived_at = DOUBLE(1)},
        {.text = "distinct(network)", .value = INTEGER(1234567), .relative_error = 0.008}};
    struct outcome outcome = fixture_outcome(OUTCOME_FINDING, "many at one value");
    outcome.measures = measures;
    outcome.n_measures = 2;
    struct judgement judgement = judgement_of(&outcome, 1);
    struct report report = fixture_files(&judgement);
    json_t *json = json_of(&report);
    assert_member(json_array_get(json_object_get(json, "findings"), 0), "measures",
                  "[{\"measure\":\"arrivals(score)\",\"value\":0.93196,\"text\":\"93.2 %\","
                  "\"arrived_at\":1},"
                  "{\"measure\":\"distinct(network)\",\"value\":1234567,"
                  "\"text\":\"1,234,567\",\"relative_error\":0.008}]");
    json_decref(json);
}

static void a_value_just_past_its_limit_does_not_read_like_the_limit(void **state)
{
    (void)state;
    struct outcome outcome = fixture_mass_reset();
    outcome.measured = DOUBLE(0.0050000004);
    struct judgement judgement = judgement_of(&outcome, 1);
    struct report report = fixture_files(&judgement);
    json_t *json = json_of(&report);
    const json_t *finding = json_array_get(json_object_get(json, "findings"), 0);
    assert_member(finding, "measured_text", "\"0.50000004 %\"");
    assert_member(finding, "limit_text", "\"0.5 %\"");
    json_decref(json);
}

static void errors_passes_and_what_is_not_applicable_are_outcomes(void **state)
{
    (void)state;
    struct outcome outcomes[] = {fixture_outcome(OUTCOME_ERROR, "thought leaders"),
                                 fixture_outcome(OUTCOME_NOT_APPLICABLE, "slow drift"),
                                 fixture_outcome(OUTCOME_PASS, "rows lost")};
    outcomes[0].sentence = "there is no value now";
    outcomes[2].n_segments = 12;
    struct judgement judgement = judgement_of(outcomes, 3);
    struct report report = fixture_files(&judgement);
    json_t *json = json_of(&report);
    const json_t *list = json_object_get(json, "outcomes");
    assert_member(json, "findings", "[]");
    assert_int_equal(json_array_size(list), 3);
    assert_member(json_array_get(list, 0), "outcome", "\"error\"");
    assert_member(json_array_get(list, 0), "rule", "\"thought leaders\"");
    assert_member(json_array_get(list, 0), "sentence", "\"there is no value now\"");
    assert_member(json_array_get(list, 1), "outcome", "\"not applicable\"");
    assert_member(json_array_get(list, 2), "outcome", "\"pass\"");
    assert_member(json_array_get(list, 2), "segments", "12");
    json_decref(json);
}

static void numbers_without_a_value_are_strings_or_null(void **state)
{
    (void)state;
    struct outcome_measure measures[] = {
        {.text = "mean(score)", .value = DOUBLE((double)NAN)},
        {.text = "sum(score)", .value = DOUBLE((double)INFINITY)},
        {.text = "max(profile_id)", .value = INTEGER(INT64_MAX)},
        {.text = "min(score)", .value = NULL_OF(VALUE_DOUBLE)},
    };
    struct outcome outcome = fixture_outcome(OUTCOME_FINDING, "extremes");
    outcome.measures = measures;
    outcome.n_measures = ARRAY_SIZE(measures);
    struct judgement judgement = judgement_of(&outcome, 1);
    struct report report = fixture_files(&judgement);
    json_t *json = json_of(&report);
    assert_member(json_array_get(json_object_get(json, "findings"), 0), "measures",
                  "[{\"measure\":\"mean(score)\",\"value\":\"NaN\",\"text\":\"NaN\"},"
                  "{\"measure\":\"sum(score)\",\"value\":\"Infinity\",\"text\":\"infinity\"},"
                  "{\"measure\":\"max(profile_id)\",\"value\":\"9223372036854775807\","
                  "\"text\":\"9,223,372,036,854,775,807\"},"
                  "{\"measure\":\"min(score)\",\"value\":null,\"text\":\"NULL\"}]");
    json_decref(json);
}

static void texts_that_are_not_utf_8_do_not_stop_the_report(void **state)
{
    (void)state;
    struct outcome outcome = fixture_outcome(OUTCOME_FINDING, "rule \xFF");
    outcome.segment = "network=\xC3";
    struct judgement judgement = judgement_of(&outcome, 1);
    struct report report = fixture_files(&judgement);
    json_t *json = json_of(&report);
    const json_t *finding = json_array_get(json_object_get(json, "findings"), 0);
    assert_member(finding, "rule", "\"rule \xEF\xBF\xBD\"");
    assert_member(finding, "segment", "\"network=\xEF\xBF\xBD\"");
    json_decref(json);
}

static void examples_of_all_findings_together_have_a_limit(void **state)
{
    (void)state;
    enum { N_FINDINGS = 1000, N_EXAMPLES = 10, TEXT_BYTES = 2000 };
    static char text[TEXT_BYTES + 1];
    static struct outcome outcomes[N_FINDINGS];
    static struct report_examples examples[N_FINDINGS];
    memset(text, 'x', TEXT_BYTES);
    struct value row[] = {
        INTEGER(7), DOUBLE(1), {.type = VALUE_TEXT, .text = {.bytes = text, .len = TEXT_BYTES}}};
    struct example rows[N_EXAMPLES];
    for (size_t i = 0; i < N_EXAMPLES; i++)
        rows[i] = (struct example){.key = fixture_key_a, .new_values = row};
    for (size_t i = 0; i < N_FINDINGS; i++) {
        outcomes[i] = fixture_outcome(OUTCOME_FINDING, "rule");
        examples[i] = (struct report_examples){.examples = rows, .n_examples = N_EXAMPLES};
    }
    struct judgement judgement = judgement_of(outcomes, N_FINDINGS);
    struct report report = fixture_files(&judgement);
    report.examples = examples;
    json_t *json = json_of(&report);
    const json_t *findings = json_object_get(json, "findings");
    assert_int_equal(json_array_size(findings), N_FINDINGS);
    assert_member(json_array_get(findings, 0), "examples_left_out", "0");
    assert_member(json_array_get(findings, N_FINDINGS - 1), "examples", "[]");
    assert_member(json_array_get(findings, N_FINDINGS - 1), "examples_left_out", "10");
    char *dump = json_dumps(json, JSON_COMPACT);
    assert_true(strlen(dump) < REPORT_MAX_EXAMPLE_BYTES + 1000 * 1000);
    free(dump);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_comparison_of_files_has_verdict_rows_and_findings),
        cmocka_unit_test(a_load_says_which_and_when_and_by_whose_word),
        cmocka_unit_test(a_report_says_how_much_history_there_was),
        cmocka_unit_test(without_history_range_and_band_are_null),
        cmocka_unit_test(what_is_not_known_of_a_load_is_null),
        cmocka_unit_test(a_finding_has_measures_limit_reason_and_examples),
        cmocka_unit_test(a_finding_without_limit_examples_or_file_says_so),
        cmocka_unit_test(arrivals_say_where_to_and_sketches_how_exact),
        cmocka_unit_test(a_value_just_past_its_limit_does_not_read_like_the_limit),
        cmocka_unit_test(errors_passes_and_what_is_not_applicable_are_outcomes),
        cmocka_unit_test(numbers_without_a_value_are_strings_or_null),
        cmocka_unit_test(texts_that_are_not_utf_8_do_not_stop_the_report),
        cmocka_unit_test(examples_of_all_findings_together_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
