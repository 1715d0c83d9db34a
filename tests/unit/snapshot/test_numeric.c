#include "tests/unit/snapshot/helpers.h"

#include <math.h>

#include "snapshot/batch.h"
#include "snapshot/bytes.h"
#include "snapshot/numeric.h"

/* The normal form of a numeric; in a static buffer. */
static const char *normal(const char *text)
{
    static char out[NUMERIC_MAX_TEXT_BYTES + 1];
    struct numeric_scan scan;
    struct error err;
    assert_ok(numeric_scan(text, strlen(text), &scan, &err));
    assert_true(scan.text_len <= NUMERIC_MAX_TEXT_BYTES);
    numeric_write(&scan, out);
    out[scan.text_len] = '\0';
    assert_int_equal(strlen(out), scan.text_len);
    return out;
}

static void numerics_take_the_form_in_which_postgresql_prints_them(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"0", "0"},
        {"-0", "0"},
        {"-0.00", "0.00"},
        {"007", "7"},
        {"+12.50", "12.50"},
        {".5", "0.5"},
        {"-.5", "-0.5"},
        {"5.", "5"},
        {"1e3", "1000"},
        {"1.50e1", "15.0"},
        {"1.5e3", "1500"},
        {"1e-3", "0.001"},
        {"12e-3", "0.012"},
        {"1234e-2", "12.34"},
        {"0.001e3", "1"},
        {"0.0010e2", "0.10"},
        {"0e5", "0"},
        {"0e-2", "0.00"},
        {"100e-1", "10.0"},
        {"-1.23E+1", "-12.3"},
        {"00.00100", "0.00100"},
        {"000e3", "0"},
        {"0.0", "0.0"},
        {"nan", "NaN"},
        {"INF", "Infinity"},
        {"-infinity", "-Infinity"},
        {"+Inf", "Infinity"},
        {"0.00012e2", "0.012"},
        {"10e0", "10"},
        {"0.5e1", "5"},
        {"0.05e1", "0.5"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
        assert_string_equal(normal(pairs[i][0]), pairs[i][1]);
}

static void what_is_no_numeric_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",      "-",    ".",     "e1",     "1e", "1e+",
                                      " 1",    "1 ",   "1,0",   "0x1",    "1_", "--1",
                                      "1.2.3", "-nan", "1e1.5", "infinit"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct numeric_scan scan;
        struct error err;
        assert_fails(ERR_DATA, numeric_scan(bad[i], strlen(bad[i]), &scan, &err));
        assert_contains(err.message, "is not a numeric");
    }
}

static void the_limits_are_those_of_postgresql(void **state)
{
    (void)state;
    static const char *const good[] = {"1e131071", "-9.9e131071", "1e-16383", "0e500000",
                                       "0.00001e131076"};
    static const char *const bad[] = {"1e131072",       "1e-16384",        "0e-16384",
                                      "1e999999999999", "1e-999999999999", "10e131071"};
    struct numeric_scan scan;
    struct error err;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        (void)normal(good[i]);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_fails(ERR_DATA, numeric_scan(bad[i], strlen(bad[i]), &scan, &err));
        assert_contains(err.message, "out of range for numeric");
    }
}

static int compare(const char *a, const char *b)
{
    int order = numeric_compare(a, strlen(a), b, strlen(b));
    return (order > 0) - (order < 0);
}

static void numerics_are_ordered_by_value(void **state)
{
    (void)state;
    static const char *const ascending[] = {"-Infinity", "-100",  "-99.9",    "-1.01",  "-1",
                                            "-0.5",      "-0.05", "0",        "0.0001", "0.05",
                                            "0.5",       "1",     "1.000001", "9",      "10",
                                            "99.99",     "100",   "Infinity", "NaN"};
    for (size_t i = 0; i < ARRAY_SIZE(ascending); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(ascending); j++)
            assert_int_equal(compare(ascending[i], ascending[j]), (i > j) - (i < j));
    }
}

static void trailing_zeros_do_not_change_the_order(void **state)
{
    (void)state;
    assert_int_equal(compare("1.0", "1.00"), 0);
    assert_int_equal(compare("0", "0.000"), 0);
    assert_int_equal(compare("-2.50", "-2.5"), 0);
    assert_int_equal(compare("10", "10.0"), 0);
}

static void a_numeric_has_a_nearest_double(void **state)
{
    (void)state;
    assert_true(numeric_to_double("-12.50", 6) == -12.5);
    assert_true(numeric_to_double("0.1", 3) == 0.1);
    assert_true(isnan(numeric_to_double("NaN", 3)));
    assert_true(numeric_to_double("-Infinity", 9) == -(double)INFINITY);
    const char *big = normal("1e400");
    assert_true(numeric_to_double(big, strlen(big)) == (double)INFINITY);
    big = normal("-1e400");
    assert_true(numeric_to_double(big, strlen(big)) == -(double)INFINITY);
    const char *tiny = normal("1e-400");
    assert_true(numeric_to_double(tiny, strlen(tiny)) == 0.0);
}

static void binary_form_is_that_of_postgresql(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint16_t words[8];
        size_t n_words;
    } vectors[] = {
        {"0", {0, 0, 0, 0}, 4},
        {"0.00", {0, 0, 0, 2}, 4},
        {"1", {1, 0, 0, 0, 1}, 5},
        {"-12.50", {2, 0, 0x4000, 2, 12, 5000}, 6},
        {"10000", {1, 1, 0, 0, 1}, 5},
        {"0.0001", {1, 0xFFFF, 0, 4, 1}, 5},
        {"0.00001", {1, 0xFFFE, 0, 5, 1000}, 5},
        {"12345678.9", {3, 1, 0, 1, 1234, 5678, 9000}, 7},
        {"NaN", {0, 0, 0xC000, 0}, 4},
        {"Infinity", {0, 0, 0xD000, 32}, 4},
        {"-Infinity", {0, 0, 0xF000, 32}, 4},
    };
    struct error err;
    for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
        struct buffer binary;
        struct buffer text;
        buffer_init(&binary, BUFFER_DEFAULT_MAX_BYTES);
        buffer_init(&text, BUFFER_DEFAULT_MAX_BYTES);
        assert_ok(numeric_to_binary(vectors[i].text, strlen(vectors[i].text), &binary, &err));
        assert_int_equal(binary.len, vectors[i].n_words * 2);
        for (size_t w = 0; w < vectors[i].n_words; w++)
            assert_int_equal(get_be16(binary.data + w * 2), vectors[i].words[w]);
        assert_ok(numeric_from_binary((const unsigned char *)binary.data, binary.len, &text, &err));
        assert_string_equal(buffer_string(&text), vectors[i].text);
        buffer_release(&binary);
        buffer_release(&text);
    }
}

/* Digits of random lengths on both sides of the point. */
static void random_numeric(uint64_t *random, char *out)
{
    size_t n = 0;
    size_t whole = 1 + next_random(random) % 30;
    size_t fraction = next_random(random) % 30;
    if (next_random(random) % 2 == 0)
        out[n++] = '-';
    for (size_t i = 0; i < whole; i++)
        out[n++] = (char)('0' + (next_random(random) % 3 == 0 ? next_random(random) % 10 : 0));
    if (fraction > 0)
        out[n++] = '.';
    for (size_t i = 0; i < fraction; i++)
        out[n++] = (char)('0' + (next_random(random) % 3 == 0 ? next_random(random) % 10 : 0));
    out[n] = '\0';
}

static void text_and_binary_form_are_inverse(void **state)
{
    (void)state;
    uint64_t random = 5;
    struct error err;
    struct buffer binary;
    struct buffer text;
    buffer_init(&binary, BUFFER_DEFAULT_MAX_BYTES);
    buffer_init(&text, BUFFER_DEFAULT_MAX_BYTES);
    for (int i = 0; i < 20000; i++) {
        char raw[80];
        random_numeric(&random, raw);
        const char *expected = normal(raw);
        buffer_clear(&binary);
        buffer_clear(&text);
        assert_ok(numeric_to_binary(expected, strlen(expected), &binary, &err));
        assert_ok(numeric_from_binary((const unsigned char *)binary.data, binary.len, &text, &err));
        assert_string_equal(buffer_string(&text), expected);
    }
    for (int i = 0; i < 2; i++) {
        const char *expected = normal(i == 0 ? "-9e131071" : "7e-16383");
        buffer_clear(&binary);
        buffer_clear(&text);
        assert_ok(numeric_to_binary(expected, strlen(expected), &binary, &err));
        assert_ok(numeric_from_binary((const unsigned char *)binary.data, binary.len, &text, &err));
        assert_string_equal(buffer_string(&text), expected);
    }
    buffer_release(&binary);
    buffer_release(&text);
}

static void damaged_binary_numerics_are_refused(void **state)
{
    (void)state;
    static const struct {
        uint16_t words[6];
        size_t n_bytes;
    } bad[] = {
        {{0, 0, 0, 0}, 7},          {{1, 0, 0, 0}, 8},      {{1, 0, 0, 0, 1, 0}, 11},
        {{1, 0, 0, 0, 10000}, 10},  {{0, 0, 0x1234, 0}, 8}, {{0, 0, 0, 16384}, 8},
        {{0xFFFF, 0, 0, 0, 1}, 10},
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        unsigned char bytes[12];
        struct error err;
        struct buffer out;
        buffer_init(&out, 1 << 20);
        for (size_t w = 0; w < 6; w++)
            put_be16(bytes + w * 2, bad[i].words[w]);
        assert_fails(ERR_DATA, numeric_from_binary(bytes, bad[i].n_bytes, &out, &err));
        buffer_release(&out);
    }
}

static void unusual_binary_numerics_are_normalised(void **state)
{
    (void)state;
    static const struct {
        uint16_t words[8];
        size_t n_words;
        const char *text;
    } vectors[] = {
        {{3, 2, 0, 0, 0, 0, 5}, 7, "5"},            /* leading zero digits */
        {{2, 0, 0x4000, 2, 12, 5678}, 6, "-12.56"}, /* digits beyond the scale */
        {{0, 5, 0x4000, 3}, 4, "0.000"},            /* minus zero */
        {{1, 0xFFFF, 0x4000, 2, 12}, 5, "0.00"},    /* nothing left of a negative fraction */
        {{1, 0xFFFC, 0, 2, 1}, 5, "0.00"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
        unsigned char bytes[16];
        struct error err;
        struct buffer out;
        buffer_init(&out, 1 << 20);
        for (size_t w = 0; w < vectors[i].n_words; w++)
            put_be16(bytes + w * 2, vectors[i].words[w]);
        assert_ok(numeric_from_binary(bytes, vectors[i].n_words * 2, &out, &err));
        assert_string_equal(buffer_string(&out), vectors[i].text);
        buffer_release(&out);
    }
}

static void text_that_is_no_numeric_has_no_binary_form(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "-", "1.", ".5", "1e5", "1x", "xN", "1.2.3", "ay", "--1"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct error err;
        struct buffer out;
        buffer_init(&out, 1 << 20);
        assert_fails(ERR_CORRUPT, numeric_to_binary(bad[i], strlen(bad[i]), &out, &err));
        buffer_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numerics_take_the_form_in_which_postgresql_prints_them),
        cmocka_unit_test(what_is_no_numeric_is_refused),
        cmocka_unit_test(the_limits_are_those_of_postgresql),
        cmocka_unit_test(numerics_are_ordered_by_value),
        cmocka_unit_test(trailing_zeros_do_not_change_the_order),
        cmocka_unit_test(a_numeric_has_a_nearest_double),
        cmocka_unit_test(binary_form_is_that_of_postgresql),
        cmocka_unit_test(text_and_binary_form_are_inverse),
        cmocka_unit_test(damaged_binary_numerics_are_refused),
        cmocka_unit_test(unusual_binary_numerics_are_normalised),
        cmocka_unit_test(text_that_is_no_numeric_has_no_binary_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
