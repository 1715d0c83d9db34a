#include "tests/unit/report/written.h"

#include "report/count_text.h"

static void assert_counts(const char *rows, unsigned width, const char *expected)
{
    struct error err;
    struct page page;
    json_t *json = json_loads(rows, 0, NULL);
    assert_non_null(json);
    page_init(&page, width, false, &err);
    count_text_put(&page, json, 2);
    json_decref(json);
    assert_written(&page, expected);
}

static const char large[] = "{\"old\":75000000,\"new\":75010000,\"kept\":74990000,"
                            "\"changed\":69888123,\"added\":20000,\"removed\":10000,"
                            "\"duplicates\":0}";

static void counts_stand_in_columns_with_percentages_below(void **state)
{
    (void)state;
    assert_counts(large, 100,
                  "    old rows    new rows        kept     changed    added  removed  duplicates\n"
                  "  75,000,000  75,010,000  74,990,000  69,888,123   20,000   10,000           0\n"
                  "                +0.013 %    99.987 %      93.2 %  0.027 %  0.013 %\n");
}

static void where_columns_do_not_fit_there_is_a_line_each(void **state)
{
    (void)state;
    assert_counts(large, 60,
                  "  old rows    75,000,000\n"
                  "  new rows    75,010,000  +0.013 %\n"
                  "  kept        74,990,000  99.987 %\n"
                  "  changed     69,888,123    93.2 %\n"
                  "  added           20,000   0.027 %\n"
                  "  removed         10,000   0.013 %\n"
                  "  duplicates           0\n");
}

static void empty_sides_have_no_percentages(void **state)
{
    (void)state;
    assert_counts("{\"old\":3,\"new\":0,\"kept\":0,\"changed\":0,\"added\":0,\"removed\":3,"
                  "\"duplicates\":0}",
                  80,
                  "  old rows  new rows  kept  changed  added  removed  duplicates\n"
                  "         3         0     0        0      0        3           0\n"
                  "              -100 %                          100 %\n");
    assert_counts("{\"old\":0,\"new\":5,\"kept\":0,\"changed\":0,\"added\":5,\"removed\":0,"
                  "\"duplicates\":2}",
                  80,
                  "  old rows  new rows  kept  changed  added  removed  duplicates\n"
                  "         0         5     0        0      5        0           2\n"
                  "                                     100 %                 40 %\n");
}

static void the_largest_counts_fit_a_narrow_page(void **state)
{
    (void)state;
    struct error err;
    struct page page;
    json_t *json = json_object();
    static const char *const names[] = {"old",   "new",     "kept",      "changed",
                                        "added", "removed", "duplicates"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        assert_int_equal(json_object_set_new(json, names[i], json_integer(INT64_MAX)), 0);
    page_init(&page, 80, false, &err);
    count_text_put(&page, json, 2);
    char *text = page_text(&page);
    assert_contains(text, "  duplicates  9,223,372,036,854,775,807  100 %\n");
    free(text);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_stand_in_columns_with_percentages_below),
        cmocka_unit_test(where_columns_do_not_fit_there_is_a_line_each),
        cmocka_unit_test(empty_sides_have_no_percentages),
        cmocka_unit_test(the_largest_counts_fit_a_narrow_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
