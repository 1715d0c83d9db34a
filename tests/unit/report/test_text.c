#include "tests/unit/report/fixture.h"

#include <math.h>

#include "report/visible.h"

static const struct report_style plain = {.width = 80};

static char *printed(const struct report *report, const struct report_style *style)
{
    struct error err;
    return PRINTED(out, report_print(report, style, out, &err));
}

static void assert_printed(const struct report *report, const char *expected)
{
    char *text = printed(report, &plain);
    assert_string_equal(text, expected);
    free(text);
}

static void a_blocked_load_reads_at_a_glance(void **state)
{
    (void)state;
    struct outcome outcomes[] = {fixture_mass_reset(),
                                 fixture_outcome(OUTCOME_ERROR, "thought leaders"),
                                 fixture_outcome(OUTCOME_NOT_APPLICABLE, "slow drift"),
                                 fixture_outcome(OUTCOME_PASS, "rows lost")};
    outcomes[1].sentence = "canaries.txt matches no row";
    struct judgement judgement = {.verdict = VERDICT_BLOCK,
                                  .outcomes = outcomes,
                                  .n_outcomes = ARRAY_SIZE(outcomes),
                                  .n_findings = 2};
    struct report_examples examples[] = {{fixture_examples, 2}, {0}, {0}, {0}};
    struct report report = fixture_load(&judgement);
    report.examples = examples;
    report.stderr_tail = "INFO start\nKeyError: 'twitter'\n";
    assert_printed(
        &report, "BLOCKED  klout load 12 — compared with load 11 (as of 2011-05-22 11:00 UTC)\n"
                 "         1 block, 1 could not tell · as of 2011-05-23 11:00 UTC · complete by\n"
                 "         manifest · compared in 4.2 s\n"
                 "\n"
                 "    old rows    new rows        kept     changed    added  removed  duplicates\n"
                 "  75,000,000  75,010,000  74,990,000  69,888,123   20,000   10,000           0\n"
                 "                +0.013 %    99.987 %      93.2 %  0.027 %  0.013 %\n"
                 "\n"
                 "✗ block  mass reset\n"
                 "  93.2 % of kept rows have score = 1 and old.score > 1 (limit 0.5 %)\n"
                 "  because    the last pipeline step writes 1 when its inputs are missing\n"
                 "  condition  share(score = 1 and old.score > 1) > 0.5%  (rules.yaml:12)\n"
                 "  examples, old → new\n"
                 "  profile_id  score      network\n"
                 "           7     62 → 1  twitter\n"
                 "     8123456  48.25 → 1  facebook → NULL\n"
                 "\n"
                 "‖ hold   thought leaders — could not tell\n"
                 "  canaries.txt matches no row\n"
                 "\n"
                 "1 check passed, 1 not applicable: slow drift\n"
                 "\n"
                 "the scorer's last lines of standard error\n"
                 "  | INFO start\n"
                 "  | KeyError: 'twitter'\n");
}

static void two_files_that_are_alike_take_a_few_lines(void **state)
{
    (void)state;
    struct row_counts counts = {.old_rows = 3, .new_rows = 3, .kept = 3};
    struct judgement judgement = {.verdict = VERDICT_PASS};
    struct report report = fixture_files(&judgement);
    report.counts = &counts;
    assert_printed(&report, "PASSED  old.csv → new.csv\n"
                            "\n"
                            "  old rows  new rows   kept  changed  added  removed  duplicates\n"
                            "         3         3      3        0      0        0           0\n"
                            "                      100 %\n"
                            "\n"
                            "0 checks passed\n");
}

/* The first line of what is printed. */
static void assert_headline(const struct report *report, const char *expected)
{
    char *text = printed(report, &plain);
    text[strcspn(text, "\n")] = '\0';
    assert_string_equal(text, expected);
    free(text);
}

static void the_headline_says_what_a_load_was_compared_with(void **state)
{
    (void)state;
    struct judgement judgement = {.verdict = VERDICT_HOLD};
    struct report report = fixture_load(&judgement);
    report.has_baseline_as_of = false;
    assert_headline(&report, "HELD  klout load 12 — compared with load 11");
    report.baseline_id = 0;
    judgement.verdict = VERDICT_WARN;
    assert_headline(&report,
                    "WARNING  klout load 12 — the first load, with nothing to compare it with");
}

static void findings_are_counted_by_what_they_lead_to_without_shadows(void **state)
{
    (void)state;
    struct outcome outcomes[] = {fixture_mass_reset(), fixture_mass_reset(),
                                 fixture_outcome(OUTCOME_FINDING, "b")};
    outcomes[1].shadow = true;
    struct judgement judgement = {.verdict = VERDICT_BLOCK,
                                  .outcomes = outcomes,
                                  .n_outcomes = ARRAY_SIZE(outcomes),
                                  .n_findings = 2};
    struct report report = fixture_files(&judgement);
    char *text = printed(&report, &plain);
    assert_contains(text, "\n         1 block, 1 hold\n");
    free(text);
}

static void a_correction_is_called_one(void **state)
{
    (void)state;
    struct judgement judgement = {.verdict = VERDICT_PASS};
    struct report report = fixture_load(&judgement);
    report.correction = true;
    char *text = printed(&report, &plain);
    assert_contains(text, "a correction: same as-of time");
    free(text);
}

static void rules_that_were_not_applicable_are_named_up_to_six(void **state)
{
    (void)state;
    static const char *const rules[] = {"a", "b", "b", "c", "d", "e", "f", "g", "h"};
    struct outcome outcomes[ARRAY_SIZE(rules)];
    for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++) {
        outcomes[i] = fixture_outcome(OUTCOME_NOT_APPLICABLE, rules[i]);
        outcomes[i].sentence = "8 loads are needed";
    }
    outcomes[8].column = "score";
    struct judgement judgement = {.outcomes = outcomes, .n_outcomes = 9};
    struct report report = fixture_files(&judgement);
    char *some = printed(&report, &plain);
    char *all = printed(&report, &(struct report_style){.width = 80, .all = true});
    assert_contains(some, "0 checks passed, 9 not applicable: a, b, c, d, e, f and 2 more\n");
    assert_contains(all, "\n9 checks not applicable\n  a: 8 loads are needed\n");
    assert_contains(all, "  h · score: 8 loads are needed\n");
    free(some);
    free(all);
}

static void checks_that_passed_are_listed_if_all_is_wanted(void **state)
{
    (void)state;
    struct outcome_measure measure = {.text = "share(x)", .value = DOUBLE(0.0001)};
    struct outcome outcomes[] = {fixture_outcome(OUTCOME_PASS, "resets"),
                                 fixture_outcome(OUTCOME_PASS, "drops")};
    outcomes[0].measures = &measure;
    outcomes[0].n_measures = 1;
    outcomes[1].n_segments = 12;
    struct judgement judgement = {.outcomes = outcomes, .n_outcomes = 2};
    struct report report = fixture_files(&judgement);
    char *all = printed(&report, &(struct report_style){.width = 80, .all = true});
    assert_contains(all, "\n2 checks passed\n  resets: 0.01 %\n  drops, 12 segments\n");
    free(all);
}

static void only_the_last_lines_of_standard_error_are_shown(void **state)
{
    (void)state;
    char tail[4096] = "";
    size_t len = 0;
    for (int i = 1; i <= 30; i++)
        len += (size_t)snprintf(tail + len, sizeof(tail) - len, "line %d\r\n", i);
    struct judgement judgement = {0};
    struct report report = fixture_load(&judgement);
    report.stderr_tail = tail;
    char *some = printed(&report, &plain);
    char *all = printed(&report, &(struct report_style){.width = 80, .all = true});
    assert_contains(some, "standard error\n  | line 21\n");
    assert_contains(some, "  | line 30\n");
    assert_contains(all, "  | line 1\n");
    report.stderr_tail = " \r\n\n";
    char *none = printed(&report, &plain);
    assert_null(strstr(none, "standard error"));
    free(some);
    free(all);
    free(none);
}

/* Fails if a line is wider than the page or has a byte that a terminal would obey. */
static void assert_harmless(char *text, size_t width)
{
    char *rest = text;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        if (visible_columns(line, strlen(line)) > width)
            fail_msg("wider than %zu: %s", width, line);
        for (const char *c = line; *c != '\0'; c++)
            assert_true((unsigned char)*c >= 0x20 && *c != 0x7F);
        assert_null(strstr(line, "\xC2\x9B"));
        assert_null(strstr(line, "\xE2\x80\x8B"));
    }
}

#define HOSTILE "\033]0;owned\007\r\n\t\xFF\xC2\x9B\xE2\x80\x8B wide 世界世界 \xC3"

static void hostile_texts_anywhere_stay_harmless_at_any_width(void **state)
{
    (void)state;
    static char long_text[20001];
    memset(long_text, 'x', sizeof(long_text) - 1);
    memcpy(long_text, HOSTILE, sizeof(HOSTILE) - 1);
    struct value row[] = {INTEGER(INT64_MIN),
                          DOUBLE((double)NAN),
                          {.type = VALUE_TEXT, .text = {long_text, sizeof(long_text) - 1}}};
    struct value other[] = {INTEGER(INT64_MIN), DOUBLE(-(double)INFINITY), TEXT_OF(HOSTILE)};
    struct example example = {.key = row, .old_values = row, .new_values = other};
    struct report_examples examples[] = {{&example, 1}, {0}, {0}, {0}};
    struct outcome_measure measure = {
        .text = long_text,
        .value = {.type = VALUE_TEXT, .text = {long_text, sizeof(long_text) - 1}},
        .has_arrived_at = true,
        .arrived_at = TEXT_OF(HOSTILE)};
    struct outcome outcomes[] = {fixture_mass_reset(), fixture_outcome(OUTCOME_ERROR, HOSTILE),
                                 fixture_outcome(OUTCOME_NOT_APPLICABLE, HOSTILE),
                                 fixture_outcome(OUTCOME_PASS, long_text)};
    outcomes[0].rule = HOSTILE;
    outcomes[0].sentence = long_text;
    outcomes[0].because = HOSTILE;
    outcomes[0].condition = long_text;
    outcomes[0].segment = HOSTILE;
    outcomes[0].file = HOSTILE;
    outcomes[0].measures = &measure;
    struct judgement judgement = {.verdict = VERDICT_BLOCK,
                                  .outcomes = outcomes,
                                  .n_outcomes = ARRAY_SIZE(outcomes),
                                  .n_findings = 2};
    struct report report = fixture_load(&judgement);
    report.title = HOSTILE;
    report.completeness = HOSTILE;
    report.stderr_tail = long_text;
    report.examples = examples;
    for (unsigned width = 40; width < 200; width += 40) {
        for (int all = 0; all < 2; all++) {
            char *text = printed(&report, &(struct report_style){.width = width, .all = all != 0});
            assert_harmless(text, width);
            free(text);
        }
    }
}

static void colour_changes_no_word(void **state)
{
    (void)state;
    struct outcome outcome = fixture_mass_reset();
    struct judgement judgement = {
        .verdict = VERDICT_BLOCK, .outcomes = &outcome, .n_outcomes = 1, .n_findings = 1};
    struct report report = fixture_load(&judgement);
    char *without = printed(&report, &plain);
    char *with = printed(&report, &(struct report_style){.width = 80, .color = true});
    assert_memory_equal(with, "\033[1;31mBLOCKED\033[0m", 18);
    char *to = with;
    for (const char *from = with; *from != '\0';) {
        if (*from == '\033')
            from = strchr(from, 'm') + 1;
        else
            *to++ = *from++;
    }
    *to = '\0';
    assert_string_equal(with, without);
    free(with);
    free(without);
}

/* What a ledger gives back: it keeps neither the order of members nor how a number was written. */
static json_t *after_storage(const struct report *report)
{
    struct error err;
    json_t *json = NULL;
    assert_ok(report_json(report, &json, &err));
    char *dump = json_dumps(json, JSON_SORT_KEYS | JSON_ENSURE_ASCII);
    json_t *stored = json_loads(dump, 0, NULL);
    assert_non_null(stored);
    free(dump);
    json_decref(json);
    return stored;
}

static void assert_same_words(const struct report *report, const json_t *stored, bool all)
{
    struct error err;
    struct report_style style = {.width = 72, .all = all};
    char *direct = printed(report, &style);
    char *again = PRINTED(out, report_print_json(stored, &style, out, &err));
    assert_string_equal(direct, again);
    free(direct);
    free(again);
}

static void a_stored_report_reads_in_the_same_words(void **state)
{
    (void)state;
    struct outcome_measure sketch = {
        .text = "distinct(id)", .value = INTEGER(INT64_MAX), .relative_error = 0.008};
    struct outcome outcomes[] = {fixture_mass_reset(), fixture_outcome(OUTCOME_FINDING, "b"),
                                 fixture_outcome(OUTCOME_ERROR, "c"),
                                 fixture_outcome(OUTCOME_NOT_APPLICABLE, "d"),
                                 fixture_outcome(OUTCOME_PASS, "e")};
    outcomes[1].measures = &sketch;
    outcomes[1].n_measures = 1;
    struct judgement judgement = {.verdict = VERDICT_BLOCK,
                                  .outcomes = outcomes,
                                  .n_outcomes = ARRAY_SIZE(outcomes),
                                  .n_findings = 3};
    struct report_examples examples[] = {{fixture_examples, 2}, {0}, {0}, {0}, {0}};
    struct report report = fixture_load(&judgement);
    report.examples = examples;
    report.stderr_tail = "\033[31mlast words";
    json_t *stored = after_storage(&report);
    assert_same_words(&report, stored, false);
    assert_same_words(&report, stored, true);
    json_decref(stored);
}

static void what_is_no_report_is_refused_and_nothing_is_printed(void **state)
{
    (void)state;
    struct error err;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    json_t *json = json_pack("{s:s}", "verdict", "pass");
    assert_fails(ERR_DATA, report_print_json(json, &plain, out, &err));
    (void)fclose(out);
    assert_int_equal(len, 0);
    free(text);
    json_decref(json);
}

static void a_report_of_an_older_version_is_printed_as_far_as_it_goes(void **state)
{
    (void)state;
    struct error err;
    json_t *json = json_loads("{\"verdict\":\"block\",\"rows\":{\"old\":3,\"new\":3,\"kept\":3,"
                              "\"added\":0,\"removed\":0,\"changed\":3,\"duplicates\":0},"
                              "\"as_of\":\"some day\",\"findings\":[{\"rule\":\"mass reset\","
                              "\"action\":\"block\",\"limit\":0.005}]}",
                              0, NULL);
    char *text = PRINTED(out, report_print_json(json, &plain, out, &err));
    assert_contains(text, "as of some day");
    assert_contains(text, "✗ block  mass reset\n");
    free(text);
    json_decref(json);
}

static void a_full_disk_is_an_error(void **state)
{
    (void)state;
    struct error err;
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    struct judgement judgement = {0};
    struct report report = fixture_files(&judgement);
    assert_int_not_equal(report_print(&report, &plain, full, &err), OK);
    assert_contains(err.message, "cannot write the report");
    (void)fclose(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blocked_load_reads_at_a_glance),
        cmocka_unit_test(two_files_that_are_alike_take_a_few_lines),
        cmocka_unit_test(the_headline_says_what_a_load_was_compared_with),
        cmocka_unit_test(findings_are_counted_by_what_they_lead_to_without_shadows),
        cmocka_unit_test(a_correction_is_called_one),
        cmocka_unit_test(rules_that_were_not_applicable_are_named_up_to_six),
        cmocka_unit_test(checks_that_passed_are_listed_if_all_is_wanted),
        cmocka_unit_test(only_the_last_lines_of_standard_error_are_shown),
        cmocka_unit_test(hostile_texts_anywhere_stay_harmless_at_any_width),
        cmocka_unit_test(colour_changes_no_word),
        cmocka_unit_test(a_stored_report_reads_in_the_same_words),
        cmocka_unit_test(what_is_no_report_is_refused_and_nothing_is_printed),
        cmocka_unit_test(a_report_of_an_older_version_is_printed_as_far_as_it_goes),
        cmocka_unit_test(a_full_disk_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
