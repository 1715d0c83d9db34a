#include "tests/unit/report/fixture.h"

#include "report/drawing_json.h"

static void assert_drawing(const struct report_drawing *drawing, const char *expected)
{
    struct error err;
    const struct example_columns columns = {.index = {1}, .n = 1};
    size_t budget = 10000;
    json_t *json = drawing_json(&fixture_schema, drawing, &columns, &budget);
    char *text = PRINTED(out, report_write_json(json, false, out, &err));
    text[strcspn(text, "\n")] = '\0';
    assert_string_equal(text, expected);
    free(text);
    json_decref(json);
}

static void a_drawing_has_bins_movements_and_the_largest_changes(void **state)
{
    (void)state;
    struct bin bins[] = {{.kind = BIN_BELOW, .label = "below 1", .new_rows = 7},
                         {.kind = BIN_VALUE, .label = "1\n", .old_rows = 2, .new_rows = 1}};
    static const uint64_t rows[] = {1, 2, 3, 4};
    const struct distribution distribution = {.scale = SCALE_LOG,
                                              .bins = bins,
                                              .n_bins = 2,
                                              .old_rows = 3,
                                              .new_rows = 9,
                                              .old_nulls = 1,
                                              .new_nans = 1};
    const struct transitions transitions = {
        .groups = bins, .n_groups = 2, .rows = rows, .kept = 10, .changed = 5};
    const struct report_drawing drawing = {.column = "score",
                                           .distribution = &distribution,
                                           .transitions = &transitions,
                                           .worst = {fixture_examples, 1}};
    assert_drawing(
        &drawing,
        "{\"column\":\"score\",\"distribution\":{\"scale\":\"log\",\"bins\":[{\"kind\":\"below\","
        "\"label\":\"below 1\",\"old\":0,\"new\":7},{\"kind\":\"value\",\"label\":\"1\\n\","
        "\"old\":2,\"new\":1}],\"old_rows\":3,\"new_rows\":9,\"old_nulls\":1,\"new_nulls\":0,"
        "\"old_nans\":0,\"new_nans\":1},\"transitions\":{\"groups\":[\"below 1\",\"1\\n\"],"
        "\"rows\":[[1,2],[3,4]],\"kept\":10,\"changed\":5},\"worst\":[{\"key\":{\"profile_id\":7},"
        "\"old\":{\"score\":62},\"new\":{\"score\":1}}]}");
}

static void what_is_not_drawn_is_null(void **state)
{
    (void)state;
    assert_drawing(NULL, "null");
    assert_drawing(&(struct report_drawing){.column = NULL}, "null");
    assert_drawing(&(struct report_drawing){.column = "score"},
                   "{\"column\":\"score\",\"distribution\":null,\"transitions\":null,"
                   "\"worst\":[]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_drawing_has_bins_movements_and_the_largest_changes),
        cmocka_unit_test(what_is_not_drawn_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
