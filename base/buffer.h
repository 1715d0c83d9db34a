/* A growing byte buffer with a cap. */
#ifndef LG_BASE_BUFFER_H
#define LG_BASE_BUFFER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * data has len bytes in use and is followed by a zero byte whenever it is not NULL, so it can be
 * read as a string. The buffer owns data. max_bytes is the cap on len.
 */
struct buffer {
    char *data;
    size_t len;
    size_t capacity;
    size_t max_bytes;
};

#define BUFFER_DEFAULT_MAX_BYTES ((size_t)1 << 30)

/* Sets up an empty buffer that will not grow beyond max_bytes. Allocates nothing. */
void buffer_init(struct buffer *buf, size_t max_bytes);

/* Frees the bytes; the buffer is empty afterwards and can be used again. */
void buffer_release(struct buffer *buf);

/* Empties the buffer and keeps its memory. */
void buffer_clear(struct buffer *buf);

/*
 * Appends. ERR_LIMIT past max_bytes, ERR_MEMORY when memory runs out; the buffer is then unchanged.
 * buffer_reserve makes room for more_bytes beyond len.
 */
enum error_code buffer_reserve(struct buffer *buf, size_t more_bytes, struct error *err) MUST_CHECK;
enum error_code buffer_append(struct buffer *buf, const void *bytes, size_t len,
                              struct error *err) MUST_CHECK;
enum error_code buffer_append_string(struct buffer *buf, const char *text,
                                     struct error *err) MUST_CHECK;
enum error_code buffer_append_char(struct buffer *buf, char c, struct error *err) MUST_CHECK;
enum error_code buffer_printf(struct buffer *buf, struct error *err, const char *format, ...)
    PRINTF_LIKE(3, 4) MUST_CHECK;

/* The bytes as a string; "" for an empty buffer. Valid until the next change. */
const char *buffer_string(const struct buffer *buf);

/* Hands the bytes over to the caller, who frees them with free(); NULL for an empty buffer. */
char *buffer_take(struct buffer *buf);

#endif
