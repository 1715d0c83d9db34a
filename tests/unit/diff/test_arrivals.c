#include "tests/unit/diff/helpers.h"

#include <math.h>
#include <stdlib.h>

#include "diff/arrivals.h"

#define MANY 100000

static struct arena arena;
static uint64_t seed;
static int64_t keys[MANY];
static int64_t old_values[MANY];
static int64_t new_values[MANY];

static int release_arena(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static double random_unit(void)
{
    return (double)(next_random(&seed) >> 11) * 0x1p-53;
}

/* A heavy-tailed count: a fifth of the rows at 0, a tenth at 1, some above a million. */
static int64_t heavy_tail(void)
{
    return (int64_t)(0.8 * pow(random_unit(), -1.5) - 0.6);
}

static void begin_counter(void)
{
    seed = 88172645463325252;
    for (size_t i = 0; i < MANY; i++) {
        keys[i] = (int64_t)i;
        old_values[i] = heavy_tail();
        new_values[i] = old_values[i];
    }
}

static struct packed *pack_values(const int64_t *values)
{
    const struct schema *schema = make_schema(&arena, "id bigint, x bigint", 1);
    return PACK_COLUMNS(schema, MANY, keys, values);
}

struct outcome {
    double share;
    struct value at;
};

static struct outcome measure_arrivals(const struct expr *filter)
{
    CLEANUP(packed_cleanup) struct packed *old_side = pack_values(old_values);
    CLEANUP(packed_cleanup) struct packed *new_side = pack_values(new_values);
    struct measure measure = measure_of(AGG_ARRIVALS, SCOPE_KEPT,
                                        e_column(&arena, packed_schema(new_side), SIDE_NEW, "x"));
    measure.filter = filter;
    struct diff_result result = run_measures(old_side, new_side, &measure, 1, &arena);
    assert_int_equal(result.measures[0].scope_rows[0], MANY);
    return (struct outcome){result.measures[0].values[0].f64, result.measures[0].arrived_at[0]};
}

static void a_mass_reset_measures_its_share_and_names_the_value(void **state)
{
    (void)state;
    begin_counter();
    for (size_t i = 0; i < MANY; i++) {
        old_values[i] += 2;
        new_values[i] = random_unit() < 0.8 ? 1 : old_values[i];
    }
    struct outcome outcome = measure_arrivals(NULL);
    assert_true(outcome.share > 0.79 && outcome.share < 0.81);
    assert_int_equal(outcome.at.i64, 1);
}

static void a_reset_to_a_value_that_is_common_measures_all_that_moved(void **state)
{
    (void)state;
    size_t moved = 0;
    begin_counter();
    for (size_t i = 0; i < MANY; i++) {
        new_values[i] = random_unit() < 0.8 ? 1 : old_values[i];
        moved += new_values[i] != old_values[i];
    }
    struct outcome outcome = measure_arrivals(NULL);
    assert_true(outcome.share > (double)moved / MANY - 0.02);
    assert_true(outcome.share <= (double)moved / MANY);
    assert_int_equal(outcome.at.i64, 1);
}

static void ordinary_churn_of_a_counter_measures_next_to_nothing(void **state)
{
    (void)state;
    begin_counter();
    for (size_t i = 0; i < MANY; i++)
        if (random_unit() < 0.4)
            new_values[i] = heavy_tail();
    assert_true(measure_arrivals(NULL).share < 0.001);
}

static void steps_up_and_down_of_a_counter_measure_next_to_nothing(void **state)
{
    (void)state;
    begin_counter();
    /* As many go up from a value as come down to it. */
    for (size_t i = 0; i < MANY; i++) {
        double chance = random_unit();
        double balance = pow(((double)old_values[i] + 1.4) / ((double)old_values[i] + 0.4), -0.7);
        if (chance < 0.1 * balance)
            new_values[i] = old_values[i] + 1;
        else if (chance > 0.9 && old_values[i] > 0)
            new_values[i] = old_values[i] - 1;
    }
    assert_true(measure_arrivals(NULL).share < 0.02);
}

static void a_small_reset_stands_out_of_large_churn(void **state)
{
    (void)state;
    begin_counter();
    for (size_t i = 0; i < MANY; i++) {
        if (random_unit() < 0.3)
            new_values[i] = heavy_tail();
        if (random_unit() < 0.01)
            new_values[i] = 777;
    }
    struct outcome outcome = measure_arrivals(NULL);
    assert_true(outcome.share > 0.009 && outcome.share < 0.011);
    assert_int_equal(outcome.at.i64, 777);
}

static void a_boolean_shows_a_reset_smaller_than_its_churn(void **state)
{
    (void)state;
    begin_counter();
    for (size_t i = 0; i < MANY; i++) {
        old_values[i] = random_unit() < 0.5;
        new_values[i] = random_unit() < 0.1 ? !old_values[i] : old_values[i];
        if (random_unit() < 0.06)
            new_values[i] = 0;
    }
    struct outcome outcome = measure_arrivals(NULL);
    assert_true(outcome.share > 0.015 && outcome.share < 0.03);
    assert_int_equal(outcome.at.i64, 0);
}

static void swapped_values_cancel_out(void **state)
{
    (void)state;
    begin_counter();
    for (size_t i = 0; i < MANY; i++) {
        old_values[i] = (int64_t)(i % 2);
        new_values[i] = 1 - old_values[i];
    }
    assert_true(measure_arrivals(NULL).share == 0);
}

static void what_did_not_move_does_not_arrive(void **state)
{
    (void)state;
    begin_counter();
    struct outcome outcome = measure_arrivals(NULL);
    assert_true(outcome.share == 0);
    assert_true(outcome.at.is_null);
}

static void a_filter_limits_moves_but_not_the_rows_they_are_divided_by(void **state)
{
    (void)state;
    const struct schema *schema = make_schema(&arena, "id bigint, x bigint", 1);
    const struct expr *jumped =
        E_CALL(&arena, OP_JUMPED, VALUE_BOOLEAN, e_column(&arena, schema, SIDE_NEW, "x"),
               e_column(&arena, schema, SIDE_OLD, "x"));
    begin_counter();
    for (size_t i = 0; i < MANY; i++) {
        old_values[i] = i % 10 == 0 ? 100 : 1000;
        new_values[i] = 99; /* no jump for one in ten */
    }
    struct outcome outcome = measure_arrivals(jumped);
    assert_true(outcome.share > 0.89 && outcome.share <= 0.9);
    outcome = measure_arrivals(NULL);
    assert_true(outcome.share == 1);
}

static void null_and_nan_are_values_to_arrive_at(void **state)
{
    (void)state;
    const struct schema *schema = make_schema(&arena, "id bigint, d double?, t text", 1);
    CLEANUP(packed_cleanup)
    struct packed *old_side = PACK(schema, "1|1|a", "2|2|b", "3|3|c", "4|NaN|d", "5|5|\\N");
    CLEANUP(packed_cleanup)
    struct packed *new_side =
        PACK(schema, "1|NaN|\\N", "2|NaN|\\N", "3|3|\\N", "4|NaN|d", "5|5|\\N");
    struct measure measures[] = {
        measure_of(AGG_ARRIVALS, SCOPE_KEPT, e_column(&arena, schema, SIDE_NEW, "d")),
        measure_of(AGG_ARRIVALS, SCOPE_KEPT, e_column(&arena, schema, SIDE_NEW, "t"))};
    struct diff_result result = run_measures(old_side, new_side, measures, 2, &arena);
    assert_string_equal(shown(result.measures[0].values[0]), "0.4");
    assert_string_equal(shown(result.measures[0].arrived_at[0]), "NaN");
    assert_string_equal(shown(result.measures[1].values[0]), "0.6");
    assert_string_equal(shown(result.measures[1].arrived_at[0]), "NULL");
}

static void the_formula_takes_off_the_larger_of_departures_and_chance(void **state)
{
    (void)state;
    struct arrivals none = {0};
    assert_true(arrivals_share(&none) == 0);
    struct arrivals plain = {.rows = 1000, .moved = 800, .in = 800};
    assert_true(arrivals_share(&plain) == 0.8);
    struct arrivals departures = {.rows = 1000, .moved = 500, .in = 300, .out = 50, .old = 50};
    assert_true(fabs(arrivals_share(&departures) - 0.21) < 1e-12);
    struct arrivals chance = {.rows = 1000, .moved = 300, .in = 200, .out = 0, .old = 500};
    assert_true(fabs(arrivals_share(&chance) - (100 - 4 * sqrt(200)) / 1000) < 1e-12);
    struct arrivals all_there = {.rows = 10, .moved = 0, .in = 0, .out = 0, .old = 10};
    assert_true(arrivals_share(&all_there) == 0);
}

static void rare_arrivals_are_found_among_many_moves_to_other_values(void **state)
{
    (void)state;
    begin_counter();
    for (size_t i = 0; i < MANY; i++) {
        old_values[i] = (int64_t)i * 2;
        new_values[i] = random_unit() < 0.005 ? -5 : (int64_t)i * 2 + 1;
    }
    struct outcome outcome = measure_arrivals(NULL);
    assert_true(outcome.share > 0.004);
    assert_int_equal(outcome.at.i64, -5);
}

static void arrivals_at_the_end_of_a_snapshot_are_found_too(void **state)
{
    (void)state;
    begin_counter();
    for (size_t i = 0; i < MANY; i++) {
        old_values[i] = (int64_t)i * 2;
        new_values[i] = i > MANY - 2000 ? -5 : (int64_t)i * 2 + 1;
    }
    struct outcome outcome = measure_arrivals(NULL);
    assert_true(outcome.share > 0.019);
    assert_int_equal(outcome.at.i64, -5);
}

static void segments_have_arrivals_of_their_own(void **state)
{
    (void)state;
    const struct schema *schema = make_schema(&arena, "id bigint, x bigint, g bigint", 1);
    static int64_t groups[MANY];
    begin_counter();
    for (size_t i = 0; i < MANY; i++) {
        groups[i] = (int64_t)(i % 4);
        old_values[i] += 50;
        new_values[i] = groups[i] > 0 ? groups[i] : old_values[i];
    }
    CLEANUP(packed_cleanup)
    struct packed *old_side = PACK_COLUMNS(schema, MANY, keys, old_values, groups);
    CLEANUP(packed_cleanup)
    struct packed *new_side = PACK_COLUMNS(schema, MANY, keys, new_values, groups);
    struct measure measure =
        measure_of(AGG_ARRIVALS, SCOPE_KEPT, e_column(&arena, schema, SIDE_NEW, "x"));
    measure.by[0] = 2;
    measure.n_by = 1;
    struct diff_result result = run_measures(old_side, new_side, &measure, 1, &arena);
    const char *shares[] = {"0", "1", "1", "1"};
    const char *values[] = {"NULL", "1", "2", "3"};
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(shown(result.measures[0].values[i]), shares[i]);
        assert_string_equal(shown(result.measures[0].arrived_at[i]), values[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mass_reset_measures_its_share_and_names_the_value),
        cmocka_unit_test(a_reset_to_a_value_that_is_common_measures_all_that_moved),
        cmocka_unit_test(ordinary_churn_of_a_counter_measures_next_to_nothing),
        cmocka_unit_test(steps_up_and_down_of_a_counter_measure_next_to_nothing),
        cmocka_unit_test(a_small_reset_stands_out_of_large_churn),
        cmocka_unit_test(a_boolean_shows_a_reset_smaller_than_its_churn),
        cmocka_unit_test(swapped_values_cancel_out),
        cmocka_unit_test(what_did_not_move_does_not_arrive),
        cmocka_unit_test(a_filter_limits_moves_but_not_the_rows_they_are_divided_by),
        cmocka_unit_test(null_and_nan_are_values_to_arrive_at),
        cmocka_unit_test(the_formula_takes_off_the_larger_of_departures_and_chance),
        cmocka_unit_test(rare_arrivals_are_found_among_many_moves_to_other_values),
        cmocka_unit_test(arrivals_at_the_end_of_a_snapshot_are_found_too),
        cmocka_unit_test(segments_have_arrivals_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, release_arena);
}
