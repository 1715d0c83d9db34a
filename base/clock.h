/* Time. One unit everywhere: microseconds as int64_t. */
#ifndef LG_BASE_CLOCK_H
#define LG_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define USEC_PER_SEC INT64_C(1000000)
#define USEC_PER_DAY (INT64_C(86400) * USEC_PER_SEC)

/* Microseconds from the Unix epoch to PostgreSQL's, 2000-01-01 00:00:00 UTC. */
#define PG_EPOCH_UNIX_US INT64_C(946684800000000)

/* Wall clock: microseconds since the Unix epoch, UTC. */
int64_t clock_now_us(void);

/* Monotonic clock for durations and deadlines; its zero means nothing. */
int64_t clock_monotonic_us(void);

/*
 * Reads an RFC 3339 time ("2011-05-23T04:00:00-07:00"; a space may stand for T; up to six decimals
 * of a second; the zone is required) as microseconds since the Unix epoch. ERR_DATA with the reason
 * otherwise; years 1 to 9999. *ret_us is untouched on failure.
 */
enum error_code clock_parse_rfc3339(const char *text, size_t len, int64_t *ret_us,
                                    struct error *err) MUST_CHECK;

#define CLOCK_TEXT_BYTES 40

/* Writes an RFC 3339 time in UTC ("2011-05-23T11:00:00Z", decimals only when not zero); returns
 * out. */
char *clock_format_rfc3339(int64_t unix_us, char out[CLOCK_TEXT_BYTES]);

/* Writes a duration for people: "850 ms", "4.2 s", "3 min 20 s", "5 h 3 min"; returns out. */
char *clock_format_duration(int64_t duration_us, char out[CLOCK_TEXT_BYTES]);

/* Days from 1970-01-01 to the date, proleptic Gregorian; and back. Month and day are 1-based. */
int64_t clock_days_from_date(int year, int month, int day);
void clock_date_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day);

/* Whether the date exists (month lengths, leap years). */
bool clock_date_valid(int year, int month, int day);

#endif
