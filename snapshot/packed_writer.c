#include "snapshot/packed_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fault.h"
#include "base/fd.h"
#include "base/interrupt.h"
#include "snapshot/packed_format.h"
#include "snapshot/packed_internal.h"

#define FILE_MODE 0600

struct packed_writer {
    const struct schema *schema;
    int fd;
    char *path;      /* final name, or NULL */
    char *temporary; /* path.tmp while it exists, or NULL */
    char *directory; /* of the file */
    char *name;      /* for messages */
    struct buffer block;
    uint64_t offset;
    uint64_t header_checksum;
    uint64_t n_rows;
    struct packed_entry *entries;
    size_t n_entries;
    size_t entry_capacity;
};

static enum error_code no_memory(struct error *err)
{
    return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot write a snapshot file");
}

enum error_code packed_write_all(int fd, const char *name, const void *bytes, size_t len,
                                 struct error *err)
{
    const char *p = bytes;
    while (len > 0) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            enum error_code code = error_set_errno(err, ERR_IO, errno, "cannot write %s", name);
            if (code == ERR_SPACE)
                error_hint(err, "Free space on the file system of %s.", name);
            return code;
        }
        p += n;
        len -= (size_t)n;
    }
    return OK;
}

char *packed_directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return strdup(".");
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static const char *default_directory(void)
{
    const char *directory = getenv("TMPDIR");
    return directory != NULL && directory[0] != '\0' ? directory : "/var/tmp";
}

static enum error_code choose_names(struct packed_writer *writer, const char *path,
                                    const char *directory, struct error *err)
{
    if (path != NULL) {
        writer->path = strdup(path);
        writer->directory = packed_directory_of(path);
    } else {
        writer->directory = strdup(directory != NULL ? directory : default_directory());
    }
    if (writer->directory == NULL || (path != NULL && writer->path == NULL))
        return no_memory(err);
    int len = path != NULL ? asprintf(&writer->name, "%s.tmp", path)
                           : asprintf(&writer->name, "a temporary file in %s", writer->directory);
    if (len < 0) {
        writer->name = NULL;
        return no_memory(err);
    }
    return OK;
}

/* For file systems without O_TMPFILE. */
static int open_unlinked(const char *directory)
{
    char *path = NULL;
    if (asprintf(&path, "%s/loadguard-XXXXXX", directory) < 0) {
        errno = ENOMEM;
        return -1;
    }
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        (void)unlink(path);
    free(path);
    return fd;
}

static enum error_code open_file(struct packed_writer *writer, struct error *err)
{
    if (writer->path != NULL) {
        writer->fd =
            open(writer->name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
        if (writer->fd >= 0 && (writer->temporary = strdup(writer->name)) == NULL)
            return no_memory(err);
    } else {
        writer->fd = open(writer->directory, O_TMPFILE | O_RDWR | O_CLOEXEC, FILE_MODE);
        if (writer->fd < 0)
            writer->fd = open_unlinked(writer->directory);
    }
    if (writer->fd < 0)
        return error_set_errno(err, ERR_IO, errno, "cannot create %s", writer->name);
    return OK;
}

static enum error_code write_bytes(struct packed_writer *writer, const void *bytes, size_t len,
                                   struct error *err)
{
    TRY(packed_write_all(writer->fd, writer->name, bytes, len, err));
    writer->offset += len;
    return OK;
}

static enum error_code write_padding(struct packed_writer *writer, struct error *err)
{
    static const char zeros[PACKED_ALIGN];
    return write_bytes(writer, zeros, packed_aligned(writer->offset) - writer->offset, err);
}

static enum error_code write_header(struct packed_writer *writer, struct error *err)
{
    struct packed_header header = {.byte_order = PACKED_BYTE_ORDER, .version = PACKED_VERSION};
    struct buffer *out = &writer->block;
    memcpy(header.magic, PACKED_MAGIC, sizeof(header.magic));
    TRY(buffer_append(out, &header, sizeof(header), err));
    TRY(packed_schema_encode(writer->schema, out, err));
    header.schema_bytes = out->len - sizeof(header);
    header.checksum = packed_checksum(out->data + sizeof(header), header.schema_bytes);
    memcpy(out->data, &header, sizeof(header));
    writer->header_checksum = packed_checksum(out->data, out->len);
    TRY(write_bytes(writer, out->data, out->len, err));
    return write_padding(writer, err);
}

enum error_code packed_writer_new(const struct schema *schema, const char *path,
                                  const char *directory, struct packed_writer **ret_writer,
                                  struct error *err)
{
    struct packed_writer *writer = calloc(1, sizeof(*writer));
    if (writer == NULL)
        return no_memory(err);
    writer->schema = schema;
    writer->fd = -1;
    buffer_init(&writer->block, BUFFER_DEFAULT_MAX_BYTES);
    enum error_code code = choose_names(writer, path, directory, err);
    if (code == OK)
        code = open_file(writer, err);
    if (code == OK)
        code = write_header(writer, err);
    if (code != OK) {
        packed_writer_free(writer);
        return code;
    }
    *ret_writer = writer;
    return OK;
}

void packed_writer_free(struct packed_writer *writer)
{
    if (writer == NULL)
        return;
    fd_cleanup(&writer->fd);
    if (writer->temporary != NULL)
        (void)unlink(writer->temporary);
    buffer_release(&writer->block);
    free(writer->entries);
    free(writer->path);
    free(writer->temporary);
    free(writer->directory);
    free(writer->name);
    free(writer);
}

static enum error_code add_entry(struct packed_writer *writer, const struct packed_entry *entry,
                                 struct error *err)
{
    if (writer->n_entries == writer->entry_capacity) {
        size_t capacity = writer->entry_capacity == 0 ? 64 : writer->entry_capacity * 2;
        void *entries = realloc(writer->entries, capacity * sizeof(*entry));
        if (entries == NULL)
            return no_memory(err);
        writer->entries = entries;
        writer->entry_capacity = capacity;
    }
    writer->entries[writer->n_entries++] = *entry;
    return OK;
}

enum error_code packed_writer_add(struct packed_writer *writer, const struct batch *batch,
                                  struct error *err)
{
    TRY(interrupt_check(err));
    TRY(packed_block_encode(batch, &writer->block, err));
    struct packed_entry entry = {.offset = writer->offset,
                                 .n_bytes = writer->block.len,
                                 .n_rows = batch->n_rows,
                                 .checksum =
                                     packed_checksum(writer->block.data, writer->block.len)};
    TRY(add_entry(writer, &entry, err));
    writer->n_rows += batch->n_rows;
    return write_bytes(writer, writer->block.data, writer->block.len, err);
}

size_t packed_writer_blocks(const struct packed_writer *writer)
{
    return writer->n_entries;
}

static enum error_code write_footer(struct packed_writer *writer, uint64_t duplicate_rows,
                                    const struct fingerprint *fingerprint, struct error *err)
{
    struct packed_footer footer = {.n_blocks = writer->n_entries,
                                   .n_rows = writer->n_rows,
                                   .duplicate_rows = duplicate_rows,
                                   .fingerprint = *fingerprint};
    struct packed_tail tail = {.footer_offset = writer->offset,
                               .header_checksum = writer->header_checksum};
    struct buffer *out = &writer->block;
    memcpy(tail.magic, PACKED_END_MAGIC, sizeof(tail.magic));
    buffer_clear(out);
    TRY(buffer_append(out, &footer, sizeof(footer), err));
    TRY(buffer_append(out, writer->entries, writer->n_entries * sizeof(*writer->entries), err));
    tail.footer_bytes = out->len;
    tail.footer_checksum = packed_checksum(out->data, out->len);
    TRY(buffer_append(out, &tail, sizeof(tail), err));
    return write_bytes(writer, out->data, out->len, err);
}

static enum error_code sync_directory(const struct packed_writer *writer, struct error *err)
{
    CLEANUP(fd_cleanup) int fd = open(writer->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot make %s durable", writer->path);
    return OK;
}

static enum error_code publish(struct packed_writer *writer, struct error *err)
{
    if (fsync(writer->fd) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot write %s", writer->name);
    fault_point("snapshot.written");
    if (rename(writer->temporary, writer->path) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot rename %s to %s", writer->temporary,
                               writer->path);
    free(TAKE(writer->temporary));
    fault_point("snapshot.renamed");
    return sync_directory(writer, err);
}

enum error_code packed_writer_finish(struct packed_writer *writer, uint64_t duplicate_rows,
                                     const struct fingerprint *fingerprint,
                                     struct packed **ret_packed, struct error *err)
{
    TRY(write_footer(writer, duplicate_rows, fingerprint, err));
    if (writer->path == NULL)
        return packed_open_fd(writer->fd, writer->name, writer->schema, ret_packed, err);
    struct packed *packed = NULL;
    TRY(packed_open_fd(writer->fd, writer->path, writer->schema, &packed, err));
    enum error_code code = publish(writer, err);
    if (code != OK) {
        packed_free(packed);
        return code;
    }
    *ret_packed = packed;
    return OK;
}

enum error_code packed_writer_finish_run(struct packed_writer *writer, struct packed **ret_run,
                                         struct error *err)
{
    const struct fingerprint none = {0};
    TRY(write_footer(writer, 0, &none, err));
    if (writer->temporary != NULL)
        (void)unlink(writer->temporary);
    free(TAKE(writer->temporary));
    return packed_open_fd(writer->fd, writer->name, writer->schema, ret_run, err);
}
