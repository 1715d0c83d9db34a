#include "tests/unit/report/written.h"

#include <stdlib.h>

#include "report/example_table.h"
#include "report/visible.h"

/* The table of a finding, with the key column id. */
static char *table_of(const char *finding, unsigned width, bool all)
{
    struct error err;
    struct page page;
    json_error_t where;
    json_t *json = json_loads(finding, 0, &where);
    if (json == NULL)
        fail_msg("%s: %s", where.text, finding);
    json_t *key = json_pack("[s]", "id");
    page_init(&page, width, false, &err);
    example_table_put(&page, json, key, "", 0, all);
    json_decref(json);
    json_decref(key);
    return page_text(&page);
}

static void assert_table(const char *finding, unsigned width, const char *expected)
{
    char *text = table_of(finding, width, false);
    assert_string_equal(text, expected);
    free(text);
}

static void values_before_and_after_are_aligned_at_the_arrow(void **state)
{
    (void)state;
    assert_table("{\"example_columns\":[\"score\",\"network\"],\"examples\":["
                 "{\"key\":{\"id\":7},\"old\":{\"score\":62,\"network\":\"twitter\"},"
                 "\"new\":{\"score\":1,\"network\":\"twitter\"}},"
                 "{\"key\":{\"id\":8123456},\"old\":{\"score\":48.25,\"network\":\"facebook\"},"
                 "\"new\":{\"score\":1,\"network\":null}}]}",
                 80,
                 "examples, old → new\n"
                 "     id  score      network\n"
                 "      7     62 → 1  twitter\n"
                 "8123456  48.25 → 1  facebook → NULL\n");
}

static void rows_of_one_side_have_no_arrow(void **state)
{
    (void)state;
    assert_table("{\"example_columns\":[\"score\"],\"examples\":["
                 "{\"key\":{\"id\":7},\"old\":null,\"new\":{\"score\":62}},"
                 "{\"key\":{\"id\":8},\"old\":null,\"new\":{\"score\":1.5}}]}",
                 80,
                 "examples, new rows\n"
                 "id  score\n"
                 " 7     62\n"
                 " 8    1.5\n");
    assert_table("{\"example_columns\":[\"score\"],\"examples\":["
                 "{\"key\":{\"id\":\"a\"},\"old\":{\"score\":\"x\"},\"new\":null}]}",
                 80,
                 "examples, old rows\n"
                 "id  score\n"
                 "a   x\n");
}

static void a_row_of_one_side_among_others_has_a_dash_on_the_other(void **state)
{
    (void)state;
    assert_table("{\"example_columns\":[\"score\"],\"examples\":["
                 "{\"key\":{\"id\":7},\"old\":null,\"new\":{\"score\":62}},"
                 "{\"key\":{\"id\":8},\"old\":{\"score\":5},\"new\":null}]}",
                 80,
                 "examples, old → new\n"
                 "id  score\n"
                 " 7  – → 62\n"
                 " 8  5 → –\n");
}

static void long_texts_show_where_they_differ(void **state)
{
    (void)state;
    assert_table("{\"example_columns\":[\"url\"],\"examples\":["
                 "{\"key\":{\"id\":7},"
                 "\"old\":{\"url\":\"https://example.com/a/very/long/path/to/the/image-1.png\"},"
                 "\"new\":{\"url\":\"https://example.com/a/very/long/path/to/the/image-2.png\"}}]}",
                 60,
                 "examples, old → new\n"
                 "id  url\n"
                 " 7  …age-1.png → …age-2.png\n");
}

static void long_texts_are_cut(void **state)
{
    (void)state;
    assert_table("{\"example_columns\":[\"bio\"],\"examples\":["
                 "{\"key\":{\"id\":7},\"old\":{\"bio\":\"x\"},"
                 "\"new\":{\"bio\":\"0123456789012345678901234567890123456789012345\"}}]}",
                 60,
                 "examples, old → new\n"
                 "id  bio\n"
                 " 7  x → 012345678901234567890123456789012345678…\n");
}

static void wide_and_combining_characters_keep_the_columns_aligned(void **state)
{
    (void)state;
    assert_table("{\"example_columns\":[\"a\",\"b\"],\"examples\":["
                 "{\"key\":{\"id\":1},\"old\":{\"a\":\"世界\",\"b\":1},"
                 "\"new\":{\"a\":\"e\\u0301\",\"b\":2}},"
                 "{\"key\":{\"id\":2},\"old\":{\"a\":\"x\",\"b\":1},"
                 "\"new\":{\"a\":\"yy\",\"b\":2}}]}",
                 80,
                 "examples, old → new\n"
                 "id  a          b\n"
                 " 1  世界 → e\xCC\x81   1 → 2\n"
                 " 2  x    → yy  1 → 2\n");
}

static void hostile_values_are_shown_harmless(void **state)
{
    (void)state;
    assert_table("{\"example_columns\":[\"\\u001b[2Jname\"],\"examples\":["
                 "{\"key\":{\"id\":\"\\u0007\\n\"},\"old\":{\"\\u001b[2Jname\":\"\\u001b[31m\"},"
                 "\"new\":{\"\\u001b[2Jname\":\"\\u202e\"}}]}",
                 80,
                 "examples, old → new\n"
                 "id      \\x1b[2Jname\n"
                 "\\x07\\n  \\x1b[31m → \\u202e\n");
}

static void more_than_ten_rows_are_counted_unless_all_are_wanted(void **state)
{
    (void)state;
    json_t *finding = json_pack("{s:[s], s:[]}", "example_columns", "v", "examples");
    for (int i = 0; i < 12; i++) {
        json_t *row =
            json_pack("{s:{s:i}, s:{s:i}, s:{s:i}}", "key", "id", i, "old", "v", 1, "new", "v", 2);
        assert_int_equal(json_array_append_new(json_object_get(finding, "examples"), row), 0);
    }
    char *text = json_dumps(finding, 0);
    char *some = table_of(text, 80, false);
    char *all = table_of(text, 80, true);
    assert_contains(some, " 9  1 → 2\n… 2 more rows\n");
    assert_contains(all, "10  1 → 2\n11  1 → 2\n");
    assert_null(strstr(all, "more"));
    free(some);
    free(all);
    free(text);
    json_decref(finding);
}

/* A finding with so many columns, each with a long value before and after. */
static char *wide_finding(size_t n_columns)
{
    json_t *finding =
        json_pack("{s:[], s:i, s:[{s:{s:i}, s:{}, s:{}}]}", "example_columns",
                  "example_columns_left_out", 1584, "examples", "key", "id", 7, "old", "new");
    json_t *row = json_array_get(json_object_get(finding, "examples"), 0);
    for (size_t i = 0; i < n_columns; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "column_%zu", i);
        (void)json_array_append_new(json_object_get(finding, "example_columns"), json_string(name));
        (void)json_object_set_new(json_object_get(row, "old"), name,
                                  json_string("a value before that is long"));
        (void)json_object_set_new(json_object_get(row, "new"), name,
                                  json_string("another value after that is long"));
    }
    char *text = json_dumps(finding, 0);
    json_decref(finding);
    return text;
}

static void as_many_columns_are_shown_as_fit_and_the_rest_are_counted(void **state)
{
    (void)state;
    char *finding = wide_finding(16);
    for (unsigned width = 40; width <= 200; width += 7) {
        char *text = table_of(finding, width, false);
        char *rest = text;
        for (char *line = strtok_r(text, "\n", &rest); line != NULL;
             line = strtok_r(NULL, "\n", &rest))
            assert_true(visible_columns(line, strlen(line)) <= width);
        free(text);
    }
    char *text = table_of(finding, 200, false);
    assert_contains(text, "column_2");
    assert_null(strstr(text, "column_3"));
    assert_contains(text, "… 1597 more columns\n");
    free(text);
    free(finding);
}

static void a_key_is_cut_only_when_there_is_no_other_way(void **state)
{
    (void)state;
    char *finding = wide_finding(3);
    char *at = strstr(finding, "\"id\": 7");
    assert_non_null(at);
    struct buffer buf;
    struct error err;
    buffer_init(&buf, 10000);
    assert_ok(buffer_printf(&buf, &err, "%.*s\"id\": \"EbookFoundation-books\"%s",
                            (int)(at - finding), finding, at + strlen("\"id\": 7")));
    char *text = table_of(buf.data, 80, false);
    assert_contains(text, "EbookFoundation-books  ");
    char *narrow = table_of(buf.data, 40, false);
    assert_contains(narrow, "EbookFo…  ");
    free(text);
    free(narrow);
    buffer_release(&buf);
    free(finding);
}

static void a_finding_without_examples_has_no_table(void **state)
{
    (void)state;
    assert_table("{\"example_columns\":[],\"examples\":[]}", 80, "");
    assert_table("{}", 80, "");
}

static void examples_of_an_odd_shape_are_survived(void **state)
{
    (void)state;
    static const char *const odd[] = {
        "{\"example_columns\":[\"v\"],\"examples\":[{}]}",
        "{\"example_columns\":7,\"examples\":[{\"key\":3,\"old\":[],\"new\":\"x\"}]}",
        ("{\"example_columns\":[1,null,\"v\"],\"examples\":[{\"key\":{\"id\":{}},"
         "\"old\":{\"v\":[1]},\"new\":{\"v\":{}}}]}"),
        "{\"example_columns_left_out\":-5,\"examples_left_out\":\"x\",\"examples\":[{}]}",
    };
    for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
        char *text = table_of(odd[i], 80, false);
        assert_contains(text, "examples");
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_before_and_after_are_aligned_at_the_arrow),
        cmocka_unit_test(rows_of_one_side_have_no_arrow),
        cmocka_unit_test(a_row_of_one_side_among_others_has_a_dash_on_the_other),
        cmocka_unit_test(long_texts_show_where_they_differ),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(wide_and_combining_characters_keep_the_columns_aligned),
        cmocka_unit_test(hostile_values_are_shown_harmless),
        cmocka_unit_test(more_than_ten_rows_are_counted_unless_all_are_wanted),
        cmocka_unit_test(as_many_columns_are_shown_as_fit_and_the_rest_are_counted),
        cmocka_unit_test(a_key_is_cut_only_when_there_is_no_other_way),
        cmocka_unit_test(a_finding_without_examples_has_no_table),
        cmocka_unit_test(examples_of_an_odd_shape_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
