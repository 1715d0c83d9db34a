#include "tests/unit/diff/helpers.h"

#include <math.h>
#include <stdlib.h>

static struct arena arena;

static int release_arena(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static const struct schema *profiles(void)
{
    return make_schema(&arena, "id bigint, score double, network text, premium boolean", 1);
}

static struct measure by(struct measure measure, size_t first, size_t second)
{
    measure.by[0] = first;
    measure.by[1] = second;
    measure.n_by = second == 0 ? 1 : 2;
    return measure;
}

/* Index of the segment of that text. */
static size_t segment_named(const struct measure_result *result, const char *text)
{
    for (size_t i = 0; i < result->n_segments; i++)
        if (strcmp(result->segments[i].text, text) == 0)
            return i;
    fail_msg("there is no segment %s", text);
    return 0;
}

static const char *value_in(const struct measure_result *result, const char *text)
{
    return shown(result->values[segment_named(result, text)]);
}

static void rows_count_in_the_segment_of_their_side(void **state)
{
    (void)state;
    CLEANUP(packed_cleanup)
    struct packed *old_side =
        PACK(profiles(), "1|10|twitter|t", "2|20|twitter|t", "3|30|facebook|f", "4|40|\\N|f");
    CLEANUP(packed_cleanup)
    struct packed *new_side =
        PACK(profiles(), "1|11|twitter|t", "2|21|facebook|t", "3|31|facebook|f", "5|51|linkedin|f");
    const struct expr *score = e_column(&arena, profiles(), SIDE_NEW, "score");
    struct measure measures[] = {
        by(measure_of(AGG_ROWS, SCOPE_NEW, NULL), 2, 0),
        by(measure_of(AGG_OLD_ROWS, SCOPE_NEW, NULL), 2, 0),
        by(measure_of(AGG_KEPT, SCOPE_NEW, NULL), 2, 0),
        by(measure_of(AGG_ADDED, SCOPE_NEW, NULL), 2, 0),
        by(measure_of(AGG_REMOVED, SCOPE_NEW, NULL), 2, 0),
        by(measure_of(AGG_SUM, SCOPE_NEW, score), 2, 0),
        by(measure_of(AGG_SUM, SCOPE_KEPT, score), 2, 0),
    };
    struct diff_result result =
        run_measures(old_side, new_side, measures, ARRAY_SIZE(measures), &arena);
    const char *names[] = {"network=NULL", "network=facebook", "network=linkedin",
                           "network=twitter"};
    const char *expected[][4] = {{"0", "2", "1", "1"},        {"1", "1", "0", "2"},
                                 {"0", "1", "0", "2"},        {"0", "0", "1", "0"},
                                 {"1", "0", "0", "0"},        {"NULL", "52", "51", "11"},
                                 {"NULL", "31", "NULL", "32"}};
    for (size_t m = 0; m < ARRAY_SIZE(measures); m++) {
        assert_int_equal(result.measures[m].n_segments, 4);
        for (size_t s = 0; s < 4; s++) {
            assert_string_equal(result.measures[m].segments[s].text, names[s]);
            assert_string_equal(shown(result.measures[m].values[s]), expected[m][s]);
        }
        assert_ptr_equal(result.measures[m].segments, result.measures[0].segments);
    }
    assert_int_equal(result.measures[0].segments[1].new_rows, 2);
    assert_int_equal(result.measures[0].segments[1].old_rows, 1);
}

static void several_columns_make_one_segment(void **state)
{
    (void)state;
    CLEANUP(packed_cleanup)
    struct packed *side = PACK(profiles(), "1|1|a|t", "2|2|a|f", "3|3|b|t", "4|4|a|t");
    struct measure measure = by(measure_of(AGG_ROWS, SCOPE_NEW, NULL), 2, 3);
    struct diff_result result = run_measures(NULL, side, &measure, 1, &arena);
    assert_int_equal(result.measures[0].n_segments, 3);
    assert_string_equal(value_in(&result.measures[0], "network=a, premium=true"), "2");
    assert_string_equal(value_in(&result.measures[0], "network=a, premium=false"), "1");
    assert_string_equal(value_in(&result.measures[0], "network=b, premium=true"), "1");
}

static void texts_that_could_be_misread_are_quoted(void **state)
{
    (void)state;
    const struct schema *schema = make_schema(&arena, "id bigint, t text", 1);
    CLEANUP(packed_cleanup)
    struct packed *side =
        PACK(schema, "1|", "2|NULL", "3|\\N", "4|a, t=b", "5|say \"hi\"", "6| x", "7|plain text");
    struct measure measure = by(measure_of(AGG_ROWS, SCOPE_NEW, NULL), 1, 0);
    struct diff_result result = run_measures(NULL, side, &measure, 1, &arena);
    const char *names[] = {"t=\"\"",   "t=\"NULL\"",           "t=NULL",      "t=\"a, t=b\"",
                           "t=\" x\"", "t=\"say \"\"hi\"\"\"", "t=plain text"};
    assert_int_equal(result.measures[0].n_segments, ARRAY_SIZE(names));
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        assert_string_equal(value_in(&result.measures[0], names[i]), "1");
}

static void long_values_are_cut_and_stay_apart(void **state)
{
    (void)state;
    const struct schema *schema = make_schema(&arena, "id bigint, t text", 1);
    char rows[2][500];
    for (int i = 0; i < 2; i++) {
        (void)snprintf(rows[i], sizeof(rows[i]), "%d|%0300d%d", i, 0, i);
    }
    CLEANUP(packed_cleanup) struct packed *side = PACK(schema, rows[0], rows[1]);
    struct measure measure = by(measure_of(AGG_ROWS, SCOPE_NEW, NULL), 1, 0);
    struct diff_result result = run_measures(NULL, side, &measure, 1, &arena);
    assert_int_equal(result.measures[0].n_segments, 2);
    assert_true(strlen(result.measures[0].segments[0].text) < 240);
    assert_string_not_equal(result.measures[0].segments[0].text,
                            result.measures[0].segments[1].text);
}

static void an_empty_pair_has_no_segments(void **state)
{
    (void)state;
    CLEANUP(packed_cleanup) struct packed *side = pack_rows(profiles(), (const char *[]){NULL});
    struct measure measure = by(measure_of(AGG_ROWS, SCOPE_NEW, NULL), 2, 0);
    struct diff_result result = run_measures(side, side, &measure, 1, &arena);
    assert_int_equal(result.measures[0].n_segments, 0);
    assert_non_null(result.measures[0].segments);
}

#define MANY 150000

static int64_t many_keys[MANY];
static int64_t many_groups[MANY];

static struct packed *pack_groups(size_t n)
{
    const struct schema *schema = make_schema(&arena, "id bigint, g bigint", 1);
    for (size_t i = 0; i < n; i++)
        many_keys[i] = (int64_t)i;
    return PACK_COLUMNS(schema, n, many_keys, many_groups);
}

/* Checks that the segments are whole and the rest is what is left. */
static void check_rest(const struct measure_result *result, size_t n_rows)
{
    uint64_t rows = 0;
    assert_int_equal(result->n_segments, DIFF_MAX_SEGMENTS + 1);
    for (size_t i = 0; i < result->n_segments; i++) {
        assert_int_equal(result->segments[i].is_rest, i == DIFF_MAX_SEGMENTS);
        assert_int_equal(result->segments[i].new_rows, result->values[i].i64);
        rows += result->segments[i].new_rows;
    }
    assert_int_equal(rows, n_rows);
    assert_string_equal(result->segments[DIFF_MAX_SEGMENTS].text, "other values");
}

static void the_largest_segments_stay_and_the_others_are_the_rest(void **state)
{
    (void)state;
    /* Values 0 to 4,999 stand three times, 5,000 to 14,999 twice, 15,000 to 19,999 once. */
    size_t n = 0;
    for (size_t copy = 0; copy < 3; copy++)
        for (int64_t g = 0; g < 20000; g++)
            if ((g < 5000) + (g < 15000) + 1 > (int)copy)
                many_groups[n++] = g;
    CLEANUP(packed_cleanup) struct packed *side = pack_groups(n);
    struct measure measure = by(measure_of(AGG_ROWS, SCOPE_NEW, NULL), 1, 0);
    struct diff_result result = run_measures(NULL, side, &measure, 1, &arena);
    check_rest(&result.measures[0], n);
    assert_string_equal(value_in(&result.measures[0], "g=4999"), "3");
    assert_string_equal(value_in(&result.measures[0], "g=5000"), "2");
    assert_string_equal(value_in(&result.measures[0], "g=9999"), "2");
    assert_string_equal(value_in(&result.measures[0], "other values"), "15000");
    assert_int_equal(result.measures[0].segments[DIFF_MAX_SEGMENTS].n_values, 10000);
    assert_false(result.measures[0].segments[DIFF_MAX_SEGMENTS].is_estimate);
    assert_int_equal(result.measures[0].segments[0].n_values, 1);
}

static void a_common_value_among_very_many_is_a_segment(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++)
        many_groups[i] = i % 50 == 0 ? -7 : (int64_t)i;
    CLEANUP(packed_cleanup) struct packed *side = pack_groups(MANY);
    struct measure measures[] = {
        by(measure_of(AGG_ROWS, SCOPE_NEW, NULL), 1, 0),
        by(measure_of(AGG_QUANTILE, SCOPE_NEW,
                      e_column(&arena, packed_schema(side), SIDE_NEW, "id")),
           1, 0),
    };
    measures[1].parameter = 0.5;
    struct diff_result result = run_measures(NULL, side, measures, 2, &arena);
    uint64_t rows = 0;
    for (size_t i = 0; i < result.measures[0].n_segments; i++)
        rows += result.measures[0].segments[i].new_rows;
    assert_int_equal(rows, MANY);
    assert_string_equal(value_in(&result.measures[0], "g=-7"), "3000");
    assert_string_equal(value_in(&result.measures[1], "g=-7"), "74975");
}

static void statistics_by_segment_are_those_of_its_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++)
        many_groups[i] = (int64_t)(i % 3);
    CLEANUP(packed_cleanup) struct packed *side = pack_groups(MANY);
    const struct expr *id = e_column(&arena, packed_schema(side), SIDE_NEW, "id");
    struct measure measures[] = {by(measure_of(AGG_DISTINCT, SCOPE_NEW, id), 1, 0),
                                 by(measure_of(AGG_QUANTILE, SCOPE_NEW, id), 1, 0),
                                 by(measure_of(AGG_MAX, SCOPE_NEW, id), 1, 0),
                                 by(measure_of(AGG_MEAN, SCOPE_NEW, id), 1, 0)};
    measures[1].parameter = 0.25;
    struct diff_result result = run_measures(NULL, side, measures, 4, &arena);
    assert_string_equal(value_in(&result.measures[0], "g=1"), "50000");
    assert_string_equal(value_in(&result.measures[1], "g=1"), "37500.25");
    assert_string_equal(value_in(&result.measures[2], "g=1"), "149998");
    assert_string_equal(value_in(&result.measures[3], "g=1"), "74999.5");
}

static void sketches_by_segment_state_their_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++)
        many_groups[i] = i < 100000 ? 0 : 1;
    CLEANUP(packed_cleanup) struct packed *side = pack_groups(MANY);
    const struct expr *id = e_column(&arena, packed_schema(side), SIDE_NEW, "id");
    struct measure measure = by(measure_of(AGG_DISTINCT, SCOPE_NEW, id), 1, 0);
    struct diff_result result = run_measures(NULL, side, &measure, 1, &arena);
    double error = result.measures[0].relative_error;
    double count = (double)result.measures[0].values[0].i64;
    assert_true(error > 0 && error < 0.06);
    assert_true(count > 100000 * (1 - error) && count < 100000 * (1 + error));
    assert_int_equal(result.measures[0].values[1].i64, 50000);
}

static void segments_share_what_may_be_remembered_of_their_values(void **state)
{
    (void)state;
    enum { SEGMENTS = 20, VALUES = 60000 };
    const size_t n = (size_t)SEGMENTS * VALUES;
    int64_t *keys = calloc(n, sizeof(*keys));
    int64_t *groups = calloc(n, sizeof(*groups));
    for (size_t i = 0; i < n; i++) {
        keys[i] = (int64_t)i;
        groups[i] = (int64_t)(i % SEGMENTS);
    }
    const struct schema *schema = make_schema(&arena, "id bigint, g bigint", 1);
    CLEANUP(packed_cleanup) struct packed *side = PACK_COLUMNS(schema, n, keys, groups);
    struct measure measure =
        by(measure_of(AGG_DISTINCT, SCOPE_NEW, e_column(&arena, schema, SIDE_NEW, "id")), 1, 0);
    struct diff_result result = run_measures(NULL, side, &measure, 1, &arena);
    double error = result.measures[0].relative_error;
    assert_true(error > 0 && error < 0.06);
    for (size_t i = 0; i < SEGMENTS; i++) {
        double count = (double)result.measures[0].values[i].i64;
        assert_true(count > VALUES * (1 - error) && count < VALUES * (1 + error));
    }
    free(keys);
    free(groups);
}

/* As many values as rows, beside one that a fifth of them have. */
static void a_million_values_are_said_to_be_about_a_million(void **state)
{
    (void)state;
    enum { ROWS = 1250000, VALUES = 1000001 };
    int64_t *keys = calloc(ROWS, sizeof(*keys));
    int64_t *groups = calloc(ROWS, sizeof(*groups));
    for (size_t i = 0; i < ROWS; i++) {
        keys[i] = (int64_t)i;
        groups[i] = i % 5 == 0 ? -7 : (int64_t)i;
    }
    const struct schema *schema = make_schema(&arena, "id bigint, g bigint", 1);
    CLEANUP(packed_cleanup) struct packed *side = PACK_COLUMNS(schema, ROWS, keys, groups);
    struct measure measure = by(measure_of(AGG_ROWS, SCOPE_NEW, NULL), 1, 0);
    struct diff_result result = run_measures(side, side, &measure, 1, &arena);
    const struct measure_result *measured = &result.measures[0];
    assert_true(measured->n_segments <= DIFF_MAX_SEGMENTS + 1);
    const struct segment *rest = &measured->segments[measured->n_segments - 1];
    assert_true(rest->is_rest && rest->is_estimate);
    double values = (double)rest->n_values + (double)measured->n_segments - 1;
    assert_true(fabs(values - VALUES) < 0.08 * VALUES);
    assert_string_equal(value_in(measured, "g=-7"), "250000");
    free(keys);
    free(groups);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_count_in_the_segment_of_their_side),
        cmocka_unit_test(several_columns_make_one_segment),
        cmocka_unit_test(texts_that_could_be_misread_are_quoted),
        cmocka_unit_test(long_values_are_cut_and_stay_apart),
        cmocka_unit_test(an_empty_pair_has_no_segments),
        cmocka_unit_test(the_largest_segments_stay_and_the_others_are_the_rest),
        cmocka_unit_test(a_common_value_among_very_many_is_a_segment),
        cmocka_unit_test(statistics_by_segment_are_those_of_its_rows),
        cmocka_unit_test(sketches_by_segment_state_their_error),
        cmocka_unit_test(segments_share_what_may_be_remembered_of_their_values),
        cmocka_unit_test(a_million_values_are_said_to_be_about_a_million),
    };
    return cmocka_run_group_tests(tests, NULL, release_arena);
}
