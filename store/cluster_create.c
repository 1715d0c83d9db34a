#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "embedded/ledger_sql.h"
#include "store/cluster.h"

#define MAX_OUTPUT_BYTES ((size_t)64 * 1024)

bool cluster_exists(const struct cluster *cluster)
{
    return access(cluster->data_dir, F_OK) == 0;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

/* As root, the folder is taken from its account first, so that nothing moves under our feet. */
static enum error_code remove_leftover(const struct cluster *cluster, struct error *err)
{
    const char *folder = cluster->tmp_dir;
    if (access(folder, F_OK) != 0)
        return OK;
    if (cluster->account.drop && lchown(folder, 0, 0) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot take over %s", folder);
    if (nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0)
        return OK;
    return error_set_errno(err, ERR_IO, errno, "cannot remove %s", folder);
}

static enum error_code make_data_folder(const struct cluster *cluster, struct error *err)
{
    TRY(remove_leftover(cluster, err));
    if (mkdir(cluster->tmp_dir, 0700) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot create %s", cluster->tmp_dir);
    const struct account *account = &cluster->account;
    if (account->drop && lchown(cluster->tmp_dir, account->user.uid, account->user.gid) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot hand over %s", cluster->tmp_dir);
    return OK;
}

static bool without_fsync(const struct cluster *cluster)
{
    for (size_t i = 0; i < cluster->n_settings; i++)
        if (strcmp(cluster->settings[i], "fsync=off") == 0)
            return true;
    return false;
}

static enum error_code run_initdb(const struct cluster *cluster, struct buffer *output,
                                  struct error *err)
{
    char program[PATH_MAX];
    TRY(cluster_path(program, cluster->bindir, "initdb", err));
    const char *argv[] = {program,
                          "--pgdata",
                          cluster->tmp_dir,
                          "--username=" CLUSTER_SUPERUSER,
                          "--encoding=UTF8",
                          "--locale=C",
                          "--data-checksums",
                          "--auth-local=peer",
                          "--auth-host=reject",
                          "--no-instructions",
                          without_fsync(cluster) ? "--no-sync" : NULL,
                          NULL};
    return cluster_run(&cluster->account, argv, "", output, err);
}

/* In single-user mode, so that a cluster without role and database is never seen. */
static enum error_code run_first_statements(const struct cluster *cluster, struct buffer *output,
                                            struct error *err)
{
    char program[PATH_MAX];
    TRY(cluster_path(program, cluster->bindir, "postgres", err));
    const char *argv[] = {program,     "--single",
                          "-D",        cluster->tmp_dir,
                          "-c",        "exit_on_error=on",
                          "-c",        without_fsync(cluster) ? "fsync=off" : "fsync=on",
                          "template1", NULL};
    return cluster_run(&cluster->account, argv, cluster_create_sql, output, err);
}

static enum error_code sync_folder(const char *folder, struct error *err)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(err, ERR_IO, errno, "cannot open %s", folder);
    int failed = fsync(fd);
    int why = errno;
    (void)close(fd);
    return failed == 0 ? OK : error_set_errno(err, ERR_IO, why, "cannot save %s", folder);
}

static enum error_code fill_data_folder(const struct cluster *cluster, struct error *err)
{
    struct buffer output CLEANUP(buffer_release);
    buffer_init(&output, MAX_OUTPUT_BYTES);
    TRY(run_initdb(cluster, &output, err));
    return run_first_statements(cluster, &output, err);
}

enum error_code cluster_create(struct cluster *cluster, struct error *err)
{
    TRY(make_data_folder(cluster, err));
    TRY(fill_data_folder(cluster, err));
    if (rename(cluster->tmp_dir, cluster->data_dir) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot rename %s", cluster->tmp_dir);
    return sync_folder(cluster->base_dir, err);
}

/* Whole or not at all, readable by the server's account. */
static enum error_code write_file(const struct cluster *cluster, const char *name, const char *text,
                                  struct error *err)
{
    char path[PATH_MAX], fresh[PATH_MAX];
    TRY(cluster_path(path, cluster->base_dir, name, err));
    TRY(cluster_path(fresh, cluster->base_dir, "new", err));
    (void)unlink(fresh);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return error_set_errno(err, ERR_IO, errno, "cannot create %s", fresh);
    size_t len = strlen(text);
    bool written = write(fd, text, len) == (ssize_t)len && fchmod(fd, 0644) == 0;
    int why = errno;
    (void)close(fd);
    if (!written)
        return error_set_errno(err, ERR_IO, why, "cannot write %s", fresh);
    if (rename(fresh, path) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot rename %s", fresh);
    return OK;
}

/* Root may always come in, since it can become the account anyway. */
static enum error_code write_ident(const struct cluster *cluster, struct error *err)
{
    char text[512];
    const char *name = cluster->account.user.name;
    (void)snprintf(text, sizeof(text),
                   "loadguard \"%s\" " CLUSTER_ROLE "\nloadguard \"%s\" " CLUSTER_SUPERUSER
                   "\nloadguard root " CLUSTER_ROLE "\nloadguard root " CLUSTER_SUPERUSER "\n",
                   name, name);
    return write_file(cluster, "pg_ident.conf", text, err);
}

enum error_code cluster_write_configuration(const struct cluster *cluster, struct error *err)
{
    TRY(write_file(cluster, "postgresql.conf", postgresql_conf, err));
    TRY(write_file(cluster, "pg_hba.conf", "local all all peer map=loadguard\n", err));
    return write_ident(cluster, err);
}
