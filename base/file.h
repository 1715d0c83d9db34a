/* Whole files. */
#ifndef LG_BASE_FILE_H
#define LG_BASE_FILE_H

#include <sys/types.h>

#include "base/buffer.h"

/*
 * Appends the contents of a file to the buffer. ERR_IO if it cannot be read, ERR_LIMIT if it is
 * longer than the buffer may grow; the message names the file.
 */
enum error_code file_read(const char *path, struct buffer *buf, struct error *err) MUST_CHECK;

/* Creates a directory and its missing parents with the mode, whatever the umask. ERR_IO. */
enum error_code directory_make(const char *path, mode_t mode, struct error *err) MUST_CHECK;

#endif
