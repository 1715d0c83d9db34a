/* A file that a command writes: it appears whole under its name, or not at all. */
#ifndef LG_GUARD_OUTPUT_FILE_H
#define LG_GUARD_OUTPUT_FILE_H

#include <stdio.h>

#include "base/error.h"

/* stream is what to write to; the other fields are for output_file.c. */
struct output_file {
    FILE *stream;
    char *path;
    char *temporary; /* NULL: written in place, as standard output and pipes are */
};

/* Opens a file for writing under another name beside it; "-" is standard output. Zero-initialise
 * before and release afterwards, also on failure. ERR_IO. */
enum error_code output_file_open(struct output_file *file, const char *path,
                                 struct error *err) MUST_CHECK;

/* Gives the file its name. ERR_IO. */
enum error_code output_file_finish(struct output_file *file, struct error *err) MUST_CHECK;

/* Removes what is not finished. */
void output_file_release(struct output_file *file);

#endif
