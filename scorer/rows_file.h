/* Rows in a file, and the files beside them that vouch for them. */
#ifndef LG_SCORER_ROWS_FILE_H
#define LG_SCORER_ROWS_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"
#include "scorer/spec.h"

/* An opened rows file. */
struct rows_file {
    int fd;
    const char *name; /* for messages; borrowed or static */
    bool is_plain;    /* a regular file; else something that is written while we read */
    struct stat info; /* when opened */
};

/*
 * Opens a regular file or a named pipe, or this process's standard input for "-". ERR_NOT_READY if
 * there is no such file; ERR_CONFIG for a folder or a device; ERR_IO. The caller closes fd.
 */
enum error_code rows_file_open(const char *path, struct rows_file *ret_file,
                               struct error *err) MUST_CHECK;

/* ERR_INCOMPLETE if a regular file has another size or modification time than when opened. */
enum error_code rows_file_check_unchanged(const struct rows_file *file,
                                          struct error *err) MUST_CHECK;

/* Modification time, microseconds since the Unix epoch. */
int64_t rows_file_time_us(const struct stat *info);

/*
 * Checks a marker file or a row-count file: it exists and was not modified before least_us. For a
 * row-count file *ret_count is what it holds. Failures have the given code (ERR_NOT_READY before,
 * ERR_INCOMPLETE after the rows were read).
 */
enum error_code voucher_check(const struct complete_when *voucher, int64_t least_us,
                              enum error_code code, uint64_t *ret_count,
                              struct error *err) MUST_CHECK;

#endif
