/* Numbers with units as people write them in configuration and rules. */
#ifndef LG_YAML_UNITS_H
#define LG_YAML_UNITS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * "500ms", "10s", "5m", "26h", "2d", also joined ("1h30m"), as microseconds. A number without unit
 * is refused except 0. ERR_CONFIG with the reason; outputs are untouched on failure.
 */
enum error_code units_parse_duration(const char *text, size_t len, int64_t *ret_us,
                                     struct error *err) MUST_CHECK;

/* "64MiB", "1GiB", "10MB", "512kB", "100" (bytes), as bytes: KiB is 1024, kB 1000. */
enum error_code units_parse_size(const char *text, size_t len, int64_t *ret_bytes,
                                 struct error *err) MUST_CHECK;

/* "0.5%" or "0.005", both 0.005; between 0 and 1. */
enum error_code units_parse_share(const char *text, size_t len, double *ret_share,
                                  struct error *err) MUST_CHECK;

/* A decimal number; underscores between digits are allowed ("10_000"). */
enum error_code units_parse_integer(const char *text, size_t len, int64_t *ret_value,
                                    struct error *err) MUST_CHECK;
enum error_code units_parse_number(const char *text, size_t len, double *ret_value,
                                   struct error *err) MUST_CHECK;

/* "04:00" or "04:00:30" as seconds after midnight. */
enum error_code units_parse_time_of_day(const char *text, size_t len, int64_t *ret_seconds,
                                        struct error *err) MUST_CHECK;

#define UNITS_TEXT_BYTES 32

/* A duration or size in its largest unit that divides it: "26h", "90m", "500ms", "64MiB"; returns
 * out. */
char *units_format_duration(int64_t us, char out[UNITS_TEXT_BYTES]);
char *units_format_size(int64_t bytes, char out[UNITS_TEXT_BYTES]);

#endif
