#include "tests/unit/snapshot/helpers.h"

#include <math.h>

#include "snapshot/packed.h"

#define SCHEMA                                                                                     \
    "a bigint, b integer, c real?, d double precision?, e numeric, f text, g boolean, h date, "    \
    "i timestamptz, j uuid"

/* Fingerprint of rows as texts, in batches of the given size. */
static struct fingerprint of_rows(const char *schema_text, const char *const *rows, size_t n,
                                  size_t batch_rows)
{
    struct arena arena = {0};
    struct error err;
    struct fingerprint fingerprint = {0};
    struct batch_builder *builder = NULL;
    assert_ok(batch_builder_new(make_schema(&arena, schema_text, 1), &builder, &err));
    for (size_t i = 0; i < n; i++) {
        add_row(builder, rows[i]);
        if ((i + 1) % batch_rows == 0 || i + 1 == n) {
            fingerprint_add(&fingerprint, batch_builder_batch(builder));
            batch_builder_clear(builder);
        }
    }
    batch_builder_free(builder);
    arena_release(&arena);
    return fingerprint;
}

static bool same(struct fingerprint a, struct fingerprint b)
{
    return a.low == b.low && a.high == b.high;
}

static void order_and_batches_do_not_matter(void **state)
{
    (void)state;
    static const char *const rows[] = {"1|x|1.5", "2|\\N|2", "3||\\N", "4|y|4"};
    static const char *const other[] = {"4|y|4", "2|\\N|2", "1|x|1.5", "3||\\N"};
    struct fingerprint expected = of_rows("a bigint, b text, c real", rows, 4, 4);
    for (size_t batch_rows = 1; batch_rows < 4; batch_rows++) {
        assert_true(same(expected, of_rows("a bigint, b text, c real", rows, 4, batch_rows)));
        assert_true(same(expected, of_rows("a bigint, b text, c real", other, 4, batch_rows)));
    }
}

/* NULL in one row of a batch sends all its rows another way than a batch without. */
static void a_neighbour_with_null_does_not_matter(void **state)
{
    (void)state;
    static const char *const rows[] = {"1|1.5", "2|\\N"};
    struct fingerprint together = of_rows("a bigint, b double precision", rows, 2, 2);
    struct fingerprint apart = of_rows("a bigint, b double precision", rows, 2, 1);
    assert_true(same(together, apart));
}

static void rows_that_differ_anywhere_have_different_fingerprints(void **state)
{
    (void)state;
    static const char *const rows[] = {"1|x|y|0",    "1|xy||0",      "1||xy|0", "1|\\N|xy|0",
                                       "1|xy|\\N|0", "1|x|y|-0",     "1|x|y|1", "2|x|y|0",
                                       "1|x|y|\\N",  "1|\\N|\\N|0",  "1|||0",   "1|\\N||0",
                                       "1||\\N|0",   "1|\\N|\\N|\\N"};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        for (size_t j = 0; j < i; j++)
            assert_false(same(of_rows("a bigint, b text, c text, d real", &rows[i], 1, 1),
                              of_rows("a bigint, b text, c text, d real", &rows[j], 1, 1)));
    }
}

static void a_row_twice_is_not_the_row_once(void **state)
{
    (void)state;
    static const char *const rows[] = {"1|x", "1|x", "2|y", "2|y"};
    struct fingerprint once = of_rows("a bigint, b text", rows, 1, 1);
    assert_false(same(once, of_rows("a bigint, b text", rows, 2, 2)));
    assert_false(
        same(of_rows("a bigint, b text", rows, 2, 2), of_rows("a bigint, b text", rows + 2, 2, 2)));
}

static void every_nan_counts_as_the_same(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct schema *schema = make_schema(&arena, "a bigint, b double precision?", 1);
    const int64_t id = 1;
    const double nans[] = {(double)NAN, -(double)NAN};
    struct fingerprint fingerprints[2] = {0};
    for (size_t i = 0; i < 2; i++) {
        struct column columns[] = {{.type = TYPE_BIGINT, .i64 = &id},
                                   {.type = TYPE_DOUBLE, .f64 = &nans[i]}};
        const struct batch batch = {.schema = schema, .columns = columns, .n_rows = 1};
        fingerprint_add(&fingerprints[i], &batch);
    }
    assert_true(same(fingerprints[0], fingerprints[1]));
    arena_release(&arena);
}

static void a_row_of_any_length_has_a_fingerprint(void **state)
{
    (void)state;
    size_t lengths[] = {0, 100, 32760, 32768, 32780, 100000};
    struct fingerprint seen[ARRAY_SIZE(lengths)];
    for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
        char *row = malloc(lengths[i] + 3);
        (void)snprintf(row, 3, "1|");
        memset(row + 2, 'x', lengths[i]);
        row[lengths[i] + 2] = '\0';
        seen[i] = of_rows("a bigint, b text", (const char *const *)&row, 1, 1);
        for (size_t j = 0; j < i; j++)
            assert_false(same(seen[i], seen[j]));
        free(row);
    }
}

/* The ledger keeps fingerprints for years: a change of the encoding must not go unnoticed. */
static void fingerprints_stay_what_they_were(void **state)
{
    (void)state;
    char text[FINGERPRINT_TEXT_BYTES];
    static const char *const rows[] = {
        "1|2|3.5|-0.25|12.50|gr\xC3\xBC\xC3\x9F|t|2011-05-23|2011-05-23 04:00:00Z|"
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "2|\\N|NaN|\\N|0.00||f|\\N|\\N|\\N"};
    static const char *const numbers[] = {"1|0.5", "2|1.5", "3|-7"};
    struct fingerprint fingerprint = of_rows(SCHEMA, rows, 2, 2);
    assert_string_equal(fingerprint_format(&fingerprint, text), "7f214de826ddee3851550046e13f0542");
    fingerprint = of_rows("a bigint, b double precision", numbers, 3, 3);
    assert_string_equal(fingerprint_format(&fingerprint, text), "ca23d8a3f3644c6cd171553317927951");
}

static void text_and_fingerprint_are_inverse(void **state)
{
    (void)state;
    struct error err;
    char text[FINGERPRINT_TEXT_BYTES];
    const struct fingerprint fingerprint = {.low = 1, .high = UINT64_C(0xFEDCBA9876543210)};
    struct fingerprint back;
    assert_string_equal(fingerprint_format(&fingerprint, text), "fedcba98765432100000000000000001");
    assert_ok(fingerprint_parse(text, &back, &err));
    assert_true(same(fingerprint, back));
}

static void what_is_no_fingerprint_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "fedcba9876543210000000000000000", "fedcba987654321000000000000000011",
        "FEDCBA98765432100000000000000001", "0xdcba98765432100000000000000001g"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct error err;
        struct fingerprint fingerprint;
        assert_fails(ERR_DATA, fingerprint_parse(bad[i], &fingerprint, &err));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_and_batches_do_not_matter),
        cmocka_unit_test(a_neighbour_with_null_does_not_matter),
        cmocka_unit_test(rows_that_differ_anywhere_have_different_fingerprints),
        cmocka_unit_test(a_row_twice_is_not_the_row_once),
        cmocka_unit_test(every_nan_counts_as_the_same),
        cmocka_unit_test(a_row_of_any_length_has_a_fingerprint),
        cmocka_unit_test(fingerprints_stay_what_they_were),
        cmocka_unit_test(text_and_fingerprint_are_inverse),
        cmocka_unit_test(what_is_no_fingerprint_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
