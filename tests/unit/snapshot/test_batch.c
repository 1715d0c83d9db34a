#include "tests/unit/snapshot/helpers.h"

#include "snapshot/builder.h"

#define ALL_TYPES                                                                                  \
    "a bigint, b integer, c real, d double precision, e numeric, f text, g boolean, h date, "      \
    "i timestamptz, j uuid"
#define ALL_VALUES                                                                                 \
    "-5|7|1.5|2.25|3.50|gr\xC3\xBC\xC3\x9F|t|2011-05-23|2011-05-23T04:00:00Z|"                     \
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"

struct fixture {
    struct arena arena;
    struct schema *schema;
    struct batch_builder *builder;
};

static struct fixture begin(const char *schema, size_t n_keys)
{
    struct fixture f = {0};
    struct error err;
    f.schema = make_schema(&f.arena, schema, n_keys);
    assert_ok(batch_builder_new(f.schema, &f.builder, &err));
    return f;
}

static void end(struct fixture *f)
{
    batch_builder_free(f->builder);
    arena_release(&f->arena);
}

static void a_row_of_every_type_is_shown_as_postgresql_prints_it(void **state)
{
    (void)state;
    struct fixture f = begin(ALL_TYPES, 1);
    add_row(f.builder, ALL_VALUES);
    assert_string_equal(row_text(batch_builder_batch(f.builder), 0),
                        "-5|7|1.5|2.25|3.50|gr\xC3\xBC\xC3\x9F|t|2011-05-23|2011-05-23 "
                        "04:00:00+00|a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
    end(&f);
}

static void nulls_are_kept_in_every_column_but_the_key(void **state)
{
    (void)state;
    struct fixture f = begin(ALL_TYPES, 1);
    add_row(f.builder, ALL_VALUES);
    add_row(f.builder, "6|\\N|\\N|\\N|\\N|\\N|\\N|\\N|\\N|\\N");
    const struct batch *batch = batch_builder_batch(f.builder);
    assert_string_equal(row_text(batch, 1), "6|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL");
    for (size_t i = 1; i < f.schema->n_columns; i++) {
        assert_int_equal(batch->columns[i].n_nulls, 1);
        assert_false(column_is_null(&batch->columns[i], 0));
    }
    end(&f);
}

static void a_text_column_without_any_text_still_has_a_place_for_it(void **state)
{
    (void)state;
    struct fixture f = begin("a bigint, b text", 1);
    size_t len = 1;
    add_row(f.builder, "6|\\N");
    assert_non_null(column_text(&batch_builder_batch(f.builder)->columns[1], 0, &len));
    assert_int_equal(len, 0);
    end(&f);
}

static void null_is_refused_where_it_must_not_be(void **state)
{
    (void)state;
    struct fixture f = begin("a bigint, b real!", 1);
    struct error err;
    assert_fails(ERR_DATA, batch_builder_put_null(f.builder, 0, &err));
    assert_contains(err.message, "NULL in a key column");
    assert_fails(ERR_DATA, batch_builder_put_null(f.builder, 1, &err));
    assert_contains(err.message, "must not be NULL");
    end(&f);
}

static void a_dropped_row_leaves_no_trace(void **state)
{
    (void)state;
    struct fixture f = begin("a bigint, b text, c real", 1);
    struct error err;
    add_row(f.builder, "1|one|\\N");
    assert_ok(batch_builder_put_text(f.builder, 1, "lost", 4, &err));
    assert_ok(batch_builder_put_null(f.builder, 2, &err));
    assert_fails(ERR_DATA, batch_builder_put_text(f.builder, 0, "x", 1, &err));
    batch_builder_drop_row(f.builder);
    add_row(f.builder, "2|two|2.5");
    const struct batch *batch = batch_builder_batch(f.builder);
    assert_int_equal(batch->n_rows, 2);
    assert_int_equal(batch->columns[2].n_nulls, 1);
    assert_string_equal(row_text(batch, 0), "1|one|NULL");
    assert_string_equal(row_text(batch, 1), "2|two|2.5");
    end(&f);
}

static void a_builder_takes_a_batch_of_rows_and_is_then_full(void **state)
{
    (void)state;
    struct fixture f = begin("a bigint, b text", 1);
    for (int i = 0; i < BATCH_ROWS; i++) {
        char row[32];
        assert_false(batch_builder_full(f.builder));
        (void)snprintf(row, sizeof(row), i % 3 == 0 ? "%d|\\N" : "%d|v", i);
        add_row(f.builder, row);
    }
    assert_true(batch_builder_full(f.builder));
    const struct batch *batch = batch_builder_batch(f.builder);
    assert_int_equal(batch->columns[0].i64[BATCH_ROWS - 1], BATCH_ROWS - 1);
    assert_int_equal(batch->columns[1].n_nulls, (BATCH_ROWS + 2) / 3);
    batch_builder_clear(f.builder);
    assert_false(batch_builder_full(f.builder));
    add_row(f.builder, "1|x");
    assert_int_equal(batch_builder_batch(f.builder)->columns[1].n_nulls, 0);
    assert_false(column_is_null(&batch_builder_batch(f.builder)->columns[1], 0));
    end(&f);
}

static void a_builder_is_full_at_64_mib_of_text(void **state)
{
    (void)state;
    struct fixture f = begin("a bigint, b text", 1);
    struct error err;
    size_t len = (size_t)32 << 20;
    char *text = malloc(len);
    memset(text, 'x', len);
    for (int i = 0; i < 2; i++) {
        assert_false(batch_builder_full(f.builder));
        assert_ok(batch_builder_put_text(f.builder, 0, "1", 1, &err));
        assert_ok(batch_builder_put_text(f.builder, 1, text, len, &err));
        batch_builder_end_row(f.builder);
    }
    assert_true(batch_builder_full(f.builder));
    free(text);
    end(&f);
}

static void rows_are_taken_over_from_other_batches(void **state)
{
    (void)state;
    struct fixture f = begin(ALL_TYPES, 1);
    struct fixture g = begin(ALL_TYPES, 1);
    struct error err;
    add_row(f.builder, ALL_VALUES);
    add_row(f.builder, "6|\\N|\\N|\\N|\\N|\\N|\\N|\\N|\\N|\\N");
    const struct batch *source = batch_builder_batch(f.builder);
    assert_ok(batch_builder_put_row(g.builder, source, 1, &err));
    assert_ok(batch_builder_put_row(g.builder, source, 0, &err));
    assert_ok(builder_put_rows(g.builder, source, 0, 2, &err));
    const struct row_ref refs[] = {{source, 1}, {source, 0}, {source, 1}};
    assert_ok(builder_gather(g.builder, refs, 3, &err));
    const struct batch *batch = batch_builder_batch(g.builder);
    static const size_t order[] = {1, 0, 0, 1, 1, 0, 1};
    assert_int_equal(batch->n_rows, ARRAY_SIZE(order));
    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        char expected[1024];
        (void)snprintf(expected, sizeof(expected), "%s", row_text(source, order[i]));
        assert_string_equal(row_text(batch, i), expected);
    }
    assert_int_equal(batch->columns[5].n_nulls, 4);
    end(&f);
    end(&g);
}

static void values_that_are_not_finite_need_a_column_that_allows_them(void **state)
{
    (void)state;
    struct fixture f = begin("a bigint, b real, c double precision?, d numeric, e numeric?, "
                             "f date, g timestamptz?",
                             1);
    struct error err;
    assert_fails(ERR_DATA, batch_builder_put_text(f.builder, 1, "NaN", 3, &err));
    assert_ok(batch_builder_put_text(f.builder, 2, "-inf", 4, &err));
    assert_fails(ERR_DATA, batch_builder_put_text(f.builder, 3, "NaN", 3, &err));
    assert_contains(err.message, "is not finite");
    assert_fails(ERR_DATA, batch_builder_put_text(f.builder, 3, "Infinity", 8, &err));
    assert_ok(batch_builder_put_text(f.builder, 4, "inf", 3, &err));
    assert_fails(ERR_DATA, batch_builder_put_text(f.builder, 5, "infinity", 8, &err));
    assert_ok(batch_builder_put_text(f.builder, 6, "infinity", 8, &err));
    end(&f);
}

static int compare(const struct fixture *f, size_t a, size_t b)
{
    const struct batch *batch = batch_builder_batch(f->builder);
    int order = batch_compare_keys(batch, a, batch, b);
    return (order > 0) - (order < 0);
}

static void check_ascending(struct fixture *f)
{
    size_t n = batch_builder_batch(f->builder)->n_rows;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++)
            assert_int_equal(compare(f, i, j), (i > j) - (i < j));
    }
}

static void number_keys_are_ordered_by_value(void **state)
{
    (void)state;
    struct fixture f = begin("a bigint, b integer", 2);
    static const char *const rows[] = {
        "-9223372036854775808|0", "-1|5",  "0|-2147483648", "0|-1",
        "0|2147483647",           "9|-10", "10|-10",        "9223372036854775807|-1"};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        add_row(f.builder, rows[i]);
    check_ascending(&f);
    end(&f);
}

static void text_keys_are_ordered_by_bytes_with_a_prefix_first(void **state)
{
    (void)state;
    struct fixture f = begin("a text, b uuid", 2);
    static const char *const rows[] = {
        "|00000000-0000-0000-0000-000000000000",   "A|00000000-0000-0000-0000-000000000000",
        "a|00000000-0000-0000-0000-000000000001",  "a|80000000-0000-0000-0000-000000000000",
        "a|ff000000-0000-0000-0000-000000000000",  "a |00000000-0000-0000-0000-000000000000",
        "ab|00000000-0000-0000-0000-000000000000", "\xC3\xBC|00000000-0000-0000-0000-000000000000"};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        add_row(f.builder, rows[i]);
    check_ascending(&f);
    end(&f);
}

static void a_shown_value_is_cut_at_a_whole_character(void **state)
{
    (void)state;
    struct fixture f = begin("a text", 1);
    add_row(f.builder, "gr\xC3\xBC\xC3\x9F\xE2\x82\xAC in the house");
    const struct column *column = &batch_builder_batch(f.builder)->columns[0];
    char out[32];
    assert_int_equal(column_format(column, 0, out, 7), 5);
    assert_string_equal(out, "gr…");
    assert_int_equal(column_format(column, 0, out, 8), 7);
    assert_string_equal(out, "gr\xC3\xBC…");
    assert_int_equal(column_format(column, 0, out, 3), 0);
    assert_string_equal(out, "");
    assert_int_equal(column_format(column, 0, out, 0), 0);
    assert_int_equal(column_format(column, 0, out, 23), 22);
    assert_string_equal(out, "gr\xC3\xBC\xC3\x9F\xE2\x82\xAC in the house");
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_of_every_type_is_shown_as_postgresql_prints_it),
        cmocka_unit_test(nulls_are_kept_in_every_column_but_the_key),
        cmocka_unit_test(a_text_column_without_any_text_still_has_a_place_for_it),
        cmocka_unit_test(null_is_refused_where_it_must_not_be),
        cmocka_unit_test(a_dropped_row_leaves_no_trace),
        cmocka_unit_test(a_builder_takes_a_batch_of_rows_and_is_then_full),
        cmocka_unit_test(a_builder_is_full_at_64_mib_of_text),
        cmocka_unit_test(rows_are_taken_over_from_other_batches),
        cmocka_unit_test(values_that_are_not_finite_need_a_column_that_allows_them),
        cmocka_unit_test(number_keys_are_ordered_by_value),
        cmocka_unit_test(text_keys_are_ordered_by_bytes_with_a_prefix_first),
        cmocka_unit_test(a_shown_value_is_cut_at_a_whole_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
