#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "snapshot/decimal.h"
#include "snapshot/value.h"

#define EXPONENT_CAP 1000000 /* far beyond any finite value */

/* [+-]digits[.digits][e[+-]digits]; what strtod takes beyond that (hexadecimal, space) is not. */
struct float_text {
    bool negative;
    bool fits; /* digits and exponent below are the whole value */
    uint64_t digits;
    int exponent;
};

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* Reads e[+-]digits at p, which has to end at end. */
static bool scan_exponent(const char *p, const char *end, int *ret_exponent)
{
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

static bool scan_float(const char *text, size_t len, struct float_text *ret_scanned)
{
    const char *p = text;
    const char *end = text + len;
    struct float_text scanned = {.negative = len > 0 && *p == '-'};
    if (len > 0 && (*p == '-' || *p == '+'))
        p++;
    struct decimal decimal = {0};
    scanned.fits = decimal_scan(p, end, &decimal);
    if (decimal.end == p || (decimal.end == p + 1 && *p == '.'))
        return false;
    int exponent = 0;
    if (decimal.end < end && (*decimal.end == 'e' || *decimal.end == 'E')) {
        if (!scan_exponent(decimal.end, end, &exponent))
            return false;
    } else if (decimal.end != end) {
        return false;
    }
    scanned.digits = decimal.digits;
    scanned.exponent = scanned.fits ? decimal.exponent + exponent : 0;
    *ret_scanned = scanned;
    return true;
}

/* The value of a special name, or 0. */
static double special_value(const char *text, size_t len)
{
    if (len == 3 && strncasecmp(text, "nan", 3) == 0)
        return (double)NAN;
    double sign = len > 0 && *text == '-' ? -1 : 1;
    if (len > 0 && (*text == '-' || *text == '+')) {
        text++;
        len--;
    }
    if ((len == 3 && strncasecmp(text, "inf", 3) == 0) ||
        (len == 8 && strncasecmp(text, "infinity", 8) == 0))
        return sign * (double)INFINITY;
    return 0;
}

static locale_t c_locale;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* Calls strtod or strtof on the text of a number, with the locale's decimal point kept out. */
static enum error_code convert_slowly(const char *text, size_t len, double *ret_double,
                                      float *ret_float, struct error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, make_c_locale);
    char small[256];
    char *copy = len < sizeof(small) ? small : malloc(len + 1);
    if (copy == NULL || c_locale == (locale_t)0) {
        if (copy != small)
            free(copy);
        return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot read a number of %zu bytes", len);
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (ret_double != NULL)
        *ret_double = strtod_l(copy, NULL, c_locale);
    else
        *ret_float = strtof_l(copy, NULL, c_locale);
    if (copy != small)
        free(copy);
    return OK;
}

static bool has_nonzero_digit(const char *text, size_t len)
{
    for (size_t i = 0; i < len && text[i] != 'e' && text[i] != 'E'; i++) {
        if (text[i] >= '1' && text[i] <= '9')
            return true;
    }
    return false;
}

static enum error_code fail(const char *text, size_t len, const char *why, const char *type,
                            struct error *err)
{
    char quoted[VALUE_QUOTE_BYTES];
    return error_set(err, ERR_DATA, "'%s' %s %s", value_quote(text, len, quoted), why, type);
}

static enum error_code fail_or_special(const char *text, size_t len, bool allow_nonfinite,
                                       const char *type, double *ret_value, struct error *err)
{
    double special = special_value(text, len);
    if (special == 0)
        return fail(text, len, "is not a", type, err);
    if (!allow_nonfinite)
        return fail(text, len, "is not finite, which this column does not allow for", type, err);
    *ret_value = special;
    return OK;
}

enum error_code value_parse_double(const char *text, size_t len, bool allow_nonfinite,
                                   double *ret_value, struct error *err)
{
    struct float_text scanned = {0};
    if (!scan_float(text, len, &scanned))
        return fail_or_special(text, len, allow_nonfinite, "double precision", ret_value, err);
    double value = 0;
    if (scanned.fits && decimal_to_double(scanned.digits, scanned.exponent, &value)) {
        *ret_value = scanned.negative ? -value : value;
        return OK;
    }
    TRY(convert_slowly(text, len, &value, NULL, err));
    if (isinf(value) || (value == 0 && has_nonzero_digit(text, len)))
        return fail(text, len, "is out of range for", "double precision", err);
    *ret_value = value;
    return OK;
}

enum error_code value_parse_real(const char *text, size_t len, bool allow_nonfinite,
                                 float *ret_value, struct error *err)
{
    struct float_text scanned = {0};
    if (!scan_float(text, len, &scanned)) {
        double special = 0;
        TRY(fail_or_special(text, len, allow_nonfinite, "real", &special, err));
        *ret_value = (float)special;
        return OK;
    }
    float value = 0;
    if (scanned.fits && decimal_round_float(scanned.digits, scanned.exponent, &value)) {
        *ret_value = scanned.negative ? -value : value;
        return OK;
    }
    TRY(convert_slowly(text, len, NULL, &value, err));
    if (isinf(value) || (value == 0 && has_nonzero_digit(text, len)))
        return fail(text, len, "is out of range for", "real", err);
    *ret_value = value;
    return OK;
}
