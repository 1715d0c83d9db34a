#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

enum error_code file_read(const char *path, struct buffer *buf, struct error *err)
{
    CLEANUP(fd_cleanup) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(err, ERR_IO, errno, "cannot read %s", path);
    char piece[16384];
    for (;;) {
        ssize_t n = read(fd, piece, sizeof(piece));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set_errno(err, ERR_IO, errno, "cannot read %s", path);
        if (n == 0)
            return OK;
        enum error_code code = buffer_append(buf, piece, (size_t)n, err);
        if (code != OK) {
            error_prefix(err, "%s", path);
            return code;
        }
    }
}

enum error_code directory_make(const char *path, mode_t mode, struct error *err)
{
    char partial[4096];
    int len = snprintf(partial, sizeof(partial), "%s", path);
    if (len < 0 || (size_t)len >= sizeof(partial))
        return error_set(err, ERR_LIMIT, "the path %.60s… is too long", path);
    for (char *p = partial + 1; p <= partial + len; p++) {
        if (*p != '/' && *p != '\0')
            continue;
        char end = *p;
        *p = '\0';
        bool created = mkdir(partial, mode) == 0;
        if ((!created && errno != EEXIST) || (created && chmod(partial, mode) != 0))
            return error_set_errno(err, ERR_IO, errno, "cannot create the directory %s", partial);
        *p = end;
    }
    return OK;
}
