#include "tests/unit/report/fixture.h"

#include "report/examples.h"

static struct example_columns choose(const struct outcome *outcome, const struct example *examples,
                                     size_t n)
{
    struct report_examples list = {.examples = examples, .n_examples = n};
    return examples_choose_columns(&fixture_schema, outcome, &list);
}

static void columns_that_the_condition_names_come_first(void **state)
{
    (void)state;
    struct outcome outcome = fixture_outcome(OUTCOME_FINDING, "rule");
    outcome.condition = "share(network = 'x') > 1%";
    struct example_columns columns = choose(&outcome, fixture_examples, 2);
    assert_int_equal(columns.n, 2);
    assert_string_equal(fixture_columns[columns.index[0]].name, "network");
    assert_string_equal(fixture_columns[columns.index[1]].name, "score");
    assert_int_equal(columns.left_out, 0);
}

static void key_columns_are_not_repeated_among_the_values(void **state)
{
    (void)state;
    struct outcome outcome = fixture_outcome(OUTCOME_FINDING, "rule");
    outcome.condition = "count(profile_id > 7 and score = 1) > 0";
    struct example_columns columns = choose(&outcome, fixture_examples, 0);
    assert_int_equal(columns.n, 1);
    assert_string_equal(fixture_columns[columns.index[0]].name, "score");
}

static void columns_that_changed_most_often_come_first(void **state)
{
    (void)state;
    struct outcome outcome = fixture_outcome(OUTCOME_FINDING, "rule");
    struct example_columns columns = choose(&outcome, fixture_examples, 2);
    assert_int_equal(columns.n, 2);
    assert_string_equal(fixture_columns[columns.index[0]].name, "score");
    assert_string_equal(fixture_columns[columns.index[1]].name, "network");
}

static void columns_that_did_not_change_are_left_out(void **state)
{
    (void)state;
    struct outcome outcome = fixture_outcome(OUTCOME_FINDING, "rule");
    struct example_columns columns = choose(&outcome, fixture_examples, 1);
    assert_int_equal(columns.n, 1);
    assert_string_equal(fixture_columns[columns.index[0]].name, "score");
}

static void a_name_within_a_literal_or_a_longer_name_does_not_count(void **state)
{
    (void)state;
    struct outcome outcome = fixture_outcome(OUTCOME_FINDING, "rule");
    outcome.condition = "share(scores = 'a \"score network' and \"a score\" > 1) > 0";
    assert_int_equal(choose(&outcome, fixture_examples, 0).n, 2);
    outcome.condition = "share(\"network\" = 'it''s') > 0";
    struct example_columns columns = choose(&outcome, fixture_examples, 0);
    assert_int_equal(columns.n, 1);
    assert_string_equal(fixture_columns[columns.index[0]].name, "network");
}

static void unbalanced_quotes_end_with_the_text(void **state)
{
    (void)state;
    struct outcome outcome = fixture_outcome(OUTCOME_FINDING, "rule");
    outcome.condition = "score \"";
    assert_int_equal(choose(&outcome, fixture_examples, 0).n, 1);
    outcome.condition = "score '";
    assert_int_equal(choose(&outcome, fixture_examples, 0).n, 1);
    outcome.condition = "\"score";
    assert_int_equal(choose(&outcome, fixture_examples, 0).n, 1);
}

static void added_rows_show_the_first_columns(void **state)
{
    (void)state;
    struct outcome outcome = fixture_outcome(OUTCOME_FINDING, "rows added");
    outcome.condition = "added / rows > 10%";
    struct example added = {.key = fixture_key_a, .new_values = fixture_row_a_new};
    assert_int_equal(choose(&outcome, &added, 1).n, 2);
}

#define WIDE 1600

static struct schema_column wide_columns[WIDE];
static char wide_names[WIDE][8];
static struct value wide_old[WIDE];
static struct value wide_new[WIDE];
static const struct schema wide_schema = {
    .columns = wide_columns, .n_columns = WIDE, .keys = fixture_keys, .n_keys = 1};

static void make_wide(void)
{
    for (size_t i = 0; i < WIDE; i++) {
        (void)snprintf(wide_names[i], sizeof(wide_names[i]), "c%zu", i);
        wide_columns[i] = (struct schema_column){.name = wide_names[i], .type = TYPE_BIGINT};
        wide_old[i] = INTEGER((int64_t)i);
        wide_new[i] = INTEGER((int64_t)i + (i > 0));
    }
}

static void of_1600_changed_columns_a_few_are_kept_and_the_rest_counted(void **state)
{
    (void)state;
    make_wide();
    struct outcome outcome = fixture_outcome(OUTCOME_FINDING, "rule");
    outcome.column = "c1599";
    struct example example = {.key = wide_old, .old_values = wide_old, .new_values = wide_new};
    struct report_examples list = {.examples = &example, .n_examples = 1};
    struct example_columns columns = examples_choose_columns(&wide_schema, &outcome, &list);
    assert_int_equal(columns.n, EXAMPLES_MAX_COLUMNS);
    assert_int_equal(columns.index[0], 1599);
    assert_int_equal(columns.index[1], 1);
    assert_int_equal(columns.left_out, WIDE - 1 - EXAMPLES_MAX_COLUMNS);
}

static void rows_have_key_and_both_sides(void **state)
{
    (void)state;
    struct error err;
    struct outcome outcome = fixture_outcome(OUTCOME_FINDING, "rule");
    struct report_examples list = {.examples = fixture_examples, .n_examples = 2};
    struct example_columns columns = choose(&outcome, fixture_examples, 2);
    size_t budget_bytes = 10000;
    json_t *json = examples_json(&fixture_schema, &columns, &list, &budget_bytes);
    char *text = PRINTED(out, report_write_json(json, false, out, &err));
    assert_string_equal(text, "[{\"key\":{\"profile_id\":7},"
                              "\"old\":{\"score\":62,\"network\":\"twitter\"},"
                              "\"new\":{\"score\":1,\"network\":\"twitter\"}},"
                              "{\"key\":{\"profile_id\":8123456},"
                              "\"old\":{\"score\":48.25,\"network\":\"facebook\"},"
                              "\"new\":{\"score\":1,\"network\":null}}]\n");
    assert_true(budget_bytes < 10000);
    free(text);
    json_decref(json);
}

static void a_side_without_the_row_is_null(void **state)
{
    (void)state;
    struct example removed = {.key = fixture_key_a, .old_values = fixture_row_a_old};
    struct report_examples list = {.examples = &removed, .n_examples = 1};
    struct example_columns columns = {.index = {1}, .n = 1};
    size_t budget_bytes = 10000;
    json_t *json = examples_json(&fixture_schema, &columns, &list, &budget_bytes);
    const json_t *row = json_array_get(json, 0);
    assert_true(json_is_null(json_object_get(row, "new")));
    assert_int_equal(json_object_size(json_object_get(row, "old")), 1);
    json_decref(json);
}

static void rows_beyond_the_budget_are_left_out(void **state)
{
    (void)state;
    struct report_examples list = {.examples = fixture_examples, .n_examples = 2};
    struct example_columns columns = {.index = {1}, .n = 1};
    size_t budget_bytes = 300;
    json_t *json = examples_json(&fixture_schema, &columns, &list, &budget_bytes);
    assert_int_equal(json_array_size(json), 1);
    json_decref(json);
    json = examples_json(&fixture_schema, &columns, &list, &budget_bytes);
    assert_int_equal(json_array_size(json), 0);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_that_the_condition_names_come_first),
        cmocka_unit_test(key_columns_are_not_repeated_among_the_values),
        cmocka_unit_test(columns_that_changed_most_often_come_first),
        cmocka_unit_test(columns_that_did_not_change_are_left_out),
        cmocka_unit_test(a_name_within_a_literal_or_a_longer_name_does_not_count),
        cmocka_unit_test(unbalanced_quotes_end_with_the_text),
        cmocka_unit_test(added_rows_show_the_first_columns),
        cmocka_unit_test(of_1600_changed_columns_a_few_are_kept_and_the_rest_counted),
        cmocka_unit_test(rows_have_key_and_both_sides),
        cmocka_unit_test(a_side_without_the_row_is_null),
        cmocka_unit_test(rows_beyond_the_budget_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
