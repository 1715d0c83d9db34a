/* Numbers and times as people read them. Nothing here depends on the locale. */
#ifndef LG_BASE_NUMBER_H
#define LG_BASE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#define NUMBER_TEXT_BYTES 512 /* the largest double has 309 digits and 102 commas */

/* "75,000,000"; returns out. */
char *number_format_count(uint64_t count, char out[NUMBER_TEXT_BYTES]);
char *number_format_integer(int64_t number, char out[NUMBER_TEXT_BYTES]);

/*
 * A share as a percentage: "93.2 %", "0.004 %", "99.996 %", so that only nothing is "0 %" and only
 * all is "100 %". more_digits are added to the sensible number of digits; returns out.
 */
char *number_format_share(double share, int more_digits, char out[NUMBER_TEXT_BYTES]);

/* "45.2378", "1,234,567", six significant digits and more_digits; returns out. */
char *number_format_double(double number, int more_digits, char out[NUMBER_TEXT_BYTES]);

/* "2011-05-22 04:00 UTC", with seconds where they are not zero. From microseconds since the Unix
 * epoch; returns out. */
char *number_format_time(int64_t unix_us, char out[NUMBER_TEXT_BYTES]);

#endif
