/* Whole statements: their exact text, what they leave out and refuse, and the values they return.
 */
#include "rules/sql_text.h"

#include <math.h>

#include "tests/unit/diff/helpers.h"

static struct arena arena;

static int release_arena(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static const struct schema *scores(void)
{
    return make_schema(&arena, "id bigint, name text, score double, tier text", 2);
}

static const struct expr *column(enum side side, const char *name)
{
    return e_column(&arena, scores(), side, name);
}

static const struct sql_relations both = {.new_relation = "d.\"new\"", .old_relation = "d.\"old\""};

static struct measure_plan plan_of(const struct measure *measures, size_t n)
{
    return (struct measure_plan){.schema = scores(), .measures = measures, .n_measures = n};
}

/* The only statement of the measures. */
static const char *statement_of(const struct measure *measures, size_t n,
                                const struct sql_relations *relations)
{
    struct error err;
    const char *const *statements = NULL;
    size_t n_statements = 0;
    struct measure_plan plan = plan_of(measures, n);
    assert_ok(
        sql_text_measures(&plan, relations, NULL, 0, &arena, &statements, &n_statements, &err));
    assert_int_equal(n_statements, 1);
    return statements[0];
}

static void a_measure_of_one_side_reads_that_side_alone(void **state)
{
    (void)state;
    struct measure count = measure_of(AGG_COUNT, SCOPE_NEW, column(SIDE_NEW, "score"));
    assert_string_equal(
        statement_of(&count, 1, &both),
        "with r as not materialized (select ''::text as k, n.p as e0, n.c2 as e1 from (select true "
        "as p, s.\"score\" as c2 from d.\"new\" s) n offset 0) select x.measure::bigint, g.k, "
        "x.value, x.rows::bigint, null::text from (select ''::text as k, count(*) filter (where "
        "r.e0) as a0, count(r.e1) filter (where r.e0) as a1 from r offset 0) g cross join lateral "
        "(values (0, (g.a1)::text, g.a0)) as x (measure, value, rows)");
}

static void the_old_side_of_a_first_load_is_empty(void **state)
{
    (void)state;
    const struct sql_relations first = {.new_relation = "d.\"new\""};
    struct measure rows = measure_of(AGG_OLD_ROWS, SCOPE_OLD, NULL);
    assert_contains(statement_of(&rows, 1, &first),
                    "from (select * from d.\"new\" s where false) s");
}

static void rows_of_both_sides_are_paired_by_all_columns_of_the_key(void **state)
{
    (void)state;
    struct measure kept = measure_of(AGG_KEPT, SCOPE_KEPT, NULL);
    const char *sql = statement_of(&kept, 1, &both);
    assert_contains(sql, " full join ");
    assert_contains(sql, "on n.k0 = o.k0 and n.k1 = o.k1 and n.once = o.once");
    assert_contains(sql, "count(*) over (partition by s.\"id\", s.\"name\") = 1");
    assert_contains(sql, "group by s.\"id\", s.\"name\" having count(*) > 1");
}

static void keys_that_are_unique_are_not_counted(void **state)
{
    (void)state;
    struct sql_relations unique = both;
    unique.keys_are_unique = true;
    struct measure kept = measure_of(AGG_KEPT, SCOPE_KEPT, NULL);
    const char *sql = statement_of(&kept, 1, &unique);
    assert_contains(sql, "on n.k0 = o.k0 and n.k1 = o.k1 offset 0");
    assert_null(strstr(sql, "having"));
    assert_null(strstr(sql, "partition by"));
}

static void measures_of_one_side_go_along_with_those_of_both(void **state)
{
    (void)state;
    const struct expr *moved =
        E_CALL(&arena, OP_GT, VALUE_BOOLEAN, column(SIDE_NEW, "score"), column(SIDE_OLD, "score"));
    const struct measure measures[] = {measure_of(AGG_ROWS, SCOPE_NEW, NULL),
                                       measure_of(AGG_OLD_ROWS, SCOPE_OLD, NULL),
                                       measure_of(AGG_SHARE, SCOPE_KEPT, moved)};
    assert_contains(statement_of(measures, 3, &both), "(n.c2 > o.c2)");
}

static void a_value_is_computed_once_however_often_it_is_asked_for(void **state)
{
    (void)state;
    const struct expr *root = E_CALL(&arena, OP_SQRT, VALUE_DOUBLE, column(SIDE_NEW, "score"));
    const struct measure measures[] = {measure_of(AGG_MIN, SCOPE_NEW, root),
                                       measure_of(AGG_MAX, SCOPE_NEW, root)};
    const char *first = strstr(statement_of(measures, 2, &both), "sqrt(");
    assert_non_null(first);
    assert_null(strstr(first + 1, "sqrt("));
}

static void more_measures_than_a_select_holds_go_into_several_statements(void **state)
{
    (void)state;
    struct error err;
    const char *const *statements = NULL;
    size_t n_statements = 0;
    struct measure measures[2000];
    for (size_t i = 0; i < ARRAY_SIZE(measures); i++) {
        const struct expr *limit = e_double(&arena, (double)i);
        measures[i] =
            measure_of(AGG_COUNT, SCOPE_NEW,
                       E_CALL(&arena, OP_LT, VALUE_BOOLEAN, column(SIDE_NEW, "score"), limit));
    }
    struct measure_plan plan = plan_of(measures, ARRAY_SIZE(measures));
    assert_ok(sql_text_measures(&plan, &both, NULL, 0, &arena, &statements, &n_statements, &err));
    assert_int_equal(n_statements, 2);
}

static void a_measure_that_orders_rows_is_refused(void **state)
{
    (void)state;
    struct error err;
    const char *const *statements = NULL;
    size_t n = 0;
    struct measure ks = measure_of(AGG_KS, SCOPE_NEW, column(SIDE_NEW, "score"));
    struct measure_plan plan = plan_of(&ks, 1);
    ks.text = "ks(score)";
    assert_int_equal(sql_text_measures(&plan, &both, NULL, 0, &arena, &statements, &n, &err),
                     ERR_REFUSED);
    assert_contains(err.message, "ks(score) cannot be measured in the database: it works through");
}

/* Ids of a file, as many as asked for. */
static struct value_set *ids(size_t n)
{
    struct error err;
    struct value_set *set = NULL;
    assert_ok(value_set_new(VALUE_INTEGER, &set, &err));
    for (size_t i = 0; i < n; i++) {
        struct value value = {.type = VALUE_INTEGER, .i64 = (int64_t)i};
        assert_ok(value_set_add(set, &value, &err));
    }
    return set;
}

static struct expr *in_file(const struct value_set *set)
{
    struct expr *expr = arena_alloc(&arena, sizeof(*expr));
    *expr = (struct expr){.kind = EXPR_IN_SET, .type = VALUE_BOOLEAN};
    expr->in_arg = column(SIDE_NEW, "id");
    expr->set = set;
    return expr;
}

static void a_file_is_refused_only_beyond_its_limit(void **state)
{
    (void)state;
    CLEANUP(value_set_cleanup) struct value_set *most = ids(SQL_TEXT_MAX_SET);
    CLEANUP(value_set_cleanup) struct value_set *more = ids(SQL_TEXT_MAX_SET + 1);
    struct measure measure = measure_of(AGG_COUNT, SCOPE_NEW, in_file(most));
    assert_null(sql_text_refusal(&measure));
    assert_contains(statement_of(&measure, 1, &both), "'99999'::bigint");
    measure.arg = NULL;
    measure.filter = E_CALL(&arena, OP_NOT, VALUE_BOOLEAN, in_file(more));
    assert_contains(sql_text_refusal(&measure), "more values than a statement can hold");
}

static void measures_with_one_by_share_a_division(void **state)
{
    (void)state;
    struct sql_division *divisions = NULL;
    size_t n = 0;
    struct measure measures[3];
    for (size_t i = 0; i < ARRAY_SIZE(measures); i++)
        measures[i] = measure_of(AGG_ROWS, SCOPE_NEW, NULL);
    measures[0].n_by = measures[1].n_by = 1;
    measures[0].by[0] = measures[1].by[0] = 2;
    struct measure_plan plan = plan_of(measures, ARRAY_SIZE(measures));
    sql_text_divisions(&plan, &both, &arena, &divisions, &n);
    assert_int_equal(n, 1);
    assert_true(sql_text_divides(&divisions[0], &measures[1]));
    assert_false(sql_text_divides(&divisions[0], &measures[2]));
    assert_contains(divisions[0].segments_sql,
                    "order by q.n + q.o desc, q.v0 nulls first limit 10001");
    /* -0 and 0 are one segment */
    assert_contains(divisions[0].segments_sql, "(n.c2 + 0) as v0");
}

static void rows_of_segments_that_were_not_chosen_are_the_rest(void **state)
{
    (void)state;
    struct error err;
    struct sql_division *divisions = NULL;
    size_t n = 0;
    const char *const *statements = NULL;
    const char *const keys[] = {"{it's}", "{\"a\\\\b\"}"};
    struct measure measure = measure_of(AGG_ROWS, SCOPE_NEW, NULL);
    measure.n_by = 1;
    measure.by[0] = 3;
    struct measure_plan plan = plan_of(&measure, 1);
    sql_text_divisions(&plan, &both, &arena, &divisions, &n);
    divisions[0].keys = keys;
    divisions[0].n_keys = ARRAY_SIZE(keys);
    divisions[0].has_rest = true;
    assert_ok(sql_text_measures(&plan, &both, divisions, 1, &arena, &statements, &n, &err));
    assert_contains(statements[0], "case when (array[n.c3::text]::text) collate \"C\" = "
                                   "any(array['{it''s}',E'{\"a\\\\\\\\b\"}']::text[])");
    assert_contains(statements[0], "else '' end as k");
    assert_contains(statements[0], "group by r.k");
}

static void values_are_read_in_their_types(void **state)
{
    (void)state;
    assert_true(sql_text_value(VALUE_INTEGER, NULL, &arena).is_null);
    assert_true(sql_text_value(VALUE_INTEGER, "-9223372036854775808", &arena).i64 == INT64_MIN);
    assert_true(sql_text_value(VALUE_DURATION, "9223372036854775807", &arena).i64 == INT64_MAX);
    assert_true(sql_text_value(VALUE_DOUBLE, "5e-324", &arena).f64 == 0x1p-1074);
    assert_true(sql_text_value(VALUE_DOUBLE, "-Infinity", &arena).f64 == -(double)INFINITY);
    assert_true(isnan(sql_text_value(VALUE_DOUBLE, "NaN", &arena).f64));
    assert_int_equal(sql_text_value(VALUE_BOOLEAN, "true", &arena).u8, 1);
    assert_int_equal(sql_text_value(VALUE_BOOLEAN, "f", &arena).u8, 0);
    struct value text = sql_text_value(VALUE_TEXT, "", &arena);
    assert_false(text.is_null);
    assert_int_equal(text.text.len, 0);
    struct value uuid = sql_text_value(VALUE_UUID, "00010203-0405-0607-0809-0a0b0c0d0eff", &arena);
    for (uint8_t i = 0; i < 15; i++)
        assert_int_equal(uuid.uuid.bytes[i], i);
    assert_int_equal(uuid.uuid.bytes[15], 0xff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_measure_of_one_side_reads_that_side_alone),
        cmocka_unit_test(the_old_side_of_a_first_load_is_empty),
        cmocka_unit_test(rows_of_both_sides_are_paired_by_all_columns_of_the_key),
        cmocka_unit_test(keys_that_are_unique_are_not_counted),
        cmocka_unit_test(measures_of_one_side_go_along_with_those_of_both),
        cmocka_unit_test(a_value_is_computed_once_however_often_it_is_asked_for),
        cmocka_unit_test(more_measures_than_a_select_holds_go_into_several_statements),
        cmocka_unit_test(a_measure_that_orders_rows_is_refused),
        cmocka_unit_test(a_file_is_refused_only_beyond_its_limit),
        cmocka_unit_test(measures_with_one_by_share_a_division),
        cmocka_unit_test(rows_of_segments_that_were_not_chosen_are_the_rest),
        cmocka_unit_test(values_are_read_in_their_types),
    };
    return cmocka_run_group_tests(tests, NULL, release_arena);
}
