#include "base/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* Copies a number in decimal digits with commas in its integer part. */
static char *group(const char *digits, char out[NUMBER_TEXT_BYTES])
{
    char *to = out;
    if (*digits == '-')
        *to++ = *digits++;
    size_t whole = strspn(digits, "0123456789");
    for (size_t i = 0; i < whole; i++) {
        if (i > 0 && (whole - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    (void)snprintf(to, NUMBER_TEXT_BYTES - (size_t)(to - out), "%s", digits + whole);
    return out;
}

char *number_format_count(uint64_t count, char out[NUMBER_TEXT_BYTES])
{
    char digits[32];
    (void)snprintf(digits, sizeof(digits), "%" PRIu64, count);
    return group(digits, out);
}

char *number_format_integer(int64_t number, char out[NUMBER_TEXT_BYTES])
{
    char digits[32];
    (void)snprintf(digits, sizeof(digits), "%" PRId64, number);
    return group(digits, out);
}

/* Digits after the point, without zeros at the end. */
static char *format_fixed(double number, int decimals, char out[NUMBER_TEXT_BYTES])
{
    char digits[NUMBER_TEXT_BYTES];
    (void)snprintf(digits, sizeof(digits), "%.*f", decimals, number);
    if (strchr(digits, '.') != NULL) {
        char *end = digits + strlen(digits);
        while (end[-1] == '0')
            *--end = '\0';
        if (end[-1] == '.')
            *--end = '\0';
    }
    return group(strcmp(digits, "-0") == 0 ? "0" : digits, out);
}

static int magnitude(double positive)
{
    return (int)floor(log10(positive));
}

static char *format_nonfinite(double number, char out[NUMBER_TEXT_BYTES])
{
    const char *text = isnan(number) ? "NaN" : number > 0 ? "infinity" : "-infinity";
    (void)snprintf(out, NUMBER_TEXT_BYTES, "%s", text);
    return out;
}

/* Beyond these numbers digits after the point are too many to read. */
#define SMALLEST_FIXED 1e-10
#define LARGEST_FIXED 1e15

/*
 * Two significant digits of what is there or of what is missing, whichever is smaller, so that
 * 99.996 % is not rounded to all.
 */
static int percent_decimals(double percent)
{
    double missing = fabs(100 - percent);
    double smaller = percent < missing || percent > 200 ? percent : missing;
    if (percent >= 1000 || smaller == 0)
        return 0;
    if (smaller < SMALLEST_FIXED)
        return 12;
    return smaller >= 1 ? 1 : 1 - magnitude(smaller);
}

char *number_format_share(double share, int more_digits, char out[NUMBER_TEXT_BYTES])
{
    double percent = share * 100;
    double size = fabs(percent);
    if (!isfinite(percent))
        return format_nonfinite(percent, out);
    if ((size > 0 && size < SMALLEST_FIXED) || size >= LARGEST_FIXED)
        (void)snprintf(out, NUMBER_TEXT_BYTES, "%.*g", 2 + more_digits, percent);
    else
        format_fixed(percent, percent_decimals(size) + more_digits, out);
    size_t len = strlen(out);
    (void)snprintf(out + len, NUMBER_TEXT_BYTES - len, " %%");
    return out;
}

char *number_format_double(double number, int more_digits, char out[NUMBER_TEXT_BYTES])
{
    double size = fabs(number);
    if (!isfinite(number))
        return format_nonfinite(number, out);
    if (size >= LARGEST_FIXED || (size > 0 && size < 1e-4)) {
        (void)snprintf(out, NUMBER_TEXT_BYTES, "%.*g", 6 + more_digits, number);
        return out;
    }
    int decimals = size == 0 ? 0 : 5 - magnitude(size);
    return format_fixed(number, (decimals < 0 ? 0 : decimals) + more_digits, out);
}

char *number_format_time(int64_t unix_us, char out[NUMBER_TEXT_BYTES])
{
    char text[CLOCK_TEXT_BYTES];
    clock_format_rfc3339(unix_us, text);
    char *hours = strchr(text, 'T');
    size_t len = strlen(text);
    if (hours == NULL || text[len - 1] != 'Z') {
        (void)snprintf(out, NUMBER_TEXT_BYTES, "%s", text);
        return out;
    }
    text[len - 1] = '\0';
    *hours++ = '\0';
    if (strcmp(hours + 5, ":00") == 0)
        hours[5] = '\0';
    (void)snprintf(out, NUMBER_TEXT_BYTES, "%s %s UTC", text, hours);
    return out;
}
