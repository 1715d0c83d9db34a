#include "tests/unit/test.h"

#include <stdlib.h>

#include "guard/progress.h"

static void counts_are_short_and_exact_when_small(void **state)
{
    (void)state;
    char text[COUNT_TEXT_BYTES];
    assert_string_equal(progress_format_count(0, text), "0");
    assert_string_equal(progress_format_count(9999, text), "9999");
    assert_string_equal(progress_format_count(10000, text), "10.0 k");
    assert_string_equal(progress_format_count(1200000, text), "1.2 M");
    assert_string_equal(progress_format_count(75000000, text), "75.0 M");
    assert_true(strlen(progress_format_count(UINT64_MAX, text)) < COUNT_TEXT_BYTES);
}

/* Progress as on a terminal whose last line was drawn a second ago. */
static struct progress on_terminal(FILE *out)
{
    struct progress progress;
    progress_begin(&progress, "staging");
    progress.terminal = out;
    progress.started_us -= 1000000;
    progress.shown_us -= 1000000;
    return progress;
}

static void nothing_is_drawn_where_there_is_no_terminal(void **state)
{
    (void)state;
    struct progress progress;
    progress_begin(&progress, "staging");
    progress.terminal = NULL;
    progress_update(&progress, 1000000, 0.5);
    progress_end(&progress);
    assert_false(progress.visible);
}

static void a_line_says_what_how_much_and_how_long(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    struct progress progress = on_terminal(out);
    progress_update(&progress, 20000000, 0.5);
    progress_end(&progress);
    (void)fclose(out);
    assert_contains(text, "staging: 20.0 M rows, ");
    assert_contains(text, "50 %");
    assert_contains(text, "left");
    assert_string_equal(text + len - 4, "\r\033[K");
    free(text);
}

static void without_a_known_share_no_time_is_promised(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    struct progress progress = on_terminal(out);
    progress_update(&progress, 5, -1);
    (void)fclose(out);
    assert_contains(text, "staging: 5 rows");
    assert_null(strstr(text, "left"));
    free(text);
}

static void a_line_is_not_drawn_for_every_batch(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    struct progress progress = on_terminal(out);
    progress_update(&progress, 5, -1);
    progress.shown_us += 3600 * INT64_C(1000000);
    progress_update(&progress, 6, -1);
    (void)fclose(out);
    assert_null(strstr(text, "6 rows"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_short_and_exact_when_small),
        cmocka_unit_test(nothing_is_drawn_where_there_is_no_terminal),
        cmocka_unit_test(a_line_says_what_how_much_and_how_long),
        cmocka_unit_test(without_a_known_share_no_time_is_promised),
        cmocka_unit_test(a_line_is_not_drawn_for_every_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
