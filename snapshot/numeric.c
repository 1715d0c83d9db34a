#include "snapshot/numeric.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "snapshot/batch.h"
#include "snapshot/value.h"

#define EXPONENT_CAP 100000000 /* far beyond both limits, far from overflow */

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

static const char *special_form(const char *text, size_t len)
{
    if (len == 3 && strncasecmp(text, "nan", 3) == 0)
        return "NaN";
    bool negative = len > 0 && *text == '-';
    size_t sign = len > 0 && (*text == '-' || *text == '+');
    const char *word = text + sign;
    len -= sign;
    if ((len == 3 && strncasecmp(word, "inf", 3) == 0) ||
        (len == 8 && strncasecmp(word, "infinity", 8) == 0))
        return negative ? "-Infinity" : "Infinity";
    return NULL;
}

/* Reads e[+-]digits up to end; false if that is not what is there. */
static bool scan_exponent(const char *p, const char *end, int *ret_exponent)
{
    if (p == end) {
        *ret_exponent = 0;
        return true;
    }
    if (*p != 'e' && *p != 'E')
        return false;
    p++;
    bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p == end || skip_digits(p, end) != end)
        return false;
    int exponent = 0;
    for (; p < end && exponent < EXPONENT_CAP; p++)
        exponent = exponent * 10 + (*p - '0');
    *ret_exponent = negative ? -exponent : exponent;
    return true;
}

/* The digit at a place of the unscaled number: 0 is the first of whole, past the end it is 0. */
static char digit_at(const struct numeric_scan *scan, int64_t place)
{
    if (place < 0)
        return '0';
    if (place < (int64_t)scan->whole_len)
        return scan->whole[place];
    place -= (int64_t)scan->whole_len;
    return place < (int64_t)scan->fraction_len ? scan->fraction[place] : '0';
}

static int64_t point_place(const struct numeric_scan *scan)
{
    return (int64_t)scan->whole_len + scan->exponent;
}

/* The place of the first digit that is not 0, or past the last digit. */
static int64_t first_nonzero(const struct numeric_scan *scan)
{
    int64_t count = (int64_t)(scan->whole_len + scan->fraction_len);
    int64_t place = 0;
    while (place < count && digit_at(scan, place) == '0')
        place++;
    return place;
}

static int64_t digits_after_point(const struct numeric_scan *scan)
{
    int64_t scale = (int64_t)scan->fraction_len - scan->exponent;
    return scale > 0 ? scale : 0;
}

/* Number of digits before the point, without leading zeros; 0 if the first is behind it. */
static int64_t digits_before_point(const struct numeric_scan *scan)
{
    int64_t first = first_nonzero(scan);
    if (first == (int64_t)(scan->whole_len + scan->fraction_len))
        return 0;
    int64_t before = point_place(scan) - first;
    return before > 0 ? before : 0;
}

/* Checks the limits; drops the sign of zero and the leading zeros. */
static bool settle(struct numeric_scan *scan)
{
    int64_t before = digits_before_point(scan);
    int64_t after = digits_after_point(scan);
    if (before > NUMERIC_MAX_BEFORE_POINT || after > NUMERIC_MAX_AFTER_POINT)
        return false;
    if (first_nonzero(scan) == (int64_t)(scan->whole_len + scan->fraction_len))
        scan->negative = false;
    scan->text_len =
        scan->negative + (size_t)(before > 0 ? before : 1) + (size_t)(after > 0 ? after + 1 : 0);
    return true;
}

enum error_code numeric_scan(const char *text, size_t len, struct numeric_scan *ret_scan,
                             struct error *err)
{
    char quoted[VALUE_QUOTE_BYTES];
    struct numeric_scan scan = {.special = special_form(text, len)};
    if (scan.special != NULL) {
        scan.text_len = strlen(scan.special);
        *ret_scan = scan;
        return OK;
    }
    const char *end = text + len;
    scan.negative = len > 0 && *text == '-';
    scan.whole = text + (len > 0 && (*text == '-' || *text == '+'));
    const char *p = skip_digits(scan.whole, end);
    scan.whole_len = (size_t)(p - scan.whole);
    scan.fraction = p;
    if (p < end && *p == '.') {
        scan.fraction = p + 1;
        p = skip_digits(scan.fraction, end);
        scan.fraction_len = (size_t)(p - scan.fraction);
    }
    if (scan.whole_len + scan.fraction_len == 0 || !scan_exponent(p, end, &scan.exponent))
        return error_set(err, ERR_DATA, "'%s' is not a numeric", value_quote(text, len, quoted));
    while (scan.whole_len > 0 && *scan.whole == '0') {
        scan.whole++;
        scan.whole_len--;
    }
    if (!settle(&scan))
        return error_set(err, ERR_DATA,
                         "'%s' has more than %d digits before or %d after the point, which is out "
                         "of range for numeric",
                         value_quote(text, len, quoted), NUMERIC_MAX_BEFORE_POINT,
                         NUMERIC_MAX_AFTER_POINT);
    *ret_scan = scan;
    return OK;
}

void numeric_write(const struct numeric_scan *scan, char *out)
{
    if (scan->special != NULL) {
        memcpy(out, scan->special, scan->text_len);
        return;
    }
    if (scan->negative)
        *out++ = '-';
    if (scan->exponent == 0) {
        const char *whole = scan->whole_len > 0 ? scan->whole : "0";
        size_t whole_len = scan->whole_len > 0 ? scan->whole_len : 1;
        memcpy(out, whole, whole_len);
        out += whole_len;
        if (scan->fraction_len > 0) {
            *out++ = '.';
            memcpy(out, scan->fraction, scan->fraction_len);
        }
        return;
    }
    int64_t before = digits_before_point(scan);
    int64_t after = digits_after_point(scan);
    int64_t point = point_place(scan);
    if (before == 0)
        *out++ = '0';
    for (int64_t i = point - before; i < point; i++)
        *out++ = digit_at(scan, i);
    if (after > 0)
        *out++ = '.';
    for (int64_t i = point; i < point + after; i++)
        *out++ = digit_at(scan, i);
}

/* 0 for -Infinity, 1 for a number, 2 for Infinity, 3 for NaN: their order. */
static int rank(const char *text, size_t len)
{
    if (!numeric_is_special(text, len))
        return 1;
    return text[len - 1] == 'N' ? 3 : text[0] == '-' ? 0 : 2;
}

struct parts {
    bool negative;
    const char *whole;
    size_t whole_len;
    const char *fraction;
    size_t fraction_len; /* trailing zeros left out */
};

static struct parts split(const char *text, size_t len)
{
    struct parts parts = {.negative = len > 0 && *text == '-'};
    const char *end = text + len;
    parts.whole = text + parts.negative;
    const char *point = memchr(parts.whole, '.', (size_t)(end - parts.whole));
    const char *whole_end = point == NULL ? end : point;
    parts.fraction = point == NULL ? end : point + 1;
    while (parts.whole < whole_end && *parts.whole == '0')
        parts.whole++;
    while (end > parts.fraction && end[-1] == '0')
        end--;
    parts.whole_len = (size_t)(whole_end - parts.whole);
    parts.fraction_len = (size_t)(end - parts.fraction);
    return parts;
}

static int compare_magnitude(const struct parts *a, const struct parts *b)
{
    if (a->whole_len != b->whole_len)
        return a->whole_len < b->whole_len ? -1 : 1;
    int order = memcmp(a->whole, b->whole, a->whole_len);
    if (order != 0)
        return order;
    bool shorter = a->fraction_len < b->fraction_len;
    order = memcmp(a->fraction, b->fraction, shorter ? a->fraction_len : b->fraction_len);
    if (order != 0 || a->fraction_len == b->fraction_len)
        return order;
    return shorter ? -1 : 1;
}

int numeric_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
    int a_rank = rank(a, a_len);
    int b_rank = rank(b, b_len);
    if (a_rank != b_rank || a_rank != 1)
        return a_rank - b_rank;
    struct parts x = split(a, a_len);
    struct parts y = split(b, b_len);
    if (x.negative != y.negative) {
        bool both_zero = x.whole_len + x.fraction_len + y.whole_len + y.fraction_len == 0;
        return both_zero ? 0 : x.negative ? -1 : 1;
    }
    int order = compare_magnitude(&x, &y);
    return x.negative ? -order : order;
}

double numeric_to_double(const char *text, size_t len)
{
    double value = (double)NAN;
    if (value_parse_double(text, len, true, &value, NULL) == OK)
        return value;
    if (numeric_compare(text, len, "1", 1) > 0)
        return (double)INFINITY;
    return numeric_compare(text, len, "-1", 2) < 0 ? -(double)INFINITY : 0.0;
}
