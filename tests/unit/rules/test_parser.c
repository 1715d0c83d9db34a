#include "tests/unit/test.h"

#include "base/buffer.h"
#include "rules/parser.h"

static const struct ast *parse(struct arena *arena, const char *text)
{
    const struct ast *ast = NULL;
    struct syntax_error error;
    if (parse_expression(text, strlen(text), false, arena, &ast, &error) != OK)
        fail_msg("'%s' at %zu: %s", text, error.offset, error.err.message);
    return ast;
}

static void assert_reads_as(const char *text, const char *canonical)
{
    struct arena arena CLEANUP(arena_release) = {0};
    struct ast_style style = {0};
    const char *written = ast_text(parse(&arena, text), &style, &arena);
    assert_string_equal(written, canonical);
    assert_string_equal(ast_text(parse(&arena, written), &style, &arena), canonical);
}

static void assert_refused(const char *text, size_t offset, const char *words)
{
    struct arena arena CLEANUP(arena_release) = {0};
    const struct ast *ast = NULL;
    struct syntax_error error;
    if (parse_expression(text, strlen(text), false, &arena, &ast, &error) == OK)
        fail_msg("'%s' parses", text);
    if (error.offset != offset)
        fail_msg("'%s': at %zu: %s", text, error.offset, error.err.message);
    assert_contains(error.err.message, words);
}

static void multiplication_binds_tighter_than_addition(void **state)
{
    (void)state;
    assert_reads_as("a+b*c", "a + b * c");
    assert_reads_as("(a+b)*c", "(a + b) * c");
    assert_reads_as("a-b-c", "a - b - c");
    assert_reads_as("a-(b-c)", "a - (b - c)");
    assert_reads_as("a/b/c", "a / b / c");
    assert_reads_as("a/(b*c)", "a / (b * c)");
    assert_reads_as("((a))", "a");
}

static void comparison_binds_tighter_than_not_and_or(void **state)
{
    (void)state;
    assert_reads_as("NOT a=b AND c=d OR e", "not a = b and c = d or e");
    assert_reads_as("not (a = b and c)", "not (a = b and c)");
    assert_reads_as("a and (b or c)", "a and (b or c)");
    assert_reads_as("(a and b) or c", "a and b or c");
    assert_reads_as("not not a", "not not a");
    assert_reads_as("(not a) = b", "(not a) = b");
    assert_reads_as("(a = b) = c", "(a = b) = c");
}

static void tests_take_sums_on_both_sides(void **state)
{
    (void)state;
    assert_reads_as("a + 1 is null", "a + 1 is null");
    assert_reads_as("a is not null", "a is not null");
    assert_reads_as("a is distinct from old.a", "a is distinct from old.a");
    assert_reads_as("a is not distinct from b+1", "a is not distinct from b + 1");
    assert_reads_as("a between 1 and 2+3 and b", "a between 1 and 2 + 3 and b");
    assert_reads_as("a not between 1 and 2", "a not between 1 and 2");
    assert_reads_as("a in (1,2 , 3)", "a in (1, 2, 3)");
    assert_reads_as("a not in (1)", "a not in (1)");
    assert_reads_as("a in file('x y.txt')", "a in file(\"x y.txt\")");
    assert_reads_as("a not in file(\"l.txt\")", "a not in file(\"l.txt\")");
    assert_reads_as("a in file('x\"y')", "a in file(\"x\"\"y\")");
    assert_reads_as("a like 'x%' or b not like '_'", "a like 'x%' or b not like '_'");
}

static void minus_before_a_number_is_part_of_it(void **state)
{
    (void)state;
    assert_reads_as("-5", "-5");
    assert_reads_as("a - -5", "a - -5");
    assert_reads_as("-a * b", "-a * b");
    assert_reads_as("-(a * b)", "-(a * b)");
    assert_reads_as("- -5", "-(-5)");
    assert_reads_as("-(-a)", "-(-a)");
    assert_reads_as("+a", "a");
    assert_reads_as("-2h", "-2h");
    assert_reads_as("-0.5%", "-0.5%");
}

static void literals_of_every_kind(void **state)
{
    (void)state;
    assert_reads_as("10_000", "10000");
    assert_reads_as(".5 + 1.25e3 + 1E-2", "0.5 + 1.25e3 + 1E-2");
    assert_reads_as("0.5%", "0.5%");
    assert_reads_as("2h + 3d + 30m + 500ms + 1h30m", "2h + 3d + 30m + 500ms + 1h30m");
    assert_reads_as("'it''s'", "'it''s'");
    assert_reads_as("''", "''");
    assert_reads_as("TRUE or False or NULL", "true or false or null");
    struct arena arena CLEANUP(arena_release) = {0};
    assert_int_equal(parse(&arena, "-1h30m")->duration_us, INT64_C(-5400000000));
    assert_string_equal(parse(&arena, "'it''s'")->text, "it's");
}

static void names_keep_their_case_and_may_be_quoted(void **state)
{
    (void)state;
    assert_reads_as("Score + old.Score", "Score + old.Score");
    assert_reads_as("\"or der\" = old.\"or der\"", "\"or der\" = old.\"or der\"");
    assert_reads_as("\"and\"", "\"and\"");
    assert_reads_as("\"a \"\"b\"\"\"", "\"a \"\"b\"\"\"");
    assert_reads_as("\"plain\"", "plain");
    assert_reads_as("\xC3\xA4ge > 1", "\xC3\xA4ge > 1");
    assert_reads_as("old > 1", "old > 1");
}

static void functions_are_read_in_any_case(void **state)
{
    (void)state;
    assert_reads_as("SHARE(a = 1, b)", "share(a = 1, b)");
    assert_reads_as("distinct(a) + distinct (b)", "distinct(a) + distinct(b)");
    assert_reads_as("f()", "f()");
    assert_reads_as("case when a then 1 when b then 2 else 3 end",
                    "case when a then 1 when b then 2 else 3 end");
    assert_reads_as("case when a then 1 end + 1", "case when a then 1 end + 1");
}

static void x_is_replaced_by_the_column_where_asked(void **state)
{
    (void)state;
    struct arena arena CLEANUP(arena_release) = {0};
    struct ast_style style = {.x = "net work"};
    assert_string_equal(ast_text(parse(&arena, "share(x <> old.x)"), &style, &arena),
                        "share(\"net work\" <> old.\"net work\")");
    style.x = "score";
    assert_string_equal(ast_text(parse(&arena, "x + \"x\""), &style, &arena), "score + x");
}

static void mistakes_are_found_where_they_stand(void **state)
{
    (void)state;
    assert_refused("", 0, "a value is expected here, not the end");
    assert_refused("a >", 3, "a value is expected here, not the end");
    assert_refused("a > > b", 4, "a value is expected here, not '>'");
    assert_refused("a == b", 2, "no operator ==");
    assert_refused("a && b", 2, "no operator &&");
    assert_refused("a || b", 2, "no operator ||");
    assert_refused("!a", 0, "no operator !");
    assert_refused("a ** 2", 2, "no operator **");
    assert_refused("a % 2", 2, "% stands directly after a number");
    assert_refused("score% > 1", 5, "% stands directly after a number");
    assert_refused("5%5", 2, "the expression should end before '5'");
    assert_refused("1e3%", 0, "a percentage has no exponent");
    assert_refused("5x", 0, "'5x' is neither a number nor a duration");
    assert_refused("5 %", 2, "% stands directly after a number");
    assert_refused("a < b < c", 6, "a comparison cannot follow another");
    assert_refused("a = 1 is null", 6, "a comparison cannot follow another");
    assert_refused("(a", 2, "')' is expected here, not the end; the '(' is at character 1");
    assert_refused("a)", 1, "should end before ')'");
    assert_refused("f(a b)", 4, "',' or ')' is expected here, not 'b'");
    assert_refused("f(a,)", 4, "a value is expected here, not ')'");
    assert_refused("a b", 2, "should end before 'b'");
    assert_refused("'abc", 0, "a text in quotes that begins here has no end");
    assert_refused("\"abc", 0, "a name in double quotes that begins here has no end");
    assert_refused("\"\"", 0, "a name in double quotes is empty");
    assert_refused("new.a > 1", 0, "only old. can stand before a column");
    assert_refused("old.", 4, "a column is expected after old., not the end");
    assert_refused("a is 1", 5, "'null' or 'distinct from' is expected after is");
    assert_refused("a is distinct b", 14, "'from' is expected after is distinct");
    assert_refused("a not 5", 6, "'in', 'between' or 'like' is expected after not");
    assert_refused("a between 1 or 2", 12, "'and' is expected after the lower end");
    assert_refused("a in ()", 6, "the list of in (...) is empty");
    assert_refused("a in 5", 5, "'(' is expected after in, not '5'");
    assert_refused("a in file(b)", 10, "a path in quotes is expected in file()");
    assert_refused("case a when 1 then 2 end", 5, "'when' is expected after case");
    assert_refused("case when a then 1", 18, "'end' is expected to close the case");
    assert_refused("count(*)", 6, "count(*) is not part of the language");
    assert_refused("and", 0, "a value is expected here, not 'and'");
    assert_refused("a = `b`", 4, "names do not stand in backquotes");
    assert_refused("a = \xE2\x80\x98"
                   "b\xE2\x80\x99",
                   4, "not part of the language");
    assert_refused("a = \x01", 4, "'?' is not part of the language");
}

static void assert_limit(const char *before, const char *part, size_t n, const char *after,
                         const char *words)
{
    struct error err;
    struct buffer buf CLEANUP(buffer_release);
    struct arena arena CLEANUP(arena_release) = {0};
    const struct ast *ast = NULL;
    struct syntax_error error;
    buffer_init(&buf, 4 << 20);
    assert_ok(buffer_append_string(&buf, before, &err));
    for (size_t i = 0; i < n; i++)
        assert_ok(buffer_append_string(&buf, part, &err));
    assert_ok(buffer_append_string(&buf, after, &err));
    enum error_code code = parse_expression(buf.data, buf.len, false, &arena, &ast, &error);
    assert_int_equal(code, words == NULL ? OK : ERR_CONFIG);
    if (words != NULL)
        assert_contains(error.err.message, words);
}

static void deep_and_large_expressions_are_refused(void **state)
{
    (void)state;
    assert_limit("", "(", 60000, "", "nested more than 200 deep");
    assert_limit("", "not ", 15000, "a", "nested more than 200 deep");
    assert_limit("", "- ", 30000, "a", "nested more than 200 deep");
    assert_limit("", "f(", 30000, "", "nested more than 200 deep");
    assert_limit("a", " + a", 15000, "", "nested more than 200 deep");
    assert_limit("", "case when ", 6000, "", "nested more than 200 deep");
    assert_limit("a in (1", ",1", 12000, ")", "more than 10000 parts");
    assert_limit("a or ", "a or ", 14000, "a", "longer than 64 KiB");
    assert_limit("a in (1", ",1", 5000, ")", NULL);
    assert_limit("a or ", "a or ", 5000, "a", NULL);
    assert_limit("a", " + a", 150, "", NULL);
    assert_limit("", "1", 70, "", "more than 60 digits");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(multiplication_binds_tighter_than_addition),
        cmocka_unit_test(comparison_binds_tighter_than_not_and_or),
        cmocka_unit_test(tests_take_sums_on_both_sides),
        cmocka_unit_test(minus_before_a_number_is_part_of_it),
        cmocka_unit_test(literals_of_every_kind),
        cmocka_unit_test(names_keep_their_case_and_may_be_quoted),
        cmocka_unit_test(functions_are_read_in_any_case),
        cmocka_unit_test(x_is_replaced_by_the_column_where_asked),
        cmocka_unit_test(mistakes_are_found_where_they_stand),
        cmocka_unit_test(deep_and_large_expressions_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
