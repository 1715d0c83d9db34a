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
    return make_schema(&arena, "id bigint, score double?, network text", 1);
}

static const struct expr *score(enum side side)
{
    return e_column(&arena, profiles(), side, "score");
}

static const char *const old_rows[] = {"1|10|a",    "2|20|a", "3|30|b", "4|40|b", "5|50|a",
                                       "6|NaN|\\N", "8|80|b", "8|81|b", NULL};
static const char *const new_rows[] = {"1|1|a",  "2|1|a",  "3|30|b", "4|\\N|b", "6|NaN|\\N",
                                       "7|70|a", "8|80|b", "9|90|b", "9|91|b",  NULL};

/* Keys of the examples of a measure in a segment, as "1 2 3 ". */
static const char *examples_of(struct measure measure, const char *segment, size_t max)
{
    static char text[400];
    struct error err;
    CLEANUP(packed_cleanup) struct packed *old_side = pack_rows(profiles(), old_rows);
    CLEANUP(packed_cleanup) struct packed *new_side = pack_rows(profiles(), new_rows);
    struct measure_plan plan = {profiles(), &measure, 1};
    struct diff_result result;
    struct example *examples = NULL;
    size_t n = 0;
    size_t len = 0;
    assert_ok(diff_run(old_side, new_side, &plan, &arena, NULL, NULL, &result, &err));
    assert_ok(diff_examples(old_side, new_side, &plan, 0, &result, segment, max, &arena, &examples,
                            &n, &err));
    text[0] = '\0';
    for (size_t i = 0; i < n; i++)
        len +=
            (size_t)snprintf(text + len, sizeof(text) - len, "%ld ", (long)examples[i].key[0].i64);
    return text;
}

static const char *all_of(enum aggregate aggregate, enum scope scope, const struct expr *arg)
{
    return examples_of(measure_of(aggregate, scope, arg), NULL, 100);
}

static void rows_for_which_the_condition_is_true_are_shown(void **state)
{
    (void)state;
    const struct expr *fell =
        E_CALL(&arena, OP_LT, VALUE_BOOLEAN, score(SIDE_NEW), score(SIDE_OLD));
    assert_string_equal(all_of(AGG_SHARE, SCOPE_KEPT, fell), "1 2 ");
    assert_string_equal(all_of(AGG_COUNT, SCOPE_KEPT, fell), "1 2 ");
}

static void rows_of_a_kind_are_shown(void **state)
{
    (void)state;
    assert_string_equal(all_of(AGG_ADDED, SCOPE_NEW, NULL), "7 ");
    assert_string_equal(all_of(AGG_REMOVED, SCOPE_NEW, NULL), "5 ");
    assert_string_equal(all_of(AGG_DUPLICATES, SCOPE_NEW, NULL), "9 9 ");
    assert_string_equal(all_of(AGG_NULLS, SCOPE_NEW, score(SIDE_NEW)), "4 ");
    assert_string_equal(all_of(AGG_INVALID, SCOPE_OLD, score(SIDE_OLD)), "6 ");
    assert_string_equal(all_of(AGG_MIN, SCOPE_NEW, score(SIDE_NEW)), "1 2 ");
    assert_string_equal(all_of(AGG_MAX, SCOPE_NEW, score(SIDE_NEW)), "6 ");
    assert_string_equal(all_of(AGG_ARRIVALS, SCOPE_KEPT, score(SIDE_NEW)), "1 2 ");
    assert_string_equal(all_of(AGG_TOP_SHARE, SCOPE_NEW, score(SIDE_NEW)), "1 2 ");
}

static void statistics_have_no_rows_to_show(void **state)
{
    (void)state;
    const enum aggregate aggregates[] = {AGG_SUM, AGG_MEAN, AGG_STDDEV, AGG_QUANTILE, AGG_DISTINCT};
    for (size_t i = 0; i < ARRAY_SIZE(aggregates); i++)
        assert_string_equal(all_of(aggregates[i], SCOPE_NEW, score(SIDE_NEW)), "");
    assert_string_equal(all_of(AGG_ROWS, SCOPE_NEW, NULL), "");
    assert_string_equal(all_of(AGG_COUNT, SCOPE_NEW, score(SIDE_NEW)), "");
}

static void where_and_filter_limit_the_examples(void **state)
{
    (void)state;
    struct measure measure = measure_of(AGG_ROWS, SCOPE_NEW, NULL);
    measure.where = E_CALL(&arena, OP_EQ, VALUE_BOOLEAN,
                           e_column(&arena, profiles(), SIDE_NEW, "network"), e_text(&arena, "a"));
    assert_string_equal(examples_of(measure, NULL, 100), "1 2 7 ");
    measure.filter = E_CALL(&arena, OP_GT, VALUE_BOOLEAN, score(SIDE_NEW), e_int(&arena, 1));
    assert_string_equal(examples_of(measure, NULL, 100), "7 ");
}

static void examples_lie_in_the_segment(void **state)
{
    (void)state;
    struct measure measure = measure_of(AGG_COUNT, SCOPE_NEW, e_bool(&arena, true));
    measure.by[0] = 2;
    measure.n_by = 1;
    assert_string_equal(examples_of(measure, "network=a", 100), "1 2 7 ");
    assert_string_equal(examples_of(measure, "network=NULL", 100), "6 ");
    assert_string_equal(examples_of(measure, "network=none", 100), "");
    measure.scope = SCOPE_OLD;
    assert_string_equal(examples_of(measure, "network=a", 100), "1 2 5 ");
}

static void examples_show_both_sides_whole(void **state)
{
    (void)state;
    struct error err;
    struct packed *old_side = pack_rows(profiles(), old_rows);
    struct packed *new_side = pack_rows(profiles(), new_rows);
    struct measure measures[] = {measure_of(AGG_NULLS, SCOPE_KEPT, score(SIDE_NEW)),
                                 measure_of(AGG_REMOVED, SCOPE_NEW, NULL)};
    struct measure_plan plan = {profiles(), measures, 2};
    struct diff_result result;
    struct example *kept = NULL;
    struct example *removed = NULL;
    size_t n = 0;
    assert_ok(diff_run(old_side, new_side, &plan, &arena, NULL, NULL, &result, &err));
    assert_ok(
        diff_examples(old_side, new_side, &plan, 0, &result, NULL, 5, &arena, &kept, &n, &err));
    assert_int_equal(n, 1);
    assert_ok(
        diff_examples(old_side, new_side, &plan, 1, &result, NULL, 5, &arena, &removed, &n, &err));
    assert_int_equal(n, 1);
    packed_free(old_side);
    packed_free(new_side);
    assert_string_equal(shown(kept->old_values[1]), "40");
    assert_string_equal(shown(kept->new_values[1]), "NULL");
    assert_string_equal(shown(kept->new_values[2]), "b");
    assert_null(removed->new_values);
    assert_string_equal(shown(removed->old_values[0]), "5");
    assert_string_equal(shown(removed->key[0]), "5");
}

#define MANY 60000

static int64_t keys[MANY];
static double old_values[MANY];
static double new_values[MANY];

static size_t find_many(const struct measure *measure, size_t max, struct example **ret_examples)
{
    struct error err;
    const struct schema *schema = make_schema(&arena, "id bigint, score double?", 1);
    for (size_t i = 0; i < MANY; i++)
        keys[i] = (int64_t)i;
    CLEANUP(packed_cleanup)
    struct packed *old_side = PACK_COLUMNS(schema, MANY, keys, old_values);
    CLEANUP(packed_cleanup)
    struct packed *new_side = PACK_COLUMNS(schema, MANY, keys, new_values);
    struct measure_plan plan = {schema, measure, 1};
    struct diff_result result;
    size_t n = 0;
    assert_ok(diff_run(old_side, new_side, &plan, &arena, NULL, NULL, &result, &err));
    assert_ok(diff_examples(old_side, new_side, &plan, 0, &result, NULL, max, &arena, ret_examples,
                            &n, &err));
    return n;
}

static void many_examples_come_from_all_over_the_snapshot(void **state)
{
    (void)state;
    struct example *examples = NULL;
    size_t blocks = 0;
    for (size_t i = 0; i < MANY; i++)
        new_values[i] = 1;
    const struct expr *one = E_CALL(
        &arena, OP_EQ, VALUE_BOOLEAN,
        e_column(&arena, make_schema(&arena, "id bigint, score double?", 1), SIDE_NEW, "score"),
        e_int(&arena, 1));
    struct measure measure = measure_of(AGG_SHARE, SCOPE_NEW, one);
    assert_int_equal(find_many(&measure, 10, &examples), 10);
    for (size_t i = 1; i < 10; i++)
        blocks += examples[i].key[0].i64 / BATCH_ROWS != examples[i - 1].key[0].i64 / BATCH_ROWS;
    assert_true(blocks >= 3);
}

static void all_of_few_examples_are_found_wherever_they_are(void **state)
{
    (void)state;
    struct example *examples = NULL;
    memset(new_values, 0, sizeof(new_values));
    for (size_t i = 20000; i < 20007; i++)
        new_values[i] = 1;
    new_values[MANY - 1] = 1;
    const struct expr *one = E_CALL(
        &arena, OP_EQ, VALUE_BOOLEAN,
        e_column(&arena, make_schema(&arena, "id bigint, score double?", 1), SIDE_NEW, "score"),
        e_int(&arena, 1));
    struct measure measure = measure_of(AGG_SHARE, SCOPE_NEW, one);
    assert_int_equal(find_many(&measure, 8, &examples), 8);
    assert_int_equal(find_many(&measure, 3, &examples), 3);
    assert_int_equal(find_many(&measure, 0, &examples), 0);
    assert_int_equal(find_many(&measure, 10, &examples), 8);
    for (size_t i = 0; i < 8; i++)
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(examples[i].key[0].i64, examples[j].key[0].i64);
}

static void a_segment_of_the_rest_has_examples(void **state)
{
    (void)state;
    struct example *examples = NULL;
    struct error err;
    const struct schema *schema = make_schema(&arena, "id bigint, g double?", 1);
    for (size_t i = 0; i < MANY; i++) {
        keys[i] = (int64_t)i;
        new_values[i] = (double)(i < 40000 ? i / 2 : i);
    }
    CLEANUP(packed_cleanup)
    struct packed *side = PACK_COLUMNS(schema, MANY, keys, new_values);
    struct measure measure = measure_of(AGG_COUNT, SCOPE_NEW, e_bool(&arena, true));
    measure.by[0] = 1;
    measure.n_by = 1;
    struct measure_plan plan = {schema, &measure, 1};
    struct diff_result result;
    size_t n = 0;
    assert_ok(diff_run(NULL, side, &plan, &arena, NULL, NULL, &result, &err));
    assert_ok(diff_examples(NULL, side, &plan, 0, &result, "other values", 50, &arena, &examples,
                            &n, &err));
    assert_int_equal(n, 50);
    for (size_t i = 0; i < n; i++)
        assert_true(examples[i].key[0].i64 >= 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_for_which_the_condition_is_true_are_shown),
        cmocka_unit_test(rows_of_a_kind_are_shown),
        cmocka_unit_test(statistics_have_no_rows_to_show),
        cmocka_unit_test(where_and_filter_limit_the_examples),
        cmocka_unit_test(examples_lie_in_the_segment),
        cmocka_unit_test(examples_show_both_sides_whole),
        cmocka_unit_test(many_examples_come_from_all_over_the_snapshot),
        cmocka_unit_test(all_of_few_examples_are_found_wherever_they_are),
        cmocka_unit_test(a_segment_of_the_rest_has_examples),
    };
    return cmocka_run_group_tests(tests, NULL, release_arena);
}
