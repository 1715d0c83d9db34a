#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec ts;
    (void)clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

int64_t clock_now_us(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_monotonic_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

/* Days and civil dates: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
int64_t clock_days_from_date(int year, int month, int day)
{
    int64_t y = month <= 2 ? (int64_t)year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void clock_date_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *ret_day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *ret_month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *ret_year = (int)(yoe + era * 400 + (*ret_month <= 2));
}

bool clock_date_valid(int year, int month, int day)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1)
        return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= lengths[month - 1] + (month == 2 && leap);
}

/* Reads exactly n digits at *p, moving it on; -1 if there are fewer. */
static int read_digits(const char **p, const char *end, int n)
{
    int value = 0;
    for (int i = 0; i < n; i++) {
        if (*p == end || **p < '0' || **p > '9')
            return -1;
        value = value * 10 + (*(*p)++ - '0');
    }
    return value;
}

static bool read_char(const char **p, const char *end, const char *accepted)
{
    if (*p == end)
        return false;
    for (const char *a = accepted; *a != '\0'; a++) {
        if (**p == *a) {
            (*p)++;
            return true;
        }
    }
    return false;
}

static bool read_fraction(const char **p, const char *end, int64_t *ret_us)
{
    *ret_us = 0;
    if (!read_char(p, end, "."))
        return true;
    int64_t unit = 100000;
    const char *start = *p;
    while (*p != end && **p >= '0' && **p <= '9' && *p - start < 6) {
        *ret_us += (*(*p)++ - '0') * unit;
        unit /= 10;
    }
    return *p != start;
}

static bool read_zone(const char **p, const char *end, int64_t *ret_offset_s)
{
    *ret_offset_s = 0;
    if (read_char(p, end, "Zz"))
        return true;
    int sign = *p != end && **p == '-' ? -1 : 1;
    if (!read_char(p, end, "+-"))
        return false;
    int hours = read_digits(p, end, 2);
    int minutes = 0;
    if (*p != end) {
        (void)read_char(p, end, ":");
        minutes = read_digits(p, end, 2);
    }
    if (hours < 0 || hours > 15 || minutes < 0 || minutes > 59)
        return false;
    *ret_offset_s = sign * (hours * 3600 + minutes * 60);
    return true;
}

enum error_code clock_parse_rfc3339(const char *text, size_t len, int64_t *ret_us,
                                    struct error *err)
{
    const char *p = text;
    const char *end = text + len;
    int year = read_digits(&p, end, 4);
    bool ok = read_char(&p, end, "-");
    int month = read_digits(&p, end, 2);
    ok = ok && read_char(&p, end, "-");
    int day = read_digits(&p, end, 2);
    ok = ok && read_char(&p, end, "Tt ");
    int hour = read_digits(&p, end, 2);
    ok = ok && read_char(&p, end, ":");
    int minute = read_digits(&p, end, 2);
    ok = ok && read_char(&p, end, ":");
    int second = read_digits(&p, end, 2);
    int64_t fraction_us = 0;
    int64_t offset_s = 0;
    ok = ok && read_fraction(&p, end, &fraction_us);
    ok = ok && read_zone(&p, end, &offset_s) && p == end;
    if (!ok || year < 1 || hour < 0 || minute < 0 || second < 0)
        return error_set(err, ERR_DATA,
                         "'%.*s' is not a time like 2011-05-23T04:00:00-07:00 (the zone is needed)",
                         (int)(len > 60 ? 60 : len), text);
    if (!clock_date_valid(year, month, day) || hour > 23 || minute > 59 || second > 59)
        return error_set(err, ERR_DATA, "'%.*s' is not a time that exists",
                         (int)(len > 60 ? 60 : len), text);
    int64_t seconds = clock_days_from_date(year, month, day) * 86400 + hour * 3600 + minute * 60 +
                      second - offset_s;
    *ret_us = seconds * USEC_PER_SEC + fraction_us;
    return OK;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

char *clock_format_rfc3339(int64_t unix_us, char out[CLOCK_TEXT_BYTES])
{
    int64_t days = floor_div(unix_us, USEC_PER_DAY);
    int64_t rest_us = (unix_us % USEC_PER_DAY + USEC_PER_DAY) % USEC_PER_DAY;
    int64_t seconds = rest_us / USEC_PER_SEC;
    int64_t fraction_us = rest_us % USEC_PER_SEC;
    int year = 0;
    int month = 0;
    int day = 0;
    clock_date_from_days(days, &year, &month, &day);
    int n = snprintf(out, CLOCK_TEXT_BYTES, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day,
                     (int)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60));
    if (fraction_us != 0)
        n += snprintf(out + n, CLOCK_TEXT_BYTES - (size_t)n, ".%06" PRId64, fraction_us);
    (void)snprintf(out + n, CLOCK_TEXT_BYTES - (size_t)n, "Z");
    return out;
}

char *clock_format_duration(int64_t duration_us, char out[CLOCK_TEXT_BYTES])
{
    int64_t seconds = duration_us / USEC_PER_SEC;
    if (duration_us < USEC_PER_SEC)
        (void)snprintf(out, CLOCK_TEXT_BYTES, "%" PRId64 " ms", duration_us / 1000);
    else if (seconds < 60)
        (void)snprintf(out, CLOCK_TEXT_BYTES, "%.1f s", (double)duration_us / 1e6);
    else if (seconds < 3600)
        (void)snprintf(out, CLOCK_TEXT_BYTES, "%" PRId64 " min %" PRId64 " s", seconds / 60,
                       seconds % 60);
    else
        (void)snprintf(out, CLOCK_TEXT_BYTES, "%" PRId64 " h %" PRId64 " min", seconds / 3600,
                       seconds / 60 % 60);
    return out;
}
