#include "scorer/rows_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/fd.h"
#include "base/text.h"

/* The most that a row-count file may hold: 20 digits and some white space. */
#define MAX_COUNT_BYTES 64

int64_t rows_file_time_us(const struct stat *info)
{
    return (int64_t)info->st_mtim.tv_sec * USEC_PER_SEC + info->st_mtim.tv_nsec / 1000;
}

static enum error_code open_failed(const char *path, struct error *err)
{
    if (errno != ENOENT)
        return error_set_errno(err, ERR_IO, errno, "cannot open the rows file %s", path);
    (void)error_set(err, ERR_NOT_READY, "the rows file %s does not exist", path);
    error_hint(err, "Whatever writes it has not run yet; try again later.");
    return ERR_NOT_READY;
}

/*
 * Non-blocking for the sake of named pipes: opening one would otherwise wait for its writer beyond
 * any deadline.
 */
enum error_code rows_file_open(const char *path, struct rows_file *ret_file, struct error *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    struct rows_file file = {.name = is_stdin ? "standard input" : path};
    CLEANUP(fd_cleanup)
    int fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                      : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return open_failed(file.name, err);
    if (fstat(fd, &file.info) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot look at the rows file %s", file.name);
    file.is_plain = S_ISREG(file.info.st_mode);
    if (!file.is_plain && !S_ISFIFO(file.info.st_mode) && !S_ISSOCK(file.info.st_mode))
        return error_set(err, ERR_CONFIG, "%s is neither a regular file nor a pipe", file.name);
    file.fd = fd_take(&fd);
    *ret_file = file;
    return OK;
}

enum error_code rows_file_check_unchanged(const struct rows_file *file, struct error *err)
{
    struct stat now;
    if (!file->is_plain)
        return OK;
    if (fstat(file->fd, &now) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot look at the rows file %s", file->name);
    if (now.st_size == file->info.st_size &&
        rows_file_time_us(&now) == rows_file_time_us(&file->info))
        return OK;
    (void)error_set(err, ERR_INCOMPLETE, "the rows file %s changed while it was read", file->name);
    error_hint(err, "Write the file under another name and rename it once it is whole.");
    return ERR_INCOMPLETE;
}

static enum error_code read_count(int fd, const char *path, enum error_code code,
                                  uint64_t *ret_count, struct error *err)
{
    char text[MAX_COUNT_BYTES + 1];
    ssize_t got = pread(fd, text, MAX_COUNT_BYTES, 0);
    if (got < 0)
        return error_set_errno(err, code, errno, "cannot read the row-count file %s", path);
    text[got] = '\0';
    const char *digits = text + strspn(text, " \t\r\n");
    size_t len = strspn(digits, "0123456789");
    char *end = NULL;
    errno = 0;
    uintmax_t count = strtoumax(digits, &end, 10);
    bool only_digits = len > 0 && end == digits + len && errno == 0;
    if (only_digits && digits + len + strspn(end, " \t\r\n") == text + got &&
        got < MAX_COUNT_BYTES) {
        *ret_count = count;
        return OK;
    }
    struct buffer quote;
    buffer_init(&quote, (size_t)MAX_COUNT_BYTES * 3);
    (void)(text_append_clean(&quote, text, (size_t)got, NULL) == OK);
    (void)error_set(err, code, "the row-count file %s holds no number of rows: '%s'", path,
                    buffer_string(&quote));
    buffer_release(&quote);
    return code;
}

enum error_code voucher_check(const struct complete_when *voucher, int64_t least_us,
                              enum error_code code, uint64_t *ret_count, struct error *err)
{
    bool counts = voucher->kind == COMPLETE_WHEN_ROW_COUNT_FILE;
    const char *what = counts ? "row-count file" : "marker file";
    CLEANUP(fd_cleanup) int fd = open(voucher->text, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    if (fd < 0 && errno == ENOENT)
        return error_set(err, code, "the %s %s does not exist", what, voucher->text);
    if (fd < 0 || fstat(fd, &info) != 0)
        return error_set_errno(err, code, errno, "cannot open the %s %s", what, voucher->text);
    if (rows_file_time_us(&info) < least_us) {
        (void)error_set(err, code, "the %s %s is older than the rows", what, voucher->text);
        error_hint(err, "It is left over from an earlier load; write it anew after the rows.");
        return code;
    }
    return counts ? read_count(fd, voucher->text, code, ret_count, err) : OK;
}
