#include "scorer/stderr_log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

enum error_code stderr_log_open(struct stderr_log *log, const char *path, uint64_t max_bytes,
                                struct error *err)
{
    log->max_bytes = max_bytes;
    if (path == NULL)
        return OK;
    log->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);
    if (log->fd < 0)
        return error_set_errno(err, ERR_IO, errno, "cannot open the load's log %s", path);
    log->has_file = true;
    return OK;
}

void stderr_log_release(struct stderr_log *log)
{
    if (log->has_file)
        (void)close(log->fd);
    log->has_file = false;
}

static bool write_all(struct stderr_log *log, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t done = write(log->fd, bytes, len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0) {
            log->write_errno = errno;
            return false;
        }
        bytes += done;
        len -= (size_t)done;
        log->written_bytes += (uint64_t)done;
    }
    return true;
}

static void add_to_file(struct stderr_log *log, const char *bytes, size_t len)
{
    static const char note[] = "\n[loadguard: the rest of standard error is not logged]\n";
    if (!log->has_file || log->cut || log->write_errno != 0)
        return;
    uint64_t room = log->max_bytes - log->written_bytes;
    if (!write_all(log, bytes, len <= room ? len : (size_t)room) || len <= room)
        return;
    log->cut = true;
    (void)write_all(log, note, sizeof(note) - 1);
}

void stderr_log_add(struct stderr_log *log, const char *bytes, size_t len)
{
    add_to_file(log, bytes, len);
    if (len > sizeof(log->tail)) {
        log->total_bytes += len - sizeof(log->tail);
        bytes += len - sizeof(log->tail);
        len = sizeof(log->tail);
    }
    size_t at = (size_t)(log->total_bytes % sizeof(log->tail));
    size_t first = sizeof(log->tail) - at < len ? sizeof(log->tail) - at : len;
    memcpy(log->tail + at, bytes, first);
    memcpy(log->tail, bytes + first, len - first);
    log->total_bytes += len;
}

/* Where the text has to start so that at most max_bytes remain: at a line, else at a character. */
static size_t tail_start(const char *text, size_t len, size_t max_bytes, bool whole)
{
    if (len <= max_bytes && whole)
        return 0;
    size_t start = len > max_bytes ? len - max_bytes : 0;
    const char *line = memchr(text + start, '\n', len - start);
    if (line != NULL && (size_t)(line - text) + 1 < len)
        return (size_t)(line - text) + 1;
    while (start < len && ((unsigned char)text[start] & 0xC0) == 0x80)
        start++;
    return start;
}

enum error_code stderr_log_tail(const struct stderr_log *log, size_t max_bytes, struct buffer *out,
                                struct error *err)
{
    char bytes[SCORER_TAIL_BYTES];
    size_t size = sizeof(log->tail);
    size_t len = log->total_bytes < size ? (size_t)log->total_bytes : size;
    for (size_t i = 0; i < len; i++)
        bytes[i] = log->tail[(log->total_bytes - len + i) % size];
    struct buffer clean;
    buffer_init(&clean, sizeof(bytes) * 3); /* an invalid byte becomes three */
    enum error_code code = text_append_clean(&clean, bytes, len, err);
    if (code == OK) {
        size_t start = tail_start(buffer_string(&clean), clean.len, max_bytes,
                                  log->total_bytes <= sizeof(log->tail));
        code = buffer_append(out, buffer_string(&clean) + start, clean.len - start, err);
    }
    buffer_release(&clean);
    return code;
}
