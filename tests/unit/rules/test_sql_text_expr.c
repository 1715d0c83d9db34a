/*
 * Expressions as SQL: their exact text where it has a special form, and what PostgreSQL makes of
 * every operator at the ends of its types, beside what the vectorised form makes of it. Once with
 * columns, once with constants, which PostgreSQL computes while it plans.
 */
#include "rules/sql_text_expr.h"

#include <math.h>

#include "rules/sql_text.h"
#include "tests/unit/diff/helpers.h"
#include "tests/unit/store/pg.h"

static struct arena arena;

static int release_arena(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct sql_value written(const struct schema *schema, const struct expr *expr)
{
    struct sql_columns columns = {0};
    for (size_t i = 0; i < ARRAY_SIZE(columns.used); i++)
        columns.used[i] = arena_calloc(&arena, schema->n_columns, sizeof(bool));
    struct sql_writer writer = {.arena = &arena, .schema = schema, .columns = &columns};
    return sql_expr(&writer, expr);
}

static const struct schema *all_types(void)
{
    return make_schema(&arena,
                       "id bigint, b boolean, i integer, l bigint, r real?, d double?, n numeric?, "
                       "t text, day date?, at timestamptz?, u uuid",
                       1);
}

static const struct expr *column(const char *name, enum side side)
{
    return e_column(&arena, all_types(), side, name);
}

static void check_text(const struct expr *expr, const char *expected)
{
    assert_string_equal(written(all_types(), expr).text, expected);
}

/* ---- text ---- */

static void a_name_stands_in_double_quotes_whatever_it_is(void **state)
{
    (void)state;
    assert_string_equal(sql_quote_name(&arena, "select"), "\"select\"");
    assert_string_equal(sql_quote_name(&arena, "First Name"), "\"First Name\"");
    assert_string_equal(sql_quote_name(&arena, "a\"b\"\""), "\"a\"\"b\"\"\"\"\"");
    assert_string_equal(sql_quote_name(&arena, "gr\xc3\xb6\xc3\x9f"
                                               "e"),
                        "\"gr\xc3\xb6\xc3\x9f"
                        "e\"");
    assert_string_equal(sql_quote_name(&arena, "a'b\\c"), "\"a'b\\c\"");
    assert_string_equal(
        sql_quote_name(&arena, "a23456789012345678901234567890123456789012345678901234567890123"),
        "\"a23456789012345678901234567890123456789012345678901234567890123\"");
}

static void a_text_is_quoted_so_that_it_reads_back(void **state)
{
    (void)state;
    assert_string_equal(sql_quote(&arena, "", 0), "''");
    assert_string_equal(sql_quote(&arena, "it's", 4), "'it''s'");
    assert_string_equal(sql_quote(&arena, "a\\b'", 4), "E'a\\\\b'''");
    assert_string_equal(sql_quote(&arena, "a\nb", 3), "'a\nb'");
    assert_string_equal(sql_quote(&arena, "cut here", 3), "'cut'");
}

static void columns_are_those_of_their_side(void **state)
{
    (void)state;
    check_text(column("d", SIDE_NEW), "n.c5");
    check_text(column("d", SIDE_OLD), "o.c5");
    check_text(column("id", SIDE_OLD), "n.c0");
}

static void columns_come_in_the_types_of_expressions(void **state)
{
    (void)state;
    assert_string_equal(sql_column(&arena, TYPE_BIGINT, "s.x"), "s.x");
    assert_string_equal(sql_column(&arena, TYPE_INTEGER, "s.x"), "s.x::bigint");
    assert_string_equal(sql_column(&arena, TYPE_REAL, "s.x"), "s.x::float8");
    assert_string_equal(sql_column(&arena, TYPE_TEXT, "s.x"), "s.x collate \"C\"");
    assert_string_equal(sql_column(&arena, TYPE_TIMESTAMPTZ, "s.x"),
                        "('x' || encode(timestamptz_send(s.x), 'hex'))::bit(64)::bigint");
    assert_string_equal(
        sql_column(&arena, TYPE_DATE, "s.x"),
        "case when isfinite(s.x) then (s.x - date '2000-01-01')::bigint when s.x > date "
        "'2000-01-01' then '9223372036854775807'::bigint when s.x is not null then "
        "'-9223372036854775808'::bigint end");
}

static void constants_name_their_types(void **state)
{
    (void)state;
    check_text(e_int(&arena, INT64_MIN), "'-9223372036854775808'::bigint");
    check_text(e_double(&arena, 0.1), "'0.10000000000000001'::float8");
    check_text(e_double(&arena, NAN), "'NaN'::float8");
    check_text(e_double(&arena, (double)-INFINITY), "'-Infinity'::float8");
    check_text(e_numeric(&arena, "-12.50"), "'-12.50'::numeric");
    check_text(e_text(&arena, "it's"), "'it''s'::text collate \"C\"");
    check_text(e_bool(&arena, true), "true");
    check_text(e_null(&arena, VALUE_DATE), "null::bigint");
    check_text(e_value(&arena, (struct value){.type = VALUE_UUID, .uuid.bytes[15] = 0xa1}),
               "'000000000000000000000000000000a1'::uuid");
}

static void a_comparison_of_one_type_is_plain(void **state)
{
    (void)state;
    const struct expr *d = column("d", SIDE_NEW);
    check_text(E_CALL(&arena, OP_GT, VALUE_BOOLEAN, d, column("d", SIDE_OLD)), "(n.c5 > o.c5)");
    check_text(E_CALL(&arena, OP_EQ, VALUE_BOOLEAN, d, e_int(&arena, 1)), "(n.c5 = '1'::float8)");
    check_text(E_CALL(&arena, OP_IN, VALUE_BOOLEAN, column("l", SIDE_NEW), e_int(&arena, 1),
                      e_int(&arena, 2)),
               "(n.c3 in ('1'::bigint, '2'::bigint))");
}

static void numbers_of_different_types_compare_as_exact_numerics(void **state)
{
    (void)state;
    check_text(E_CALL(&arena, OP_EQ, VALUE_BOOLEAN, column("l", SIDE_NEW), column("n", SIDE_NEW)),
               "((n.c3)::numeric = n.c6)");
    check_text(E_CALL(&arena, OP_LT, VALUE_BOOLEAN, column("l", SIDE_NEW), e_double(&arena, 0.1)),
               "((n.c3)::numeric < "
               "'0.1000000000000000055511151231257827021181583404541015625'::numeric)");
}

static void null_decides_where_operators_are_strict(void **state)
{
    (void)state;
    const struct expr *null = e_null(&arena, VALUE_DOUBLE);
    const struct expr *d = column("d", SIDE_NEW);
    check_text(E_CALL(&arena, OP_ADD, VALUE_DOUBLE, d, null), "null::float8");
    check_text(E_CALL(&arena, OP_EQ, VALUE_BOOLEAN, d, null), "null::boolean");
    check_text(E_CALL(&arena, OP_IS_DISTINCT, VALUE_BOOLEAN, d, null),
               "(n.c5 is distinct from null::float8)");
    check_text(E_CALL(&arena, OP_COALESCE, VALUE_DOUBLE, d, null), "coalesce(n.c5, null::float8)");
}

static void division_by_zero_has_no_value(void **state)
{
    (void)state;
    check_text(E_CALL(&arena, OP_DIV, VALUE_DOUBLE, column("l", SIDE_NEW), column("i", SIDE_NEW)),
               "((n.c3)::float8 / nullif((n.c2)::float8, 0))");
}

static void a_pattern_may_end_in_a_backslash(void **state)
{
    (void)state;
    const struct expr *t = column("t", SIDE_NEW);
    check_text(E_CALL(&arena, OP_LIKE, VALUE_BOOLEAN, t, e_text(&arena, "a%\\")),
               "(n.c7 like E'a%\\\\\\\\')");
    check_text(E_CALL(&arena, OP_LIKE, VALUE_BOOLEAN, t, e_text(&arena, "a\\%")),
               "(n.c7 like E'a\\\\%')");
}

static void changed_looks_at_each_value_column_of_a_pair(void **state)
{
    (void)state;
    const struct schema *schema = make_schema(&arena, "id bigint, a bigint, b text", 1);
    const struct expr *changed = e_call_array(&arena, OP_CHANGED, VALUE_BOOLEAN, NULL, 0);
    assert_string_equal(written(schema, changed).text,
                        "(case when n.p and o.p then false or n.c1 is distinct from o.c1 or n.c2 "
                        "is distinct from o.c2 end)");
}

static void what_is_computed_is_not_repeated_in_a_formula(void **state)
{
    (void)state;
    const struct expr *l = column("l", SIDE_NEW);
    const struct expr *negative = E_CALL(&arena, OP_NEG, VALUE_INTEGER, l);
    check_text(negative, "(case when n.c3 <> '-9223372036854775808'::bigint then -n.c3 end)");
    check_text(E_CALL(&arena, OP_ABS, VALUE_INTEGER, negative),
               "(select case when t.u <> '-9223372036854775808'::bigint then abs(t.u) end from "
               "(select (case when n.c3 <> '-9223372036854775808'::bigint then -n.c3 end) as u "
               "offset 0) t)");
}

/* ---- what PostgreSQL makes of it ---- */

struct pool {
    enum value_type type;
    const char *column; /* of that type */
    const struct value *values;
    size_t n;
};

#define F(x)                                                                                       \
    {                                                                                              \
        .type = VALUE_DOUBLE, .f64 = (x)                                                           \
    }
#define I(t, x)                                                                                    \
    {                                                                                              \
        .type = VALUE_##t, .i64 = (x)                                                              \
    }
#define N(x)                                                                                       \
    {                                                                                              \
        .type = VALUE_NUMERIC, .text = {.bytes = (x), .len = sizeof(x) - 1 }                       \
    }

static const struct value double_values[] = {
    F(0.0),
    F(-0.0),
    F(1),
    F(-1),
    F(0.5),
    F(-2.5),
    F(1e15),
    F(0.1),
    F(3),
    F(0x1p53),
    F(0x1p52),
    F(0x1.fffffffffffffp1023),
    F(-0x1.8p1023),
    F(0x1p1023),
    F(0x1p-511),
    F(0x1p-512),
    F(0x1p-537),
    F(-0x1p-538),
    F(0x1p511),
    F(0x1p512),
    F(0x1p-1022),
    F(0x1p-1074),
    F(-0x1p-1074),
    F(0x1.8p-1074),
    F(0x1p-1073),
    F(1e-200),
    F(-1e200),
    F(709.78),
    F(709.79),
    F(-708.4),
    F(-745.1),
    F(-745.2),
    F(NAN),
    F((double)INFINITY),
    F(-(double)INFINITY),
    {.type = VALUE_DOUBLE, .is_null = true},
};
static const struct value integer_values[] = {I(INTEGER, INT64_MIN),
                                              I(INTEGER, INT64_MAX),
                                              I(INTEGER, 0),
                                              I(INTEGER, 1),
                                              I(INTEGER, -7),
                                              I(INTEGER, INT64_C(9007199254740993)),
                                              {.type = VALUE_INTEGER, .is_null = true}};
static const struct value numeric_values[] = {
    N("0"),
    N("-12.50"),
    N("0.1"),
    N("9223372036854775808"),
    N("NaN"),
    N("Infinity"),
    N("-Infinity"),
    N("0.1000000000000000055511151231257827021181583404541015625"),
    {.type = VALUE_NUMERIC, .is_null = true}};
#define LAST_DAY INT64_C(2921939)
#define DAY INT64_C(86400000000)
static const struct value date_values[] = {I(DATE, 0),
                                           I(DATE, -1),
                                           I(DATE, LAST_DAY),
                                           I(DATE, -730119),
                                           I(DATE, INT64_MAX),
                                           I(DATE, INT64_MIN),
                                           {.type = VALUE_DATE, .is_null = true}};
static const struct value time_values[] = {I(TIME, 0),
                                           I(TIME, -1),
                                           I(TIME, LAST_DAY *DAY + DAY - 1),
                                           I(TIME, -730119 * DAY),
                                           I(TIME, INT64_MAX),
                                           I(TIME, INT64_MIN),
                                           {.type = VALUE_TIME, .is_null = true}};
static const struct value duration_values[] = {I(DURATION, 0),
                                               I(DURATION, 1),
                                               I(DURATION, -3),
                                               I(DURATION, INT64_MAX),
                                               I(DURATION, INT64_MIN),
                                               I(DURATION, DAY),
                                               {.type = VALUE_DURATION, .is_null = true}};

#define POOL(type, column, values)                                                                 \
    {                                                                                              \
        type, column, values, ARRAY_SIZE(values)                                                   \
    }
static const struct pool doubles = POOL(VALUE_DOUBLE, "d", double_values);
static const struct pool integers = POOL(VALUE_INTEGER, "l", integer_values);
static const struct pool numerics = POOL(VALUE_NUMERIC, "n", numeric_values);
static const struct pool dates = POOL(VALUE_DATE, "day", date_values);
static const struct pool times = POOL(VALUE_TIME, "at", time_values);
static const struct pool durations = POOL(VALUE_DURATION, NULL, duration_values);

/* How far results may be apart: the last digit of log2() and of a subnormal exp(), by diff.h. */
static double allowed(enum expr_op op, double expected)
{
    if (op == OP_LOG2 || (op == OP_EXP && fabs(expected) < 0x1p-1000))
        return fabs(expected) * 0x1p-52 + 0x1p-1074;
    /* A product that is below all normal doubles may be rounded otherwise. */
    return op == OP_MUL && fabs(expected) < 0x1p-1022 ? 0x1p-1074 : 0;
}

static bool is_same(enum expr_op op, const struct value *a, const struct value *b)
{
    if (a->is_null || b->is_null)
        return a->is_null == b->is_null;
    if (a->type == VALUE_BOOLEAN)
        return a->u8 == b->u8;
    if (a->type != VALUE_DOUBLE)
        return a->i64 == b->i64;
    return a->f64 == b->f64 || (isnan(a->f64) && isnan(b->f64)) ||
           fabs(a->f64 - b->f64) <= allowed(op, a->f64);
}

/* An operator over all pairs of two pools, or over one if b is NULL. */
struct grid {
    enum expr_op op;
    enum value_type type;
    const struct pool *a;
    const struct pool *b;
    bool as_columns;
};

static size_t pairs_of(const struct grid *grid)
{
    return grid->a->n * (grid->b == NULL ? 1 : grid->b->n);
}

static const struct expr *operation(const struct grid *grid, const struct expr *a,
                                    const struct expr *b)
{
    return b == NULL ? E_CALL(&arena, grid->op, grid->type, a)
                     : E_CALL(&arena, grid->op, grid->type, a, b);
}

static const struct expr *constants(const struct grid *grid, size_t pair)
{
    const struct expr *b =
        grid->b == NULL ? NULL : e_value(&arena, grid->b->values[pair / grid->a->n]);
    return operation(grid, e_value(&arena, grid->a->values[pair % grid->a->n]), b);
}

static const char *constant(const struct pool *pool, size_t index)
{
    return written(all_types(), e_value(&arena, pool->values[index])).text;
}

/* The columns of the operands; the second one is called like an old value. */
static const struct expr *over_columns(const struct grid *grid)
{
    return operation(grid, column(grid->a->column, SIDE_NEW),
                     grid->b == NULL ? NULL : column(grid->b->column, SIDE_OLD));
}

static void append_columns(const struct grid *grid, struct buffer *sql)
{
    struct error err;
    const struct schema *schema = all_types();
    assert_ok(buffer_printf(sql, &err, "select (%s)::text from (values ",
                            written(schema, over_columns(grid)).text));
    for (size_t i = 0; i < pairs_of(grid); i++)
        assert_ok(buffer_printf(sql, &err, "%s(%zu, %s, %s)", i > 0 ? ", " : "", i,
                                constant(grid->a, i % grid->a->n),
                                grid->b == NULL ? "0" : constant(grid->b, i / grid->a->n)));
    long a = schema_find(schema, grid->a->column);
    long b = grid->b == NULL ? 0 : schema_find(schema, grid->b->column);
    assert_ok(buffer_printf(sql, &err,
                            ") v (i, a, b) cross join lateral (select v.a as c%ld offset 0) n "
                            "cross join lateral (select v.b as c%ld offset 0) o order by v.i",
                            a, b));
}

static void append_constants(const struct grid *grid, struct buffer *sql)
{
    struct error err;
    assert_ok(buffer_append_string(sql, "select v.x from (values ", &err));
    for (size_t i = 0; i < pairs_of(grid); i++)
        assert_ok(buffer_printf(sql, &err, "%s(%zu, (%s)::text)", i > 0 ? ", " : "", i,
                                written(all_types(), constants(grid, i)).text));
    assert_ok(buffer_append_string(sql, ") v (i, x) order by v.i", &err));
}

static void check_grid(struct store *store, const struct grid *grid)
{
    struct error err;
    struct buffer sql CLEANUP(buffer_release);
    struct store_result result CLEANUP(store_result_release) = {0};
    buffer_init(&sql, (size_t)64 << 20);
    if (grid->as_columns)
        append_columns(grid, &sql);
    else
        append_constants(grid, &sql);
    const struct store_query query = {buffer_string(&sql), STORE_ANY_ROWS, 60000};
    assert_ok(store_exec(store, &query, NULL, 0, &result, &err));
    assert_int_equal(store_rows(&result), pairs_of(grid));
    for (size_t i = 0; i < pairs_of(grid); i++) {
        struct value expected = eval(constants(grid, i));
        struct value value = sql_text_value(grid->type, store_get_text(&result, i, 0), &arena);
        if (!is_same(grid->op, &expected, &value))
            fail_msg("operator %d of %s and %s is %s, not %s", (int)grid->op,
                     shown(grid->a->values[i % grid->a->n]),
                     grid->b == NULL ? "nothing" : shown(grid->b->values[i / grid->a->n]),
                     shown(value), shown(expected));
    }
}

/* With constants, and with columns if there are any of these types. */
static void check_both(void **state, enum expr_op op, enum value_type type, const struct pool *a,
                       const struct pool *b)
{
    struct pg_test *test = *state;
    struct grid grid = {.op = op, .type = type, .a = a, .b = b};
    check_grid(test->store, &grid);
    grid.as_columns = a->column != NULL && (b == NULL || b->column != NULL);
    if (grid.as_columns)
        check_grid(test->store, &grid);
    arena_release(&arena);
}

static void arithmetic_is_the_same_at_the_ends_of_doubles(void **state)
{
    static const enum expr_op ops[] = {OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_SHIFT};
    for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
        check_both(state, ops[i], VALUE_DOUBLE, &doubles, &doubles);
    check_both(state, OP_JUMPED, VALUE_BOOLEAN, &doubles, &doubles);
    check_both(state, OP_JUMPED, VALUE_BOOLEAN, &integers, &integers);
}

static void functions_are_the_same_at_the_ends_of_doubles(void **state)
{
    static const enum expr_op ops[] = {OP_NEG, OP_ABS,  OP_ROUND, OP_FLOOR, OP_CEIL,
                                       OP_LN,  OP_LOG2, OP_EXP,   OP_SQRT};
    for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
        check_both(state, ops[i], VALUE_DOUBLE, &doubles, NULL);
        check_both(state, ops[i], VALUE_DOUBLE, &numerics, NULL);
    }
}

static void whole_numbers_overflow_to_null(void **state)
{
    check_both(state, OP_NEG, VALUE_INTEGER, &integers, NULL);
    check_both(state, OP_ABS, VALUE_INTEGER, &integers, NULL);
    check_both(state, OP_NEG, VALUE_DURATION, &durations, NULL);
    check_both(state, OP_ABS, VALUE_DURATION, &durations, NULL);
}

static void comparisons_are_exact_between_types(void **state)
{
    static const enum expr_op ops[] = {OP_EQ, OP_LT, OP_GE, OP_IS_DISTINCT};
    const struct pool *const numbers[] = {&integers, &doubles, &numerics};
    for (size_t op = 0; op < ARRAY_SIZE(ops); op++) {
        for (size_t a = 0; a < ARRAY_SIZE(numbers); a++)
            for (size_t b = 0; b < ARRAY_SIZE(numbers); b++)
                check_both(state, ops[op], VALUE_BOOLEAN, numbers[a], numbers[b]);
        check_both(state, ops[op], VALUE_BOOLEAN, &dates, &times);
        check_both(state, ops[op], VALUE_BOOLEAN, &times, &dates);
    }
}

static void times_and_durations_are_exact_or_null(void **state)
{
    const struct pool *const moments[] = {&dates, &times};
    for (size_t a = 0; a < ARRAY_SIZE(moments); a++) {
        check_both(state, OP_ADD, VALUE_TIME, moments[a], &durations);
        check_both(state, OP_ADD, VALUE_TIME, &durations, moments[a]);
        check_both(state, OP_SUB, VALUE_TIME, moments[a], &durations);
        for (size_t b = 0; b < ARRAY_SIZE(moments); b++)
            check_both(state, OP_SUB, VALUE_DURATION, moments[a], moments[b]);
    }
    check_both(state, OP_ADD, VALUE_DURATION, &durations, &durations);
    check_both(state, OP_SUB, VALUE_DURATION, &durations, &durations);
    check_both(state, OP_DIV, VALUE_DOUBLE, &durations, &durations);
    check_both(state, OP_MUL, VALUE_DURATION, &durations, &integers);
    check_both(state, OP_MUL, VALUE_DURATION, &durations, &doubles);
    check_both(state, OP_MUL, VALUE_DURATION, &numerics, &durations);
    check_both(state, OP_DIV, VALUE_DURATION, &durations, &doubles);
    check_both(state, OP_DIV, VALUE_DURATION, &durations, &integers);
}

/* A text as PostgreSQL reads the literal for it. */
static void literals_read_back_in_postgresql(void **state)
{
    struct pg_test *test = *state;
    static const char *const texts[] = {"", "it's", "a\\", "\\'", "a\nb\r\tc", "\xc3\xa4$1 $$ --"};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        const char *literal = sql_quote(&arena, texts[i], strlen(texts[i]));
        assert_string_equal(pg_text(test->store, arena_printf(&arena, "select %s", literal)),
                            texts[i]);
        const char *name = texts[i][0] == '\0' ? "\"" : texts[i];
        const char *sql = arena_printf(&arena, "select x.%s from (values ('found')) x (%s)",
                                       sql_quote_name(&arena, name), sql_quote_name(&arena, name));
        assert_string_equal(pg_text(test->store, sql), "found");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_stands_in_double_quotes_whatever_it_is),
        cmocka_unit_test(a_text_is_quoted_so_that_it_reads_back),
        cmocka_unit_test(columns_are_those_of_their_side),
        cmocka_unit_test(columns_come_in_the_types_of_expressions),
        cmocka_unit_test(constants_name_their_types),
        cmocka_unit_test(a_comparison_of_one_type_is_plain),
        cmocka_unit_test(numbers_of_different_types_compare_as_exact_numerics),
        cmocka_unit_test(null_decides_where_operators_are_strict),
        cmocka_unit_test(division_by_zero_has_no_value),
        cmocka_unit_test(a_pattern_may_end_in_a_backslash),
        cmocka_unit_test(changed_looks_at_each_value_column_of_a_pair),
        cmocka_unit_test(what_is_computed_is_not_repeated_in_a_formula),
        pg_unit_test_empty(arithmetic_is_the_same_at_the_ends_of_doubles),
        pg_unit_test_empty(functions_are_the_same_at_the_ends_of_doubles),
        pg_unit_test_empty(whole_numbers_overflow_to_null),
        pg_unit_test_empty(comparisons_are_exact_between_types),
        pg_unit_test_empty(times_and_durations_are_exact_or_null),
        pg_unit_test_empty(literals_read_back_in_postgresql),
    };
    int failed = cmocka_run_group_tests(tests, pg_start, pg_stop);
    (void)release_arena(NULL);
    return failed;
}
