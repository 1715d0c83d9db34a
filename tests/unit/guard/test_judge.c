#include "guard/judge.h"

#include <stdio.h>

#include "guard/drawings.h"
#include "guard/feed_rules.h"
#include "guard/pack_file.h"
#include "tests/unit/guard/site.h"

static struct packed *pack(struct site *site, int rows, double score)
{
    struct error err;
    struct packed *packed = NULL;
    char path[256];
    site_night(site, rows, score);
    (void)snprintf(path, sizeof(path), "%s/night.csv", site->dir);
    assert_ok(pack_file(path, site->feed->schema, FORMAT_CSV, 0, &packed, &err));
    return packed;
}

/* Judges a night of rows rows against ten of score 5, or against nothing. */
static enum verdict judge(const struct site_options *options, bool first, int rows, double score,
                          struct judged *judged, struct site *site)
{
    struct error err;
    site_open(site, NULL, options);
    CLEANUP(packed_cleanup) struct packed *old = first ? NULL : pack(site, 10, 5);
    CLEANUP(packed_cleanup) struct packed *new = pack(site, rows, score);
    CLEANUP(rule_set_cleanup) struct rule_set *rules = NULL;
    const struct judge_context context = {.has_old = !first};
    assert_ok(feed_rules_load(NULL, site->feed, site->feed->schema, &rules, &err));
    *judged = (struct judged){0};
    assert_ok(judge_run(old, new, rules, &context, judged, &err));
    return judged->judgement.verdict;
}

static void a_verdict_is_that_of_the_strongest_rule(void **state)
{
    (void)state;
    struct site site;
    struct judged judged;
    assert_int_equal(judge(NULL, false, 10, 5, &judged, &site), VERDICT_PASS);
    judged_release(&judged);
    site_close(&site);
    assert_int_equal(judge(NULL, false, 7, 5, &judged, &site), VERDICT_HOLD);
    judged_release(&judged);
    site_close(&site);
    assert_int_equal(judge(NULL, false, 7, 1, &judged, &site), VERDICT_BLOCK);
    judged_release(&judged);
    site_close(&site);
}

static void a_finding_comes_with_what_a_report_draws_of_its_column(void **state)
{
    (void)state;
    struct site site;
    struct judged judged;
    size_t drawn = 0;
    assert_int_equal(judge(NULL, false, 10, 1, &judged, &site), VERDICT_BLOCK);
    for (size_t i = 0; i < judged.judgement.n_outcomes; i++) {
        const struct report_drawing *drawing = &judged.drawings[i];
        if (drawing->distribution == NULL)
            continue;
        drawn++;
        assert_string_equal(drawing->column, "score");
        assert_int_equal(drawing->distribution->old_rows, 10);
        assert_int_equal(drawing->transitions->changed, 10);
        assert_int_equal(drawing->worst.n_examples, DRAWINGS_WORST);
        assert_true(drawing->worst.examples[0].new_values != NULL);
    }
    assert_int_equal(drawn, 1);
    judged_release(&judged);
    site_close(&site);
}

static void a_first_load_is_judged_without_an_old_one(void **state)
{
    (void)state;
    struct site site;
    struct judged judged;
    assert_int_equal(judge(NULL, true, 10, 1, &judged, &site), VERDICT_PASS);
    assert_int_equal(judged.diff.counts.new_rows, 10);
    judged_release(&judged);
    site_close(&site);
}

static void a_finding_has_examples_and_other_outcomes_have_none(void **state)
{
    (void)state;
    struct site site;
    struct judged judged;
    assert_int_equal(judge(NULL, false, 10, 1, &judged, &site), VERDICT_BLOCK);
    for (size_t i = 0; i < judged.judgement.n_outcomes; i++) {
        bool finding = judged.judgement.outcomes[i].kind == OUTCOME_FINDING;
        assert_int_equal(judged.examples[i].n_examples, finding ? JUDGE_EXAMPLES : 0);
    }
    judged_release(&judged);
    site_close(&site);
}

static void verdicts_have_exit_statuses(void **state)
{
    (void)state;
    assert_int_equal(verdict_exit_status(VERDICT_PASS), 0);
    assert_int_equal(verdict_exit_status(VERDICT_WARN), 0);
    assert_int_equal(verdict_exit_status(VERDICT_BLOCK), 3);
    assert_int_equal(verdict_exit_status(VERDICT_HOLD), 4);
}

static void releasing_nothing_is_harmless(void **state)
{
    (void)state;
    struct judged judged = {0};
    judged_release(&judged);
    judged_release(&judged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verdict_is_that_of_the_strongest_rule),
        cmocka_unit_test(a_finding_comes_with_what_a_report_draws_of_its_column),
        cmocka_unit_test(a_first_load_is_judged_without_an_old_one),
        cmocka_unit_test(a_finding_has_examples_and_other_outcomes_have_none),
        cmocka_unit_test(verdicts_have_exit_statuses),
        cmocka_unit_test(releasing_nothing_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
