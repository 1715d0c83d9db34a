#include "tests/unit/test.h"

#include "yaml/document.h"

/*
 * Each document marks with ^ in a copy where the character at the offset of the word NEEDLE in the
 * value of key k stands.
 */
static void assert_place(const char *text, const char *needle, unsigned line, unsigned column)
{
    struct arena arena = {0};
    struct diagnostics diags = {0};
    struct error err;
    const struct yaml_node *root = NULL;
    assert_ok(yaml_parse_text("f", text, strlen(text), &arena, &root, &diags, &err));
    const struct yaml_node *node = yaml_get(root, "k");
    const char *found = needle[0] == '\0' ? node->text + node->len : strstr(node->text, needle);
    assert_non_null(found);
    unsigned got_line = 0;
    unsigned got_column = 0;
    yaml_place(node, (size_t)(found - node->text), &got_line, &got_column);
    assert_int_equal(got_line, line);
    assert_int_equal(got_column, column);
    diagnostics_release(&diags);
    arena_release(&arena);
}

static void plain_values_on_one_line(void **state)
{
    (void)state;
    assert_place("k: share(x) > 5%\n", "share", 1, 4);
    assert_place("k: share(x) > 5%\n", "5%", 1, 15);
    assert_place("k: share(x) > 5%\n", "", 1, 17);
    assert_place("k:     late\n", "late", 1, 8);
}

static void plain_values_that_go_on_in_further_lines(void **state)
{
    (void)state;
    assert_place("k: share(a\n   and b) > 5%\n", "and", 2, 4);
    assert_place("k: one\n\n\n     two\n", "two", 4, 6);
    assert_place("k:\n  one\n  two three\n", "three", 3, 7);
}

static void quoted_values_with_their_escapes(void **state)
{
    (void)state;
    assert_place("k: 'it''s here'\n", "here", 1, 11);
    assert_place("k: \"a \\\"b\\\" here\"\n", "here", 1, 13);
    assert_place("k: \"\\u00e4\\x41\\tb here\"\n", "here", 1, 19);
    assert_place("k: \"one \\\n   two\"\n", "two", 2, 4);
    assert_place("k: 'one\n\n   two'\n", "two", 3, 4);
    assert_place("k: 'one  \n   two'\n", "two", 2, 4);
}

static void block_values(void **state)
{
    (void)state;
    assert_place("k: |\n  one\n  two three\n", "three", 3, 7);
    assert_place("k: |-\n\n  one\n\n  two\n", "two", 5, 3);
    assert_place("k: >\n  one\n  two\n\n  three\n", "three", 5, 3);
    assert_place("k: >\n  one\n    more indented\n  two\n", "indented", 3, 10);
    assert_place("k: |2\n   one\n  two\n", "two", 3, 3);
    assert_place("k: | # said aloud\n  one two\n", "two", 2, 7);
}

static void columns_count_characters_not_bytes(void **state)
{
    (void)state;
    assert_place("k: \xC3\xA4\xE2\x82\xAC x\n", "x", 1, 7);
    assert_place("k: '\xF0\x9F\x98\x80 x'\n", "x", 1, 7);
}

static void windows_line_ends_inside_values(void **state)
{
    (void)state;
    assert_place("k: |\r\n  one\r\n  two\r\n", "two", 3, 3);
    assert_place("k: one\r\n   two\r\n", "two", 2, 4);
}

/* The walk through a value must end at its end for whatever the parser accepts. */
static void places_never_leave_the_document(void **state)
{
    (void)state;
    static const char alphabet[] = "ab ''\\\\n\"\n\n   \t|>-+12#\r\xC3\xA4";
    uint64_t seed = 7;
    for (int round = 0; round < 20000; round++) {
        char text[64] = "k: ";
        size_t len = 3;
        for (; len < sizeof(text); len++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            text[len] = alphabet[(seed >> 33) % (sizeof(alphabet) - 1)];
        }
        struct arena arena = {0};
        struct diagnostics diags = {0};
        struct error err;
        const struct yaml_node *root = NULL;
        if (yaml_parse_text("f", text, len, &arena, &root, &diags, &err) == OK) {
            const struct yaml_node *node = yaml_get(root, "k");
            for (size_t offset = 0; offset <= node->len; offset++) {
                unsigned line = 0;
                unsigned column = 0;
                yaml_place(node, offset, &line, &column);
                assert_true(line >= node->line && line <= 65);
                assert_true(column >= 1 && column <= 65);
            }
        }
        diagnostics_release(&diags);
        arena_release(&arena);
    }
}

static void a_missing_value_stands_in_the_last_line_that_there_is(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct diagnostics diags = {0};
    struct error err;
    const struct yaml_node *root = NULL;
    assert_ok(yaml_parse_text("f", "? k", 3, &arena, &root, &diags, &err));
    assert_int_equal(yaml_get(root, "k")->line, 1);
    assert_int_equal(yaml_get(root, "k")->column, 4);
    diagnostics_release(&diags);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_values_on_one_line),
        cmocka_unit_test(plain_values_that_go_on_in_further_lines),
        cmocka_unit_test(quoted_values_with_their_escapes),
        cmocka_unit_test(block_values),
        cmocka_unit_test(columns_count_characters_not_bytes),
        cmocka_unit_test(windows_line_ends_inside_values),
        cmocka_unit_test(places_never_leave_the_document),
        cmocka_unit_test(a_missing_value_stands_in_the_last_line_that_there_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
