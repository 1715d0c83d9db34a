#include "scorer/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

#define QUOTE_BYTES 120

void manifest_init(struct manifest *manifest)
{
    *manifest = (struct manifest){0};
    buffer_init(&manifest->line, MANIFEST_MAX_LINE_BYTES);
}

void manifest_release(struct manifest *manifest)
{
    buffer_release(&manifest->line);
    json_decref(manifest->complete);
    manifest->complete = NULL;
}

/* Notes the first problem, quoting the start of the line. */
static void note_problem(struct manifest *manifest, const char *reason)
{
    struct buffer quote;
    buffer_init(&quote, QUOTE_BYTES * 3);
    size_t len = manifest->line.len < QUOTE_BYTES ? manifest->line.len : QUOTE_BYTES;
    (void)(text_append_clean(&quote, buffer_string(&manifest->line), len, NULL) == OK);
    (void)error_set(&manifest->problem, ERR_INCOMPLETE, "line %llu of the manifest %s: '%s%s'",
                    (unsigned long long)manifest->n_lines, reason, buffer_string(&quote),
                    len < manifest->line.len ? "…" : "");
    error_hint(&manifest->problem,
               "Write JSON lines only, at the end one with \"complete\" and \"rows\".");
    buffer_release(&quote);
}

bool manifest_count(const json_t *value, uint64_t *ret_count)
{
    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        *ret_count = (uint64_t)json_integer_value(value);
        return true;
    }
    double real = json_is_real(value) ? json_real_value(value) : -1.0;
    if (!(real >= 0.0 && real <= 9007199254740992.0)) /* 2^53: the integers a double can hold */
        return false;
    uint64_t count = (uint64_t)real;
    if ((double)count != real)
        return false;
    *ret_count = count;
    return true;
}

static void take_progress(struct manifest *manifest, const json_t *object)
{
    const json_t *fraction = json_object_get(object, "progress");
    const json_t *rows = json_object_get(object, "rows");
    if (fraction == NULL && rows == NULL) {
        note_problem(manifest, "has neither \"complete\" nor \"progress\"");
        return;
    }
    double value = json_is_number(fraction) ? json_number_value(fraction) : -1.0;
    if (value >= 0.0 && value <= 1.0) {
        manifest->progress.has_fraction = true;
        manifest->progress.fraction = value;
    }
    if (manifest_count(rows, &manifest->progress.rows))
        manifest->progress.has_rows = true;
}

static void take_object(struct manifest *manifest, json_t *object)
{
    if (manifest->complete != NULL)
        note_problem(manifest, "comes after the one with \"complete\"");
    else if (json_object_get(object, "complete") == NULL)
        take_progress(manifest, object);
    else if (!json_is_boolean(json_object_get(object, "complete")))
        note_problem(manifest, "has a \"complete\" that is neither true nor false");
    else
        manifest->complete = json_incref(object);
}

static bool is_blank(const struct buffer *line)
{
    return strspn(buffer_string(line), " \t\r") == line->len;
}

static void end_line(struct manifest *manifest)
{
    manifest->n_lines++;
    if (manifest->problem.code != OK || is_blank(&manifest->line))
        return;
    json_error_t why;
    json_t *object = json_loadb(buffer_string(&manifest->line), manifest->line.len,
                                JSON_REJECT_DUPLICATES, &why);
    if (object == NULL)
        note_problem(manifest, "is not valid JSON");
    else if (!json_is_object(object))
        note_problem(manifest, "is no JSON object");
    else
        take_object(manifest, object);
    json_decref(object);
}

/* Part of one line. */
static void add_to_line(struct manifest *manifest, const char *bytes, size_t len)
{
    if (manifest->problem.code != OK || buffer_append(&manifest->line, bytes, len, NULL) == OK)
        return;
    manifest->n_lines++;
    note_problem(manifest, manifest->line.len + len > MANIFEST_MAX_LINE_BYTES
                               ? "is longer than 64 KiB"
                               : "does not fit into memory");
}

void manifest_add(struct manifest *manifest, const char *bytes, size_t len)
{
    while (len > 0 && manifest->problem.code == OK) {
        const char *end = memchr(bytes, '\n', len);
        size_t part = end != NULL ? (size_t)(end - bytes) : len;
        add_to_line(manifest, bytes, part);
        if (end == NULL)
            return;
        if (manifest->problem.code == OK)
            end_line(manifest);
        buffer_clear(&manifest->line);
        bytes += part + 1;
        len -= part + 1;
    }
}

void manifest_end(struct manifest *manifest)
{
    if (manifest->line.len > 0)
        end_line(manifest);
    buffer_clear(&manifest->line);
}

/* Reads from the start, or from the first line that starts in the last part that counts. */
static enum error_code read_lines(struct manifest *manifest, int fd, off_t size, struct error *err)
{
    bool skipping = size > MANIFEST_MAX_FILE_BYTES;
    off_t offset = skipping ? size - MANIFEST_MAX_FILE_BYTES - 1 : 0;
    off_t end = size;
    while (offset < end) {
        char chunk[16384];
        ssize_t got = pread(fd, chunk, sizeof(chunk), offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_errno(err, ERR_IO, errno, "cannot read the manifest file");
        if (got == 0)
            break;
        offset += got;
        const char *start = chunk;
        if (skipping) {
            start = memchr(chunk, '\n', (size_t)got);
            if (start == NULL)
                continue;
            start++;
            skipping = false;
        }
        manifest_add(manifest, start, (size_t)(chunk + got - start));
    }
    manifest_end(manifest);
    return OK;
}

enum error_code manifest_read_file(struct manifest *manifest, const char *folder, struct error *err)
{
    CLEANUP(fd_cleanup) int folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (folder_fd < 0)
        return error_set_errno(err, ERR_IO, errno, "cannot open the manifest's folder %s", folder);
    CLEANUP(fd_cleanup)
    int fd = openat(folder_fd, "manifest", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return OK;
    if (fd < 0)
        return error_set_errno(err, ERR_INCOMPLETE, errno, "cannot open the manifest file");
    struct stat info;
    if (fstat(fd, &info) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot look at the manifest file");
    if (!S_ISREG(info.st_mode) || info.st_nlink != 1)
        return error_set(err, ERR_INCOMPLETE, "the manifest file is not a plain file of its own");
    return read_lines(manifest, fd, info.st_size, err);
}

enum error_code manifest_choose(const struct manifest *from_fd, const struct manifest *from_file,
                                const struct manifest **ret_manifest, struct error *err)
{
    if (from_fd->complete != NULL && from_file->complete != NULL &&
        !json_equal(from_fd->complete, from_file->complete)) {
        (void)error_set(err, ERR_INCOMPLETE,
                        "the manifest's file and its descriptor contradict each other");
        error_hint(err, "Use one of LOADGUARD_MANIFEST and LOADGUARD_MANIFEST_FD, not both.");
        return ERR_INCOMPLETE;
    }
    bool has_problem = from_fd->problem.code != OK || from_file->problem.code != OK;
    bool has_complete = from_fd->complete != NULL || from_file->complete != NULL;
    bool fd_counts = has_problem    ? from_fd->problem.code != OK
                     : has_complete ? from_fd->complete != NULL
                                    : from_fd->n_lines > 0;
    *ret_manifest = fd_counts ? from_fd : from_file;
    return OK;
}
