/*
 * PostgreSQL's numeric as text, in the form that batch.h states, and as the base-10000 digits of
 * its binary format. Source of limits and rounding: PostgreSQL, src/backend/utils/adt/numeric.c and
 * the documentation, "Numeric Types".
 */
#ifndef LG_SNAPSHOT_NUMERIC_H
#define LG_SNAPSHOT_NUMERIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

#define NUMERIC_MAX_BEFORE_POINT 131072
#define NUMERIC_MAX_AFTER_POINT 16383

/* Room that always suffices for numeric_normalise: sign, digits, point, digits. */
#define NUMERIC_MAX_TEXT_BYTES (NUMERIC_MAX_BEFORE_POINT + NUMERIC_MAX_AFTER_POINT + 2)

/*
 * Where numeric_normalise will find what it copies: the number is the digits of whole, then of
 * fraction, with the point moved `exponent` places to the right.
 */
struct numeric_scan {
    const char *whole; /* leading zeros left out */
    size_t whole_len;
    const char *fraction;
    size_t fraction_len;
    int exponent;
    bool negative;
    const char *special; /* "NaN", "Infinity" or "-Infinity" instead of a number, or NULL */
    size_t text_len;     /* of the normal form */
};

/*
 * Reads what PostgreSQL's numeric_in accepts (sign, digits, fraction, exponent; NaN, [+-]inf and
 * [+-]infinity in any case). ERR_DATA if it is none or exceeds the limits above.
 */
enum error_code numeric_scan(const char *text, size_t len, struct numeric_scan *ret_scan,
                             struct error *err) MUST_CHECK;

/* Writes the normal form, scan->text_len bytes. */
void numeric_write(const struct numeric_scan *scan, char *out);

/*
 * Appends the binary form (ndigits, weight, sign, dscale, digits; all big-endian 16 bits) of a
 * numeric in normal form. ERR_CORRUPT if it is not in that form.
 */
enum error_code numeric_to_binary(const char *text, size_t len, struct buffer *out,
                                  struct error *err) MUST_CHECK;

/*
 * Appends the normal form of a numeric's binary form to out. ERR_DATA if the bytes are none;
 * digits beyond its scale are cut off as PostgreSQL does.
 */
enum error_code numeric_from_binary(const unsigned char *bytes, size_t len, struct buffer *out,
                                    struct error *err) MUST_CHECK;

/* Whether the text in normal form is NaN or an infinity. */
static inline bool numeric_is_special(const char *text, size_t len)
{
    return len >= 3 && (text[len - 1] == 'N' || text[len - 1] == 'y');
}

#endif
