/* Decimal digits to binary floating point, rounded correctly: the fast ways. */
#ifndef LG_SNAPSHOT_DECIMAL_H
#define LG_SNAPSHOT_DECIMAL_H

#include <float.h>
#include <stdbool.h>
#include <stdint.h>

_Static_assert(FLT_EVAL_METHOD == 0, "exact quotients need arithmetic in the type itself");

#define DECIMAL_MAX_DIGITS 19   /* so many digits always fit 64 bits */
#define DECIMAL_MAX_EXPONENT 27 /* 5^27 is the largest power that fits 63 bits */

extern const double decimal_exact_powers[23]; /* 10^0 to 10^22, all exact */

/*
 * digits * 10^exponent as the nearest double or float, ties to even. False, with nothing written,
 * if |exponent| exceeds DECIMAL_MAX_EXPONENT or a float would overflow.
 */
bool decimal_round_double(uint64_t digits, int exponent, double *ret_value);
bool decimal_round_float(uint64_t digits, int exponent, float *ret_value);

/*
 * As decimal_round_double. When digits and the power of ten are both exact as doubles, one division
 * rounds once. Source: W. D. Clinger, "How to Read Floating Point Numbers Accurately", 1990.
 */
static inline bool decimal_to_double(uint64_t digits, int exponent, double *ret_value)
{
    if (digits <= UINT64_C(1) << 53 && exponent <= 0 && exponent >= -22) {
        *ret_value = (double)digits / decimal_exact_powers[-exponent];
        return true;
    }
    return decimal_round_double(digits, exponent, ret_value);
}

/*
 * An unsigned decimal in a text: value = digits * 10^exponent. Leading zeros do not count as
 * digits.
 */
struct decimal {
    uint64_t digits;
    int exponent;
    const char *end; /* the first byte after it */
};

/*
 * Reads digits[.digits] at p, stopping at the first other byte before end. False if there is no
 * digit or more digits than DECIMAL_MAX_DIGITS, leading zeros counted: a slower way has to look.
 */
static inline bool decimal_scan(const char *p, const char *end, struct decimal *ret_decimal)
{
    uint64_t digits = 0;
    const char *start = p;
    while (p < end && (unsigned char)(*p - '0') < 10)
        digits = digits * 10 + (uint64_t)(*p++ - '0');
    int64_t count = p - start;
    int64_t decimals = 0;
    if (p < end && *p == '.') {
        const char *point = p++;
        while (p < end && (unsigned char)(*p - '0') < 10)
            digits = digits * 10 + (uint64_t)(*p++ - '0');
        decimals = p - point - 1;
    }
    count += decimals;
    *ret_decimal = (struct decimal){.digits = digits, .exponent = -(int)decimals, .end = p};
    return count > 0 && count <= DECIMAL_MAX_DIGITS;
}

#endif
