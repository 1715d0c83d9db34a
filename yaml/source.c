#include "yaml/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"

static void close_fd(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

static enum error_code refuse(struct diagnostics *diags, struct error *err)
{
    return diagnostics_to_error(diags, err);
}

static enum error_code read_all(int fd, struct buffer *buf, struct error *err)
{
    for (;;) {
        char block[16384];
        ssize_t n = read(fd, block, sizeof(block));
        if (n == 0)
            return OK;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set_errno(err, ERR_IO, errno, "cannot read the file");
        TRY(buffer_append(buf, block, (size_t)n, err));
    }
}

enum error_code source_read(const char *path, struct arena *arena, const char **ret_text,
                            size_t *ret_len, struct diagnostics *diags, struct error *err)
{
    struct buffer buf CLEANUP(buffer_release);
    buffer_init(&buf, YAML_MAX_FILE_BYTES);
    int fd CLEANUP(close_fd) = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        diagnostics_add(diags, path, 0, 0, "", "cannot open the file: %s", strerror(errno));
        diagnostics_hint(diags, "Look at the path, and whether this user may read the file.");
        return refuse(diags, err);
    }
    struct error failure;
    enum error_code code = read_all(fd, &buf, &failure);
    if (code == ERR_MEMORY) {
        *err = failure;
        return code;
    }
    if (code != OK) {
        if (code == ERR_LIMIT)
            diagnostics_add(diags, path, 0, 0, "", "the file is larger than %zu MiB",
                            YAML_MAX_FILE_BYTES >> 20);
        else
            diagnostics_add(diags, path, 0, 0, "", "%s", failure.message);
        diagnostics_hint(diags, "This has to be a text file of YAML.");
        return refuse(diags, err);
    }
    *ret_len = buf.len;
    *ret_text = arena_strndup(arena, buffer_string(&buf), buf.len);
    return OK;
}

static bool is_continuation(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* Bytes of the UTF-8 sequence at p, 0 if it is not one (RFC 3629, section 4). */
static size_t utf8_sequence(const unsigned char *p, size_t left)
{
    if (p[0] < 0x80)
        return 1;
    size_t n = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    if (p[0] < 0xC2 || p[0] > 0xF4 || left < n)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if (!is_continuation(p[i]))
            return 0;
    }
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
        (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return n;
}

size_t source_break_bytes(const struct yaml_source *source, size_t offset)
{
    const unsigned char *p = (const unsigned char *)source->text + offset;
    size_t left = source->len - offset;
    if (left == 0)
        return 0;
    if (p[0] == '\r')
        return left > 1 && p[1] == '\n' ? 2 : 1;
    if (p[0] == '\n')
        return 1;
    if (left > 1 && p[0] == 0xC2 && p[1] == 0x85)
        return 2;
    if (left > 2 && p[0] == 0xE2 && p[1] == 0x80 && (p[2] == 0xA8 || p[2] == 0xA9))
        return 3;
    return 0;
}

/* Finds the lines; returns the offset of the first byte that is not UTF-8, or len. */
static size_t find_lines(struct yaml_source *source, struct arena *arena)
{
    size_t capacity = 0;
    size_t *starts = arena_grow(arena, NULL, sizeof(*starts), &capacity, 64);
    starts[0] = 0;
    source->n_lines = 1;
    source->line_starts = starts;
    size_t at = 0;
    while (at < source->len) {
        size_t n = source_break_bytes(source, at);
        if (n > 0) {
            starts = arena_grow(arena, starts, sizeof(*starts), &capacity, source->n_lines + 1);
            starts[source->n_lines++] = at + n;
            source->line_starts = starts;
        } else {
            n = utf8_sequence((const unsigned char *)source->text + at, source->len - at);
            if (n == 0 || source->text[at] == '\0')
                return at;
        }
        at += n;
    }
    return at;
}

enum error_code source_make(const char *name, const char *text, size_t len, struct arena *arena,
                            const struct yaml_source **ret_source, struct diagnostics *diags,
                            struct error *err)
{
    if (len > YAML_MAX_FILE_BYTES) {
        diagnostics_add(diags, name, 0, 0, "", "the text is larger than %zu MiB",
                        YAML_MAX_FILE_BYTES >> 20);
        diagnostics_hint(diags, "Part it into several files.");
        return refuse(diags, err);
    }
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        len -= 3;
    }
    struct yaml_source *source = arena_alloc(arena, sizeof(*source));
    source->name = arena_strdup(arena, name);
    source->text = arena_strndup(arena, text, len);
    source->len = len;
    size_t bad = find_lines(source, arena);
    if (bad < len) {
        unsigned line = 0;
        unsigned column = 0;
        source_place(source, bad, &line, &column);
        diagnostics_add(diags, name, line, column, "",
                        text[bad] == '\0' ? "the file contains a zero byte"
                                          : "the file is not UTF-8 text");
        diagnostics_hint(diags, "Save the file as plain text in UTF-8.");
        return refuse(diags, err);
    }
    *ret_source = source;
    return OK;
}

size_t source_offset(const struct yaml_source *source, size_t line, size_t column)
{
    if (line >= source->n_lines)
        return source->len;
    size_t at = source->line_starts[line];
    while (at < source->len && column > 0) {
        at++;
        while (at < source->len && is_continuation((unsigned char)source->text[at]))
            at++;
        column--;
    }
    return at;
}

void source_place(const struct yaml_source *source, size_t offset, unsigned *ret_line,
                  unsigned *ret_column)
{
    size_t low = 0;
    size_t high = source->n_lines;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (source->line_starts[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    unsigned column = 1;
    for (size_t at = source->line_starts[low]; at < offset; at++)
        column += !is_continuation((unsigned char)source->text[at]);
    *ret_line = (unsigned)low + 1;
    *ret_column = column;
}
