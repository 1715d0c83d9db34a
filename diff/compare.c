#include "diff/compare.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "diff/vector.h"
#include "snapshot/batch.h"
#include "snapshot/numeric.h"

/*
 * Rounding to the nearest double keeps the order, so two values whose roundings differ are ordered
 * like those; only where they are equal is more work needed. Here and below.
 */
int compare_integer_double(int64_t a, double b)
{
    int order = compare_double((double)a, b);
    if (order != 0)
        return order;
    if (b >= 0x1p63)
        return -1;
    int64_t whole = (int64_t)b;
    return (a > whole) - (a < whole);
}

static struct text_ref text_of(const char *text, int len)
{
    return (struct text_ref){.bytes = text, .len = (size_t)len};
}

static int compare_numerics(struct text_ref a, struct text_ref b)
{
    return numeric_compare(a.bytes, a.len, b.bytes, b.len);
}

int compare_numeric_integer(struct text_ref a, int64_t b)
{
    if (numeric_is_nan(a))
        return 1;
    int order = compare_double(numeric_to_double(a.bytes, a.len), (double)b);
    if (order != 0)
        return order;
    char text[24];
    return compare_numerics(a, text_of(text, snprintf(text, sizeof(text), "%" PRId64, b)));
}

/* A numeric of at most 15 digits, 22 of them after the point: digits / 10^decimals, both exact. */
struct short_numeric {
    double digits;
    double power;
};

static bool numeric_is_short(struct text_ref numeric, struct short_numeric *ret_short)
{
    static const double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    bool negative = numeric.len > 0 && numeric.bytes[0] == '-';
    size_t n_decimals = 0;
    bool after_point = false;
    int64_t digits = 0;
    if (numeric.len > 16)
        return false;
    for (size_t i = negative; i < numeric.len; i++) {
        if (numeric.bytes[i] == '.') {
            after_point = true;
            continue;
        }
        digits = digits * 10 + (numeric.bytes[i] - '0');
        n_decimals += after_point;
    }
    if (digits >= INT64_C(1000000000000000))
        return false;
    *ret_short = (struct short_numeric){.digits = (double)(negative ? -digits : digits),
                                        .power = powers[n_decimals]};
    return true;
}

/* Compares digits with b * power: a product and its exact rounding error are exact together. */
static int compare_short(const struct short_numeric *a, double b)
{
    double product = b * a->power;
    double error = fma(b, a->power, -product);
    double difference = a->digits - product;
    return (difference > error) - (difference < error);
}

/* Every finite double has an exact decimal form of at most 309 digits before the point, 1074 after.
 */
static int compare_long(struct text_ref a, double b)
{
    char text[1400];
    if (b == 0)
        return compare_numerics(a, text_of("0", 1));
    return compare_numerics(a, text_of(text, snprintf(text, sizeof(text), "%.1074f", b)));
}

int compare_numeric_double(struct text_ref a, double b)
{
    if (numeric_is_nan(a) || b != b)
        return (int)numeric_is_nan(a) - (int)(b != b);
    if (isinf(b) && !numeric_is_special(a.bytes, a.len))
        return b > 0 ? -1 : 1;
    if (isinf(b))
        return compare_double(numeric_to_double(a.bytes, a.len), b);
    int order = compare_double(numeric_to_double(a.bytes, a.len), b);
    if (order != 0)
        return order;
    struct short_numeric numeric;
    return numeric_is_short(a, &numeric) ? compare_short(&numeric, b) : compare_long(a, b);
}

bool numeric_is_nan(struct text_ref numeric)
{
    return numeric.len == 3 && numeric.bytes[0] == 'N';
}

struct text_ref numeric_canonical(struct text_ref numeric)
{
    if (numeric.len == 0 || memchr(numeric.bytes, '.', numeric.len) == NULL)
        return numeric;
    while (numeric.bytes[numeric.len - 1] == '0')
        numeric.len--;
    if (numeric.bytes[numeric.len - 1] == '.')
        numeric.len--;
    if (numeric.len == 2 && memcmp(numeric.bytes, "-0", 2) == 0)
        return text_of("0", 1);
    return numeric;
}

bool value_equal(const struct value *a, const struct value *b)
{
    if (a->is_null || b->is_null)
        return a->is_null == b->is_null;
    switch (a->type) {
    case VALUE_BOOLEAN:
        return a->u8 == b->u8;
    case VALUE_DOUBLE:
        return compare_double(a->f64, b->f64) == 0;
    case VALUE_NUMERIC:
        return compare_numerics(a->text, b->text) == 0;
    case VALUE_TEXT:
        return compare_text(a->text, b->text) == 0;
    case VALUE_UUID:
        return memcmp(&a->uuid, &b->uuid, sizeof(a->uuid)) == 0;
    default:
        return a->i64 == b->i64;
    }
}

bool value_is_invalid(const struct value *value)
{
    if (value->is_null)
        return false;
    switch (value->type) {
    case VALUE_DOUBLE:
        return !isfinite(value->f64);
    case VALUE_NUMERIC:
        return numeric_is_special(value->text.bytes, value->text.len);
    case VALUE_DATE:
    case VALUE_TIME:
        return value->i64 == INT64_MIN || value->i64 == INT64_MAX;
    default:
        return false;
    }
}

/* Length of the character that starts at bytes[at], never past the end. */
static size_t character_len(struct text_ref text, size_t at)
{
    size_t len = 1;
    while (at + len < text.len && ((unsigned char)text.bytes[at + len] & 0xC0) == 0x80)
        len++;
    return len;
}

/*
 * Matches greedily and, on a mismatch, goes back to the last % only: text that an earlier % could
 * take instead would only leave less for the rest.
 */
bool text_like(struct text_ref text, struct text_ref pattern)
{
    size_t t = 0;
    size_t p = 0;
    size_t resume_pattern = SIZE_MAX;
    size_t resume_text = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.bytes[p] == '%') {
            resume_pattern = ++p;
            resume_text = t;
            continue;
        }
        if (p < pattern.len && pattern.bytes[p] == '_') {
            t += character_len(text, t);
            p++;
            continue;
        }
        size_t literal = p + (p + 1 < pattern.len && pattern.bytes[p] == '\\');
        if (literal < pattern.len && pattern.bytes[literal] == text.bytes[t]) {
            t++;
            p = literal + 1;
            continue;
        }
        if (resume_pattern == SIZE_MAX)
            return false;
        resume_text += character_len(text, resume_text);
        t = resume_text;
        p = resume_pattern;
    }
    while (p < pattern.len && pattern.bytes[p] == '%')
        p++;
    return p == pattern.len;
}
