#include "snapshot/decimal.h"

#include <string.h>

/* Wide enough for the product of 64 digits' bits and 5^27, and for a quotient to round from. */
__extension__ typedef unsigned __int128 wide;

const double decimal_exact_powers[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                         1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                         1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

#define P5(n) UINT64_C(n)
static const uint64_t powers_of_five[DECIMAL_MAX_EXPONENT + 1] = {
    P5(1),
    P5(5),
    P5(25),
    P5(125),
    P5(625),
    P5(3125),
    P5(15625),
    P5(78125),
    P5(390625),
    P5(1953125),
    P5(9765625),
    P5(48828125),
    P5(244140625),
    P5(1220703125),
    P5(6103515625),
    P5(30517578125),
    P5(152587890625),
    P5(762939453125),
    P5(3814697265625),
    P5(19073486328125),
    P5(95367431640625),
    P5(476837158203125),
    P5(2384185791015625),
    P5(11920928955078125),
    P5(59604644775390625),
    P5(298023223876953125),
    P5(1490116119384765625),
    P5(7450580596923828125),
};

/* The value is mantissa * 2^exponent, a little more if inexact. */
struct binary {
    wide mantissa;
    int exponent;
    bool inexact;
};

static struct binary to_binary(uint64_t digits, int exponent)
{
    if (exponent >= 0)
        return (struct binary){.mantissa = (wide)digits * powers_of_five[exponent],
                               .exponent = exponent};
    int shift = 64 + __builtin_clzll(digits);
    wide dividend = (wide)digits << shift;
    uint64_t divisor = powers_of_five[-exponent];
    wide quotient = dividend / divisor;
    return (struct binary){.mantissa = quotient,
                           .exponent = exponent - shift,
                           .inexact = quotient * divisor != dividend};
}

static int bit_length(wide value)
{
    uint64_t high = (uint64_t)(value >> 64);
    if (high != 0)
        return 128 - __builtin_clzll(high);
    return 64 - __builtin_clzll((uint64_t)value);
}

/* Leaves at most `bits` bits in the mantissa, rounded to nearest, ties to even. */
static struct binary round_to(struct binary value, int bits)
{
    int excess = bit_length(value.mantissa) - bits;
    if (excess <= 0)
        return value;
    wide one = 1;
    wide half = one << (excess - 1);
    wide rest = value.mantissa & ((one << excess) - 1);
    wide kept = value.mantissa >> excess;
    bool up = rest > half || (rest == half && (value.inexact || (kept & 1) != 0));
    return (struct binary){.mantissa = kept + up, .exponent = value.exponent + excess};
}

/* 2^exponent; the exponents that come up here (-154 to 102) are far from the ends of the type. */
static double power_of_two(int exponent)
{
    uint64_t bits = (uint64_t)(exponent + 1023) << 52;
    double value = 0;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static bool in_range(int exponent)
{
    return exponent >= -DECIMAL_MAX_EXPONENT && exponent <= DECIMAL_MAX_EXPONENT;
}

bool decimal_round_double(uint64_t digits, int exponent, double *ret_value)
{
    if (!in_range(exponent))
        return false;
    if (digits == 0) {
        *ret_value = 0;
        return true;
    }
    struct binary value = round_to(to_binary(digits, exponent), DBL_MANT_DIG);
    *ret_value = (double)(uint64_t)value.mantissa * power_of_two(value.exponent);
    return true;
}

bool decimal_round_float(uint64_t digits, int exponent, float *ret_value)
{
    if (!in_range(exponent))
        return false;
    if (digits == 0) {
        *ret_value = 0;
        return true;
    }
    struct binary value = round_to(to_binary(digits, exponent), FLT_MANT_DIG);
    double result = (double)(uint64_t)value.mantissa * power_of_two(value.exponent);
    if (result > (double)FLT_MAX)
        return false;
    *ret_value = (float)result;
    return true;
}
