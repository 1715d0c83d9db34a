#include "tests/unit/report/html.h"

#include <string.h>

#include "report/transitions_html.h"

#define DRAWING(rows, kept, changed)                                                               \
    "{\"column\":\"score\",\"transitions\":{\"groups\":[\"1\",\"<b>\"],\"rows\":" rows             \
    ",\"kept\":" #kept ",\"changed\":" #changed "}}"

static void each_cell_says_how_many_of_the_kept_rows_moved(void **state)
{
    (void)state;
    char *html = html_of(transitions_html_put, DRAWING("[[10,0],[16,1574]]", 1600, 16));
    assert_contains(html, "From where to where score moved, in shares of the kept rows: 1 % have "
                          "changed");
    assert_contains(html, "<th scope=\"col\">&lt;b&gt;</th>");
    assert_contains(html, "<td class=\"moved\" style=\"--shade:0.045\" title=\"16 rows\">1 %</td>"
                          "<td class=\"stayed\" style=\"--shade:0.446\" title=\"1,574 rows\">"
                          "98.4 %</td>");
    assert_contains(html, "<td>·</td>");
    free(html);
}

static void nothing_is_shown_where_nothing_moved_or_is_known(void **state)
{
    (void)state;
    assert_no_html(transitions_html_put, "{}");
    assert_no_html(transitions_html_put, "{\"transitions\":[1]}");
    assert_no_html(transitions_html_put, DRAWING("[]", 0, 0));
    assert_no_html(transitions_html_put, DRAWING("[[1,0],[0,1]]", 2, 0));
}

static void a_stored_table_of_another_shape_does_no_harm(void **state)
{
    (void)state;
    assert_html_contains(transitions_html_put, DRAWING("[[-1,\"x\"],7]", 2, 1), "<td>·</td>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_cell_says_how_many_of_the_kept_rows_moved),
        cmocka_unit_test(nothing_is_shown_where_nothing_moved_or_is_known),
        cmocka_unit_test(a_stored_table_of_another_shape_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
