#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "snapshot/value.h"

#define PG_EPOCH_DAYS 10957 /* 1970-01-01 to 2000-01-01 */

static size_t put(char *out, const char *text)
{
    size_t n = 0;
    for (; text[n] != '\0'; n++)
        out[n] = text[n];
    return n;
}

size_t value_format_integer(int64_t value, char out[VALUE_TEXT_BYTES])
{
    return (size_t)snprintf(out, VALUE_TEXT_BYTES, "%" PRId64, value);
}

/* Significant digits d.ddd x 10^exponent of a positive finite number. */
struct digits {
    char text[20];
    size_t count;
    int exponent;
};

/* Takes the digits out of "d.ddde±xx", whatever the locale's point is. */
static struct digits split_scientific(const char *text)
{
    struct digits digits = {0};
    const char *p = text;
    for (; *p != 'e'; p++) {
        if (*p >= '0' && *p <= '9')
            digits.text[digits.count++] = *p;
    }
    digits.exponent = (int)strtol(p + 1, NULL, 10);
    while (digits.count > 1 && digits.text[digits.count - 1] == '0')
        digits.text[--digits.count] = '\0';
    return digits;
}

static bool reads_as(const char *text, double value, bool single)
{
    return single ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value;
}

/*
 * Whether the digits, and what lies next to them on either side, read back as the value: as in
 * PostgreSQL, the halfway points to the neighbouring numbers do not count.
 */
static bool stands_for(const struct digits *digits, double value, bool single)
{
    char text[80];
    uint64_t whole = strtoull(digits->text, NULL, 10);
    int exponent = digits->exponent - (int)digits->count + 1 - 20;
    (void)snprintf(text, sizeof(text), "%" PRIu64 "00000000000000000001e%d", whole, exponent);
    if (!reads_as(text, value, single))
        return false;
    (void)snprintf(text, sizeof(text), "%" PRIu64 "99999999999999999999e%d", whole - 1, exponent);
    return reads_as(text, value, single);
}

/* The fewest digits that stand for a number, starting at `first` digits. */
static struct digits shortest(double value, bool single, int first, int last)
{
    char text[40];
    for (int precision = first;; precision++) {
        (void)snprintf(text, sizeof(text), "%.*e", precision - 1, value);
        struct digits digits = split_scientific(text);
        if (precision == last || stands_for(&digits, value, single))
            return digits;
    }
}

/* Lays digits out as PostgreSQL does: with exponent below 1e-4 and from 1e<limit> on. */
static size_t lay_out(const struct digits *digits, int limit, char *out)
{
    int count = (int)digits->count;
    size_t n = 0;
    if (digits->exponent < -4 || digits->exponent >= limit) {
        out[n++] = digits->text[0];
        if (count > 1) {
            out[n++] = '.';
            memcpy(out + n, digits->text + 1, digits->count - 1);
            n += digits->count - 1;
        }
        return n + (size_t)snprintf(out + n, 8, "e%c%02d", digits->exponent < 0 ? '-' : '+',
                                    abs(digits->exponent));
    }
    for (int place = digits->exponent < 0 ? digits->exponent : 0; place < count; place++) {
        if (place == digits->exponent + 1 && place > 0)
            out[n++] = '.';
        out[n++] = place < 0 ? '0' : digits->text[place];
        if (place == digits->exponent && place < 0)
            out[n++] = '.';
    }
    for (int place = count; place <= digits->exponent; place++)
        out[n++] = '0';
    return n;
}

static size_t format_float(double value, bool single, char out[VALUE_TEXT_BYTES])
{
    if (isnan(value))
        return put(out, "NaN");
    if (isinf(value))
        return put(out, value > 0 ? "Infinity" : "-Infinity");
    size_t sign = signbit(value) != 0;
    out[0] = '-';
    if (value == 0) {
        out[sign] = '0';
        return sign + 1;
    }
    double magnitude = fabs(value);
    bool subnormal = magnitude < (single ? 1.2e-38 : 2.3e-308);
    int usual = single ? 6 : 15;
    struct digits digits = shortest(magnitude, single, subnormal ? 1 : usual, single ? 9 : 17);
    return sign + lay_out(&digits, usual, out + sign);
}

size_t value_format_real(float value, char out[VALUE_TEXT_BYTES])
{
    return format_float((double)value, true, out);
}

size_t value_format_double(double value, char out[VALUE_TEXT_BYTES])
{
    return format_float(value, false, out);
}

static size_t format_day(int64_t days, char out[VALUE_TEXT_BYTES])
{
    int year = 0;
    int month = 0;
    int day = 0;
    clock_date_from_days(days + PG_EPOCH_DAYS, &year, &month, &day);
    return (size_t)snprintf(out, VALUE_TEXT_BYTES, "%04d-%02d-%02d", year, month, day);
}

size_t value_format_date(int32_t value, char out[VALUE_TEXT_BYTES])
{
    if (value == INT32_MIN || value == INT32_MAX)
        return put(out, value < 0 ? "-infinity" : "infinity");
    return format_day(value, out);
}

size_t value_format_timestamptz(int64_t value, char out[VALUE_TEXT_BYTES])
{
    if (value == INT64_MIN || value == INT64_MAX)
        return put(out, value < 0 ? "-infinity" : "infinity");
    int64_t days = value / USEC_PER_DAY - (value % USEC_PER_DAY < 0);
    int64_t us = value - days * USEC_PER_DAY;
    int seconds = (int)(us / USEC_PER_SEC);
    size_t n = format_day(days, out);
    n += (size_t)snprintf(out + n, VALUE_TEXT_BYTES - n, " %02d:%02d:%02d", seconds / 3600,
                          seconds / 60 % 60, seconds % 60);
    if (us % USEC_PER_SEC != 0) {
        n += (size_t)snprintf(out + n, VALUE_TEXT_BYTES - n, ".%06d", (int)(us % USEC_PER_SEC));
        while (out[n - 1] == '0')
            n--;
    }
    return n + put(out + n, "+00");
}

size_t value_format_uuid(const struct uuid *value, char out[VALUE_TEXT_BYTES])
{
    static const char hex[] = "0123456789abcdef";
    size_t n = 0;
    for (size_t i = 0; i < sizeof(value->bytes); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[n++] = '-';
        out[n++] = hex[value->bytes[i] >> 4];
        out[n++] = hex[value->bytes[i] & 15];
    }
    return n;
}
