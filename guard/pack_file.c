#include "guard/pack_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "guard/progress.h"

static enum error_code open_rows(const char *path, int *ret_fd, int64_t *ret_bytes,
                                 struct error *err)
{
    if (strcmp(path, "-") == 0) {
        *ret_fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
        *ret_bytes = 0;
        return *ret_fd >= 0 ? OK : error_set_errno(err, ERR_IO, errno, "cannot use standard input");
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(err, ERR_IO, errno, "cannot read %s", path);
    struct stat status;
    *ret_bytes = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? status.st_size : 0;
    *ret_fd = fd;
    return OK;
}

static enum error_code copy_rows(struct reader *reader, int64_t file_bytes, struct packer *packer,
                                 struct progress *progress, struct error *err)
{
    uint64_t rows = 0;
    for (;;) {
        const struct batch *batch = NULL;
        TRY(reader_next(reader, &batch, err));
        if (batch == NULL)
            return reader_check(reader, err);
        TRY(packer_add(packer, batch, err));
        rows += batch->n_rows;
        progress_update(progress, rows,
                        file_bytes > 0 ? (double)reader_input_bytes(reader) / (double)file_bytes
                                       : -1);
    }
}

enum error_code pack_file(const char *path, const struct schema *schema, enum row_format format,
                          int64_t memory_bytes, struct packed **ret_packed, struct error *err)
{
    CLEANUP(fd_cleanup) int fd = -1;
    int64_t file_bytes = 0;
    TRY(open_rows(path, &fd, &file_bytes, err));
    const struct reader_options options = {.format = format, .name = path};
    CLEANUP(reader_cleanup) struct reader *reader = NULL;
    TRY(reader_open(fd, schema, &options, &reader, err));
    const char *directory = getenv("TMPDIR");
    const struct packer_options packing = {
        .directory = directory == NULL || directory[0] == '\0' ? "/tmp" : directory,
        .memory_bytes = (size_t)memory_bytes,
    };
    CLEANUP(packer_cleanup) struct packer *packer = NULL;
    TRY(packer_new(schema, &packing, &packer, err));
    struct progress progress;
    progress_begin(&progress, path);
    enum error_code code = copy_rows(reader, file_bytes, packer, &progress, err);
    progress_end(&progress);
    if (code != OK)
        return code;
    return packer_finish(packer, ret_packed, err);
}
