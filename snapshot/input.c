#include "snapshot/input.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "snapshot/gunzip.h"

#define FIRST_WINDOW_BYTES ((size_t)256 << 10)
#define FIRST_READ_BYTES                                                                           \
    ((size_t)64 << 10) /* what is read before it is known to be gzip or not                        \
                        */

void input_init(struct input *input, int fd, const char *name, size_t max_bytes)
{
    struct stat status;
    bool regular = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    *input = (struct input){.fd = fd, .name = name, .max_bytes = max_bytes, .regular = regular};
}

void input_release(struct input *input)
{
    gunzip_free(input->gunzip);
    free(input->data);
    *input = (struct input){.fd = -1};
}

/* Waits until there is something to read; a file never needs that. */
static enum error_code wait_readable(const struct input *input, struct error *err)
{
    if (input->regular)
        return interrupt_check(err);
    struct pollfd fds[] = {{.fd = input->fd, .events = POLLIN},
                           {.fd = interrupt_fd(), .events = POLLIN}};
    while (poll(fds, ARRAY_SIZE(fds), -1) < 0) {
        if (errno != EINTR)
            return error_set_errno(err, ERR_IO, errno, "cannot wait for %s", input->name);
        TRY(interrupt_check(err));
    }
    return interrupt_check(err);
}

enum error_code input_read_raw(struct input *input, void *out, size_t capacity, size_t *ret_len,
                               struct error *err)
{
    for (;;) {
        TRY(wait_readable(input, err));
        ssize_t n = read(input->fd, out, capacity);
        if (n >= 0) {
            input->raw_bytes += (uint64_t)n;
            *ret_len = (size_t)n;
            return OK;
        }
        if (errno != EINTR && errno != EAGAIN)
            return error_set_errno(err, ERR_IO, errno, "cannot read %s", input->name);
    }
}

static enum error_code set_capacity(struct input *input, size_t capacity, struct error *err)
{
    char *data = realloc(input->data, capacity + INPUT_SLACK_BYTES);
    if (data == NULL)
        return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot hold a row of %zu bytes",
                               input->end - input->start);
    input->data = data;
    input->capacity = capacity;
    return OK;
}

/* Moves the unread bytes to the front and makes room for as many again. */
static enum error_code make_room(struct input *input, struct error *err)
{
    size_t unread = input->end - input->start;
    if (unread >= input->max_bytes)
        return error_set(err, ERR_LIMIT, "more than %zu bytes in one row", input->max_bytes);
    if (input->start > 0)
        memmove(input->data, input->data + input->start, unread);
    input->start = 0;
    input->end = unread;
    if (unread <= input->capacity / 2 && input->capacity > 0)
        return OK;
    size_t capacity = input->capacity == 0 ? FIRST_WINDOW_BYTES : input->capacity * 2;
    size_t most = input->max_bytes + FIRST_WINDOW_BYTES;
    return set_capacity(input, capacity < most ? capacity : most, err);
}

static enum error_code read_once(struct input *input, struct error *err)
{
    size_t len = 0;
    char *out = input->data + input->end;
    size_t room = input->started ? input->capacity - input->end : FIRST_READ_BYTES;
    if (input->gunzip != NULL)
        TRY(gunzip_read(input->gunzip, input, out, room, &len, err));
    else
        TRY(input_read_raw(input, out, room, &len, err));
    input->end += len;
    input->at_end = len == 0;
    memset(input->data + input->end, 0, INPUT_SLACK_BYTES);
    return OK;
}

/* Looks at the first bytes for the sign of gzip, and starts over with decompression. */
static enum error_code start(struct input *input, struct error *err)
{
    while (input->end < 2 && !input->at_end)
        TRY(read_once(input, err));
    input->started = true;
    if (!gunzip_recognise(input->data, input->end))
        return OK;
    TRY(gunzip_new(input->data, input->end, &input->gunzip, err));
    input->end = 0;
    input->at_end = false;
    return OK;
}

enum error_code input_more(struct input *input, struct error *err)
{
    TRY(make_room(input, err));
    size_t wanted = (input->end - input->start) * 2;
    if (!input->started)
        TRY(start(input, err));
    bool any = input->end > 0 && wanted == 0;
    while (!input->at_end && (!any || input->end < wanted) && input->end < input->capacity) {
        size_t before = input->end;
        TRY(read_once(input, err));
        any = input->end > before;
    }
    return OK;
}
