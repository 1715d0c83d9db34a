#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "store/cluster.h"

#define ROOT_ACCOUNT "postgres"
/* "/.s.PGSQL.5432.lock" with its zero byte */
#define SOCKET_NAME_BYTES 20

enum error_code cluster_path(char *out, const char *folder, const char *name, struct error *err)
{
    int len = snprintf(out, PATH_MAX, "%s/%s", folder, name);
    if (len > 0 && len < PATH_MAX)
        return OK;
    return error_set(err, ERR_CONFIG, "the path of state_dir is too long");
}

static enum error_code make_folder(const char *path, mode_t mode, struct error *err)
{
    if (mkdir(path, mode) == 0 || errno == EEXIST)
        return OK;
    return error_set_errno(err, ERR_CONFIG, errno, "cannot create %s", path);
}

static enum error_code account_by_uid(uid_t uid, struct account *account, struct error *err)
{
    char space[4096];
    struct passwd entry, *found = NULL;
    (void)getpwuid_r(uid, &entry, space, sizeof(space), &found);
    if (found == NULL)
        return error_set(err, ERR_CONFIG, "user id %ju has no name on this host", (uintmax_t)uid);
    return process_user_lookup(found->pw_name, &account->user, err);
}

static enum error_code account_of_new_cluster(struct account *account, struct error *err)
{
    enum error_code code = process_user_lookup(ROOT_ACCOUNT, &account->user, err);
    if (code == ERR_CONFIG)
        error_hint(err, "The private cluster runs under this account, because PostgreSQL refuses "
                        "to run as root. Create it, run as another user, or set store.url.");
    return code;
}

/* Root runs the server as whoever owns the cluster already, and a new one as postgres. */
static enum error_code choose_account(struct cluster *cluster, struct error *err)
{
    struct stat status;
    struct account *account = &cluster->account;
    if (geteuid() != 0)
        return account_by_uid(geteuid(), account, err);
    account->drop = true;
    if (stat(cluster->data_dir, &status) == 0 && status.st_uid != 0)
        return account_by_uid(status.st_uid, account, err);
    if (stat(cluster->base_dir, &status) == 0 && status.st_uid != 0)
        return account_by_uid(status.st_uid, account, err);
    return account_of_new_cluster(account, err);
}

/* Without read permission: the server's account may pass through, but not look around. */
static enum error_code let_pass(const char *folder, struct error *err)
{
    struct stat status;
    if (stat(folder, &status) != 0)
        return error_set_errno(err, ERR_CONFIG, errno, "cannot look at %s", folder);
    if (status.st_uid != 0 || (status.st_mode & S_IXOTH) != 0)
        return OK;
    if (chmod(folder, (status.st_mode & 07777) | S_IXGRP | S_IXOTH) == 0)
        return OK;
    return error_set_errno(err, ERR_CONFIG, errno, "cannot change the mode of %s", folder);
}

static enum error_code closed_folder(const struct cluster *cluster, const char *folder,
                                     struct error *err)
{
    (void)error_set(err, ERR_CONFIG, "the account '%s' cannot enter %s", cluster->account.user.name,
                    folder);
    error_detail(err, "The private PostgreSQL runs under that account, because it refuses to run "
                      "as root.");
    error_hint(err,
               "Choose a state_dir that everybody may pass through, such as "
               "/var/lib/loadguard, or allow it: chmod o+x %s",
               folder);
    return ERR_CONFIG;
}

/* Names the first folder on the way that is closed. */
static enum error_code check_passage(const struct cluster *cluster, struct error *err)
{
    char folder[PATH_MAX];
    if (cluster_can_enter(&cluster->account, cluster->base_dir))
        return OK;
    (void)snprintf(folder, sizeof(folder), "%s", cluster->base_dir);
    for (char *slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (!cluster_can_enter(&cluster->account, folder))
            break;
        *slash = '/';
    }
    return closed_folder(cluster, folder, err);
}

static enum error_code check_owner(const struct cluster *cluster, struct error *err)
{
    struct stat status;
    if (stat(cluster->base_dir, &status) != 0)
        return error_set_errno(err, ERR_CONFIG, errno, "cannot look at %s", cluster->base_dir);
    if (geteuid() == 0 || status.st_uid == geteuid())
        return OK;
    (void)error_set(err, ERR_CONFIG, "the private cluster in %s belongs to another user",
                    cluster->state_dir);
    error_hint(err, "Run as that user or as root, or choose another state_dir.");
    return ERR_CONFIG;
}

enum error_code cluster_find_folders(struct cluster *cluster, const char *state_dir,
                                     struct error *err)
{
    mode_t mode = geteuid() == 0 ? 0711 : 0700;
    TRY(make_folder(state_dir, mode, err));
    if (realpath(state_dir, cluster->state_dir) == NULL)
        return error_set_errno(err, ERR_CONFIG, errno, "cannot use state_dir %s", state_dir);
    TRY(cluster_path(cluster->base_dir, cluster->state_dir, "pg", err));
    TRY(cluster_path(cluster->data_dir, cluster->base_dir, "data", err));
    TRY(cluster_path(cluster->tmp_dir, cluster->base_dir, "data.tmp", err));
    TRY(cluster_path(cluster->log_path, cluster->base_dir, "log", err));
    TRY(make_folder(cluster->base_dir, mode, err));
    TRY(check_owner(cluster, err));
    return choose_account(cluster, err);
}

enum error_code cluster_open_folders(const struct cluster *cluster, struct error *err)
{
    if (!cluster->account.drop)
        return OK;
    TRY(let_pass(cluster->state_dir, err));
    TRY(let_pass(cluster->base_dir, err));
    return check_passage(cluster, err);
}

/* A folder in a place that all may write to is used only if nobody else can have made it. */
static enum error_code make_private_folder(const struct cluster *cluster, const char *folder,
                                           struct error *err)
{
    struct stat status;
    bool made = mkdir(folder, 0700) == 0;
    if (!made && errno != EEXIST)
        return error_set_errno(err, ERR_IO, errno, "cannot create %s", folder);
    if (made && cluster->account.drop &&
        lchown(folder, cluster->account.user.uid, cluster->account.user.gid) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot hand over %s", folder);
    if (lstat(folder, &status) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot look at %s", folder);
    if (S_ISDIR(status.st_mode) && status.st_uid == cluster->account.user.uid &&
        (status.st_mode & 077) == 0)
        return OK;
    (void)error_set(err, ERR_REFUSED, "%s is not a private folder of '%s'", folder,
                    cluster->account.user.name);
    error_hint(err, "Somebody else made it. Remove it and start again.");
    return ERR_REFUSED;
}

/* Some file systems, such as folders shared into a container, hold no sockets. */
static bool holds_sockets(const char *folder)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int len = snprintf(address.sun_path, sizeof(address.sun_path), "%s/.probe", folder);
    if (len < 0 || (size_t)len >= sizeof(address.sun_path))
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    (void)unlink(address.sun_path);
    bool bound = bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
    if (bound)
        (void)unlink(address.sun_path);
    (void)close(fd);
    return bound;
}

/* FNV-1a; tells clusters apart, nothing relies on it being hard to guess. */
static uint64_t hash_path(const char *path)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (const char *p = path; *p != '\0'; p++)
        hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
    return hash;
}

enum error_code cluster_make_socket_dir(struct cluster *cluster, struct error *err)
{
    char *folder = cluster->socket_dir;
    uint64_t hash = hash_path(cluster->state_dir);
    TRY(cluster_path(folder, cluster->base_dir, "socket", err));
    if (strlen(folder) + SOCKET_NAME_BYTES <= sizeof(((struct sockaddr_un *)0)->sun_path)) {
        TRY(make_private_folder(cluster, folder, err));
        if (holds_sockets(folder))
            return OK;
    }
    if (cluster->account.drop) {
        (void)snprintf(folder, PATH_MAX, "/run/loadguard-%016" PRIx64, hash);
        if (make_private_folder(cluster, folder, NULL) == OK)
            return OK;
    }
    (void)snprintf(folder, PATH_MAX, "/tmp/loadguard-%ju-%016" PRIx64,
                   (uintmax_t)cluster->account.user.uid, hash);
    return make_private_folder(cluster, folder, err);
}
