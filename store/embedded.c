#include "store/embedded.h"

#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "store/cluster.h"

#define LOCK_WAIT_US (300 * USEC_PER_SEC)
#define ANSWER_WAIT_US (60 * USEC_PER_SEC)
#define RECOVERY_WAIT_US (3600 * USEC_PER_SEC)
#define STOP_WAIT_US (120 * USEC_PER_SEC)
#define STEP_MS 10
#define MAX_LOG_BYTES (8 * 1024 * 1024)
#define START_ATTEMPTS 20
#define ATTEMPT_PAUSE_MS 250

void cluster_free(struct cluster *cluster)
{
    if (cluster == NULL)
        return;
    cluster_unlock(cluster);
    for (size_t i = 0; i < cluster->n_settings; i++)
        free(cluster->settings[i]);
    free(cluster);
}

static enum error_code copy_settings(struct cluster *cluster, const char *const *settings,
                                     struct error *err)
{
    for (size_t i = 0; settings != NULL && settings[i] != NULL; i++) {
        if (i >= CLUSTER_MAX_SETTINGS)
            return error_set(err, ERR_LIMIT, "more than %d settings", CLUSTER_MAX_SETTINGS);
        cluster->settings[i] = strdup(settings[i]);
        if (cluster->settings[i] == NULL)
            return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot keep a setting");
        cluster->n_settings++;
    }
    return OK;
}

static enum error_code new_cluster(struct cluster **ret_cluster, struct error *err)
{
    struct cluster *cluster = calloc(1, sizeof(*cluster));
    if (cluster == NULL)
        return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot set up a cluster");
    cluster->lock_fd = -1;
    *ret_cluster = cluster;
    return OK;
}

enum error_code cluster_new(const struct cluster_options *options, struct cluster **ret_cluster,
                            struct error *err)
{
    struct cluster *cluster CLEANUP(cluster_freep) = NULL;
    TRY(new_cluster(&cluster, err));
    TRY(copy_settings(cluster, options->settings, err));
    if (options->pg_bindir != NULL)
        TRY(cluster_path(cluster->configured_bindir, options->pg_bindir, "", err));
    TRY(cluster_find_folders(cluster, options->state_dir, err));
    *ret_cluster = TAKE(cluster);
    return OK;
}

enum error_code cluster_copy(const struct cluster *cluster, struct cluster **ret_cluster,
                             struct error *err)
{
    struct cluster *copy CLEANUP(cluster_freep) = NULL;
    const char *settings[CLUSTER_MAX_SETTINGS + 1] = {0};
    for (size_t i = 0; i < cluster->n_settings; i++)
        settings[i] = cluster->settings[i];
    TRY(new_cluster(&copy, err));
    *copy = *cluster;
    copy->lock_fd = -1;
    copy->n_settings = 0;
    TRY(copy_settings(copy, settings, err));
    *ret_cluster = TAKE(copy);
    return OK;
}

const char *cluster_socket_dir(const struct cluster *cluster)
{
    return cluster->socket_dir;
}

/* Sleeps for a moment; ERR_CANCELLED when a signal arrives meanwhile. */
static enum error_code pause_ms(int ms, struct error *err)
{
    struct pollfd wake = {.fd = interrupt_fd(), .events = POLLIN};
    (void)poll(&wake, 1, ms);
    return interrupt_check(err);
}

enum error_code cluster_lock(struct cluster *cluster, struct error *err)
{
    char path[PATH_MAX];
    TRY(cluster_path(path, cluster->base_dir, "lock", err));
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return error_set_errno(err, ERR_IO, errno, "cannot open %s", path);
    int64_t deadline_us = clock_monotonic_us() + LOCK_WAIT_US;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        enum error_code code = OK;
        if (errno != EWOULDBLOCK && errno != EINTR)
            code = error_set_errno(err, ERR_IO, errno, "cannot lock %s", path);
        else if (clock_monotonic_us() > deadline_us)
            code =
                error_set(err, ERR_BUSY, "another process is still starting the private cluster");
        else
            code = pause_ms(STEP_MS, err);
        if (code != OK) {
            (void)close(fd);
            return code;
        }
    }
    cluster->lock_fd = fd;
    return OK;
}

void cluster_unlock(struct cluster *cluster)
{
    if (cluster->lock_fd >= 0)
        (void)close(cluster->lock_fd);
    cluster->lock_fd = -1;
}

/* What a server writes into its data folder, as far as we need it. */
struct pid_file {
    int pid; /* 0: no server */
    char socket_dir[PATH_MAX];
};

/* A server works in its data folder; another program that got its number after a crash does not. */
static bool is_server(const struct cluster *cluster, int pid)
{
    char link[64], folder[PATH_MAX];
    if (pid <= 1 || (kill(pid, 0) != 0 && errno == ESRCH))
        return false;
    (void)snprintf(link, sizeof(link), "/proc/%d/cwd", pid);
    ssize_t len = readlink(link, folder, sizeof(folder) - 1);
    if (len < 0) /* believe the file unless the process has just ended */
        return errno == EACCES || errno == EPERM || access("/proc/self/cwd", F_OK) != 0;
    folder[len] = '\0';
    return strcmp(folder, cluster->data_dir) == 0;
}

/* Lines: process id, data folder, start time, port, socket folder, and more. */
static struct pid_file read_pid_file(const struct cluster *cluster)
{
    struct pid_file file = {.pid = 0};
    char path[PATH_MAX], line[PATH_MAX];
    if (cluster_path(path, cluster->data_dir, "postmaster.pid", NULL) != OK)
        return file;
    FILE *in = fopen(path, "re");
    if (in == NULL)
        return file;
    for (int i = 1; i <= 5 && fgets(line, sizeof(line), in) != NULL; i++) {
        line[strcspn(line, "\n")] = '\0';
        if (i == 1)
            file.pid = (int)strtol(line, NULL, 10);
        if (i == 5)
            (void)snprintf(file.socket_dir, sizeof(file.socket_dir), "%s", line);
    }
    (void)fclose(in);
    if (!is_server(cluster, file.pid))
        file.pid = 0;
    return file;
}

int cluster_pid(const struct cluster *cluster)
{
    return read_pid_file(cluster).pid;
}

static PGPing ping(const struct cluster *cluster)
{
    static const char *const names[] = {"host", "port", "user", "dbname", "connect_timeout", NULL};
    const char *const values[] = {cluster->socket_dir, "5432", CLUSTER_ROLE,
                                  CLUSTER_DATABASE,    "5",    NULL};
    return PQpingParams(names, values, 0);
}

/* Up to the last 800 bytes that the server wrote into its log from that place on, whole lines. */
static void quote_log(const struct cluster *cluster, off_t from, struct error *err)
{
    char tail[801];
    if (err == NULL)
        return;
    FILE *log = fopen(cluster->log_path, "re");
    if (log == NULL)
        return;
    (void)fseeko(log, 0, SEEK_END);
    off_t end = ftello(log);
    off_t start = end - from > 800 ? end - 800 : from;
    (void)fseeko(log, start, SEEK_SET);
    size_t len = fread(tail, 1, sizeof(tail) - 1, log);
    (void)fclose(log);
    tail[len] = '\0';
    const char *text = start == from ? tail : tail + strcspn(tail, "\n");
    error_detail(err, "The server's log ends with: %s", text[0] == '\n' ? text + 1 : text);
    error_hint(err, "The whole log is %s.", cluster->log_path);
}

/* A program that could not be executed has left its errno; one that ran has left nothing. */
static enum error_code server_ended(const struct cluster *cluster, int alive_fd, off_t log_from,
                                    struct error *err)
{
    int why = 0;
    if (alive_fd >= 0 && read(alive_fd, &why, sizeof(why)) == (ssize_t)sizeof(why))
        return error_set_errno(err, ERR_STORE, why, "cannot start %s/postgres", cluster->bindir);
    (void)error_set(err, ERR_STORE, "the private PostgreSQL ended while it started");
    quote_log(cluster, log_from, err);
    return ERR_STORE;
}

static bool has_ended(const struct cluster *cluster, int alive_fd)
{
    struct pollfd alive = {.fd = alive_fd, .events = POLLIN};
    return alive_fd >= 0 ? poll(&alive, 1, 0) > 0 : cluster_pid(cluster) == 0;
}

/* Waits until the server answers. alive_fd is -1 if we did not start it. */
static enum error_code wait_ready(const struct cluster *cluster, int alive_fd, off_t log_from,
                                  struct error *err)
{
    int64_t start_us = clock_monotonic_us();
    bool recovering = false;
    for (int step_ms = STEP_MS;; step_ms += step_ms < 10 * STEP_MS ? STEP_MS : 0) {
        PGPing answer = ping(cluster);
        if (answer == PQPING_OK)
            return OK;
        if (has_ended(cluster, alive_fd))
            return server_ended(cluster, alive_fd, log_from, err);
        recovering = recovering || answer == PQPING_REJECT;
        if (clock_monotonic_us() - start_us > (recovering ? RECOVERY_WAIT_US : ANSWER_WAIT_US)) {
            (void)error_set(err, ERR_STORE, "the private PostgreSQL does not answer");
            quote_log(cluster, log_from, err);
            return ERR_STORE;
        }
        TRY(pause_ms(step_ms, err));
    }
}

/* Keeps one older log. */
static enum error_code open_log(const struct cluster *cluster, int *ret_fd, off_t *ret_end,
                                struct error *err)
{
    char older[PATH_MAX];
    struct stat status;
    TRY(cluster_path(older, cluster->base_dir, "log.1", err));
    if (stat(cluster->log_path, &status) == 0 && status.st_size > MAX_LOG_BYTES)
        (void)rename(cluster->log_path, older);
    int fd = open(cluster->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return error_set_errno(err, ERR_IO, errno, "cannot open %s", cluster->log_path);
    *ret_end = fstat(fd, &status) == 0 ? status.st_size : 0;
    *ret_fd = fd;
    return OK;
}

struct server_arguments {
    const char *argv[16 + 2 * CLUSTER_MAX_SETTINGS];
    char program[PATH_MAX];
    char files[4][PATH_MAX + 32];
};

static void make_arguments(const struct cluster *cluster, struct server_arguments *args)
{
    static const char *const names[] = {"config_file", "hba_file", "ident_file"};
    static const char *const files[] = {"postgresql.conf", "pg_hba.conf", "pg_ident.conf"};
    size_t n = 0;
    (void)snprintf(args->program, sizeof(args->program), "%s/postgres", cluster->bindir);
    args->argv[n++] = args->program;
    args->argv[n++] = "-D";
    args->argv[n++] = cluster->data_dir;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        (void)snprintf(args->files[i], sizeof(args->files[i]), "%s=%s/%s", names[i],
                       cluster->base_dir, files[i]);
        args->argv[n++] = "-c";
        args->argv[n++] = args->files[i];
    }
    (void)snprintf(args->files[3], sizeof(args->files[3]), "unix_socket_directories=%s",
                   cluster->socket_dir);
    args->argv[n++] = "-c";
    args->argv[n++] = args->files[3];
    for (size_t i = 0; i < cluster->n_settings; i++) {
        args->argv[n++] = "-c";
        args->argv[n++] = cluster->settings[i];
    }
    args->argv[n] = NULL;
}

static enum error_code start_once(struct cluster *cluster, struct error *err)
{
    struct server_arguments args;
    int log_fd = -1, alive_fd = -1;
    off_t log_from = 0;
    TRY(open_log(cluster, &log_fd, &log_from, err));
    make_arguments(cluster, &args);
    enum error_code code = cluster_detach(&cluster->account, args.argv, log_fd, &alive_fd, err);
    (void)close(log_fd);
    TRY(code);
    code = wait_ready(cluster, alive_fd, log_from, err);
    (void)close(alive_fd);
    return code;
}

/*
 * The lock files of a server that was killed stop the next one for good if its process id lives on:
 * as another program, or as a zombie where process 1 does not care for orphans (containers). Two
 * servers in one data folder are still impossible, since they would share a block of memory.
 */
static enum error_code remove_stale_locks(const struct cluster *cluster, struct error *err)
{
    char path[PATH_MAX];
    TRY(cluster_path(path, cluster->data_dir, "postmaster.pid", err));
    (void)unlink(path);
    TRY(cluster_path(path, cluster->socket_dir, ".s.PGSQL.5432.lock", err));
    (void)unlink(path);
    return OK;
}

/*
 * After a server was killed its helpers take a moment to notice, and until then a new one finds
 * their memory in use.
 */
static enum error_code start(struct cluster *cluster, struct error *err)
{
    TRY(cluster_make_socket_dir(cluster, err));
    TRY(cluster_write_configuration(cluster, err));
    for (int attempt = 1;; attempt++) {
        struct error why;
        TRY(remove_stale_locks(cluster, err));
        enum error_code code = start_once(cluster, &why);
        bool again = code == ERR_STORE && strstr(why.detail, "shared memory block") != NULL;
        if (!again || attempt == START_ATTEMPTS) {
            if (code != OK && err != NULL)
                *err = why;
            return code;
        }
        TRY(pause_ms(ATTEMPT_PAUSE_MS, err));
    }
}

static enum error_code create(struct cluster *cluster, struct error *err)
{
    if (cluster_exists(cluster))
        return OK;
    enum error_code code = cluster_create(cluster, err);
    if (code != OK)
        error_prefix(err, "cannot create a private cluster in %s", cluster->base_dir);
    return code;
}

/* Whether a server runs already, perhaps after having waited until it had started. */
static enum error_code join_running(struct cluster *cluster, bool *ret_joined, struct error *err)
{
    struct error why;
    struct pid_file running = read_pid_file(cluster);
    *ret_joined = false;
    if (running.pid == 0 || running.socket_dir[0] == '\0')
        return OK;
    (void)snprintf(cluster->socket_dir, sizeof(cluster->socket_dir), "%s", running.socket_dir);
    enum error_code code = wait_ready(cluster, -1, 0, &why);
    if (code == ERR_STORE && cluster_pid(cluster) == 0)
        return OK; /* it was on its way down */
    if (code != OK && err != NULL)
        *err = why;
    *ret_joined = true;
    return code;
}

enum error_code cluster_ensure_running(struct cluster *cluster, struct error *err)
{
    bool joined = false;
    TRY(join_running(cluster, &joined, err));
    if (joined)
        return OK;
    TRY(cluster_open_folders(cluster, err));
    TRY(cluster_find_binaries(cluster, err));
    TRY(create(cluster, err));
    return start(cluster, err);
}

enum error_code cluster_stop(struct cluster *cluster, struct error *err)
{
    int pid = cluster_pid(cluster);
    if (pid == 0)
        return OK;
    if (kill(pid, SIGINT) != 0 && errno != ESRCH)
        return error_set_errno(err, ERR_IO, errno, "cannot stop the private PostgreSQL");
    int64_t deadline_us = clock_monotonic_us() + STOP_WAIT_US;
    while (cluster_pid(cluster) != 0) {
        if (clock_monotonic_us() > deadline_us)
            return error_set(err, ERR_TIMEOUT, "the private PostgreSQL takes long to stop");
        (void)poll(NULL, 0, STEP_MS);
    }
    return OK;
}
