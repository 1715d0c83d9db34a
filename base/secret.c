#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"

enum error_code secret_set(struct secret *secret, const char *bytes, size_t len, struct error *err)
{
    if (len > SECRET_MAX_BYTES)
        return error_set(err, ERR_LIMIT, "a secret is longer than %d bytes", SECRET_MAX_BYTES);
    char *copy = malloc(len + 1);
    if (copy == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for a secret");
    memcpy(copy, bytes, len);
    copy[len] = '\0';
    secret_release(secret);
    *secret = (struct secret){copy, len};
    return OK;
}

void secret_release(struct secret *secret)
{
    if (secret->do_not_print != NULL) {
        explicit_bzero(secret->do_not_print, secret->len);
        free(secret->do_not_print);
    }
    *secret = (struct secret){0};
}

const char *secret_reveal(const struct secret *secret)
{
    return secret->do_not_print != NULL ? secret->do_not_print : "";
}

const char *secret_text(const struct secret *secret)
{
    return secret->len > 0 ? SECRET_SCRUBBED : "(none)";
}

static enum error_code check_secret_file(int fd, const char *path, struct error *err)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return error_set_errno(err, ERR_CONFIG, errno, "cannot look at the secret file %s", path);
    if (!S_ISREG(info.st_mode))
        return error_set(err, ERR_CONFIG, "the secret file %s is not a regular file", path);
    if ((info.st_mode & S_IROTH) == 0)
        return OK;
    (void)error_set(err, ERR_CONFIG, "the secret file %s may be read by everybody", path);
    error_hint(err, "Run: chmod o= %s", path);
    return ERR_CONFIG;
}

/* Reads the whole file into bytes; *ret_len beyond SECRET_MAX_BYTES means that there is more. */
static enum error_code read_all(int fd, const char *path, char *bytes, size_t *ret_len,
                                struct error *err)
{
    size_t len = 0;
    while (len <= SECRET_MAX_BYTES) {
        ssize_t got = read(fd, bytes + len, SECRET_MAX_BYTES + 1 - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_errno(err, ERR_CONFIG, errno, "cannot read the secret file %s", path);
        if (got == 0)
            break;
        len += (size_t)got;
    }
    *ret_len = len;
    return OK;
}

static enum error_code keep_secret(struct secret *secret, const char *path, const char *bytes,
                                   size_t len, struct error *err)
{
    if (len > SECRET_MAX_BYTES)
        return error_set(err, ERR_CONFIG, "the secret file %s is longer than %d bytes", path,
                         SECRET_MAX_BYTES);
    if (len > 0 && bytes[len - 1] == '\n')
        len--;
    if (len > 0 && bytes[len - 1] == '\r')
        len--;
    if (len == 0)
        return error_set(err, ERR_CONFIG, "the secret file %s is empty", path);
    if (memchr(bytes, '\0', len) != NULL)
        return error_set(err, ERR_CONFIG, "the secret file %s holds a zero byte", path);
    return secret_set(secret, bytes, len, err);
}

enum error_code secret_read_file(struct secret *secret, const char *path, struct error *err)
{
    /* Non-blocking, so that a named pipe in its place is refused instead of waited for. */
    CLEANUP(fd_cleanup) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return error_set_errno(err, ERR_CONFIG, errno, "cannot read the secret file %s", path);
    TRY(check_secret_file(fd, path, err));
    char *bytes = malloc(SECRET_MAX_BYTES + 1);
    if (bytes == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for a secret");
    size_t len = 0;
    enum error_code code = read_all(fd, path, bytes, &len, err);
    if (code == OK)
        code = keep_secret(secret, path, bytes, len, err);
    explicit_bzero(bytes, SECRET_MAX_BYTES + 1);
    free(bytes);
    return code;
}

/* The character after host and port, from just behind "://". */
static const char *authority_end(const char *authority)
{
    return authority + strcspn(authority, "/?#\\");
}

/* The last @ of the authority ends the account: an account may itself hold an unescaped one. */
static const char *host_start(const char *authority, const char *end)
{
    for (const char *p = end; p > authority; p--)
        if (p[-1] == '@')
            return p;
    return authority;
}

const char *url_scrub(const char *url, char out[URL_SCRUBBED_BYTES])
{
    const char *colon = strstr(url, "://");
    size_t scheme_len = strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+.-");
    if (colon == NULL || url + scheme_len != colon || scheme_len == 0 || scheme_len > 10) {
        (void)snprintf(out, URL_SCRUBBED_BYTES, "%s", SECRET_SCRUBBED);
        return out;
    }
    const char *authority = colon + 3;
    const char *end = authority_end(authority);
    const char *host = host_start(authority, end);
    bool bare = end[0] == '\0' || (end[0] == '/' && end[1] == '\0');
    (void)snprintf(out, URL_SCRUBBED_BYTES, "%.*s://%s%.*s%s", (int)scheme_len, url,
                   host > authority ? SECRET_SCRUBBED "@" : "",
                   end - host < 255 ? (int)(end - host) : 255, host,
                   bare ? end : "/" SECRET_SCRUBBED);
    for (char *p = out; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7F)
            *p = '?';
    return out;
}
