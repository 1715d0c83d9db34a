/*
 * Single values: their text form read and written as PostgreSQL's input and output functions do.
 * Nothing here depends on the locale.
 */
#ifndef LG_SNAPSHOT_VALUE_H
#define LG_SNAPSHOT_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "snapshot/batch.h"

#define VALUE_QUOTE_BYTES 88

/*
 * A value as error messages show it: cut after some 60 bytes, with ? for control characters and for
 * what is not UTF-8; returns out.
 */
const char *value_quote(const char *text, size_t len, char out[VALUE_QUOTE_BYTES]);

/*
 * The parsers take text that is not zero-terminated, without surrounding space, and fail with
 * ERR_DATA and a reason such as "'12x' is not a bigint"; *ret_value is untouched on failure.
 *
 *   bigint, integer   optional sign and digits; out of range is an error
 *   real, double      decimal with optional fraction and exponent, rounded to nearest even. What
 *                     would round to zero or infinity is out of range. NaN, [+-]inf and
 *                     [+-]infinity in any case only with allow_nonfinite
 *   boolean           true false yes no on off 1 0, unique prefixes of the words, any case
 *   date              YYYY-MM-DD, years 0001 to 9999; [-]infinity only with allow_nonfinite
 *   timestamptz       YYYY-MM-DD, T or a space, HH:MM[:SS[.digits]], then Z, UTC, ±HH, ±HHMM,
 *                     ±HH:MM or ±HH:MM:SS. Digits beyond microseconds are rounded; the year, in
 *                     UTC, and infinity are as for date
 *   uuid              32 hexadecimal digits, a hyphen allowed after each group of four, the whole
 *                     optionally in braces
 */
enum error_code value_parse_bigint(const char *text, size_t len, int64_t *ret_value,
                                   struct error *err) MUST_CHECK;
enum error_code value_parse_integer(const char *text, size_t len, int32_t *ret_value,
                                    struct error *err) MUST_CHECK;
enum error_code value_parse_real(const char *text, size_t len, bool allow_nonfinite,
                                 float *ret_value, struct error *err) MUST_CHECK;
enum error_code value_parse_double(const char *text, size_t len, bool allow_nonfinite,
                                   double *ret_value, struct error *err) MUST_CHECK;
enum error_code value_parse_boolean(const char *text, size_t len, uint8_t *ret_value,
                                    struct error *err) MUST_CHECK;
enum error_code value_parse_date(const char *text, size_t len, bool allow_nonfinite,
                                 int32_t *ret_value, struct error *err) MUST_CHECK;
enum error_code value_parse_timestamptz(const char *text, size_t len, bool allow_nonfinite,
                                        int64_t *ret_value, struct error *err) MUST_CHECK;
enum error_code value_parse_uuid(const char *text, size_t len, struct uuid *ret_value,
                                 struct error *err) MUST_CHECK;

/* ERR_DATA naming the first byte that is not UTF-8, or a NUL byte. */
enum error_code value_check_text(const char *text, size_t len, struct error *err) MUST_CHECK;

/*
 * Days or microseconds since 2000-01-01 that lie in the years 1 to 9999, or are an infinity and
 * allow_nonfinite; ERR_DATA otherwise.
 */
enum error_code value_check_date(int32_t value, bool allow_nonfinite, struct error *err) MUST_CHECK;
enum error_code value_check_timestamptz(int64_t value, bool allow_nonfinite,
                                        struct error *err) MUST_CHECK;

#define VALUE_TEXT_BYTES 48

/*
 * Fixed-width values as PostgreSQL prints them (shortest digits that read back the same,
 * "2011-05-23 11:00:00+00"); returns the length written to out, without a final zero byte.
 */
size_t value_format_integer(int64_t value, char out[VALUE_TEXT_BYTES]);
size_t value_format_real(float value, char out[VALUE_TEXT_BYTES]);
size_t value_format_double(double value, char out[VALUE_TEXT_BYTES]);
size_t value_format_date(int32_t value, char out[VALUE_TEXT_BYTES]);
size_t value_format_timestamptz(int64_t value, char out[VALUE_TEXT_BYTES]);
size_t value_format_uuid(const struct uuid *value, char out[VALUE_TEXT_BYTES]);

#endif
