#include "tests/unit/diff/helpers.h"

#include <math.h>

static struct arena arena;

static int release_arena(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

/* An expression and what it is when shown, "NULL" included. */
static void expect(const struct expr *expr, const char *text)
{
    struct value value = eval(expr);
    assert_int_equal(value.type, expr->type);
    assert_string_equal(shown(value), text);
}

static const struct expr *i(int64_t x)
{
    return e_int(&arena, x);
}

static const struct expr *d(double x)
{
    return e_double(&arena, x);
}

static const struct expr *n(const char *x)
{
    return e_numeric(&arena, x);
}

static const struct expr *t(const char *x)
{
    return e_text(&arena, x);
}

static const struct expr *null_of(enum value_type type)
{
    return e_null(&arena, type);
}

static const struct expr *duration(int64_t us)
{
    return e_time(&arena, VALUE_DURATION, us);
}

static const struct expr *time_at(int64_t us)
{
    return e_time(&arena, VALUE_TIME, us);
}

static const struct expr *date(int64_t days)
{
    return e_time(&arena, VALUE_DATE, days);
}

static const struct expr *b(int truth)
{
    return truth < 0 ? null_of(VALUE_BOOLEAN) : e_bool(&arena, truth > 0);
}

#define CALL(op, type, ...) E_CALL(&arena, op, type, __VA_ARGS__)
#define BOOL(op, ...) CALL(op, VALUE_BOOLEAN, __VA_ARGS__)
#define DOUBLE(op, ...) CALL(op, VALUE_DOUBLE, __VA_ARGS__)
#define DURATION(op, ...) CALL(op, VALUE_DURATION, __VA_ARGS__)
#define TIME(op, ...) CALL(op, VALUE_TIME, __VA_ARGS__)

static void arithmetic_is_double(void **state)
{
    (void)state;
    expect(DOUBLE(OP_ADD, i(1), i(2)), "3");
    expect(DOUBLE(OP_SUB, n("0.75"), i(1)), "-0.25");
    expect(DOUBLE(OP_MUL, d(0.5), i(3)), "1.5");
    expect(DOUBLE(OP_DIV, i(1), i(4)), "0.25");
    expect(DOUBLE(OP_NEG, i(4)), "-4");
    expect(DOUBLE(OP_ABS, n("-2.50")), "2.5");
    expect(DOUBLE(OP_ADD, d(1e308), d(1e308)), "Infinity");
    expect(DOUBLE(OP_SUB, d(INFINITY), d(INFINITY)), "NaN");
    expect(DOUBLE(OP_ADD, i(1), null_of(VALUE_INTEGER)), "NULL");
}

static void division_by_zero_is_null(void **state)
{
    (void)state;
    expect(DOUBLE(OP_DIV, i(1), i(0)), "NULL");
    expect(DOUBLE(OP_DIV, d(0), d(-0.0)), "NULL");
    expect(DOUBLE(OP_DIV, d(NAN), d(0)), "NULL");
    expect(DOUBLE(OP_DIV, d(1), d(INFINITY)), "0");
    expect(DOUBLE(OP_DIV, duration(4), duration(0)), "NULL");
    expect(DURATION(OP_DIV, duration(4), i(0)), "NULL");
}

static void functions_outside_their_domain_are_null(void **state)
{
    (void)state;
    expect(DOUBLE(OP_LN, i(0)), "NULL");
    expect(DOUBLE(OP_LN, d(-1)), "NULL");
    expect(DOUBLE(OP_LN, d(INFINITY)), "Infinity");
    expect(DOUBLE(OP_LN, d(NAN)), "NaN");
    expect(DOUBLE(OP_LOG2, i(1024)), "10");
    expect(DOUBLE(OP_LOG2, i(-2)), "NULL");
    expect(DOUBLE(OP_SQRT, i(9)), "3");
    expect(DOUBLE(OP_SQRT, d(-1e-300)), "NULL");
    expect(DOUBLE(OP_SQRT, d(-0.0)), "-0");
    expect(DOUBLE(OP_EXP, i(0)), "1");
    expect(DOUBLE(OP_EXP, i(1000)), "Infinity");
}

static void rounding_goes_half_away_from_zero(void **state)
{
    (void)state;
    expect(DOUBLE(OP_ROUND, d(2.5)), "3");
    expect(DOUBLE(OP_ROUND, d(-2.5)), "-3");
    expect(DOUBLE(OP_ROUND, d(0.49999999999999994)), "0");
    expect(DOUBLE(OP_FLOOR, d(-1.5)), "-2");
    expect(DOUBLE(OP_CEIL, n("1.01")), "2");
    expect(CALL(OP_ROUND, VALUE_INTEGER, i(INT64_MAX)), "9223372036854775807");
}

static void integers_stay_exact_where_the_type_says_so(void **state)
{
    (void)state;
    expect(CALL(OP_ABS, VALUE_INTEGER, i(-INT64_MAX)), "9223372036854775807");
    expect(CALL(OP_ABS, VALUE_INTEGER, i(INT64_MIN)), "NULL");
    expect(CALL(OP_NEG, VALUE_INTEGER, i(INT64_MIN)), "NULL");
    expect(CALL(OP_NEG, VALUE_INTEGER, i(7)), "-7");
    expect(DOUBLE(OP_ABS, i(INT64_MIN)), "9.223372036854776e+18");
}

static void numbers_of_different_types_compare_exactly(void **state)
{
    (void)state;
    int64_t odd = (INT64_C(1) << 53) + 1; /* no double */
    expect(BOOL(OP_EQ, i(odd), d(0x1p53)), "false");
    expect(BOOL(OP_GT, i(odd), d(0x1p53)), "true");
    expect(BOOL(OP_LT, i(odd), d(0x1p53 + 2)), "true");
    expect(BOOL(OP_EQ, i(INT64_MAX), d(0x1p63)), "false");
    expect(BOOL(OP_LT, i(INT64_MAX), d(0x1p63)), "true");
    expect(BOOL(OP_EQ, i(INT64_MIN), d(-0x1p63)), "true");
    expect(BOOL(OP_EQ, n("0.1"), d(0.1)), "false");
    expect(BOOL(OP_LT, n("0.1"), d(0.1)), "true");
    expect(BOOL(OP_EQ, n("0.5"), d(0.5)), "true");
    expect(BOOL(OP_EQ, n("12.500"), d(12.5)), "true");
    expect(BOOL(OP_EQ, n("1.00"), i(1)), "true");
    expect(BOOL(OP_EQ, n("9223372036854775807.1"), i(INT64_MAX)), "false");
    expect(BOOL(OP_GT, n("9223372036854775807.1"), i(INT64_MAX)), "true");
    expect(BOOL(OP_EQ, n("1.0"), n("1.000")), "true");
    expect(BOOL(OP_EQ, n("0.00000000000000000000000000000000000000000000000001"), d(1e-50)),
           "false");
    expect(BOOL(OP_GT, n("1"), d(-INFINITY)), "true");
    expect(BOOL(OP_LT, n("1"), d(INFINITY)), "true");
    expect(BOOL(OP_LT, i(INT64_MAX), d(INFINITY)), "true");
}

static void an_exact_double_as_a_long_numeric_is_equal_to_it(void **state)
{
    (void)state;
    expect(BOOL(OP_EQ, n("0.1000000000000000055511151231257827021181583404541015625"), d(0.1)),
           "true");
    expect(BOOL(OP_GT, n("0.1000000000000000055511151231257827021181583404541015626"), d(0.1)),
           "true");
    expect(BOOL(OP_LT, n("0.1000000000000000055511151231257827021181583404541015624"), d(0.1)),
           "true");
}

static void nan_equals_nan_and_sorts_above_all(void **state)
{
    (void)state;
    expect(BOOL(OP_EQ, d(NAN), d(-NAN)), "true");
    expect(BOOL(OP_GT, d(NAN), d(INFINITY)), "true");
    expect(BOOL(OP_LT, d(1), d(NAN)), "true");
    expect(BOOL(OP_LE, d(NAN), d(NAN)), "true");
    expect(BOOL(OP_LT, d(NAN), d(NAN)), "false");
    expect(BOOL(OP_NE, d(NAN), d(1)), "true");
    expect(BOOL(OP_EQ, n("NaN"), d(NAN)), "true");
    expect(BOOL(OP_GT, n("NaN"), d(INFINITY)), "true");
    expect(BOOL(OP_GT, n("NaN"), i(INT64_MAX)), "true");
    expect(BOOL(OP_LT, i(0), d(NAN)), "true");
    expect(BOOL(OP_EQ, d(0.0), d(-0.0)), "true");
    expect(BOOL(OP_LT, d(-0.0), d(0.0)), "false");
}

static void text_compares_by_bytes(void **state)
{
    (void)state;
    expect(BOOL(OP_LT, t("Z"), t("a")), "true");
    expect(BOOL(OP_LT, t("a"), t("ab")), "true");
    expect(BOOL(OP_GT, t("\xc3\xa4"), t("z")), "true");
    expect(BOOL(OP_EQ, t(""), t("")), "true");
    expect(BOOL(OP_NE, t("a"), t("a ")), "true");
    expect(BOOL(OP_GE, t("b"), t("b")), "true");
}

static void comparisons_with_null_are_null(void **state)
{
    (void)state;
    enum expr_op ops[] = {OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE};
    for (size_t k = 0; k < ARRAY_SIZE(ops); k++) {
        expect(BOOL(ops[k], null_of(VALUE_INTEGER), i(1)), "NULL");
        expect(BOOL(ops[k], d(1), null_of(VALUE_TEXT)), "NULL");
    }
}

static void a_literal_null_stands_for_any_type(void **state)
{
    (void)state;
    expect(TIME(OP_ADD, time_at(0), null_of(VALUE_INTEGER)), "NULL");
    expect(DURATION(OP_SUB, null_of(VALUE_TEXT), date(1)), "NULL");
    expect(DURATION(OP_MUL, null_of(VALUE_UUID), duration(5)), "NULL");
    expect(BOOL(OP_NOT, null_of(VALUE_INTEGER)), "NULL");
    expect(BOOL(OP_AND, null_of(VALUE_TEXT), b(0)), "false");
    expect(BOOL(OP_LIKE, null_of(VALUE_INTEGER), t("%")), "NULL");
    expect(CALL(OP_CASE, VALUE_TEXT, null_of(VALUE_INTEGER), t("a"), null_of(VALUE_DATE)), "NULL");
}

static void logic_has_three_values(void **state)
{
    (void)state;
    const char *and_table[3][3] = {
        {"false", "false", "false"}, {"false", "true", "NULL"}, {"false", "NULL", "NULL"}};
    const char *or_table[3][3] = {
        {"false", "true", "NULL"}, {"true", "true", "true"}, {"NULL", "true", "NULL"}};
    int truths[] = {0, 1, -1};
    for (int x = 0; x < 3; x++)
        for (int y = 0; y < 3; y++) {
            expect(BOOL(OP_AND, b(truths[x]), b(truths[y])), and_table[x][y]);
            expect(BOOL(OP_OR, b(truths[x]), b(truths[y])), or_table[x][y]);
        }
    expect(BOOL(OP_AND, b(1), b(-1), b(0)), "false");
    expect(BOOL(OP_OR, b(0), b(-1), b(1)), "true");
    expect(BOOL(OP_NOT, b(0)), "true");
    expect(BOOL(OP_NOT, b(-1)), "NULL");
}

static void null_tests_are_never_null(void **state)
{
    (void)state;
    expect(BOOL(OP_IS_NULL, null_of(VALUE_TEXT)), "true");
    expect(BOOL(OP_IS_NULL, i(0)), "false");
    expect(BOOL(OP_IS_DISTINCT, null_of(VALUE_INTEGER), null_of(VALUE_INTEGER)), "false");
    expect(BOOL(OP_IS_DISTINCT, null_of(VALUE_INTEGER), i(0)), "true");
    expect(BOOL(OP_IS_DISTINCT, i(0), null_of(VALUE_TEXT)), "true");
    expect(BOOL(OP_IS_DISTINCT, d(NAN), d(NAN)), "false");
    expect(BOOL(OP_IS_DISTINCT, i(1), d(1)), "false");
    expect(BOOL(OP_IS_DISTINCT, t("a"), t("b")), "true");
}

static void in_follows_sql_where_nulls_are_listed(void **state)
{
    (void)state;
    expect(BOOL(OP_IN, i(1), i(2), i(1)), "true");
    expect(BOOL(OP_IN, i(1), i(2), i(3)), "false");
    expect(BOOL(OP_IN, i(1), i(2), null_of(VALUE_INTEGER)), "NULL");
    expect(BOOL(OP_IN, i(1), i(1), null_of(VALUE_INTEGER)), "true");
    expect(BOOL(OP_IN, null_of(VALUE_INTEGER), i(1)), "NULL");
    expect(BOOL(OP_IN, d(0.5), n("0.50"), i(7)), "true");
}

static void like_matches_characters(void **state)
{
    (void)state;
    struct {
        const char *text;
        const char *pattern;
        const char *matches;
    } cases[] = {
        {"", "", "true"},           {"", "%", "true"},          {"a", "", "false"},
        {"abc", "abc", "true"},     {"abc", "ab", "false"},     {"abc", "a%", "true"},
        {"abc", "%c", "true"},      {"abc", "%b%", "true"},     {"abc", "a_c", "true"},
        {"abc", "____", "false"},   {"\xc3\xa4", "_", "true"},  {"\xc3\xa4", "__", "false"},
        {"a%c", "a\\%c", "true"},   {"abc", "a\\%c", "false"},  {"a_c", "a\\_c", "true"},
        {"a\\c", "a\\\\c", "true"}, {"aXbXc", "a%b%c", "true"}, {"mississippi", "%iss%ppi", "true"},
        {"aab", "%ab", "true"},     {"ab", "%abc", "false"},    {"\xe2\x82\xac 5", "_ %", "true"},
        {"x", "x\\", "false"},      {"x\\", "x\\", "true"},     {"aaa", "%%a%%", "true"},
    };
    for (size_t k = 0; k < ARRAY_SIZE(cases); k++)
        expect(BOOL(OP_LIKE, t(cases[k].text), t(cases[k].pattern)), cases[k].matches);
    expect(BOOL(OP_LIKE, null_of(VALUE_TEXT), t("%")), "NULL");
}

static void a_pattern_of_many_wildcards_does_not_take_for_ever(void **state)
{
    (void)state;
    char text[5001];
    memset(text, 'a', 5000);
    text[5000] = '\0';
    expect(BOOL(OP_LIKE, t(text), t("%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%b")), "false");
}

static void choices_take_the_first_that_holds(void **state)
{
    (void)state;
    expect(CALL(OP_COALESCE, VALUE_INTEGER, null_of(VALUE_INTEGER), i(2), i(3)), "2");
    expect(CALL(OP_COALESCE, VALUE_TEXT, null_of(VALUE_TEXT), null_of(VALUE_TEXT)), "NULL");
    expect(DOUBLE(OP_COALESCE, null_of(VALUE_DOUBLE), i(2)), "2");
    expect(CALL(OP_CASE, VALUE_TEXT, b(0), t("a"), b(-1), t("b"), b(1), t("c"), t("d")), "c");
    expect(CALL(OP_CASE, VALUE_TEXT, b(0), t("a"), t("d")), "d");
    expect(CALL(OP_CASE, VALUE_TEXT, b(1), null_of(VALUE_TEXT), t("d")), "NULL");
    expect(DOUBLE(OP_CASE, b(1), n("0.25"), i(1)), "0.25");
    expect(BOOL(OP_CASE, b(1), b(-1), b(1)), "NULL");
}

static void least_and_greatest_leave_nulls_out(void **state)
{
    (void)state;
    expect(CALL(OP_LEAST, VALUE_INTEGER, i(3), null_of(VALUE_INTEGER), i(2)), "2");
    expect(CALL(OP_GREATEST, VALUE_INTEGER, null_of(VALUE_INTEGER), i(3), i(2)), "3");
    expect(CALL(OP_GREATEST, VALUE_INTEGER, null_of(VALUE_INTEGER), null_of(VALUE_INTEGER)),
           "NULL");
    expect(DOUBLE(OP_GREATEST, d(1), d(NAN)), "NaN");
    expect(DOUBLE(OP_LEAST, d(NAN), i(1)), "1");
    expect(CALL(OP_LEAST, VALUE_TEXT, t("b"), t("a"), t("c")), "a");
    expect(CALL(OP_GREATEST, VALUE_NUMERIC, n("1.10"), n("1.9")), "1.9");
    expect(CALL(OP_LEAST, VALUE_BOOLEAN, b(1), b(0)), "false");
}

static void times_and_durations_are_exact(void **state)
{
    (void)state;
    int64_t hour = INT64_C(3600) * 1000000;
    expect(DURATION(OP_SUB, time_at(hour), time_at(0)), "1 h 0 min");
    expect(DURATION(OP_SUB, date(2), date(1)), "24 h 0 min");
    expect(DURATION(OP_SUB, time_at(hour * 25), date(1)), "1 h 0 min");
    expect(TIME(OP_ADD, time_at(0), duration(hour)), "2000-01-01T01:00:00Z");
    expect(TIME(OP_ADD, duration(hour), date(1)), "2000-01-02T01:00:00Z");
    expect(TIME(OP_SUB, date(0), duration(hour)), "1999-12-31T23:00:00Z");
    expect(DURATION(OP_ADD, duration(1000), duration(2000)), "3 ms");
    expect(DURATION(OP_MUL, duration(hour), d(0.5)), "30 min 0 s");
    expect(DURATION(OP_MUL, n("2"), duration(hour)), "2 h 0 min");
    expect(DOUBLE(OP_DIV, duration(hour), duration(hour * 4)), "0.25");
    expect(DURATION(OP_DIV, duration(hour), i(2)), "30 min 0 s");
    expect(DURATION(OP_NEG, duration(5000)), "-5 ms");
    expect(DURATION(OP_ABS, duration(-5000)), "5 ms");
    expect(BOOL(OP_EQ, date(1), time_at(hour * 24)), "true");
    expect(BOOL(OP_LT, time_at(hour * 24 - 1), date(1)), "true");
}

static void exact_arithmetic_that_overflows_is_null(void **state)
{
    (void)state;
    expect(DURATION(OP_ADD, duration(INT64_MAX), duration(1)), "NULL");
    expect(DURATION(OP_SUB, duration(INT64_MIN), duration(1)), "NULL");
    expect(DURATION(OP_MUL, duration(INT64_MAX), i(2)), "NULL");
    expect(DURATION(OP_MUL, duration(INT64_MAX), d(1.5)), "NULL");
    expect(DURATION(OP_MUL, duration(1), d(NAN)), "NULL");
    expect(DURATION(OP_DIV, duration(INT64_MIN), d(0.5)), "NULL");
    expect(DURATION(OP_NEG, duration(INT64_MIN)), "NULL");
    expect(TIME(OP_ADD, time_at(INT64_MAX - 5), duration(5)), "NULL");
    expect(DURATION(OP_SUB, time_at(INT64_MAX - 5), time_at(INT64_MIN + 5)), "NULL");
    expect(DURATION(OP_SUB, date(INT32_MAX - 1), date(INT32_MIN + 1)), "NULL");
    expect(TIME(OP_ADD, date(INT32_MAX - 1), duration(1)), "NULL");
}

static void an_infinite_time_stays_infinite(void **state)
{
    (void)state;
    expect(TIME(OP_ADD, time_at(INT64_MAX), duration(-5)), "infinity");
    expect(TIME(OP_SUB, date(INT64_MIN), duration(INT64_MIN)), "-infinity");
    expect(DURATION(OP_SUB, time_at(INT64_MAX), time_at(0)), "NULL");
    expect(DURATION(OP_SUB, date(0), date(INT64_MIN)), "NULL");
    expect(BOOL(OP_LT, date(INT32_MAX - 1), time_at(INT64_MAX)), "true");
    expect(BOOL(OP_EQ, date(INT64_MAX), time_at(INT64_MAX)), "true");
    expect(BOOL(OP_GT, date(INT32_MAX - 1), time_at(INT64_MAX - 10)), "true");
}

static void a_jump_is_more_than_half_and_for_counts_beyond_chance(void **state)
{
    (void)state;
    expect(BOOL(OP_JUMPED, d(100), d(49)), "true");
    expect(BOOL(OP_JUMPED, d(100), d(50)), "false");
    expect(BOOL(OP_JUMPED, d(-10), d(10)), "true");
    expect(BOOL(OP_JUMPED, d(0.2), d(0.01)), "true");
    expect(BOOL(OP_JUMPED, i(3), i(0)), "false");
    expect(BOOL(OP_JUMPED, d(3), i(0)), "true");
    expect(BOOL(OP_JUMPED, i(100), i(40)), "true");
    expect(BOOL(OP_JUMPED, i(100), i(59)), "false");
    expect(BOOL(OP_JUMPED, i(0), i(0)), "false");
    expect(BOOL(OP_JUMPED, d(NAN), d(1)), "false");
    expect(BOOL(OP_JUMPED, d(INFINITY), d(1)), "false");
    expect(BOOL(OP_JUMPED, d(1), null_of(VALUE_DOUBLE)), "NULL");
}

static void a_shift_is_relative_to_the_larger_magnitude(void **state)
{
    (void)state;
    expect(DOUBLE(OP_SHIFT, i(50), i(100)), "-0.5");
    expect(DOUBLE(OP_SHIFT, i(100), i(50)), "0.5");
    expect(DOUBLE(OP_SHIFT, i(0), i(0)), "0");
    expect(DOUBLE(OP_SHIFT, d(-1), d(1)), "-2");
    expect(DOUBLE(OP_SHIFT, d(NAN), d(NAN)), "0");
    expect(DOUBLE(OP_SHIFT, d(INFINITY), d(INFINITY)), "0");
    expect(DOUBLE(OP_SHIFT, d(NAN), d(1)), "NaN");
    expect(DOUBLE(OP_SHIFT, d(INFINITY), d(1)), "NaN");
    expect(DOUBLE(OP_SHIFT, null_of(VALUE_DOUBLE), d(1)), "NULL");
}

static void measures_are_leaves(void **state)
{
    (void)state;
    struct error err;
    struct value measures[] = {{.type = VALUE_DOUBLE, .f64 = 0.93},
                               {.type = VALUE_INTEGER, .is_null = true}};
    struct expr first = {.kind = EXPR_MEASURE, .type = VALUE_DOUBLE, .measure = 0};
    struct expr second = {.kind = EXPR_MEASURE, .type = VALUE_DOUBLE, .measure = 1};
    struct value value;
    assert_ok(expr_eval_measures(BOOL(OP_GT, &first, d(0.005)), measures, &value, &err));
    assert_string_equal(shown(value), "true");
    assert_ok(expr_eval_measures(DOUBLE(OP_ADD, &first, &second), measures, &value, &err));
    assert_true(value.is_null);
}

static void many_alternatives_do_not_take_for_ever(void **state)
{
    (void)state;
    struct error err;
    struct value measure = {.type = VALUE_INTEGER, .i64 = 5};
    struct expr leaf = {.kind = EXPR_MEASURE, .type = VALUE_INTEGER, .measure = 0};
    const struct expr *args[64];
    for (size_t k = 0; k < ARRAY_SIZE(args); k++)
        args[k] = k % 2 == 0 ? &leaf : i((int64_t)k);
    struct value value;
    assert_ok(
        expr_eval_measures(e_call_array(&arena, OP_GREATEST, VALUE_INTEGER, args, ARRAY_SIZE(args)),
                           &measure, &value, &err));
    assert_string_equal(shown(value), "63");
}

static void sides_are_those_of_value_columns(void **state)
{
    (void)state;
    const struct schema *schema = make_schema(&arena, "id bigint, score double", 1);
    const struct expr *new_key = e_column(&arena, schema, SIDE_NEW, "id");
    const struct expr *old_key = e_column(&arena, schema, SIDE_OLD, "id");
    const struct expr *new_score = e_column(&arena, schema, SIDE_NEW, "score");
    const struct expr *old_score = e_column(&arena, schema, SIDE_OLD, "score");
    struct expr_sides sides = expr_sides(BOOL(OP_AND, BOOL(OP_EQ, new_key, old_key), b(1)), schema);
    assert_false(sides.uses_new || sides.uses_old);
    sides = expr_sides(BOOL(OP_EQ, new_key, old_score), schema);
    assert_true(!sides.uses_new && sides.uses_old);
    sides = expr_sides(BOOL(OP_EQ, new_score, old_score), schema);
    assert_true(sides.uses_new && sides.uses_old);
    sides = expr_sides(e_call_array(&arena, OP_CHANGED, VALUE_BOOLEAN, NULL, 0), schema);
    assert_true(sides.uses_new && sides.uses_old);
    struct expr in_set = {.kind = EXPR_IN_SET, .type = VALUE_BOOLEAN, .in_arg = new_score};
    sides = expr_sides(&in_set, schema);
    assert_true(sides.uses_new && !sides.uses_old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic_is_double),
        cmocka_unit_test(division_by_zero_is_null),
        cmocka_unit_test(functions_outside_their_domain_are_null),
        cmocka_unit_test(rounding_goes_half_away_from_zero),
        cmocka_unit_test(integers_stay_exact_where_the_type_says_so),
        cmocka_unit_test(numbers_of_different_types_compare_exactly),
        cmocka_unit_test(an_exact_double_as_a_long_numeric_is_equal_to_it),
        cmocka_unit_test(nan_equals_nan_and_sorts_above_all),
        cmocka_unit_test(text_compares_by_bytes),
        cmocka_unit_test(comparisons_with_null_are_null),
        cmocka_unit_test(a_literal_null_stands_for_any_type),
        cmocka_unit_test(logic_has_three_values),
        cmocka_unit_test(null_tests_are_never_null),
        cmocka_unit_test(in_follows_sql_where_nulls_are_listed),
        cmocka_unit_test(like_matches_characters),
        cmocka_unit_test(a_pattern_of_many_wildcards_does_not_take_for_ever),
        cmocka_unit_test(choices_take_the_first_that_holds),
        cmocka_unit_test(least_and_greatest_leave_nulls_out),
        cmocka_unit_test(times_and_durations_are_exact),
        cmocka_unit_test(exact_arithmetic_that_overflows_is_null),
        cmocka_unit_test(an_infinite_time_stays_infinite),
        cmocka_unit_test(a_jump_is_more_than_half_and_for_counts_beyond_chance),
        cmocka_unit_test(a_shift_is_relative_to_the_larger_magnitude),
        cmocka_unit_test(measures_are_leaves),
        cmocka_unit_test(many_alternatives_do_not_take_for_ever),
        cmocka_unit_test(sides_are_those_of_value_columns),
    };
    return cmocka_run_group_tests(tests, NULL, release_arena);
}
