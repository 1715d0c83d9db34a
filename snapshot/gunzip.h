/* Streaming decompression of gzip files of one or more members (RFC 1952). */
#ifndef LG_SNAPSHOT_GUNZIP_H
#define LG_SNAPSHOT_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct gunzip;
struct input;

/* Whether the first bytes of a file are those of gzip. */
bool gunzip_recognise(const char *bytes, size_t len);

/* Takes over the first bytes of the file, at most 128 KiB, which were read already. */
enum error_code gunzip_new(const char *bytes, size_t len, struct gunzip **ret_gunzip,
                           struct error *err) MUST_CHECK;
void gunzip_free(struct gunzip *gunzip);

/*
 * Decompresses at least one byte and at most capacity into out; *ret_len is 0 at the end. ERR_DATA
 * when the data are damaged or end early.
 */
enum error_code gunzip_read(struct gunzip *gunzip, struct input *input, char *out, size_t capacity,
                            size_t *ret_len, struct error *err) MUST_CHECK;

#endif
