/* Drift where there are too many different values to count each: bounds, and what is exact. */
#include "tests/unit/diff/helpers.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static struct arena arena;
static uint64_t seed = 88172645463325252;

static int release_arena(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

#define MANY 60000

static int64_t keys[MANY];
static double old_numbers[MANY];
static double new_numbers[MANY];

static double random_unit(void)
{
    return (double)(next_random(&seed) >> 11) * 0x1p-53;
}

static struct packed *pack_numbers(const double *numbers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        keys[i] = (int64_t)i;
    return PACK_COLUMNS(make_schema(&arena, "id bigint, x double?", 1), n, keys, numbers);
}

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double *sorted(const double *numbers)
{
    double *copy = arena_calloc(&arena, MANY, sizeof(*copy));
    memcpy(copy, numbers, MANY * sizeof(*copy));
    qsort(copy, MANY, sizeof(*copy), compare_numbers);
    return copy;
}

static double true_ks(const double *x, const double *y)
{
    double largest = 0;
    size_t i = 0;
    size_t j = 0;
    while (i < MANY && j < MANY) {
        double at = x[i] < y[j] ? x[i] : y[j];
        while (i < MANY && x[i] <= at)
            i++;
        while (j < MANY && y[j] <= at)
            j++;
        largest = fmax(largest, fabs((double)i - (double)j) / MANY);
    }
    return largest;
}

/* With as many rows on both sides the distance is that of the sorted values in turn. */
static double true_emd(const double *x, const double *y)
{
    double sum = 0;
    for (size_t i = 0; i < MANY; i++)
        sum += fabs(x[i] - y[i]);
    return sum / MANY;
}

static double true_spearman(const double *x, const double *y)
{
    double xy = 0;
    double xx = 0;
    double *x_sorted = sorted(x);
    double *y_sorted = sorted(y);
    for (size_t i = 0; i < MANY; i++) {
        const double *a = bsearch(&x[i], x_sorted, MANY, sizeof(*x), compare_numbers);
        const double *b = bsearch(&y[i], y_sorted, MANY, sizeof(*y), compare_numbers);
        double rank = (double)(a - x_sorted) - (MANY - 1) / 2.0;
        xy += rank * ((double)(b - y_sorted) - (MANY - 1) / 2.0);
        xx += rank * rank;
    }
    return xy / xx;
}

static void check_within(const struct measure_result *result, double expected, double most)
{
    double value = result->values[0].f64;
    double error = result->absolute_error;
    if (!(fabs(value - expected) <= error + 1e-9 * fabs(expected) + 1e-12))
        fail_msg("%.12g is further than %.3g from %.12g", value, error, expected);
    if (!(error <= most))
        fail_msg("the error %.3g is more than %.3g", error, most);
}

static void check_numbers(double emd_most)
{
    CLEANUP(packed_cleanup) struct packed *old_side = pack_numbers(old_numbers, MANY);
    CLEANUP(packed_cleanup) struct packed *new_side = pack_numbers(new_numbers, MANY);
    const struct expr *x = e_column(&arena, packed_schema(new_side), SIDE_NEW, "x");
    struct measure measures[] = {measure_of(AGG_KS, SCOPE_NEW, x),
                                 measure_of(AGG_EMD, SCOPE_NEW, x),
                                 measure_of(AGG_SPEARMAN, SCOPE_KEPT, x)};
    struct diff_result result = run_measures(old_side, new_side, measures, 3, &arena);
    const double *new_sorted = sorted(new_numbers);
    const double *old_sorted = sorted(old_numbers);
    check_within(&result.measures[0], true_ks(new_sorted, old_sorted), 0.005);
    check_within(&result.measures[1], true_emd(new_sorted, old_sorted), emd_most);
    check_within(&result.measures[2], true_spearman(new_numbers, old_numbers), 0.005);
}

static void even_numbers_are_within_their_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        old_numbers[i] = 100 * random_unit();
        new_numbers[i] = old_numbers[i] + random_unit();
    }
    check_numbers(0.1);
}

static void heavy_tails_of_both_signs_are_within_their_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        old_numbers[i] = tan(3.14159 * (random_unit() - 0.5));
        new_numbers[i] = 1.1 * old_numbers[i] + 0.01 * random_unit();
    }
    check_numbers(HUGE_VAL);
}

static void widely_spread_magnitudes_are_within_their_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        old_numbers[i] = exp(80 * random_unit() - 40);
        new_numbers[i] = old_numbers[i] * (1 + random_unit());
    }
    check_numbers(HUGE_VAL);
}

static void every_magnitude_of_both_signs_is_within_its_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        old_numbers[i] = exp2(2070 * random_unit() - 1070) * (i % 2 == 0 ? 1 : -1);
        new_numbers[i] = old_numbers[i] * (i % 3 == 0 ? 0.5 : 1);
    }
    check_numbers(HUGE_VAL);
}

static void the_largest_doubles_at_both_ends_do_not_hide_what_is_between(void **state)
{
    (void)state;
    const double old_side_numbers[] = {-DBL_MAX, DBL_MAX, 0};
    const double new_side_numbers[] = {-DBL_MAX, DBL_MAX, 1};
    CLEANUP(packed_cleanup) struct packed *old_side = pack_numbers(old_side_numbers, 3);
    CLEANUP(packed_cleanup) struct packed *new_side = pack_numbers(new_side_numbers, 3);
    const struct expr *x = e_column(&arena, packed_schema(new_side), SIDE_NEW, "x");
    struct measure measures[] = {measure_of(AGG_KS, SCOPE_NEW, x),
                                 measure_of(AGG_EMD, SCOPE_NEW, x)};
    struct diff_result result = run_measures(old_side, new_side, measures, 2, &arena);
    check_within(&result.measures[0], 1.0 / 3, 0);
    check_within(&result.measures[1], 1.0 / 3, 0);
}

static void a_frequent_value_among_many_is_a_bin_of_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        old_numbers[i] = 100 * random_unit();
        new_numbers[i] = i % 3 == 0 ? 1 : old_numbers[i];
    }
    CLEANUP(packed_cleanup) struct packed *old_side = pack_numbers(old_numbers, MANY);
    CLEANUP(packed_cleanup) struct packed *new_side = pack_numbers(new_numbers, MANY);
    const struct expr *x = e_column(&arena, packed_schema(new_side), SIDE_NEW, "x");
    struct measure measure = measure_of(AGG_KS, SCOPE_NEW, x);
    struct diff_result result = run_measures(old_side, new_side, &measure, 1, &arena);
    check_within(&result.measures[0], true_ks(sorted(new_numbers), sorted(old_numbers)), 0.002);
    assert_true(result.measures[0].values[0].f64 > 0.3);
}

static void whole_numbers_in_a_narrow_range_are_exact(void **state)
{
    (void)state;
    static int64_t old_values[MANY];
    static int64_t new_values[MANY];
    for (size_t i = 0; i < MANY; i++) {
        old_values[i] = (int64_t)(1500 * random_unit()) - 700;
        new_values[i] = old_values[i] + (i % 4 == 0);
        keys[i] = (int64_t)i;
        old_numbers[i] = (double)old_values[i];
        new_numbers[i] = (double)new_values[i];
    }
    const struct schema *schema = make_schema(&arena, "id bigint, x bigint", 1);
    CLEANUP(packed_cleanup) struct packed *old_side = PACK_COLUMNS(schema, MANY, keys, old_values);
    CLEANUP(packed_cleanup) struct packed *new_side = PACK_COLUMNS(schema, MANY, keys, new_values);
    const struct expr *x = e_column(&arena, schema, SIDE_NEW, "x");
    struct measure measures[] = {measure_of(AGG_KS, SCOPE_NEW, x),
                                 measure_of(AGG_EMD, SCOPE_NEW, x)};
    struct diff_result result = run_measures(old_side, new_side, measures, 2, &arena);
    check_within(&result.measures[0], true_ks(sorted(new_numbers), sorted(old_numbers)), 0);
    check_within(&result.measures[1], 0.25, 0);
}

static void equal_sides_do_not_drift(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++)
        new_numbers[i] = exp(20 * random_unit());
    CLEANUP(packed_cleanup) struct packed *side = pack_numbers(new_numbers, MANY);
    const struct expr *x = e_column(&arena, packed_schema(side), SIDE_NEW, "x");
    for (enum aggregate aggregate = AGG_KS; aggregate <= AGG_EMD; aggregate++)
        assert_true(run_measure(side, side, measure_of(aggregate, SCOPE_NEW, x), &arena).f64 == 0);
    struct measure overlap = measure_of(AGG_OVERLAP, SCOPE_NEW, x);
    overlap.parameter = 1000;
    assert_true(run_measure(side, side, overlap, &arena).f64 == 1);
    assert_true(fabs(run_measure(side, side, measure_of(AGG_SPEARMAN, SCOPE_KEPT, x), &arena).f64 -
                     1) < 1e-12);
}

static void a_first_load_has_no_drift(void **state)
{
    (void)state;
    const struct schema *schema = make_schema(&arena, "id bigint, x double?", 1);
    CLEANUP(packed_cleanup) struct packed *side = PACK(schema, "1|1", "2|2");
    const struct expr *x = e_column(&arena, schema, SIDE_NEW, "x");
    for (enum aggregate aggregate = AGG_KS; aggregate <= AGG_SPEARMAN; aggregate++) {
        struct measure measure = measure_of(aggregate, SCOPE_NEW, x);
        measure.parameter = 10;
        assert_true(run_measure(NULL, side, measure, &arena).is_null);
    }
}

static void overlap_finds_the_best_of_more_rows_than_it_keeps(void **state)
{
    (void)state;
    /* The old best 5,000 are the last rows; 1,000 of them fell. */
    for (size_t i = 0; i < MANY; i++) {
        old_numbers[i] = (double)i;
        new_numbers[i] = i >= MANY - 1000 ? -1 : (double)i;
    }
    CLEANUP(packed_cleanup) struct packed *old_side = pack_numbers(old_numbers, MANY);
    CLEANUP(packed_cleanup) struct packed *new_side = pack_numbers(new_numbers, MANY);
    struct measure measure = measure_of(AGG_OVERLAP, SCOPE_NEW,
                                        e_column(&arena, packed_schema(new_side), SIDE_NEW, "x"));
    measure.parameter = 5000;
    assert_true(run_measure(old_side, new_side, measure, &arena).f64 == 0.8);
}

static void a_value_that_nobody_had_is_large_in_psi_and_bounded_in_js(void **state)
{
    (void)state;
    const struct schema *schema = make_schema(&arena, "id bigint, t text", 1);
    CLEANUP(packed_cleanup) struct packed *old_side = PACK(schema, "1|a", "2|a");
    CLEANUP(packed_cleanup) struct packed *new_side = PACK(schema, "1|b", "2|b");
    const struct expr *t = e_column(&arena, schema, SIDE_NEW, "t");
    double psi = run_measure(old_side, new_side, measure_of(AGG_PSI, SCOPE_NEW, t), &arena).f64;
    double js = run_measure(old_side, new_side, measure_of(AGG_JS, SCOPE_NEW, t), &arena).f64;
    assert_true(fabs(psi - 2 * (1 - 1e-4) * log(1e4)) < 1e-9);
    assert_true(js == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(even_numbers_are_within_their_error),
        cmocka_unit_test(heavy_tails_of_both_signs_are_within_their_error),
        cmocka_unit_test(widely_spread_magnitudes_are_within_their_error),
        cmocka_unit_test(every_magnitude_of_both_signs_is_within_its_error),
        cmocka_unit_test(the_largest_doubles_at_both_ends_do_not_hide_what_is_between),
        cmocka_unit_test(a_frequent_value_among_many_is_a_bin_of_its_own),
        cmocka_unit_test(whole_numbers_in_a_narrow_range_are_exact),
        cmocka_unit_test(equal_sides_do_not_drift),
        cmocka_unit_test(a_first_load_has_no_drift),
        cmocka_unit_test(overlap_finds_the_best_of_more_rows_than_it_keeps),
        cmocka_unit_test(a_value_that_nobody_had_is_large_in_psi_and_bounded_in_js),
    };
    return cmocka_run_group_tests(tests, NULL, release_arena);
}
