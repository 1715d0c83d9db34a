#include "yaml/units.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NUMBER_BYTES 64

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit duration_units[] = {
    {"us", 1},
    {"ms", 1000},
    {"s", 1000000},
    {"m", INT64_C(60) * 1000000},
    {"min", INT64_C(60) * 1000000},
    {"h", INT64_C(3600) * 1000000},
    {"d", INT64_C(86400) * 1000000},
};

static const struct unit size_units[] = {
    {"", 1},
    {"B", 1},
    {"kB", 1000},
    {"KB", 1000},
    {"MB", 1000000},
    {"GB", 1000000000},
    {"TB", INT64_C(1000000000000)},
    {"KiB", 1 << 10},
    {"MiB", 1 << 20},
    {"GiB", 1 << 30},
    {"TiB", INT64_C(1) << 40},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int shown(size_t len)
{
    return (int)(len > 60 ? 60 : len);
}

static const struct unit *find_unit(const struct unit *units, size_t n, const char *name,
                                    size_t len)
{
    for (size_t i = 0; i < n; i++) {
        if (strlen(units[i].name) == len && memcmp(units[i].name, name, len) == 0)
            return &units[i];
    }
    return NULL;
}

/*
 * Reads "<digits>[.<digits>]" at *p into whole and a fraction of up to nine digits, moving it on.
 */
static bool read_decimal(const char **p, const char *end, int64_t *ret_whole,
                         int64_t *ret_billionths)
{
    const char *start = *p;
    int64_t whole = 0;
    while (*p != end && is_digit(**p)) {
        if (__builtin_mul_overflow(whole, 10, &whole) ||
            __builtin_add_overflow(whole, **p - '0', &whole))
            return false;
        (*p)++;
    }
    bool any = *p != start;
    int64_t billionths = 0;
    if (any && *p != end && **p == '.') {
        (*p)++;
        any = false;
        for (int64_t unit = 100000000; *p != end && is_digit(**p); unit /= 10, (*p)++) {
            if (unit == 0)
                return false;
            billionths += (**p - '0') * unit;
            any = true;
        }
    }
    *ret_whole = whole;
    *ret_billionths = billionths;
    return any;
}

/* Adds "<number><unit>" at *p to *total. */
static bool read_quantity(const char **p, const char *end, const struct unit *units, size_t n_units,
                          int64_t *total)
{
    int64_t whole = 0;
    int64_t billionths = 0;
    if (!read_decimal(p, end, &whole, &billionths))
        return false;
    while (*p != end && **p == ' ')
        (*p)++;
    const char *name = *p;
    while (*p != end && is_letter(**p))
        (*p)++;
    const struct unit *unit = find_unit(units, n_units, name, (size_t)(*p - name));
    if (unit == NULL)
        return false;
    int64_t part = 0;
    if (__builtin_mul_overflow(whole, unit->factor, &part) ||
        __builtin_add_overflow(*total, part, total))
        return false;
    part = (int64_t)llround((double)billionths / 1e9 * (double)unit->factor);
    return !__builtin_add_overflow(*total, part, total);
}

enum error_code units_parse_duration(const char *text, size_t len, int64_t *ret_us,
                                     struct error *err)
{
    const char *p = text;
    const char *end = text + len;
    int64_t total = 0;
    bool ok = len > 0;
    if (len == 1 && *text == '0')
        p = end;
    while (ok && p != end)
        ok = read_quantity(&p, end, duration_units, ARRAY_SIZE(duration_units), &total);
    if (!ok)
        return error_set(err, ERR_CONFIG, "'%.*s' is not a duration like 500ms, 10s, 5m, 26h or 2d",
                         shown(len), text);
    *ret_us = total;
    return OK;
}

enum error_code units_parse_size(const char *text, size_t len, int64_t *ret_bytes,
                                 struct error *err)
{
    const char *p = text;
    int64_t total = 0;
    if (!read_quantity(&p, text + len, size_units, ARRAY_SIZE(size_units), &total) ||
        p != text + len)
        return error_set(err, ERR_CONFIG, "'%.*s' is not a size like 64MiB, 1GiB or 10MB",
                         shown(len), text);
    *ret_bytes = total;
    return OK;
}

/* Copies a number without the underscores between its digits; false if it is none or too long. */
static bool copy_number(const char *text, size_t len, char out[MAX_NUMBER_BYTES])
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '_') {
            if (i == 0 || i + 1 == len || !is_digit(text[i - 1]) || !is_digit(text[i + 1]))
                return false;
            continue;
        }
        if (n + 1 == MAX_NUMBER_BYTES || strchr("0123456789+-.eE", text[i]) == NULL ||
            text[i] == '\0')
            return false;
        out[n++] = text[i];
    }
    out[n] = '\0';
    return n > 0;
}

enum error_code units_parse_integer(const char *text, size_t len, int64_t *ret_value,
                                    struct error *err)
{
    char number[MAX_NUMBER_BYTES];
    char *end = NULL;
    errno = 0;
    long long value = 0;
    bool ok = copy_number(text, len, number);
    if (ok)
        value = strtoll(number, &end, 10);
    if (!ok || *end != '\0' || end == number || errno != 0)
        return error_set(err, ERR_CONFIG, "'%.*s' is not a whole number%s", shown(len), text,
                         errno == ERANGE ? " that fits 64 bits" : "");
    *ret_value = value;
    return OK;
}

enum error_code units_parse_number(const char *text, size_t len, double *ret_value,
                                   struct error *err)
{
    char number[MAX_NUMBER_BYTES];
    char *end = NULL;
    double value = 0;
    bool ok = copy_number(text, len, number);
    if (ok)
        value = strtod(number, &end);
    if (!ok || *end != '\0' || end == number || !isfinite(value))
        return error_set(err, ERR_CONFIG, "'%.*s' is not a number", shown(len), text);
    *ret_value = value;
    return OK;
}

enum error_code units_parse_share(const char *text, size_t len, double *ret_share,
                                  struct error *err)
{
    bool percent = len > 0 && text[len - 1] == '%';
    size_t digits = percent ? len - 1 : len;
    while (digits > 0 && percent && text[digits - 1] == ' ')
        digits--;
    char number[MAX_NUMBER_BYTES + 4];
    double value = 0;
    bool ok = copy_number(text, digits, number);
    if (ok && percent) {
        /* Read as one decimal, not divided afterwards, so that 0.1% is exactly 0.001. */
        ok = strpbrk(number, "eE") == NULL;
        strcat(number, "e-2");
    }
    if (!ok || units_parse_number(number, strlen(number), &value, NULL) != OK)
        return error_set(err, ERR_CONFIG, "'%.*s' is not a share like 0.5%% or 0.005", shown(len),
                         text);
    if (value < 0 || value > 1)
        return error_set(err, ERR_CONFIG, "'%.*s' is not between 0%% and 100%%", shown(len), text);
    *ret_share = value;
    return OK;
}

/* Two digits at p, or -1. */
static int two_digits(const char *p)
{
    return is_digit(p[0]) && is_digit(p[1]) ? (p[0] - '0') * 10 + (p[1] - '0') : -1;
}

enum error_code units_parse_time_of_day(const char *text, size_t len, int64_t *ret_seconds,
                                        struct error *err)
{
    bool ok = (len == 5 || len == 8) && text[2] == ':' && (len == 5 || text[5] == ':');
    int hours = ok ? two_digits(text) : -1;
    int minutes = ok ? two_digits(text + 3) : -1;
    int seconds = !ok ? -1 : len == 8 ? two_digits(text + 6) : 0;
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 59)
        return error_set(err, ERR_CONFIG, "'%.*s' is not a time of day like 04:00", shown(len),
                         text);
    *ret_seconds = hours * 3600 + minutes * 60 + seconds;
    return OK;
}

char *units_format_duration(int64_t us, char out[UNITS_TEXT_BYTES])
{
    static const struct unit shown_units[] = {
        {"d", INT64_C(86400) * 1000000},
        {"h", INT64_C(3600) * 1000000},
        {"m", INT64_C(60) * 1000000},
        {"s", 1000000},
        {"ms", 1000},
        {"us", 1},
    };
    (void)snprintf(out, UNITS_TEXT_BYTES, "0s");
    for (size_t i = 0; i < ARRAY_SIZE(shown_units) && us != 0; i++) {
        if (us % shown_units[i].factor != 0)
            continue;
        /* Whole days only from two on: "26h" and "24h" are how people write them. */
        if (i == 0 && us / shown_units[i].factor < 2)
            continue;
        (void)snprintf(out, UNITS_TEXT_BYTES, "%" PRId64 "%s", us / shown_units[i].factor,
                       shown_units[i].name);
        break;
    }
    return out;
}

char *units_format_size(int64_t bytes, char out[UNITS_TEXT_BYTES])
{
    static const char *const names[] = {"", "KiB", "MiB", "GiB", "TiB"};
    size_t i = 0;
    while (bytes != 0 && bytes % 1024 == 0 && i + 1 < ARRAY_SIZE(names)) {
        bytes /= 1024;
        i++;
    }
    (void)snprintf(out, UNITS_TEXT_BYTES, "%" PRId64 "%s", bytes, names[i]);
    return out;
}
