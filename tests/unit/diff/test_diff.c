#include "tests/unit/diff/helpers.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>

#include "base/interrupt.h"

static struct arena arena;

static int release_arena(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static const struct schema *scores(void)
{
    return make_schema(&arena, "id bigint, score double?, network text", 1);
}

static const struct expr *score(enum side side)
{
    return e_column(&arena, scores(), side, "score");
}

static const struct expr *network(enum side side)
{
    return e_column(&arena, scores(), side, "network");
}

static struct packed *old_scores(void)
{
    return PACK(scores(), "1|10|twitter", "2|20|twitter", "3|30|facebook", "4|\\N|facebook",
                "5|50|\\N", "6|60|linkedin");
}

static struct packed *new_scores(void)
{
    return PACK(scores(), "1|10|twitter", "2|1|twitter", "3|1|facebook", "4|40|facebook",
                "7|70|linkedin", "8|\\N|twitter");
}

/* Value of a measure over the two small snapshots above, as text. */
static const char *measured(struct measure measure)
{
    CLEANUP(packed_cleanup) struct packed *old_side = old_scores();
    CLEANUP(packed_cleanup) struct packed *new_side = new_scores();
    return shown(run_measure(old_side, new_side, measure, &arena));
}

static const char *over(enum aggregate aggregate, enum scope scope, const struct expr *arg)
{
    return measured(measure_of(aggregate, scope, arg));
}

static void rows_are_counted_by_what_became_of_them(void **state)
{
    (void)state;
    CLEANUP(packed_cleanup) struct packed *old_side = old_scores();
    CLEANUP(packed_cleanup) struct packed *new_side = new_scores();
    struct diff_result result = run_measures(old_side, new_side, NULL, 0, &arena);
    assert_int_equal(result.counts.old_rows, 6);
    assert_int_equal(result.counts.new_rows, 6);
    assert_int_equal(result.counts.kept, 4);
    assert_int_equal(result.counts.changed, 3);
    assert_int_equal(result.counts.added, 2);
    assert_int_equal(result.counts.removed, 2);
    assert_int_equal(result.counts.duplicates, 0);
    assert_string_equal(over(AGG_ROWS, SCOPE_NEW, NULL), "6");
    assert_string_equal(over(AGG_OLD_ROWS, SCOPE_NEW, NULL), "6");
    assert_string_equal(over(AGG_KEPT, SCOPE_NEW, NULL), "4");
    assert_string_equal(over(AGG_ADDED, SCOPE_NEW, NULL), "2");
    assert_string_equal(over(AGG_REMOVED, SCOPE_NEW, NULL), "2");
    assert_string_equal(over(AGG_DUPLICATES, SCOPE_NEW, NULL), "0");
}

static void duplicates_are_counted_apart(void **state)
{
    (void)state;
    CLEANUP(packed_cleanup)
    struct packed *old_side = PACK(scores(), "1|1|a", "2|1|a", "3|1|a", "5|1|a", "5|2|a");
    CLEANUP(packed_cleanup)
    struct packed *new_side =
        PACK(scores(), "1|1|a", "2|1|a", "2|2|a", "2|3|a", "4|1|a", "4|1|a", "5|1|a");
    struct measure measures[] = {measure_of(AGG_DUPLICATES, SCOPE_NEW, NULL),
                                 measure_of(AGG_ROWS, SCOPE_NEW, NULL),
                                 measure_of(AGG_SUM, SCOPE_NEW, score(SIDE_NEW)),
                                 measure_of(AGG_SUM, SCOPE_OLD, score(SIDE_OLD)),
                                 measure_of(AGG_SUM, SCOPE_KEPT, score(SIDE_NEW))};
    struct diff_result result =
        run_measures(old_side, new_side, measures, ARRAY_SIZE(measures), &arena);
    assert_int_equal(result.counts.kept, 1);
    assert_int_equal(result.counts.added, 0);
    assert_int_equal(result.counts.removed, 1);
    assert_int_equal(result.counts.duplicates, 5);
    assert_string_equal(shown(result.measures[0].values[0]), "5");
    assert_string_equal(shown(result.measures[1].values[0]), "7");
    assert_string_equal(shown(result.measures[2].values[0]), "10");
    assert_string_equal(shown(result.measures[3].values[0]), "6");
    assert_string_equal(shown(result.measures[4].values[0]), "1");
}

static void changed_looks_at_every_value_column_and_no_key(void **state)
{
    (void)state;
    const struct schema *schema =
        make_schema(&arena,
                    "id bigint, b boolean, i integer, r real?, d double?, n numeric?, t text, "
                    "day date, at timestamptz, u uuid",
                    1);
    const char *same = "|t|1|NaN|NaN|1.0|x|2024-01-01|2024-01-01T00:00:00Z|"
                       "00000000-0000-0000-0000-000000000001";
    const char *changes[] = {
        "|f|1|NaN|NaN|1.0|x|2024-01-01|2024-01-01T00:00:00Z|00000000-0000-0000-0000-000000000001",
        "|t|2|NaN|NaN|1.0|x|2024-01-01|2024-01-01T00:00:00Z|00000000-0000-0000-0000-000000000001",
        "|t|1|0|NaN|1.0|x|2024-01-01|2024-01-01T00:00:00Z|00000000-0000-0000-0000-000000000001",
        "|t|1|NaN|0|1.0|x|2024-01-01|2024-01-01T00:00:00Z|00000000-0000-0000-0000-000000000001",
        "|t|1|NaN|NaN|1.1|x|2024-01-01|2024-01-01T00:00:00Z|00000000-0000-0000-0000-000000000001",
        "|t|1|NaN|NaN|1.0|y|2024-01-01|2024-01-01T00:00:00Z|00000000-0000-0000-0000-000000000001",
        "|t|1|NaN|NaN|1.0|x|2024-01-02|2024-01-01T00:00:00Z|00000000-0000-0000-0000-000000000001",
        "|t|1|NaN|NaN|1.0|x|2024-01-01|2024-01-01T00:00:01Z|00000000-0000-0000-0000-000000000001",
        "|t|1|NaN|NaN|1.0|x|2024-01-01|2024-01-01T00:00:00Z|00000000-0000-0000-0000-000000000002",
        "|t|\\N|NaN|NaN|1.0|x|2024-01-01|2024-01-01T00:00:00Z|00000000-0000-0000-0000-000000000001",
        "|t|1|NaN|NaN|1.0|\\N|2024-01-01|2024-01-01T00:00:00Z|00000000-0000-0000-0000-000000000001",
    };
    const char *equal =
        "|t|1|NaN|NaN|1.000|x|2024-01-01|2024-01-01T00:00:00Z|00000000-0000-0000-0000-000000000001";
    char old_rows[2][200];
    char new_rows[2][200];
    for (size_t i = 0; i <= ARRAY_SIZE(changes); i++) {
        (void)snprintf(old_rows[0], 200, "1%s", same);
        (void)snprintf(old_rows[1], 200, "2%s", same);
        (void)snprintf(new_rows[0], 200, "1%s", equal);
        (void)snprintf(new_rows[1], 200, "2%s", i < ARRAY_SIZE(changes) ? changes[i] : equal);
        CLEANUP(packed_cleanup) struct packed *old_side = PACK(schema, old_rows[0], old_rows[1]);
        CLEANUP(packed_cleanup) struct packed *new_side = PACK(schema, new_rows[0], new_rows[1]);
        struct diff_result result = run_measures(old_side, new_side, NULL, 0, &arena);
        assert_int_equal(result.counts.changed, i < ARRAY_SIZE(changes) ? 1 : 0);
    }
}

static void counts_leave_nulls_out_and_shares_do_not(void **state)
{
    (void)state;
    const struct expr *low =
        E_CALL(&arena, OP_LE, VALUE_BOOLEAN, score(SIDE_NEW), e_int(&arena, 10));
    assert_string_equal(over(AGG_COUNT, SCOPE_NEW, score(SIDE_NEW)), "5");
    assert_string_equal(over(AGG_COUNT, SCOPE_NEW, low), "3");
    assert_string_equal(over(AGG_SHARE, SCOPE_NEW, low), "0.5");
    assert_string_equal(over(AGG_SHARE, SCOPE_KEPT, low), "0.75");
    assert_string_equal(over(AGG_NULLS, SCOPE_NEW, score(SIDE_NEW)), "1");
    assert_string_equal(over(AGG_NULLS, SCOPE_OLD, score(SIDE_OLD)), "1");
    assert_string_equal(over(AGG_DISTINCT, SCOPE_OLD, network(SIDE_OLD)), "3");
}

static void and_is_null_only_where_nothing_decides_it(void **state)
{
    (void)state;
    const struct schema *schema = make_schema(&arena, "id bigint, a boolean, b boolean", 1);
    CLEANUP(packed_cleanup)
    struct packed *side =
        PACK(schema, "1|t|t", "2|t|f", "3|t|\\N", "4|f|\\N", "5|\\N|\\N", "6|\\N|t");
    const struct expr *a = e_column(&arena, schema, SIDE_NEW, "a");
    const struct expr *b = e_column(&arena, schema, SIDE_NEW, "b");
    const enum expr_op ops[] = {OP_AND, OP_OR};
    const char *nulls[] = {"3", "2"};
    const char *truths[] = {"1", "4"};
    for (size_t i = 0; i < 2; i++) {
        const struct expr *arg = E_CALL(&arena, ops[i], VALUE_BOOLEAN, a, b);
        assert_string_equal(
            shown(run_measure(NULL, side, measure_of(AGG_NULLS, SCOPE_NEW, arg), &arena)),
            nulls[i]);
        assert_string_equal(
            shown(run_measure(NULL, side, measure_of(AGG_COUNT, SCOPE_NEW, arg), &arena)),
            truths[i]);
    }
}

static void statistics_are_those_of_sql(void **state)
{
    (void)state;
    assert_string_equal(over(AGG_SUM, SCOPE_NEW, score(SIDE_NEW)), "122");
    assert_string_equal(over(AGG_MEAN, SCOPE_OLD, score(SIDE_OLD)), "34");
    assert_string_equal(over(AGG_MIN, SCOPE_NEW, score(SIDE_NEW)), "1");
    assert_string_equal(over(AGG_MAX, SCOPE_NEW, score(SIDE_NEW)), "70");
    CLEANUP(packed_cleanup) struct packed *old_side = old_scores();
    CLEANUP(packed_cleanup) struct packed *new_side = new_scores();
    struct measure stddev = measure_of(AGG_STDDEV, SCOPE_OLD, score(SIDE_OLD));
    assert_true(fabs(run_measure(old_side, new_side, stddev, &arena).f64 - sqrt(430)) < 1e-12);
    struct measure quantile = measure_of(AGG_QUANTILE, SCOPE_OLD, score(SIDE_OLD));
    const double places[][2] = {{0, 10}, {0.5, 30}, {1, 60}, {0.9, 56}, {0.25, 20}};
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        quantile.parameter = places[i][0];
        assert_true(fabs(run_measure(old_side, new_side, quantile, &arena).f64 - places[i][1]) <
                    1e-12);
    }
}

static void nothing_in_scope_is_null_but_counts_are_zero(void **state)
{
    (void)state;
    const enum aggregate aggregates[] = {AGG_SUM,      AGG_MEAN,      AGG_STDDEV,
                                         AGG_MIN,      AGG_MAX,       AGG_SHARE,
                                         AGG_QUANTILE, AGG_TOP_SHARE, AGG_ARRIVALS};
    for (size_t i = 0; i < ARRAY_SIZE(aggregates); i++) {
        const struct expr *arg =
            aggregates[i] == AGG_SHARE ? e_bool(&arena, true) : score(SIDE_NEW);
        struct measure measure = measure_of(aggregates[i], SCOPE_KEPT, arg);
        measure.where = e_bool(&arena, false);
        assert_string_equal(measured(measure), "NULL");
    }
    struct measure count = measure_of(AGG_COUNT, SCOPE_NEW, score(SIDE_NEW));
    count.where = e_bool(&arena, false);
    assert_string_equal(measured(count), "0");
    count.aggregate = AGG_DISTINCT;
    assert_string_equal(measured(count), "0");
}

static void filter_and_where_both_limit_the_rows(void **state)
{
    (void)state;
    struct measure measure = measure_of(AGG_COUNT, SCOPE_NEW, score(SIDE_NEW));
    measure.where =
        E_CALL(&arena, OP_EQ, VALUE_BOOLEAN, network(SIDE_NEW), e_text(&arena, "twitter"));
    assert_string_equal(measured(measure), "2");
    measure.filter = E_CALL(&arena, OP_GT, VALUE_BOOLEAN, score(SIDE_NEW), e_int(&arena, 5));
    assert_string_equal(measured(measure), "1");
    measure.aggregate = AGG_SHARE;
    measure.arg = E_CALL(&arena, OP_IS_NULL, VALUE_BOOLEAN, score(SIDE_NEW));
    measure.filter = NULL;
    assert_int_equal(strncmp(measured(measure), "0.3333", 6), 0);
}

static void where_is_put_to_old_rows_in_their_own_terms(void **state)
{
    (void)state;
    struct measure measure = measure_of(AGG_OLD_ROWS, SCOPE_NEW, NULL);
    measure.where =
        E_CALL(&arena, OP_EQ, VALUE_BOOLEAN, network(SIDE_NEW), e_text(&arena, "linkedin"));
    assert_string_equal(measured(measure), "1");
    measure.aggregate = AGG_REMOVED;
    assert_string_equal(measured(measure), "1");
    measure.aggregate = AGG_ROWS;
    assert_string_equal(measured(measure), "1");
    measure.aggregate = AGG_MEAN;
    measure.scope = SCOPE_OLD;
    measure.arg = score(SIDE_OLD);
    assert_string_equal(measured(measure), "60");
}

static void extremes_keep_their_type_and_nan_is_above_all(void **state)
{
    (void)state;
    const struct schema *schema =
        make_schema(&arena, "id bigint, n numeric?, d double?, day date, at timestamptz", 1);
    CLEANUP(packed_cleanup)
    struct packed *side = PACK(schema, "1|1.10|-Infinity|2024-01-02|2024-01-02T00:00:00Z",
                               "2|12345678901234567890.1|NaN|2024-01-01|2024-01-02T00:00:00.5Z",
                               "3|-0.5|7|2024-01-03|2024-01-01T00:00:00Z", "4|\\N|\\N|\\N|\\N");
    const char *columns[] = {"n", "d", "day", "at"};
    const char *least[] = {"-0.5", "-Infinity", "2024-01-01", "2024-01-01T00:00:00Z"};
    const char *most[] = {"12345678901234567890.1", "NaN", "2024-01-03",
                          "2024-01-02T00:00:00.500000Z"};
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        const struct expr *arg = e_column(&arena, schema, SIDE_NEW, columns[i]);
        assert_string_equal(
            shown(run_measure(NULL, side, measure_of(AGG_MIN, SCOPE_NEW, arg), &arena)), least[i]);
        assert_string_equal(
            shown(run_measure(NULL, side, measure_of(AGG_MAX, SCOPE_NEW, arg), &arena)), most[i]);
    }
}

static void invalid_values_are_nan_and_infinities(void **state)
{
    (void)state;
    const struct schema *schema =
        make_schema(&arena, "id bigint, d double?, n numeric?, i integer, day date?", 1);
    CLEANUP(packed_cleanup)
    struct packed *side = PACK(schema, "1|NaN|NaN|1|infinity", "2|Infinity|1|\\N|2024-01-01",
                               "3|-Infinity|2|3|\\N", "4|1|3|4|2024-01-01", "5|\\N|\\N|\\N|\\N");
    const char *columns[] = {"d", "n", "i", "day"};
    const char *counts[] = {"3", "1", "0", "1"};
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        const struct expr *arg = e_column(&arena, schema, SIDE_NEW, columns[i]);
        assert_string_equal(
            shown(run_measure(NULL, side, measure_of(AGG_INVALID, SCOPE_NEW, arg), &arena)),
            counts[i]);
    }
    const struct expr *sum =
        E_CALL(&arena, OP_ADD, VALUE_DOUBLE, e_double(&arena, (double)INFINITY),
               e_column(&arena, schema, SIDE_NEW, "i"));
    assert_string_equal(
        shown(run_measure(NULL, side, measure_of(AGG_INVALID, SCOPE_NEW, sum), &arena)), "3");
}

static void durations_are_summed_exactly(void **state)
{
    (void)state;
    const struct schema *schema = make_schema(&arena, "id bigint, at timestamptz", 1);
    CLEANUP(packed_cleanup)
    struct packed *side = PACK(schema, "1|2000-01-01T00:00:00.000001Z",
                               "2|2000-01-01T00:00:00.000002Z", "3|2000-01-01T01:00:00Z");
    const struct expr *since =
        E_CALL(&arena, OP_SUB, VALUE_DURATION, e_column(&arena, schema, SIDE_NEW, "at"),
               e_time(&arena, VALUE_TIME, 0));
    struct value sum = run_measure(NULL, side, measure_of(AGG_SUM, SCOPE_NEW, since), &arena);
    assert_int_equal(sum.type, VALUE_DURATION);
    assert_int_equal(sum.i64, INT64_C(3600000003));
    struct value mean = run_measure(NULL, side, measure_of(AGG_MEAN, SCOPE_NEW, since), &arena);
    assert_int_equal(mean.i64, INT64_C(1200000001));
    const struct expr *longest = e_time(&arena, VALUE_DURATION, INT64_MAX);
    assert_true(run_measure(NULL, side, measure_of(AGG_SUM, SCOPE_NEW, longest), &arena).is_null);
    assert_int_equal(run_measure(NULL, side, measure_of(AGG_MEAN, SCOPE_NEW, longest), &arena).i64,
                     INT64_MAX);
}

#define MANY 100000

/* A snapshot of MANY rows with keys from 1 and these scores. */
static struct packed *many_scores(const double *values)
{
    static int64_t keys[MANY];
    for (size_t i = 0; i < MANY; i++)
        keys[i] = (int64_t)i + 1;
    const struct schema *schema = make_schema(&arena, "id bigint, score double?", 1);
    return PACK_COLUMNS(schema, MANY, keys, values);
}

static double measure_many(const double *values, enum aggregate aggregate, double parameter)
{
    CLEANUP(packed_cleanup) struct packed *side = many_scores(values);
    struct measure measure =
        measure_of(aggregate, SCOPE_NEW, e_column(&arena, packed_schema(side), SIDE_NEW, "score"));
    measure.parameter = parameter;
    struct value value = run_measure(NULL, side, measure, &arena);
    assert_false(value.is_null);
    return value.type == VALUE_INTEGER ? (double)value.i64 : value.f64;
}

static double many_values[MANY];

static void sums_survive_cancellation(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++)
        many_values[i] = i % 3 == 0 ? 1e16 : i % 3 == 1 ? 0.125 : -1e16;
    many_values[MANY - 1] = 0; /* the one 1e16 that nothing cancels */
    const size_t n_eighths = MANY / 3;
    double expected = 0.125 * (double)n_eighths;
    assert_true(fabs(measure_many(many_values, AGG_SUM, 0) - expected) <= expected * 1e-9);
    assert_true(fabs(measure_many(many_values, AGG_MEAN, 0) - expected / MANY) <=
                expected / MANY * 1e-9);
}

static void a_deviation_is_found_far_from_zero(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++)
        many_values[i] = 1e15 + (double)(i % 2);
    assert_true(fabs(measure_many(many_values, AGG_STDDEV, 0) - 0.5) < 1e-5);
    for (size_t i = 0; i < MANY; i++)
        many_values[i] = 123456789.123;
    assert_true(measure_many(many_values, AGG_STDDEV, 0) == 0);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void check_quantiles(void)
{
    static double sorted[MANY];
    memcpy(sorted, many_values, sizeof(sorted));
    qsort(sorted, MANY, sizeof(*sorted), compare_doubles);
    const double places[] = {0, 0.001, 0.25, 0.5, 0.75, 0.999, 1, 1.0 / 3};
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        double place = places[i] * (MANY - 1);
        size_t below = (size_t)place;
        double part = place - floor(place);
        double expected = sorted[below];
        if (part > 0 && sorted[below + 1] != sorted[below])
            expected += part * (sorted[below + 1] - sorted[below]);
        double value = measure_many(many_values, AGG_QUANTILE, places[i]);
        if (value != expected)
            fail_msg("quantile %g is %.17g, not %.17g", places[i], value, expected);
    }
}

static void quantiles_of_many_rows_are_exact(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (size_t i = 0; i < MANY; i++)
        many_values[i] = (double)(next_random(&seed) % 10000000) / 1000 - 500;
    check_quantiles();
}

static void quantiles_of_few_different_values_are_exact(void **state)
{
    (void)state;
    uint64_t seed = 8;
    for (size_t i = 0; i < MANY; i++)
        many_values[i] = (double)(next_random(&seed) % 3) - 1;
    check_quantiles();
}

static void quantiles_between_two_clusters_are_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++)
        many_values[i] = i % 2 == 0 ? 1e-300 * (double)i : 1e300 - 1e290 * (double)i;
    check_quantiles();
    for (size_t i = 0; i < MANY; i++)
        many_values[i] = i < MANY / 2 ? 1 : 2;
    check_quantiles();
    for (size_t i = 0; i < MANY; i++)
        many_values[i] = 1 + 0x1p-52 * (double)(i % 50000);
    check_quantiles();
}

static void few_different_values_are_counted_exactly(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++)
        many_values[i] = (double)(i % 65536);
    assert_true(measure_many(many_values, AGG_DISTINCT, 0) == 65536);
}

static void many_different_values_are_estimated_within_the_stated_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++)
        many_values[i] = (double)i * 1.25;
    CLEANUP(packed_cleanup) struct packed *side = many_scores(many_values);
    struct measure measure = measure_of(AGG_DISTINCT, SCOPE_NEW,
                                        e_column(&arena, packed_schema(side), SIDE_NEW, "score"));
    struct diff_result result = run_measures(NULL, side, &measure, 1, &arena);
    double error = result.measures[0].relative_error;
    assert_true(error > 0 && error < 0.02);
    assert_true(fabs((double)result.measures[0].values[0].i64 - MANY) <= error * MANY);
}

static void the_most_frequent_of_many_values_is_counted_exactly(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++)
        many_values[i] = i % 10 == 3 ? -1 : (double)i;
    CLEANUP(packed_cleanup) struct packed *side = many_scores(many_values);
    struct measure measure = measure_of(AGG_TOP_SHARE, SCOPE_NEW,
                                        e_column(&arena, packed_schema(side), SIDE_NEW, "score"));
    struct diff_result result = run_measures(NULL, side, &measure, 1, &arena);
    assert_string_equal(shown(result.measures[0].values[0]), "0.1");
    assert_string_equal(shown(result.measures[0].arrived_at[0]), "-1");
    assert_true(result.measures[0].relative_error == 0);
}

static void a_top_share_that_is_not_certain_says_so(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++)
        many_values[i] = (double)i;
    CLEANUP(packed_cleanup) struct packed *side = many_scores(many_values);
    struct measure measure = measure_of(AGG_TOP_SHARE, SCOPE_NEW,
                                        e_column(&arena, packed_schema(side), SIDE_NEW, "score"));
    struct diff_result result = run_measures(NULL, side, &measure, 1, &arena);
    double share = result.measures[0].values[0].f64;
    assert_true(share >= 1.0 / MANY && share < 3.0 / MANY);
    assert_true(result.measures[0].relative_error > 0);
}

static void null_is_a_value_of_top_share(void **state)
{
    (void)state;
    CLEANUP(packed_cleanup)
    struct packed *side = PACK(scores(), "1|1|a", "2|\\N|a", "3|\\N|b", "4|2|a");
    struct measure measure = measure_of(AGG_TOP_SHARE, SCOPE_NEW, score(SIDE_NEW));
    struct diff_result result = run_measures(NULL, side, &measure, 1, &arena);
    assert_string_equal(shown(result.measures[0].values[0]), "0.5");
    assert_true(result.measures[0].arrived_at[0].is_null);
}

static void a_first_load_has_only_added_rows(void **state)
{
    (void)state;
    CLEANUP(packed_cleanup) struct packed *side = new_scores();
    struct measure measures[] = {measure_of(AGG_OLD_ROWS, SCOPE_NEW, NULL),
                                 measure_of(AGG_ADDED, SCOPE_NEW, NULL),
                                 measure_of(AGG_MEAN, SCOPE_OLD, score(SIDE_OLD)),
                                 measure_of(AGG_SUM, SCOPE_NEW, score(SIDE_OLD))};
    struct diff_result result = run_measures(NULL, side, measures, ARRAY_SIZE(measures), &arena);
    assert_int_equal(result.counts.added, 6);
    assert_string_equal(shown(result.measures[0].values[0]), "0");
    assert_string_equal(shown(result.measures[1].values[0]), "6");
    assert_string_equal(shown(result.measures[2].values[0]), "NULL");
    assert_string_equal(shown(result.measures[3].values[0]), "NULL");
}

struct progress_seen {
    size_t calls;
    uint64_t last;
    uint64_t total;
};

static void see_progress(uint64_t rows_done, uint64_t rows_total, void *arg)
{
    struct progress_seen *seen = arg;
    assert_true(rows_done >= seen->last && rows_done <= rows_total);
    seen->last = rows_done;
    seen->total = rows_total;
    seen->calls++;
}

static void progress_never_goes_back_or_past_the_end(void **state)
{
    (void)state;
    struct error err;
    for (size_t i = 0; i < MANY; i++)
        many_values[i] = (double)i;
    CLEANUP(packed_cleanup) struct packed *side = many_scores(many_values);
    const struct expr *arg = e_column(&arena, packed_schema(side), SIDE_NEW, "score");
    struct measure measures[] = {measure_of(AGG_QUANTILE, SCOPE_NEW, arg),
                                 measure_of(AGG_COUNT, SCOPE_NEW, arg)};
    measures[1].by[0] = 1;
    measures[1].n_by = 1;
    struct measure_plan plan = {packed_schema(side), measures, 2};
    struct progress_seen seen = {0};
    struct diff_result result;
    assert_ok(diff_run(side, side, &plan, &arena, see_progress, &seen, &result, &err));
    assert_true(seen.calls >= 1);
    assert_int_equal(seen.total, 2 * MANY);
}

static void an_interrupt_cancels_the_comparison(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(packed_cleanup) struct packed *side = new_scores();
    struct measure_plan plan = {packed_schema(side), NULL, 0};
    struct diff_result result;
    assert_ok(interrupt_install(&err));
    (void)raise(SIGTERM);
    assert_fails(ERR_CANCELLED, diff_run(side, side, &plan, &arena, NULL, NULL, &result, &err));
    interrupt_reset();
    assert_ok(diff_run(side, side, &plan, &arena, NULL, NULL, &result, &err));
}

static void texts_in_results_outlive_the_snapshots(void **state)
{
    (void)state;
    const struct schema *schema = make_schema(&arena, "id bigint, n numeric, t text", 1);
    struct packed *side = PACK(schema, "1|12.50|a text that is not short", "2|1|b");
    struct measure measures[] = {
        measure_of(AGG_MAX, SCOPE_NEW, e_column(&arena, schema, SIDE_NEW, "n")),
        measure_of(AGG_COUNT, SCOPE_NEW, e_column(&arena, schema, SIDE_NEW, "n"))};
    measures[1].by[0] = 2;
    measures[1].n_by = 1;
    struct diff_result result = run_measures(side, side, measures, 2, &arena);
    packed_free(side);
    assert_string_equal(shown(result.measures[0].values[0]), "12.50");
    assert_string_equal(result.measures[1].segments[0].text, "t=a text that is not short");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_counted_by_what_became_of_them),
        cmocka_unit_test(duplicates_are_counted_apart),
        cmocka_unit_test(changed_looks_at_every_value_column_and_no_key),
        cmocka_unit_test(counts_leave_nulls_out_and_shares_do_not),
        cmocka_unit_test(and_is_null_only_where_nothing_decides_it),
        cmocka_unit_test(statistics_are_those_of_sql),
        cmocka_unit_test(nothing_in_scope_is_null_but_counts_are_zero),
        cmocka_unit_test(filter_and_where_both_limit_the_rows),
        cmocka_unit_test(where_is_put_to_old_rows_in_their_own_terms),
        cmocka_unit_test(extremes_keep_their_type_and_nan_is_above_all),
        cmocka_unit_test(invalid_values_are_nan_and_infinities),
        cmocka_unit_test(durations_are_summed_exactly),
        cmocka_unit_test(sums_survive_cancellation),
        cmocka_unit_test(a_deviation_is_found_far_from_zero),
        cmocka_unit_test(quantiles_of_many_rows_are_exact),
        cmocka_unit_test(quantiles_of_few_different_values_are_exact),
        cmocka_unit_test(quantiles_between_two_clusters_are_exact),
        cmocka_unit_test(few_different_values_are_counted_exactly),
        cmocka_unit_test(many_different_values_are_estimated_within_the_stated_error),
        cmocka_unit_test(the_most_frequent_of_many_values_is_counted_exactly),
        cmocka_unit_test(a_top_share_that_is_not_certain_says_so),
        cmocka_unit_test(null_is_a_value_of_top_share),
        cmocka_unit_test(a_first_load_has_only_added_rows),
        cmocka_unit_test(progress_never_goes_back_or_past_the_end),
        cmocka_unit_test(an_interrupt_cancels_the_comparison),
        cmocka_unit_test(texts_in_results_outlive_the_snapshots),
    };
    return cmocka_run_group_tests(tests, NULL, release_arena);
}
