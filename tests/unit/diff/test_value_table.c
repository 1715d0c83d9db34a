/* The tables, sets, counters and sketches of values that aggregates are built on. */
#include "tests/unit/diff/helpers.h"

#include <math.h>
#include <stdlib.h>

#include "diff/candidates.h"
#include "diff/hash_set.h"
#include "diff/hyperloglog.h"
#include "diff/value_counter.h"
#include "diff/value_table.h"

/* The bits whose hash is this: the steps of hash_bits backwards. */
static uint64_t bits_with_hash(uint64_t hash)
{
    hash ^= hash >> 31 ^ hash >> 62;
    hash *= UINT64_C(0x319642B2D24D8EC3);
    hash ^= hash >> 27 ^ hash >> 54;
    hash *= UINT64_C(0x96DE1B173F119089);
    return hash ^ hash >> 30 ^ hash >> 60;
}

static struct vector integers(const int64_t *values, const uint8_t *nulls)
{
    return (struct vector){.type = VALUE_INTEGER, .i64 = values, .nulls = nulls};
}

/* The hash of NULL, and the one integer that has it too. */
static uint64_t null_hash(int64_t *ret_twin)
{
    int64_t values[] = {0, 0};
    uint8_t nulls[] = {1, 0};
    uint64_t hashes[2];
    struct vector vector = integers(values, nulls);
    value_hash_rows(&vector, 1, 2, hashes);
    uint64_t offset = bits_with_hash(hashes[1]);
    *ret_twin = (int64_t)(bits_with_hash(hashes[0]) - offset);
    return hashes[0];
}

static void the_inverse_of_the_hash_is_one(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (size_t i = 0; i < 1000; i++) {
        uint64_t bits = next_random(&seed);
        assert_true(bits_with_hash(hash_bits(bits)) == bits);
    }
}

static void null_and_the_value_with_its_hash_are_two_values(void **state)
{
    (void)state;
    struct error err;
    int64_t twin = 0;
    uint64_t hash = null_hash(&twin);
    int64_t values[] = {0, twin, 1};
    uint8_t nulls[] = {1, 0, 0};
    uint64_t hashes[3];
    uint32_t found[3];
    struct vector vector = integers(values, nulls);
    enum value_type type = VALUE_INTEGER;
    value_hash_rows(&vector, 1, 3, hashes);
    assert_true(hashes[0] == hash && hashes[1] == hash && hashes[2] != hash);
    for (size_t first = 0; first < 2; first++) {
        struct value_table table;
        value_table_init(&table, &type, 1);
        assert_ok(value_table_add(&table, &vector, first, hash, &found[0], &err));
        value_table_find_rows(&table, &vector, 3, hashes, found);
        assert_int_equal(found[first], 0);
        assert_int_equal(found[1 - first], VALUE_TABLE_NONE);
        assert_int_equal(found[2], VALUE_TABLE_NONE);
        assert_ok(value_table_add(&table, &vector, 1 - first, hash, &found[0], &err));
        assert_int_equal(table.size, 2);
        value_table_find_rows(&table, &vector, 3, hashes, found);
        assert_int_equal(found[first], 0);
        assert_int_equal(found[1 - first], 1);
        value_table_release(&table);
    }
}

static void a_hash_of_zero_is_a_member_like_any_other(void **state)
{
    (void)state;
    struct error err;
    struct hash_set set = {0};
    uint64_t hashes[] = {0, 64, 128, 0, 7};
    uint32_t rows[5];
    assert_int_equal(hash_set_missing(&set, hashes, 5, rows), 5);
    assert_ok(hash_set_add(&set, 64, &err));
    assert_false(hash_set_contains(&set, 0));
    assert_int_equal(hash_set_missing(&set, hashes, 5, rows), 4);
    assert_int_equal(rows[0], 0);
    assert_ok(hash_set_add(&set, 0, &err));
    assert_true(hash_set_contains(&set, 0));
    assert_int_equal(hash_set_missing(&set, hashes, 5, rows), 2);
    assert_int_equal(set.size, 2);
    hash_set_release(&set);
}

static void hashes_that_share_a_slot_are_kept_apart(void **state)
{
    (void)state;
    struct error err;
    struct hash_set set = {0};
    for (uint64_t i = 1; i <= 2000; i++)
        assert_ok(hash_set_add(&set, i << 40 | 63, &err));
    for (uint64_t i = 1; i <= 2000; i++) {
        uint64_t hashes[] = {i << 40 | 63, (i + 5000) << 40 | 63};
        uint32_t rows[2];
        assert_int_equal(hash_set_missing(&set, hashes, 2, rows), 1);
        assert_int_equal(rows[0], 1);
    }
    hash_set_release(&set);
}

static void rows_of_several_values_are_one_entry(void **state)
{
    (void)state;
    struct error err;
    enum value_type types[] = {VALUE_TEXT, VALUE_DOUBLE, VALUE_UUID};
    struct text_ref texts[] = {{"a", 1}, {"a", 1}, {"a", 1}, {"b", 1}, {"", 0}, {"", 0}};
    double doubles[] = {NAN, -NAN, 0, -0.0, 1, 1};
    struct uuid uuids[6] = {0};
    uint8_t text_nulls[] = {0, 0, 0, 0, 1, 0};
    struct vector columns[] = {{.type = VALUE_TEXT, .text = texts, .nulls = text_nulls},
                               {.type = VALUE_DOUBLE, .f64 = doubles},
                               {.type = VALUE_UUID, .uuid = uuids}};
    uint32_t expected[] = {0, 0, 1, 2, 3, 4};
    uint64_t hashes[6];
    struct value_table table;
    value_table_init(&table, types, 3);
    value_hash_rows(columns, 3, 6, hashes);
    for (size_t i = 0; i < 6; i++) {
        uint32_t index = 99;
        assert_ok(value_table_add(&table, columns, i, hashes[i], &index, &err));
        assert_int_equal(index, expected[i]);
    }
    assert_true(value_table_value(&table, 3, 0).is_null);
    assert_string_equal(shown(value_table_value(&table, 2, 0)), "b");
    value_table_release(&table);
}

static void candidates_are_found_whatever_their_type(void **state)
{
    (void)state;
    struct error err;
    struct candidates candidates;
    struct text_ref texts[] = {{"x", 1}, {"y", 1}, {"z", 1}, {"", 0}};
    uint8_t nulls[] = {0, 0, 0, 1};
    struct vector vector = {.type = VALUE_TEXT, .text = texts, .nulls = nulls};
    uint64_t hashes[4];
    uint32_t found[4];
    candidates_init(&candidates, VALUE_TEXT);
    value_hash_rows(&vector, 1, 4, hashes);
    assert_ok(value_table_add(&candidates.table, &vector, 3, hashes[3], found, &err));
    assert_ok(value_table_add(&candidates.table, &vector, 1, hashes[1], found, &err));
    assert_ok(candidates_build(&candidates, &err));
    candidates_find(&candidates, &vector, 4, found);
    assert_int_equal(found[0], VALUE_TABLE_NONE);
    assert_int_equal(found[1], 1);
    assert_int_equal(found[2], VALUE_TABLE_NONE);
    assert_int_equal(found[3], 0);
    candidates_release(&candidates);
}

/* Looks for 1,000 values of which the first n are candidates. */
static void check_candidates(const int64_t *values, uint32_t n)
{
    struct error err;
    struct candidates candidates;
    uint64_t hashes[1000];
    uint32_t found[1000];
    uint8_t nulls[1000] = {0};
    nulls[0] = 1;
    struct vector vector = integers(values, nulls);
    candidates_init(&candidates, VALUE_INTEGER);
    value_hash_rows(&vector, 1, 1000, hashes);
    for (uint32_t i = 0; i < n; i++)
        assert_ok(value_table_add(&candidates.table, &vector, i, hashes[i], found, &err));
    assert_ok(candidates_build(&candidates, &err));
    candidates_find(&candidates, &vector, 1000, found);
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(found[i], i < n ? i : VALUE_TABLE_NONE);
    candidates_release(&candidates);
}

static void candidates_are_found_among_other_values(void **state)
{
    (void)state;
    int64_t values[1000];
    uint64_t seed = 5;
    for (size_t i = 0; i < 1000; i++)
        values[i] = (int64_t)i - 500;
    check_candidates(values, 0);
    check_candidates(values, 1);
    check_candidates(values, 256);
    for (size_t i = 0; i < 1000; i++)
        values[i] = (int64_t)next_random(&seed);
    check_candidates(values, 256);
    /* All on one slot in any table that is not very large: the product of each is its number. */
    for (size_t i = 0; i < 1000; i++)
        values[i] = (int64_t)((uint64_t)(i + 1) * UINT64_C(0xF1DE83E19937733D));
    check_candidates(values, 256);
}

static void a_counter_is_exact_up_to_its_cap_and_never_too_high(void **state)
{
    (void)state;
    struct error err;
    struct value_counter counter;
    enum value_type type = VALUE_INTEGER;
    int64_t values[SLICE_ROWS];
    uint64_t hashes[SLICE_ROWS];
    static uint64_t truth[5000];
    uint64_t seed = 3;
    uint64_t n_rows = 0;
    value_counter_init(&counter, &type, 1, 200);
    for (size_t slice = 0; slice < 200; slice++) {
        for (size_t i = 0; i < SLICE_ROWS; i++) {
            double u = (double)(next_random(&seed) >> 11) * 0x1p-53;
            values[i] = (int64_t)(4999 * u * u * u * u);
            truth[values[i]]++;
        }
        n_rows += SLICE_ROWS;
        struct vector vector = integers(values, NULL);
        value_hash_rows(&vector, 1, SLICE_ROWS, hashes);
        assert_ok(value_counter_add(&counter, &vector, SLICE_ROWS, hashes, NULL, &err));
    }
    assert_true(counter.taken_off > 0 && counter.taken_off <= 2 * n_rows / 200);
    assert_true(counter.table.size <= 200);
    for (uint32_t i = 0; i < counter.table.size; i++) {
        uint64_t real = truth[value_table_value(&counter.table, i, 0).i64];
        assert_true(counter.counts[i] <= real && counter.counts[i] + counter.taken_off >= real);
    }
    uint32_t *largest = NULL;
    size_t n = 0;
    assert_ok(value_counter_largest(&counter, 3, &largest, &n, &err));
    assert_int_equal(n, 3);
    assert_int_equal(value_table_value(&counter.table, largest[0], 0).i64, 0);
    assert_true(counter.counts[largest[0]] >= counter.counts[largest[1]]);
    free(largest);
    value_counter_release(&counter);
}

static void a_sketch_is_good_at_every_size(void **state)
{
    (void)state;
    const unsigned precisions[] = {12, 16};
    uint64_t seed = 9;
    for (size_t p = 0; p < ARRAY_SIZE(precisions); p++) {
        uint8_t *registers = calloc((size_t)1 << precisions[p], 1);
        double allowed = 4 * hyperloglog_standard_error(precisions[p]);
        size_t n = 0;
        assert_true(hyperloglog_estimate(registers, precisions[p]) == 0);
        for (size_t size = 1000; size <= 1000000; size *= 10) {
            for (; n < size; n++)
                hyperloglog_add(registers, precisions[p], hash_bits(next_random(&seed)));
            double estimate = hyperloglog_estimate(registers, precisions[p]);
            assert_true(fabs(estimate / (double)size - 1) < allowed);
        }
        free(registers);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_inverse_of_the_hash_is_one),
        cmocka_unit_test(null_and_the_value_with_its_hash_are_two_values),
        cmocka_unit_test(a_hash_of_zero_is_a_member_like_any_other),
        cmocka_unit_test(hashes_that_share_a_slot_are_kept_apart),
        cmocka_unit_test(rows_of_several_values_are_one_entry),
        cmocka_unit_test(candidates_are_found_whatever_their_type),
        cmocka_unit_test(candidates_are_found_among_other_values),
        cmocka_unit_test(a_counter_is_exact_up_to_its_cap_and_never_too_high),
        cmocka_unit_test(a_sketch_is_good_at_every_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
