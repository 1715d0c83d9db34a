/* What expressions become: measures with their scopes, values that fit their columns. */
#include "tests/unit/rules/folder.h"

#include "rules/condition.h"

static void read_condition(struct rules *rules, const char *condition)
{
    char text[1000];
    (void)snprintf(text, sizeof(text), "- name: a\n  hold: %s\n", condition);
    rules_from_text(rules, text);
    if (rules->code != OK)
        fail_msg("'%s': %s", condition, rules->err.message);
}

static const struct measure *find_measure(const struct rules *rules, const char *text)
{
    const struct measure_plan *plan = rule_set_plan(rules->set);
    for (size_t i = 0; i < plan->n_measures; i++) {
        if (strcmp(plan->measures[i].text, text) == 0)
            return &plan->measures[i];
    }
    fail_msg("no measure '%s'", text);
    return NULL;
}

static void assert_scope(const char *measure, enum scope scope)
{
    struct rules rules;
    char condition[500];
    (void)snprintf(condition, sizeof(condition), "%s > 0", measure);
    read_condition(&rules, condition);
    assert_int_equal(find_measure(&rules, measure)->scope, scope);
    rules_release(&rules);
}

static void the_sides_that_are_looked_at_decide_the_scope(void **state)
{
    (void)state;
    assert_scope("share(score > 0.5)", SCOPE_NEW);
    assert_scope("share(old.score > 0.5)", SCOPE_OLD);
    assert_scope("share(score > old.score)", SCOPE_KEPT);
    assert_scope("mean(score, old.level = 1)", SCOPE_KEPT);
    assert_scope("share(changed)", SCOPE_KEPT);
    assert_scope("share(jumped(score))", SCOPE_KEPT);
    assert_scope("mean(shift(score))", SCOPE_KEPT);
    assert_scope("arrivals(score)", SCOPE_KEPT);
    assert_scope("top_share(old.network)", SCOPE_OLD);
    assert_scope("spearman(score)", SCOPE_KEPT);
    assert_scope("ks(score)", SCOPE_NEW);
    assert_scope("overlap(score, 10)", SCOPE_NEW);
    assert_scope("nulls(old.score)", SCOPE_OLD);
}

static void key_columns_count_for_neither_side(void **state)
{
    (void)state;
    assert_scope("count(profile_id > 5)", SCOPE_NEW);
    assert_scope("count(old.profile_id > 5)", SCOPE_NEW);
    assert_scope("mean(old.score, profile_id > 5)", SCOPE_OLD);
}

static void where_counts_for_the_scope_and_belongs_to_the_text(void **state)
{
    (void)state;
    struct rules rules;
    rules_from_text(&rules, "- name: a\n  hold: mean(old.score) > 5\n  where: network = 'a'\n");
    assert_int_equal(rules.code, OK);
    const struct measure *measure = find_measure(&rules, "mean(old.score) where network = 'a'");
    assert_int_equal(measure->scope, SCOPE_KEPT);
    assert_non_null(measure->where);
    rules_release(&rules);
}

static void bare_words_are_measures(void **state)
{
    (void)state;
    struct rules rules;
    read_condition(&rules, "rows + old_rows + kept + added + removed + duplicates + changed > 5");
    assert_int_equal(find_measure(&rules, "rows")->aggregate, AGG_ROWS);
    assert_int_equal(find_measure(&rules, "old_rows")->aggregate, AGG_OLD_ROWS);
    assert_int_equal(find_measure(&rules, "kept")->aggregate, AGG_KEPT);
    assert_int_equal(find_measure(&rules, "added")->aggregate, AGG_ADDED);
    assert_int_equal(find_measure(&rules, "removed")->aggregate, AGG_REMOVED);
    assert_int_equal(find_measure(&rules, "duplicates")->aggregate, AGG_DUPLICATES);
    const struct measure *changed = find_measure(&rules, "changed");
    assert_int_equal(changed->aggregate, AGG_COUNT);
    assert_int_equal(changed->arg->op, OP_CHANGED);
    assert_int_equal(changed->scope, SCOPE_KEPT);
    rules_release(&rules);
}

static void equal_measures_are_computed_once(void **state)
{
    (void)state;
    struct rules rules;
    rules_from_text(&rules, "- {name: a, hold: share(score=1) > 5% and share( score = 1 ) < 50%}\n"
                            "- {name: b, warn: SHARE(score = 1) > 1%}\n"
                            "- {name: c, warn: share(score = 1) > 1%, by: network}\n"
                            "- {name: d, warn: share(score = 1) > 1%, by: network}\n"
                            "- {name: e, warn: share(score = 1) > 1%, by: level}\n"
                            "- {name: f, warn: share(score = 1) > 1%, where: level = 1}\n");
    assert_int_equal(rules.code, OK);
    /* All rows, by two columns and with where, each with its old rows; and the duplicates. */
    assert_int_equal(rule_set_plan(rules.set)->n_measures, 9);
    rules_release(&rules);
}

static const struct expr *right_side(const struct rules *rules, const char *measure)
{
    return find_measure(rules, measure)->arg->args[1];
}

static void a_number_beside_a_real_column_is_rounded_as_the_column_is(void **state)
{
    (void)state;
    struct rules rules;
    read_condition(&rules, "share(rate = 0.1) > 0 and share(score = 0.1) > 0");
    const struct expr *real = right_side(&rules, "share(rate = 0.1)");
    const struct expr *both = right_side(&rules, "share(score = 0.1)");
    assert_true(real->literal.f64 == (double)0.1f);
    assert_true(both->literal.f64 == 0.1);
    rules_release(&rules);
    read_condition(&rules, "share(rate in (0.1, 0.2)) > 0");
    const struct expr *list = find_measure(&rules, "share(rate in (0.1, 0.2))")->arg;
    assert_true(list->args[2]->literal.f64 == (double)0.2f);
    rules_release(&rules);
    read_condition(&rules, "share(abs(old.rate) between 0.1 and 0.3) > 0");
    const struct expr *between =
        find_measure(&rules, "share(abs(old.rate) between 0.1 and 0.3)")->arg;
    assert_true(between->args[1]->args[1]->literal.f64 == (double)0.3f);
    rules_release(&rules);
}

static void a_number_beside_a_numeric_column_is_numeric(void **state)
{
    (void)state;
    struct rules rules;
    read_condition(&rules, "share(price = 0.10) > 0 and share(price > 1_000.5%) > 0 and "
                           "share(price < -1e3) > 0");
    const struct value *value = &right_side(&rules, "share(price = 0.10)")->literal;
    assert_int_equal(value->type, VALUE_NUMERIC);
    assert_memory_equal(value->text.bytes, "0.10", 4);
    value = &right_side(&rules, "share(price > 1000.5%)")->literal;
    assert_int_equal(value->text.len, 6);
    assert_memory_equal(value->text.bytes, "10.005", 6);
    value = &right_side(&rules, "share(price < -1e3)")->literal;
    assert_memory_equal(value->text.bytes, "-1000", 5);
    rules_release(&rules);
}

static void whole_numbers_stay_whole(void **state)
{
    (void)state;
    struct rules rules;
    read_condition(&rules, "share(profile_id = 9007199254740993) > 0");
    const struct value *value =
        &right_side(&rules, "share(profile_id = 9007199254740993)")->literal;
    assert_int_equal(value->type, VALUE_INTEGER);
    assert_int_equal(value->i64, INT64_C(9007199254740993));
    rules_release(&rules);
    read_condition(&rules, "share(profile_id = -9223372036854775808) > 0");
    value = &right_side(&rules, "share(profile_id = -9223372036854775808)")->literal;
    assert_int_equal(value->i64, INT64_MIN);
    rules_release(&rules);
}

static void texts_beside_dates_times_and_uuids_become_those(void **state)
{
    (void)state;
    struct rules rules;
    read_condition(&rules, "share(born = '2000-01-03') > 0 and "
                           "share(seen > '2000-01-01T00:00:01Z') > 0 and "
                           "share(token = '00000000-0000-0000-0000-0000000000ff') > 0 and "
                           "share(born < '2000-01-01T12:00:00Z') > 0");
    const struct value *value = &right_side(&rules, "share(born = '2000-01-03')")->literal;
    assert_int_equal(value->type, VALUE_DATE);
    assert_int_equal(value->i64, 2);
    value = &right_side(&rules, "share(seen > '2000-01-01T00:00:01Z')")->literal;
    assert_int_equal(value->type, VALUE_TIME);
    assert_int_equal(value->i64, 1000000);
    value = &right_side(&rules, "share(born < '2000-01-01T12:00:00Z')")->literal;
    assert_int_equal(value->type, VALUE_TIME);
    rules_release(&rules);
    read_condition(&rules, "share('2000-01-03' in (born, old.born)) > 0");
    const struct expr *in = find_measure(&rules, "share('2000-01-03' in (born, old.born))")->arg;
    assert_int_equal(in->args[0]->type, VALUE_DATE);
    rules_release(&rules);
}

static void percentages_are_exact(void **state)
{
    (void)state;
    struct rules rules;
    read_condition(&rules, "share(score = 0.1%) > 0 and share(score = 99.9%) > 0");
    assert_true(right_side(&rules, "share(score = 0.1%)")->literal.f64 == 0.001);
    assert_true(right_side(&rules, "share(score = 99.9%)")->literal.f64 == 0.999);
    rules_release(&rules);
}

static void assert_result(const char *measure, enum value_type type)
{
    struct rules rules;
    char condition[500];
    (void)snprintf(condition, sizeof(condition), "%s is not null", measure);
    read_condition(&rules, condition);
    assert_int_equal(find_measure(&rules, measure)->type, type);
    rules_release(&rules);
}

static void results_have_the_type_of_their_aggregate(void **state)
{
    (void)state;
    assert_result("count(score)", VALUE_INTEGER);
    assert_result("distinct(network)", VALUE_INTEGER);
    assert_result("invalid(score)", VALUE_INTEGER);
    assert_result("sum(level)", VALUE_DOUBLE);
    assert_result("mean(price)", VALUE_DOUBLE);
    assert_result("mean(seen - old.seen)", VALUE_DURATION);
    assert_result("sum(seen - old.seen)", VALUE_DURATION);
    assert_result("stddev(score)", VALUE_DOUBLE);
    assert_result("min(level)", VALUE_INTEGER);
    assert_result("max(price)", VALUE_NUMERIC);
    assert_result("max(born)", VALUE_DATE);
    assert_result("max(seen)", VALUE_TIME);
    assert_result("max(abs(seen - old.seen))", VALUE_DURATION);
    assert_result("quantile(level, 95%)", VALUE_DOUBLE);
    assert_result("arrivals(network)", VALUE_DOUBLE);
    assert_result("top_share(network)", VALUE_DOUBLE);
    assert_result("ks(seen)", VALUE_DOUBLE);
    assert_result("psi(active)", VALUE_DOUBLE);
    assert_result("js(network)", VALUE_DOUBLE);
    assert_result("emd(price)", VALUE_DOUBLE);
    assert_result("overlap(born, 1000)", VALUE_DOUBLE);
    assert_result("spearman(level, active)", VALUE_DOUBLE);
}

static void assert_accepted(const char *condition)
{
    struct rules rules;
    read_condition(&rules, condition);
    rules_release(&rules);
}

static void what_fits_together_is_accepted(void **state)
{
    (void)state;
    assert_accepted("max(seen) > as_of + 2d and max(old.seen) <= as_of + 2d");
    assert_accepted("max(born) > as_of + 2d");
    assert_accepted("as_of - max(seen) > 26h");
    assert_accepted("max(seen) > 2d + as_of");
    assert_accepted("mean(seen - old.seen) / 1h > 2");
    assert_accepted("mean(seen - old.seen) * 2 > 3h");
    assert_accepted("2 * mean(seen - old.seen) > 3h");
    assert_accepted("share(seen - '2024-01-01T00:00:00Z' > 3d) > 5%");
    assert_accepted("share(born - old.born > 3d) > 5%");
    assert_accepted("share(price * 1.1 < old.price) > 5%");
    assert_accepted("share(coalesce(price, 0) = 0) > 5%");
    assert_accepted("share(coalesce(network, 'none') = 'none') > 5%");
    assert_accepted("share(coalesce(born, '2024-01-01') > old.born) > 5%");
    assert_accepted("share(case when score > 1 then 'a' else null end = network) > 5%");
    assert_accepted("share(case when active then level else score end > 1) > 5%");
    assert_accepted("share(case when score > 1 then 1 end is null) > 5%");
    assert_accepted("share(active) > 5%");
    assert_accepted("share(active = true and not old.active) > 5%");
    assert_accepted("share(score is distinct from null) > 5%");
    assert_accepted("share(greatest(score, level, 5) > 5) > 5%");
    assert_accepted("share(network in ('a', 'b') or network not like 'c%') > 5%");
    assert_accepted("share(seen is null) > 5%");
    assert_accepted("count(active, score > 5) > 5");
    assert_accepted("arrivals(score, jumped(score)) > 0.05%");
    assert_accepted("log2(rows) = round(log2(rows))");
    assert_accepted("rows is null or not (rows > 5)");
    assert_accepted("case when rows > 5 then added else removed end > 100");
    assert_accepted("-mean(score) < 5 and - -5 < rows");
    assert_accepted("ln(rows) + exp(1) + sqrt(rows) + floor(mean(score)) + ceil(1.5) > 5");
    assert_accepted("null or rows > 5");
}

static void x_is_each_column_in_turn(void **state)
{
    (void)state;
    struct rules rules;
    rules_from_text(&rules, "- {name: a, each: number, except: rate, hold: mean(x) > 5}\n");
    assert_int_equal(rules.code, OK);
    assert_int_equal(rule_set_rule(rules.set, 0).n_checks, 3);
    (void)find_measure(&rules, "mean(score)");
    (void)find_measure(&rules, "mean(level)");
    (void)find_measure(&rules, "mean(price)");
    rules_release(&rules);
}

static void kinds_of_column_choose_value_columns_only(void **state)
{
    (void)state;
    static const struct {
        const char *each;
        size_t n;
    } cases[] = {{"number", 4},
                 {"integer", 1},
                 {"text", 1},
                 {"boolean", 1},
                 {"time", 2},
                 {"category", 2},
                 {"any", 9},
                 {"[text, boolean]", 2},
                 {"score", 1},
                 {"uuid", 0},
                 {"[number, score]", 4}};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct rules rules;
        char text[200];
        (void)snprintf(text, sizeof(text), "- {name: a, each: %s, hold: nulls(x) > 5}\n",
                       cases[i].each);
        rules_from_text(&rules, text);
        if (cases[i].n == 0) {
            assert_int_equal(rules.code, ERR_CONFIG);
        } else {
            assert_int_equal(rules.code, OK);
            assert_int_equal(rule_set_rule(rules.set, 0).n_checks, cases[i].n);
        }
        rules_release(&rules);
    }
}

static void each_category_segments_by_every_text_and_boolean_column(void **state)
{
    (void)state;
    struct rules rules;
    rules_from_text(&rules,
                    "- {name: a, each: [number, text], by: each category, hold: nulls(x) > 5}\n");
    assert_int_equal(rules.code, OK);
    /* Four numbers by two columns, and the text by the boolean alone. */
    assert_int_equal(rule_set_rule(rules.set, 0).n_checks, 9);
    rules_release(&rules);
}

static void what_can_be_null_brings_a_count_of_the_old_values(void **state)
{
    (void)state;
    struct rules rules;
    read_condition(&rules, "mean(score) > 5");
    const struct measure *mirror =
        find_measure(&rules, "values of the last good load for mean(score)");
    assert_int_equal(mirror->aggregate, AGG_COUNT);
    assert_int_equal(mirror->scope, SCOPE_OLD);
    rules_release(&rules);
}

static void drift_spans_the_two_loads(void **state)
{
    (void)state;
    static const char *const measures[] = {"ks(score)",  "psi(network)",       "js(network)",
                                           "emd(score)", "overlap(score, 10)", "spearman(score)"};
    for (size_t i = 0; i < ARRAY_SIZE(measures); i++) {
        struct rules rules;
        char text[100];
        (void)snprintf(text, sizeof(text), "%s > 0.5", measures[i]);
        read_condition(&rules, text);
        assert_true(measure_spans_loads(find_measure(&rules, measures[i])));
        rules_release(&rules);
    }
}

static void drift_without_a_value_is_held_against_the_old_rows(void **state)
{
    (void)state;
    struct rules rules;
    read_condition(&rules, "ks(score, active) > 5%");
    const struct measure *mirror =
        find_measure(&rules, "values of the last good load for ks(score, active)");
    assert_int_equal(mirror->aggregate, AGG_COUNT);
    assert_int_equal(mirror->scope, SCOPE_OLD);
    assert_non_null(mirror->filter);
    rules_release(&rules);
    read_condition(&rules, "psi(network) > 0.1");
    assert_int_equal(find_measure(&rules, "old_rows")->aggregate, AGG_OLD_ROWS);
    rules_release(&rules);
}

static void rows_compared_with_files_are_counted(void **state)
{
    (void)state;
    struct folder folder;
    struct rules rules;
    char text[300];
    folder_make(&folder);
    folder_write(&folder, "ids.txt", "1\n2\n");
    (void)snprintf(text, sizeof(text), "share(profile_id in file(\"%s/ids.txt\")) > 5%%",
                   folder.path);
    read_condition(&rules, text);
    (void)snprintf(text, sizeof(text), "count(profile_id in file(\"%s/ids.txt\"))", folder.path);
    const struct measure *count = find_measure(&rules, text);
    assert_int_equal(count->aggregate, AGG_COUNT);
    assert_int_equal(value_set_size(count->arg->set), 2);
    rules_release(&rules);
    folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sides_that_are_looked_at_decide_the_scope),
        cmocka_unit_test(key_columns_count_for_neither_side),
        cmocka_unit_test(where_counts_for_the_scope_and_belongs_to_the_text),
        cmocka_unit_test(bare_words_are_measures),
        cmocka_unit_test(equal_measures_are_computed_once),
        cmocka_unit_test(a_number_beside_a_real_column_is_rounded_as_the_column_is),
        cmocka_unit_test(a_number_beside_a_numeric_column_is_numeric),
        cmocka_unit_test(whole_numbers_stay_whole),
        cmocka_unit_test(texts_beside_dates_times_and_uuids_become_those),
        cmocka_unit_test(percentages_are_exact),
        cmocka_unit_test(results_have_the_type_of_their_aggregate),
        cmocka_unit_test(what_fits_together_is_accepted),
        cmocka_unit_test(x_is_each_column_in_turn),
        cmocka_unit_test(kinds_of_column_choose_value_columns_only),
        cmocka_unit_test(each_category_segments_by_every_text_and_boolean_column),
        cmocka_unit_test(what_can_be_null_brings_a_count_of_the_old_values),
        cmocka_unit_test(drift_spans_the_two_loads),
        cmocka_unit_test(drift_without_a_value_is_held_against_the_old_rows),
        cmocka_unit_test(rows_compared_with_files_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
