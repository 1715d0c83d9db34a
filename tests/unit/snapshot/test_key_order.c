#include "tests/unit/snapshot/helpers.h"

#include "snapshot/key_order.h"

struct fixture {
    struct arena arena;
    struct schema *schema;
    struct batch_builder *builders[2];
};

static void begin(struct fixture *f, const char *schema, size_t n_keys)
{
    struct error err;
    *f = (struct fixture){0};
    f->schema = make_schema(&f->arena, schema, n_keys);
    for (size_t i = 0; i < 2; i++)
        assert_ok(batch_builder_new(f->schema, &f->builders[i], &err));
}

static void end(struct fixture *f)
{
    batch_builder_free(f->builders[0]);
    batch_builder_free(f->builders[1]);
    arena_release(&f->arena);
}

/* Rows as keys separated by spaces. */
static const struct batch *fill(struct batch_builder *builder, const char *keys)
{
    char copy[256];
    char *rest = NULL;
    (void)snprintf(copy, sizeof(copy), "%s", keys);
    batch_builder_clear(builder);
    for (char *key = strtok_r(copy, " ", &rest); key != NULL; key = strtok_r(NULL, " ", &rest))
        add_row(builder, key);
    return batch_builder_batch(builder);
}

/* Duplicate rows of two batches that follow one another; -1 if they are out of order. */
static long duplicates(struct fixture *f, const char *first, const char *second)
{
    struct key_order order = {0};
    const struct batch *a = fill(f->builders[0], first);
    const struct batch *b = fill(f->builders[1], second);
    if (!key_order_add(&order, NULL, a) || !key_order_add(&order, a, b))
        return -1;
    return (long)order.duplicate_rows;
}

static void check_numbers(struct fixture *f)
{
    assert_int_equal(duplicates(f, "-2 -1 0", "1 7"), 0);
    assert_int_equal(duplicates(f, "1 2", "2 3"), 2);
    assert_int_equal(duplicates(f, "1 1", "1 1"), 4);
    assert_int_equal(duplicates(f, "1 1", "2 3"), 2);
    assert_int_equal(duplicates(f, "1", "1"), 2);
    assert_int_equal(duplicates(f, "1 1", "1"), 3);
    assert_int_equal(duplicates(f, "1 2 2", "3 3 3"), 5);
    assert_int_equal(duplicates(f, "1 3 2", "4"), -1);
    assert_int_equal(duplicates(f, "1 3", "2"), -1);
    assert_int_equal(duplicates(f, "1", "2 3 3 1"), -1);
}

static void bigint_keys_are_checked_within_and_across_batches(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "a bigint", 1);
    check_numbers(&f);
    assert_int_equal(duplicates(&f, "-9223372036854775808", "9223372036854775807"), 0);
    end(&f);
}

static void integer_keys_are_checked_within_and_across_batches(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "a integer", 1);
    check_numbers(&f);
    assert_int_equal(duplicates(&f, "-2147483648", "2147483647"), 0);
    end(&f);
}

static void keys_of_several_columns_are_checked_as_a_whole(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "a text, b bigint", 2);
    assert_int_equal(duplicates(&f, "x|1 x|2", "y|0 y|1"), 0);
    assert_int_equal(duplicates(&f, "x|1 x|2", "x|2 y|1"), 2);
    assert_int_equal(duplicates(&f, "x|1 x|2", "x|1"), -1);
    end(&f);
}

static void an_order_is_unchanged_by_a_batch_that_breaks_it(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "a bigint", 1);
    struct key_order order = {0};
    const struct batch *first = fill(f.builders[0], "5 5");
    assert_true(key_order_add(&order, NULL, first));
    const struct batch *second = fill(f.builders[1], "5 6 6 1");
    assert_false(key_order_add(&order, first, second));
    assert_int_equal(order.duplicate_rows, 2);
    assert_true(order.in_group);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bigint_keys_are_checked_within_and_across_batches),
        cmocka_unit_test(integer_keys_are_checked_within_and_across_batches),
        cmocka_unit_test(keys_of_several_columns_are_checked_as_a_whole),
        cmocka_unit_test(an_order_is_unchanged_by_a_batch_that_breaks_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
