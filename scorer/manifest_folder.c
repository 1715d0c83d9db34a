#include "scorer/manifest_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"

#define PREFIX "loadguard-manifest-"

/* A folder is locked at once after it was made; this is far beyond that moment. */
#define LEFTOVER_AGE_S 3600

static int open_folder(int parent_fd, const char *name)
{
    return openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* One level and without following links: the scorer may have put anything there. */
static void empty_folder(int fd)
{
    int own_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    DIR *entries = own_fd >= 0 ? fdopendir(own_fd) : NULL;
    if (entries == NULL) {
        fd_cleanup(&own_fd);
        return;
    }
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            (void)unlinkat(fd, entry->d_name, 0);
    (void)closedir(entries);
}

/* Locks tell a leftover from the folder of a scorer that has run for long. */
static void remove_if_left_over(int parent_fd, const char *name)
{
    struct stat info;
    CLEANUP(fd_cleanup) int fd = open_folder(parent_fd, name);
    if (fd < 0 || fstat(fd, &info) != 0 || time(NULL) - info.st_mtime < LEFTOVER_AGE_S ||
        flock(fd, LOCK_EX | LOCK_NB) != 0)
        return;
    empty_folder(fd);
    (void)unlinkat(parent_fd, name, AT_REMOVEDIR);
}

static void remove_leftovers(const char *parent)
{
    DIR *entries = opendir(parent);
    if (entries == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;)
        if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0)
            remove_if_left_over(dirfd(entries), entry->d_name);
    (void)closedir(entries);
}

enum error_code manifest_folder_make(struct manifest_folder *folder, const char *parent,
                                     const struct process_user *user, struct arena *arena,
                                     struct error *err)
{
    parent = parent != NULL ? parent : "/tmp";
    remove_leftovers(parent);
    char *path = arena_printf(arena, "%s/" PREFIX "XXXXXX", parent);
    if (mkdtemp(path) == NULL)
        return error_set_errno(err, ERR_IO, errno, "cannot make a folder for the manifest in %s",
                               parent);
    folder->path = path;
    folder->lock_fd = open_folder(AT_FDCWD, path);
    if (folder->lock_fd < 0)
        return error_set_errno(err, ERR_IO, errno, "cannot open the manifest's folder %s", path);
    (void)flock(folder->lock_fd, LOCK_EX | LOCK_NB); /* not every file system has locks */
    if (user != NULL && geteuid() == 0 && fchown(folder->lock_fd, user->uid, user->gid) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot give the folder %s to the account '%s'",
                               path, user->name);
    return OK;
}

void manifest_folder_remove(struct manifest_folder *folder)
{
    if (folder->path == NULL)
        return;
    if (folder->lock_fd >= 0)
        empty_folder(folder->lock_fd);
    (void)rmdir(folder->path);
    fd_cleanup(&folder->lock_fd);
    folder->path = NULL;
}
