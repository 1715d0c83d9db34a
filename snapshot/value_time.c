#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "snapshot/decimal.h"
#include "snapshot/value.h"

#define PG_EPOCH_DAYS 10957      /* 1970-01-01 to 2000-01-01 */
#define FIRST_DAY (-730119)      /* 0001-01-01 counted from 2000-01-01 */
#define LAST_DAY 2921939         /* 9999-12-31 */
#define ZONE_LIMIT_S (16 * 3600) /* PostgreSQL's, exclusive */
#define PRECISE_DECIMALS 6       /* of a second; more are rounded */

enum time_problem {
    TIME_FINE,
    TIME_FORM,
    TIME_NO_ZONE,
    TIME_UNREAL, /* right form, but no such day or hour */
};

/* Reads exactly n digits at *p; -1 if there are fewer. */
static int read_digits(const char **p, const char *end, int n)
{
    if (end - *p < n)
        return -1;
    int value = 0;
    for (int i = 0; i < n; i++) {
        unsigned digit = (unsigned)((*p)[i] - '0');
        if (digit > 9)
            return -1;
        value = value * 10 + (int)digit;
    }
    *p += n;
    return value;
}

static bool read_char(const char **p, const char *end, char c)
{
    if (*p == end || **p != c)
        return false;
    (*p)++;
    return true;
}

/* -1, 1 or 0 for -infinity, infinity and anything else. */
static int infinity_sign(const char *text, size_t len)
{
    int sign = len > 0 && text[0] == '-' ? -1 : 1;
    size_t skip = sign < 0;
    return len - skip == 8 && strncasecmp(text + skip, "infinity", 8) == 0 ? sign : 0;
}

static enum error_code refuse_infinity(const char *type, struct error *err)
{
    return error_set(err, ERR_DATA,
                     "infinity is not finite, which this column does not allow for %s", type);
}

/* Days since 2000-01-01. */
static enum time_problem read_date(const char **p, const char *end, int64_t *ret_days)
{
    int year = read_digits(p, end, 4);
    if (year < 0 || !read_char(p, end, '-'))
        return TIME_FORM;
    int month = read_digits(p, end, 2);
    if (month < 0 || !read_char(p, end, '-'))
        return TIME_FORM;
    int day = read_digits(p, end, 2);
    if (day < 0)
        return TIME_FORM;
    if (year < 1 || !clock_date_valid(year, month, day))
        return TIME_UNREAL;
    *ret_days = clock_days_from_date(year, month, day) - PG_EPOCH_DAYS;
    return TIME_FINE;
}

/* Microseconds of .digits, rounded as PostgreSQL does: to the nearest even of the double. */
static bool read_fraction(const char **p, const char *end, int64_t *ret_us)
{
    const char *start = *p;
    int64_t value = 0;
    int count = 0;
    for (; *p < end && (unsigned)(**p - '0') < 10; (*p)++, count++) {
        if (count < PRECISE_DECIMALS)
            value = value * 10 + (**p - '0');
    }
    for (int i = count; i < PRECISE_DECIMALS; i++)
        value *= 10;
    *ret_us = value;
    if (count <= PRECISE_DECIMALS)
        return count > 0;
    struct decimal decimal = {0};
    const char *stop = count > DECIMAL_MAX_DIGITS - 1 ? start + DECIMAL_MAX_DIGITS - 1 : *p;
    double seconds = 0;
    if (!decimal_scan(start, stop, &decimal) ||
        !decimal_to_double(decimal.digits, -(int)(stop - start), &seconds))
        return false;
    *ret_us = (int64_t)__builtin_rint(seconds * 1e6);
    return true;
}

/* Microseconds since midnight of HH:MM[:SS[.digits]]; 24:00 and second 60 as PostgreSQL has them.
 */
static enum time_problem read_clock(const char **p, const char *end, int64_t *ret_us)
{
    int hour = read_digits(p, end, 2);
    if (hour < 0 || !read_char(p, end, ':'))
        return TIME_FORM;
    int minute = read_digits(p, end, 2);
    int second = 0;
    int64_t fraction_us = 0;
    if (minute < 0)
        return TIME_FORM;
    if (read_char(p, end, ':')) {
        second = read_digits(p, end, 2);
        if (second < 0 || (read_char(p, end, '.') && !read_fraction(p, end, &fraction_us)))
            return TIME_FORM;
    }
    int64_t us = (hour * 3600 + minute * 60 + second) * USEC_PER_SEC + fraction_us;
    if (minute > 59 || second > 60 || us > USEC_PER_DAY || hour > 24)
        return TIME_UNREAL;
    *ret_us = us;
    return TIME_FINE;
}

/* Seconds of ±HH, ±HHMM, ±HH:MM or ±HH:MM:SS after the sign, up to end; -1 if it is none. */
static int64_t read_offset(const char *p, const char *end)
{
    int hours = read_digits(&p, end, 2);
    int minutes = 0;
    int seconds = 0;
    if (hours >= 0 && p != end) {
        bool colon = read_char(&p, end, ':');
        minutes = read_digits(&p, end, 2);
        if (colon && read_char(&p, end, ':'))
            seconds = read_digits(&p, end, 2);
    }
    if (hours < 0 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 59 || p != end)
        return -1;
    return hours * 3600 + minutes * 60 + seconds;
}

static enum time_problem read_zone(const char *p, const char *end, int64_t *ret_offset_s)
{
    *ret_offset_s = 0;
    if (p == end)
        return TIME_NO_ZONE;
    if (end - p == 1 && (*p == 'Z' || *p == 'z'))
        return TIME_FINE;
    const char *word = *p == ' ' ? p + 1 : p;
    if (end - word == 3 && strncasecmp(word, "UTC", 3) == 0)
        return TIME_FINE;
    int sign = *p == '-' ? -1 : 1;
    if (!read_char(&p, end, '+') && !read_char(&p, end, '-'))
        return TIME_FORM;
    int64_t offset_s = read_offset(p, end);
    if (offset_s < 0)
        return TIME_FORM;
    if (offset_s >= ZONE_LIMIT_S)
        return TIME_UNREAL;
    *ret_offset_s = sign * offset_s;
    return TIME_FINE;
}

static enum time_problem read_timestamp(const char *p, const char *end, int64_t *ret_us)
{
    int64_t days = 0;
    int64_t clock_us = 0;
    int64_t offset_s = 0;
    enum time_problem problem = read_date(&p, end, &days);
    if (problem == TIME_FINE && p == end)
        return TIME_NO_ZONE;
    if (problem == TIME_FINE && !read_char(&p, end, 'T') && !read_char(&p, end, 't') &&
        !read_char(&p, end, ' '))
        return TIME_FORM;
    if (problem == TIME_FINE)
        problem = read_clock(&p, end, &clock_us);
    if (problem == TIME_FINE)
        problem = read_zone(p, end, &offset_s);
    if (problem == TIME_FINE)
        *ret_us = days * USEC_PER_DAY + clock_us - offset_s * USEC_PER_SEC;
    return problem;
}

static enum error_code fail(const char *text, size_t len, enum time_problem problem,
                            const char *form, struct error *err)
{
    char quoted[VALUE_QUOTE_BYTES];
    (void)value_quote(text, len, quoted);
    if (problem == TIME_NO_ZONE)
        return error_set(
            err, ERR_DATA,
            "'%s' has no time zone (write it like 2011-05-23T04:00:00-07:00, or with Z "
            "for UTC)",
            quoted);
    if (problem == TIME_UNREAL)
        return error_set(err, ERR_DATA, "'%s' does not exist in the calendar", quoted);
    return error_set(err, ERR_DATA, "'%s' is not %s", quoted, form);
}

enum error_code value_parse_date(const char *text, size_t len, bool allow_nonfinite,
                                 int32_t *ret_value, struct error *err)
{
    int sign = infinity_sign(text, len);
    if (sign != 0) {
        if (!allow_nonfinite)
            return refuse_infinity("date", err);
        *ret_value = sign > 0 ? INT32_MAX : INT32_MIN;
        return OK;
    }
    const char *p = text;
    int64_t days = 0;
    enum time_problem problem = read_date(&p, text + len, &days);
    if (problem == TIME_FINE && p != text + len)
        problem = TIME_FORM;
    if (problem != TIME_FINE)
        return fail(text, len, problem, "a date like 2011-05-23", err);
    *ret_value = (int32_t)days;
    return OK;
}

enum error_code value_parse_timestamptz(const char *text, size_t len, bool allow_nonfinite,
                                        int64_t *ret_value, struct error *err)
{
    int sign = infinity_sign(text, len);
    if (sign != 0) {
        if (!allow_nonfinite)
            return refuse_infinity("timestamptz", err);
        *ret_value = sign > 0 ? INT64_MAX : INT64_MIN;
        return OK;
    }
    int64_t us = 0;
    enum time_problem problem = read_timestamp(text, text + len, &us);
    if (problem != TIME_FINE)
        return fail(text, len, problem, "a time like 2011-05-23T04:00:00-07:00", err);
    TRY(value_check_timestamptz(us, false, err));
    *ret_value = us;
    return OK;
}

enum error_code value_check_date(int32_t value, bool allow_nonfinite, struct error *err)
{
    if (value == INT32_MIN || value == INT32_MAX)
        return allow_nonfinite ? OK : refuse_infinity("date", err);
    if (value < FIRST_DAY || value > LAST_DAY)
        return error_set(err, ERR_DATA, "a date outside the years 1 to 9999");
    return OK;
}

enum error_code value_check_timestamptz(int64_t value, bool allow_nonfinite, struct error *err)
{
    if (value == INT64_MIN || value == INT64_MAX)
        return allow_nonfinite ? OK : refuse_infinity("timestamptz", err);
    if (value < FIRST_DAY * USEC_PER_DAY || value >= (LAST_DAY + 1) * USEC_PER_DAY)
        return error_set(err, ERR_DATA, "a time outside the years 1 to 9999 (in UTC)");
    return OK;
}
