/* What reports draw of a column: bins with exact counts, and where rows moved. */
#include "tests/unit/diff/helpers.h"

#include <math.h>
#include <stdlib.h>

#include "diff/distribution.h"

static struct arena arena;
static uint64_t seed = 88172645463325252;

static int release_arena(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct distribution distribution_of(struct packed *old_side, struct packed *new_side,
                                           size_t column, const struct segment_choice *segment)
{
    struct error err;
    struct distribution distribution;
    assert_ok(
        diff_distribution(old_side, new_side, column, segment, 40, &arena, &distribution, &err));
    uint64_t old_rows = distribution.old_nulls + distribution.old_nans;
    uint64_t new_rows = distribution.new_nulls + distribution.new_nans;
    assert_true(distribution.n_bins <= 40);
    for (size_t i = 0; i < distribution.n_bins; i++) {
        const struct bin *bin = &distribution.bins[i];
        assert_non_null(bin->label);
        old_rows += bin->old_rows;
        new_rows += bin->new_rows;
        if (i > 0 && bin->kind == BIN_RANGE && distribution.bins[i - 1].kind == BIN_RANGE)
            assert_true(bin->low == distribution.bins[i - 1].high);
    }
    assert_int_equal(old_rows, distribution.old_rows);
    assert_int_equal(new_rows, distribution.new_rows);
    return distribution;
}

static bool bin_holds(const struct bin *bin, double x)
{
    switch (bin->kind) {
    case BIN_VALUE:
        return x == bin->low;
    case BIN_RANGE:
        return x >= bin->low && x < bin->high;
    case BIN_BELOW:
        return x < bin->high;
    case BIN_ABOVE:
        return x >= bin->low;
    default:
        return false;
    }
}

#define MANY 30000

/* More than the blocks that bins are first chosen by, and a row in one that is left out then. */
#define LARGE (40 * BATCH_ROWS)
#define LEFT_OUT (4 * BATCH_ROWS + 5)

static int64_t keys[LARGE];
static double old_numbers[LARGE];
static double new_numbers[LARGE];

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

/* Every number is counted in the one bin that holds it. */
static void check_counts(const struct distribution *distribution)
{
    for (size_t b = 0; b < distribution->n_bins; b++) {
        uint64_t old_rows = 0;
        uint64_t new_rows = 0;
        for (size_t i = 0; i < MANY; i++) {
            old_rows += bin_holds(&distribution->bins[b], old_numbers[i]);
            new_rows += bin_holds(&distribution->bins[b], new_numbers[i]);
        }
        assert_int_equal(old_rows, distribution->bins[b].old_rows);
        assert_int_equal(new_rows, distribution->bins[b].new_rows);
    }
}

static void numbers_are_counted_in_even_steps(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        old_numbers[i] = 20 + 30 * random_unit();
        new_numbers[i] = i == 0 ? (double)NAN : i == 1 ? -1e9 : 22 + 30 * random_unit();
    }
    CLEANUP(packed_cleanup) struct packed *old_side = pack_numbers(old_numbers, MANY);
    CLEANUP(packed_cleanup) struct packed *new_side = pack_numbers(new_numbers, MANY);
    struct distribution distribution = distribution_of(old_side, new_side, 1, NULL);
    assert_int_equal(distribution.scale, SCALE_LINEAR);
    assert_int_equal(distribution.new_nans, 1);
    assert_int_equal(distribution.bins[0].kind, BIN_BELOW);
    assert_int_equal(distribution.bins[0].new_rows, 1);
    assert_true(distribution.n_bins > 20);
    assert_string_equal(distribution.bins[1].label, "20 to 21");
    check_counts(&distribution);
}

static void a_large_table_is_counted_to_the_last_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < LARGE; i++) {
        old_numbers[i] = 20 + 30 * random_unit();
        new_numbers[i] = 22 + 30 * random_unit();
    }
    new_numbers[LEFT_OUT] = -1e9;
    CLEANUP(packed_cleanup) struct packed *old_side = pack_numbers(old_numbers, LARGE);
    CLEANUP(packed_cleanup) struct packed *new_side = pack_numbers(new_numbers, LARGE);
    struct distribution distribution = distribution_of(old_side, new_side, 1, NULL);
    assert_int_equal(distribution.old_rows, LARGE);
    assert_int_equal(distribution.new_rows, LARGE);
    assert_int_equal(distribution.bins[0].kind, BIN_BELOW);
    assert_int_equal(distribution.bins[0].new_rows, 1);
    assert_string_equal(distribution.bins[1].label, "20 to 21");
}

static void the_rarest_of_few_values_of_a_large_table_has_its_bin(void **state)
{
    (void)state;
    for (size_t i = 0; i < LARGE; i++)
        old_numbers[i] = new_numbers[i] = (double)(i % 3);
    new_numbers[LEFT_OUT] = -7;
    CLEANUP(packed_cleanup) struct packed *old_side = pack_numbers(old_numbers, LARGE);
    CLEANUP(packed_cleanup) struct packed *new_side = pack_numbers(new_numbers, LARGE);
    struct distribution distribution = distribution_of(old_side, new_side, 1, NULL);
    assert_int_equal(distribution.n_bins, 4);
    assert_int_equal(distribution.bins[0].kind, BIN_VALUE);
    assert_string_equal(distribution.bins[0].label, "-7");
    assert_int_equal(distribution.bins[0].new_rows, 1);
    assert_int_equal(distribution.bins[0].old_rows, 0);
}

static void heavy_tails_are_counted_in_widening_steps(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        old_numbers[i] = i % 5 == 0 ? 0 : floor(exp(12 * random_unit()));
        new_numbers[i] = floor(exp(13 * random_unit()));
    }
    CLEANUP(packed_cleanup) struct packed *old_side = pack_numbers(old_numbers, MANY);
    CLEANUP(packed_cleanup) struct packed *new_side = pack_numbers(new_numbers, MANY);
    struct distribution distribution = distribution_of(old_side, new_side, 1, NULL);
    assert_int_equal(distribution.scale, SCALE_LOG);
    assert_string_equal(distribution.bins[0].label, "0 to 1");
    assert_true(distribution.bins[0].old_rows >= MANY / 5);
    check_counts(&distribution);
}

static void few_values_have_a_bin_each(void **state)
{
    (void)state;
    const struct schema *schema = make_schema(&arena, "id bigint, x integer", 1);
    CLEANUP(packed_cleanup) struct packed *old_side = PACK(schema, "1|7", "2|7", "3|-2", "4|\\N");
    CLEANUP(packed_cleanup) struct packed *new_side = PACK(schema, "1|8", "2|7", "9|\\N", "10|\\N");
    struct distribution distribution = distribution_of(old_side, new_side, 1, NULL);
    assert_int_equal(distribution.n_bins, 3);
    assert_string_equal(distribution.bins[0].label, "-2");
    assert_string_equal(distribution.bins[1].label, "7");
    assert_int_equal(distribution.bins[1].old_rows, 2);
    assert_int_equal(distribution.bins[2].kind, BIN_VALUE);
    assert_int_equal(distribution.bins[2].new_rows, 1);
    assert_int_equal(distribution.old_nulls, 1);
    assert_int_equal(distribution.new_nulls, 2);
}

static void the_most_frequent_texts_come_first_and_others_last(void **state)
{
    (void)state;
    const struct schema *schema = make_schema(&arena, "id bigint, t text", 1);
    struct error err;
    struct batch_builder *builder = NULL;
    struct packer *packer = pack_begin(schema);
    assert_ok(batch_builder_new(schema, &builder, &err));
    for (int i = 0; i < 500; i++) {
        char row[40];
        (void)snprintf(row, sizeof(row), "%d|%c%d", i, i % 2 == 0 ? 'a' : 'b', i % 2 == 0 ? 0 : i);
        add_row(builder, row);
    }
    pack_builder(packer, builder, true);
    batch_builder_free(builder);
    CLEANUP(packed_cleanup) struct packed *side = pack_end(packer);
    struct distribution distribution = distribution_of(NULL, side, 1, NULL);
    assert_int_equal(distribution.scale, SCALE_CATEGORIES);
    assert_int_equal(distribution.n_bins, 40);
    assert_string_equal(distribution.bins[0].label, "a0");
    assert_int_equal(distribution.bins[0].new_rows, 250);
    assert_int_equal(distribution.bins[39].kind, BIN_OTHERS);
    assert_int_equal(distribution.bins[39].new_rows, 500 - 250 - 38);
    assert_int_equal(distribution.old_rows, 0);
}

static void every_type_can_be_drawn_even_with_nothing_in_it(void **state)
{
    (void)state;
    const struct schema *schema =
        make_schema(&arena,
                    "id bigint, b boolean, i integer, r real?, n numeric?, t text, day date?, "
                    "at timestamptz?, u uuid",
                    1);
    CLEANUP(packed_cleanup) struct packed *nothing = pack_rows(schema, (const char *[]){NULL});
    CLEANUP(packed_cleanup)
    struct packed *side = PACK(schema,
                               "1|t|2147483647|Infinity|NaN|x|infinity|-infinity|"
                               "00000000-0000-0000-0000-000000000001",
                               "2|\\N|\\N|\\N|\\N|\\N|\\N|\\N|\\N",
                               "3|f|-1|1e30|-1.50|y|2024-02-29|2024-02-29T00:00:00Z|"
                               "00000000-0000-0000-0000-000000000002");
    for (size_t c = 0; c < schema->n_columns; c++) {
        struct error err;
        struct transitions transitions;
        struct distribution distribution = distribution_of(side, side, c, NULL);
        assert_int_equal(distribution.new_rows, 3);
        assert_int_equal(distribution.new_nulls, c > 0);
        distribution = distribution_of(nothing, nothing, c, NULL);
        assert_int_equal(distribution.new_rows, 0);
        assert_ok(diff_transitions(side, side, c, NULL, 8, &arena, &transitions, &err));
        assert_int_equal(transitions.kept, 3);
        assert_int_equal(transitions.changed, 0);
        assert_ok(diff_transitions(NULL, nothing, c, NULL, 8, &arena, &transitions, &err));
        assert_int_equal(transitions.n_groups, 0);
    }
}

static void times_far_apart_are_counted_by_the_calendar(void **state)
{
    (void)state;
    static int64_t times[MANY];
    for (size_t i = 0; i < MANY; i++) {
        keys[i] = (int64_t)i;
        times[i] = (int64_t)(random_unit() * 30 * 86400e6);
    }
    CLEANUP(packed_cleanup)
    struct packed *side =
        PACK_COLUMNS(make_schema(&arena, "id bigint, at timestamptz", 1), MANY, keys, times);
    struct distribution distribution = distribution_of(NULL, side, 1, NULL);
    assert_true(distribution.n_bins > 25);
    assert_string_equal(distribution.bins[0].label, "2000-01-01T00:00:00Z to 2000-01-02T00:00:00Z");
}

static void a_segment_limits_the_rows(void **state)
{
    (void)state;
    const struct schema *schema = make_schema(&arena, "id bigint, x integer, g text", 1);
    CLEANUP(packed_cleanup)
    struct packed *old_side = PACK(schema, "1|5|a", "2|5|b", "3|6|a", "4|7|\\N");
    CLEANUP(packed_cleanup)
    struct packed *new_side = PACK(schema, "1|6|b", "2|5|b", "3|6|a", "4|8|\\N");
    size_t by = 2;
    struct segment named = {.text = "g=a"};
    struct segment_choice segment = {
        .by = &by, .n_by = 1, .text = "g=a", .segments = &named, .n_segments = 1};
    struct distribution distribution = distribution_of(old_side, new_side, 1, &segment);
    assert_int_equal(distribution.old_rows, 2);
    assert_int_equal(distribution.new_rows, 1);
    segment.text = "other values";
    distribution = distribution_of(old_side, new_side, 1, &segment);
    assert_int_equal(distribution.old_rows, 2);
    assert_int_equal(distribution.new_rows, 3);
    struct error err;
    struct transitions transitions;
    segment.text = "g=a";
    assert_ok(diff_transitions(old_side, new_side, 1, &segment, 8, &arena, &transitions, &err));
    assert_int_equal(transitions.kept, 2);
    assert_int_equal(transitions.changed, 1);
    assert_int_equal(transitions.n_groups, 2);
    assert_int_equal(transitions.rows[0 * 2 + 1], 1);
    assert_int_equal(transitions.rows[1 * 2 + 1], 1);
}

static void a_value_that_many_rows_moved_to_is_a_group(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        old_numbers[i] = 100 * random_unit();
        new_numbers[i] = i % 20 == 0 ? 42 : i == 1 ? (double)NAN : old_numbers[i];
    }
    CLEANUP(packed_cleanup) struct packed *old_side = pack_numbers(old_numbers, MANY);
    CLEANUP(packed_cleanup) struct packed *new_side = pack_numbers(new_numbers, MANY);
    struct error err;
    struct transitions transitions;
    assert_ok(diff_transitions(old_side, new_side, 1, NULL, 8, &arena, &transitions, &err));
    uint64_t arrived = 0;
    size_t group = SIZE_MAX;
    assert_true(transitions.n_groups >= 5 && transitions.n_groups <= 8);
    for (size_t i = 0; i < transitions.n_groups; i++)
        if (transitions.groups[i].kind == BIN_VALUE)
            group = i;
    assert_true(group != SIZE_MAX);
    assert_string_equal(transitions.groups[group].label, "42");
    for (size_t from = 0; from < transitions.n_groups; from++)
        arrived += transitions.rows[from * transitions.n_groups + group];
    assert_int_equal(arrived, MANY / 20);
    assert_int_equal(arrived, transitions.groups[group].new_rows);
    assert_int_equal(transitions.groups[transitions.n_groups - 1].kind, BIN_NAN);
    assert_int_equal(transitions.kept, MANY);
    assert_int_equal(transitions.changed, MANY / 20 + 1);
}

static void a_value_that_few_rows_of_a_large_table_moved_to_is_a_group(void **state)
{
    (void)state;
    struct error err;
    struct transitions transitions;
    for (size_t i = 0; i < LARGE; i++)
        old_numbers[i] = new_numbers[i] = 100 * random_unit();
    for (size_t i = LEFT_OUT; i < LEFT_OUT + 20; i++)
        new_numbers[i] = 42;
    CLEANUP(packed_cleanup) struct packed *old_side = pack_numbers(old_numbers, LARGE);
    CLEANUP(packed_cleanup) struct packed *new_side = pack_numbers(new_numbers, LARGE);
    assert_ok(diff_transitions(old_side, new_side, 1, NULL, 8, &arena, &transitions, &err));
    uint64_t arrived = 0;
    for (size_t i = 0; i < transitions.n_groups; i++)
        if (transitions.groups[i].kind == BIN_VALUE)
            arrived = transitions.groups[i].new_rows;
    assert_int_equal(arrived, 20);
    assert_int_equal(transitions.kept, LARGE);
    assert_int_equal(transitions.changed, 20);
}

static void rows_of_a_large_table_move_to_the_rarest_of_few_values(void **state)
{
    (void)state;
    struct error err;
    struct transitions transitions;
    for (size_t i = 0; i < LARGE; i++) {
        old_numbers[i] = (double)(i % 3);
        new_numbers[i] = (double)((i + i / 10) % 3);
    }
    new_numbers[LEFT_OUT] = -7;
    CLEANUP(packed_cleanup) struct packed *old_side = pack_numbers(old_numbers, LARGE);
    CLEANUP(packed_cleanup) struct packed *new_side = pack_numbers(new_numbers, LARGE);
    assert_ok(diff_transitions(old_side, new_side, 1, NULL, 8, &arena, &transitions, &err));
    assert_int_equal(transitions.n_groups, 4);
    assert_string_equal(transitions.groups[0].label, "-7");
    assert_int_equal(transitions.groups[0].new_rows, 1);
    assert_int_equal(transitions.kept, LARGE);
}

static void texts_move_between_the_most_frequent_values(void **state)
{
    (void)state;
    const struct schema *schema = make_schema(&arena, "id bigint, t text", 1);
    CLEANUP(packed_cleanup)
    struct packed *old_side = PACK(schema, "1|a", "2|a", "3|b", "4|\\N", "5|only old");
    CLEANUP(packed_cleanup)
    struct packed *new_side = PACK(schema, "1|a", "2|b", "3|b", "4|a", "6|only new");
    struct error err;
    struct transitions transitions;
    assert_ok(diff_transitions(old_side, new_side, 1, NULL, 8, &arena, &transitions, &err));
    assert_int_equal(transitions.n_groups, 3);
    assert_string_equal(transitions.groups[2].label, "NULL");
    assert_int_equal(transitions.groups[2].old_rows, 1);
    assert_int_equal(transitions.rows[2 * 3 + 0], 1);
    assert_int_equal(transitions.rows[0 * 3 + 1], 1);
    assert_int_equal(transitions.changed, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_counted_in_even_steps),
        cmocka_unit_test(a_large_table_is_counted_to_the_last_row),
        cmocka_unit_test(the_rarest_of_few_values_of_a_large_table_has_its_bin),
        cmocka_unit_test(heavy_tails_are_counted_in_widening_steps),
        cmocka_unit_test(few_values_have_a_bin_each),
        cmocka_unit_test(the_most_frequent_texts_come_first_and_others_last),
        cmocka_unit_test(every_type_can_be_drawn_even_with_nothing_in_it),
        cmocka_unit_test(times_far_apart_are_counted_by_the_calendar),
        cmocka_unit_test(a_segment_limits_the_rows),
        cmocka_unit_test(a_value_that_many_rows_moved_to_is_a_group),
        cmocka_unit_test(a_value_that_few_rows_of_a_large_table_moved_to_is_a_group),
        cmocka_unit_test(rows_of_a_large_table_move_to_the_rarest_of_few_values),
        cmocka_unit_test(texts_move_between_the_most_frequent_values),
    };
    return cmocka_run_group_tests(tests, NULL, release_arena);
}
