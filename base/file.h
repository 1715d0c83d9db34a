/* Whole files. */
#ifndef LG_BASE_FILE_H
#define LG_BASE_FILE_H

#include "base/buffer.h"

/*
 * Appends the contents of a file to the buffer. ERR_IO if it cannot be read, ERR_LIMIT if it is
 * longer than the buffer may grow; the message names the file.
 */
enum error_code file_read(const char *path, struct buffer *buf, struct error *err) MUST_CHECK;

/* Creates a directory and its missing parents, mode 0700 for the new ones. ERR_IO. */
enum error_code directory_make(const char *path, struct error *err) MUST_CHECK;

#endif
