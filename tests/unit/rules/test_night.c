/* Whole judgements: packed snapshots, their comparison, and the default rules. */
#include "tests/unit/rules/night.h"

#include "base/clock.h"

#define ROWS 10000

struct fixture {
    struct night night;
    struct arena arena;
    struct schema *schema;
    struct rule_set *set;
    struct packed *old;
    struct packed *new;
    struct diff_result result;
    struct judgement judgement;
};

/* A feed of some quiet nights, the last of which is about to be damaged. */
static void begin_with(struct fixture *f, size_t rows, uint64_t seed)
{
    struct error err;
    *f = (struct fixture){0};
    f->schema = night_schema(&f->arena);
    assert_ok(rule_set_default(f->schema, &f->set, &err));
    night_first(&f->night, rows, seed);
    night_next(&f->night);
    f->old = night_pack(&f->night, f->schema);
    night_next(&f->night);
}

static void begin(struct fixture *f)
{
    begin_with(f, ROWS, 42);
}

static void judge(struct fixture *f)
{
    struct error err;
    struct judge_context context = {
        .has_old = f->old != NULL,
        .has_as_of = true,
        .as_of_unix_us = f->night.day * USEC_PER_DAY,
    };
    f->new = night_pack(&f->night, f->schema);
    assert_ok(
        diff_run(f->old, f->new, rule_set_plan(f->set), &f->arena, NULL, NULL, &f->result, &err));
    assert_ok(rule_set_judge(f->set, &f->result, &context, &f->arena, &f->judgement, &err));
}

static void end(struct fixture *f)
{
    packed_free(f->old);
    packed_free(f->new);
    rule_set_free(f->set);
    arena_release(&f->arena);
    free(f->night.rows);
}

static const struct outcome *finding_of(const struct fixture *f, const char *rule)
{
    for (size_t i = 0; i < f->judgement.n_outcomes; i++) {
        const struct outcome *outcome = &f->judgement.outcomes[i];
        if (outcome->kind == OUTCOME_FINDING && strcmp(outcome->rule, rule) == 0)
            return outcome;
    }
    for (size_t i = 0; i < f->judgement.n_findings; i++)
        print_message("%s: %s\n", f->judgement.outcomes[i].rule, f->judgement.outcomes[i].sentence);
    fail_msg("no finding of '%s'", rule);
    return NULL;
}

static void assert_quiet(const struct fixture *f)
{
    for (size_t i = 0; i < f->judgement.n_findings; i++)
        print_message("%s: %s\n", f->judgement.outcomes[i].rule, f->judgement.outcomes[i].sentence);
    assert_int_equal(f->judgement.verdict, VERDICT_PASS);
}

static void quiet_nights_pass(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct fixture f;
        begin_with(&f, 3000, seed);
        judge(&f);
        assert_quiet(&f);
        end(&f);
    }
}

static void a_first_load_passes(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    packed_free(f.old);
    f.old = NULL;
    judge(&f);
    assert_quiet(&f);
    end(&f);
}

static void set_scores(struct fixture *f, double share, double score)
{
    for (size_t i = 0; i < f->night.n; i++) {
        if (night_random(&f->night) < share)
            f->night.rows[i].score = score;
    }
}

static void everybody_at_one_is_blocked_and_shown(void **state)
{
    (void)state;
    struct fixture f;
    struct error err;
    struct example *examples = NULL;
    size_t n = 0;
    begin(&f);
    set_scores(&f, 0.8, 1);
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_BLOCK);
    const struct outcome *outcome = finding_of(&f, "mass reset");
    assert_string_equal(outcome->column, "score");
    assert_true(outcome->measures[0].arrived_at.f64 == 1);
    assert_ok(diff_examples(f.old, f.new, rule_set_plan(f.set), outcome->example_measure, &f.result,
                            outcome->segment, 3, &f.arena, &examples, &n, &err));
    assert_int_equal(n, 3);
    assert_true(examples[0].new_values[1].f64 == 1);
    assert_true(examples[0].old_values[1].f64 != 1);
    end(&f);
}

static void a_few_at_one_value_are_held(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    set_scores(&f, 0.005, 1);
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_HOLD);
    (void)finding_of(&f, "jumped to one value");
    end(&f);
}

static void prices_at_one_cent_are_held(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    for (size_t i = 0; i < f.night.n / 100; i++)
        f.night.rows[i * 50].price = 0.01;
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_HOLD);
    assert_string_equal(finding_of(&f, "jumped to one value")->column, "price");
    end(&f);
}

static void scores_of_one_source_that_fall_by_more_than_half_are_held(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    for (size_t i = 0; i < f.night.n; i++) {
        if (f.night.rows[i].network == 2 && i % 25 == 0)
            f.night.rows[i].score *= 0.36;
    }
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_HOLD);
    (void)finding_of(&f, "jumped");
    end(&f);
}

static void one_source_that_shifts_is_held(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    for (size_t i = 0; i < f.night.n; i++) {
        if (f.night.rows[i].network == 3)
            f.night.rows[i].score *= 0.9;
    }
    judge(&f);
    const struct outcome *outcome = finding_of(&f, "segment shifted");
    assert_string_equal(outcome->segment, "network=flickr");
    assert_string_equal(outcome->column, "score");
    end(&f);
}

static void a_counter_that_shows_zero_is_blocked(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    for (size_t i = 0; i < f.night.n; i++)
        f.night.rows[i].followers = 0;
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_BLOCK);
    assert_string_equal(finding_of(&f, "mass reset")->column, "followers");
    (void)finding_of(&f, "constant");
    (void)finding_of(&f, "values vanished");
    end(&f);
}

static void a_single_first_null_is_held(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    f.night.rows[17].score_is_null = true;
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_HOLD);
    const struct outcome *outcome = finding_of(&f, "first nulls");
    assert_string_equal(outcome->sentence, "score is NULL in 1 row (limit 0)");
    end(&f);
}

static void rows_cut_at_a_power_of_two_are_held(void **state)
{
    (void)state;
    struct fixture f;
    begin_with(&f, 4200, 3);
    for (f.night.n = 4096; f.night.n >= 4095; f.night.n--) {
        packed_free(f.new);
        judge(&f);
        assert_int_equal(f.judgement.verdict, VERDICT_HOLD);
        (void)finding_of(&f, "cut at a power of two");
    }
    packed_free(f.new);
    judge(&f);
    assert_quiet(&f);
    end(&f);
}

static void lost_rows_are_held_and_no_rows_are_blocked(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    f.night.n -= f.night.n / 12;
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_HOLD);
    (void)finding_of(&f, "rows lost");
    f.night.n = 0;
    packed_free(f.new);
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_BLOCK);
    (void)finding_of(&f, "emptied");
    end(&f);
}

static void every_row_twice_is_blocked_for_good(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    size_t n = f.night.n;
    for (size_t i = 0; i < n; i++) {
        night_add(&f.night);
        f.night.rows[n + i] = f.night.rows[i];
    }
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_BLOCK);
    assert_false(finding_of(&f, RULE_DUPLICATE_KEYS)->releasable);
    end(&f);
}

static void the_same_rows_again_are_a_warning(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    packed_free(f.old);
    f.old = night_pack(&f.night, f.schema);
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_WARN);
    (void)finding_of(&f, "same again");
    end(&f);
}

static void times_in_the_future_and_times_gone_back_are_held(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    f.night.rows[5].seen_us = (f.night.day + 3) * USEC_PER_DAY;
    judge(&f);
    (void)finding_of(&f, "in the future");
    for (size_t i = 0; i < f.night.n; i++)
        f.night.rows[i].seen_us -= 5 * USEC_PER_DAY;
    packed_free(f.new);
    judge(&f);
    (void)finding_of(&f, "went back");
    end(&f);
}

static void negative_and_outlying_values_are_held(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    f.night.rows[5].score = -1;
    f.night.rows[6].price = 12345;
    judge(&f);
    assert_string_equal(finding_of(&f, "first negative")->column, "score");
    assert_string_equal(finding_of(&f, "out of range")->column, "price");
    end(&f);
}

static void values_that_are_no_numbers_are_held(void **state)
{
    (void)state;
    struct fixture f;
    struct error err;
    struct schema_column columns[8];
    static const char *const keys[] = {"id"};
    begin(&f);
    memcpy(columns, f.schema->columns, sizeof(columns));
    columns[1].allow_nonfinite = true;
    rule_set_free(f.set);
    packed_free(f.old);
    assert_ok(schema_make(&f.arena, columns, 8, keys, 1, &f.schema, &err));
    assert_ok(rule_set_default(f.schema, &f.set, &err));
    f.old = night_pack(&f.night, f.schema);
    f.night.rows[9].score = (double)NAN;
    judge(&f);
    assert_string_equal(finding_of(&f, "first invalid")->column, "score");
    end(&f);
}

static void columns_of_many_values_are_not_segmented_by_in_vain(void **state)
{
    (void)state;
    struct fixture f;
    struct error err;
    struct measure_plan narrow;
    size_t n_segmented = 0;
    size_t n_left = 0;
    begin(&f);
    for (size_t i = 0; i < f.night.n; i++) {
        if (f.night.rows[i].network == 3)
            f.night.rows[i].score *= 0.9;
    }
    judge(&f);
    struct judgement before = f.judgement;
    assert_ok(rule_set_plan_for(f.set, f.old, f.new, &f.arena, &narrow, &err));
    const struct measure_plan *plan = rule_set_plan(f.set);
    for (size_t i = 0; i < plan->n_measures; i++) {
        assert_string_equal(plan->measures[i].text, narrow.measures[i].text);
        n_segmented += plan->measures[i].n_by > 0;
        n_left += narrow.measures[i].n_by > 0;
    }
    assert_true(n_left > 0 && n_left < n_segmented);
    struct judge_context context = {
        .has_old = true, .has_as_of = true, .as_of_unix_us = f.night.day * USEC_PER_DAY};
    assert_ok(diff_run(f.old, f.new, &narrow, &f.arena, NULL, NULL, &f.result, &err));
    assert_ok(rule_set_judge(f.set, &f.result, &context, &f.arena, &f.judgement, &err));
    assert_int_equal(f.judgement.n_outcomes, before.n_outcomes);
    for (size_t i = 0; i < before.n_outcomes; i++) {
        assert_int_equal(f.judgement.outcomes[i].kind, before.outcomes[i].kind);
        assert_string_equal(f.judgement.outcomes[i].sentence, before.outcomes[i].sentence);
    }
    end(&f);
}

static void a_column_that_a_rule_names_is_segmented_by_whatever_it_holds(void **state)
{
    (void)state;
    static const char text[] = "- {name: a, hold: rows > 1e9, by: note}\n"
                               "- {name: b, hold: rows > 1e9, by: each category}\n";
    struct fixture f;
    struct error err;
    struct measure_plan narrow;
    struct diagnostics diags CLEANUP(diagnostics_release) = {0};
    const struct yaml_node *root = NULL;
    begin(&f);
    rule_set_free(f.set);
    assert_ok(yaml_parse_text("r.yaml", text, strlen(text), &f.arena, &root, &diags, &err));
    assert_ok(rule_set_from_node(root, f.schema, &f.set, &diags, &err));
    assert_ok(rule_set_plan_for(f.set, NULL, f.old, &f.arena, &narrow, &err));
    const struct measure_plan *plan = rule_set_plan(f.set);
    for (size_t i = 0; i < plan->n_measures; i++)
        assert_int_equal(plan->measures[i].n_by, narrow.measures[i].n_by);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quiet_nights_pass),
        cmocka_unit_test(a_first_load_passes),
        cmocka_unit_test(everybody_at_one_is_blocked_and_shown),
        cmocka_unit_test(a_few_at_one_value_are_held),
        cmocka_unit_test(prices_at_one_cent_are_held),
        cmocka_unit_test(scores_of_one_source_that_fall_by_more_than_half_are_held),
        cmocka_unit_test(one_source_that_shifts_is_held),
        cmocka_unit_test(a_counter_that_shows_zero_is_blocked),
        cmocka_unit_test(a_single_first_null_is_held),
        cmocka_unit_test(rows_cut_at_a_power_of_two_are_held),
        cmocka_unit_test(lost_rows_are_held_and_no_rows_are_blocked),
        cmocka_unit_test(every_row_twice_is_blocked_for_good),
        cmocka_unit_test(the_same_rows_again_are_a_warning),
        cmocka_unit_test(times_in_the_future_and_times_gone_back_are_held),
        cmocka_unit_test(negative_and_outlying_values_are_held),
        cmocka_unit_test(values_that_are_no_numbers_are_held),
        cmocka_unit_test(columns_of_many_values_are_not_segmented_by_in_vain),
        cmocka_unit_test(a_column_that_a_rule_names_is_segmented_by_whatever_it_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
