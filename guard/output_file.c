#include "guard/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum error_code cannot_write(const char *path, struct error *err)
{
    return error_set_errno(err, ERR_IO, errno, "cannot write %s", path);
}

/* Whether the path is something that cannot be replaced by a file: a pipe, a terminal. */
static bool is_special(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

/* The path itself, or where a symbolic link leads; freed by the caller. */
static char *resolve(const char *path)
{
    char *resolved = realpath(path, NULL);
    return resolved == NULL ? strdup(path) : resolved;
}

static enum error_code open_beside(struct output_file *file, struct error *err)
{
    if (asprintf(&file->temporary, "%s.%ld.tmp", file->path, (long)getpid()) < 0) {
        file->temporary = NULL;
        return error_set(err, ERR_MEMORY, "not enough memory for the name of a file");
    }
    int fd = open(file->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0)
        return cannot_write(file->path, err);
    file->stream = fdopen(fd, "w");
    if (file->stream != NULL)
        return OK;
    (void)close(fd);
    return cannot_write(file->path, err);
}

enum error_code output_file_open(struct output_file *file, const char *path, struct error *err)
{
    struct stat status;
    bool is_standard = strcmp(path, "-") == 0;
    file->path = is_standard ? strdup("standard output") : resolve(path);
    if (file->path == NULL)
        return error_set(err, ERR_MEMORY, "not enough memory for the name of a file");
    if (is_standard) {
        file->stream = stdout;
        return OK;
    }
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        return cannot_write(path, err);
    }
    if (!is_special(path))
        return open_beside(file, err);
    file->stream = fopen(path, "we");
    return file->stream == NULL ? cannot_write(path, err) : OK;
}

enum error_code output_file_finish(struct output_file *file, struct error *err)
{
    FILE *stream = TAKE(file->stream);
    bool is_standard = stream == stdout;
    errno = 0;
    bool written = fflush(stream) == 0 && ferror(stream) == 0;
    if (!is_standard && fclose(stream) != 0)
        written = false;
    if (!written || (file->temporary != NULL && rename(file->temporary, file->path) != 0))
        return cannot_write(file->path, err);
    free(TAKE(file->temporary));
    return OK;
}

void output_file_release(struct output_file *file)
{
    if (file->stream != NULL && file->stream != stdout)
        (void)fclose(file->stream);
    if (file->temporary != NULL)
        (void)unlink(file->temporary);
    free(file->temporary);
    free(file->path);
    *file = (struct output_file){0};
}
