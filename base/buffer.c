#include "base/buffer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_init(struct buffer *buf, size_t max_bytes)
{
    *buf = (struct buffer){.max_bytes = max_bytes};
}

void buffer_release(struct buffer *buf)
{
    free(buf->data);
    *buf = (struct buffer){.max_bytes = buf->max_bytes};
}

void buffer_clear(struct buffer *buf)
{
    buf->len = 0;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

enum error_code buffer_reserve(struct buffer *buf, size_t more_bytes, struct error *err)
{
    if (more_bytes > buf->max_bytes - buf->len)
        return error_set(err, ERR_LIMIT, "more than %zu bytes", buf->max_bytes);
    size_t need = buf->len + more_bytes + 1;
    if (need <= buf->capacity)
        return OK;
    size_t capacity = buf->capacity < 64 ? 64 : buf->capacity;
    while (capacity < need)
        capacity += capacity / 2;
    if (capacity > buf->max_bytes + 1)
        capacity = buf->max_bytes + 1;
    char *data = realloc(buf->data, capacity);
    if (data == NULL)
        return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot grow a buffer to %zu bytes",
                               capacity);
    buf->data = data;
    buf->capacity = capacity;
    return OK;
}

enum error_code buffer_append(struct buffer *buf, const void *bytes, size_t len, struct error *err)
{
    TRY(buffer_reserve(buf, len, err));
    if (len > 0)
        memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
    return OK;
}

enum error_code buffer_append_string(struct buffer *buf, const char *text, struct error *err)
{
    return buffer_append(buf, text, strlen(text), err);
}

enum error_code buffer_append_char(struct buffer *buf, char c, struct error *err)
{
    return buffer_append(buf, &c, 1, err);
}

enum error_code buffer_printf(struct buffer *buf, struct error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        return error_set(err, ERR_IO, "cannot format a text");
    TRY(buffer_reserve(buf, (size_t)len, err));
    va_start(args, format);
    (void)vsnprintf(buf->data + buf->len, (size_t)len + 1, format, args);
    va_end(args);
    buf->len += (size_t)len;
    return OK;
}

const char *buffer_string(const struct buffer *buf)
{
    return buf->data == NULL ? "" : buf->data;
}

char *buffer_take(struct buffer *buf)
{
    char *data = buf->data;
    *buf = (struct buffer){.max_bytes = buf->max_bytes};
    return data;
}
