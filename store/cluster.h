/* The inside of a private cluster, for store/cluster_*.c and store/embedded.c only. */
#ifndef LG_STORE_CLUSTER_H
#define LG_STORE_CLUSTER_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/process.h"
#include "store/embedded.h"

#define CLUSTER_MAX_SETTINGS 32

/* The account that owns the cluster's files and runs its server. */
struct account {
    struct process_user user;
    bool drop; /* we are root and have to become this account */
};

struct cluster {
    char state_dir[PATH_MAX]; /* without symbolic links */
    char base_dir[PATH_MAX];  /* state_dir/pg */
    char data_dir[PATH_MAX];
    char tmp_dir[PATH_MAX];
    char log_path[PATH_MAX];
    char socket_dir[PATH_MAX];
    char configured_bindir[PATH_MAX]; /* or empty */
    char bindir[PATH_MAX];            /* empty until it is needed */
    char *settings[CLUSTER_MAX_SETTINGS];
    size_t n_settings;
    struct account account;
    int lock_fd; /* -1 when not locked */
};

/* ---- cluster_paths.c ---- */

/* Makes and checks the folders of the cluster and decides about the account. */
enum error_code cluster_find_folders(struct cluster *cluster, const char *state_dir,
                                     struct error *err) MUST_CHECK;

/* Before a start: makes sure that the server's account gets to the folders. */
enum error_code cluster_open_folders(const struct cluster *cluster, struct error *err) MUST_CHECK;

/* Writes "folder/name" into out[PATH_MAX]; ERR_CONFIG if it is too long. */
enum error_code cluster_path(char *out, const char *folder, const char *name,
                             struct error *err) MUST_CHECK;

/* Chooses and makes the folder of the socket for a server that is to be started. */
enum error_code cluster_make_socket_dir(struct cluster *cluster, struct error *err) MUST_CHECK;

/* ---- cluster_binaries.c ---- */

/* Fills cluster->bindir: a PostgreSQL that fits the existing cluster, else the newest. */
enum error_code cluster_find_binaries(struct cluster *cluster, struct error *err) MUST_CHECK;

/* ---- cluster_create.c ---- */

/* Whether a complete cluster is there. */
bool cluster_exists(const struct cluster *cluster);

/* Creates it with role and database; what an earlier attempt left is removed. */
enum error_code cluster_create(struct cluster *cluster, struct error *err) MUST_CHECK;

/* Writes the configuration files of a start. */
enum error_code cluster_write_configuration(const struct cluster *cluster,
                                            struct error *err) MUST_CHECK;

/* ---- cluster_process.c ---- */

/*
 * Runs a program as the account to its end, input on its standard input, and appends what it prints
 * to output. ERR_CANCELLED: interrupted, it has been killed. Another exit status than 0: ERR_STORE
 * with the end of the output.
 */
enum error_code cluster_run(const struct account *account, const char *const *argv,
                            const char *input, struct buffer *output, struct error *err) MUST_CHECK;

/*
 * Starts a program that outlives us, in a session of its own. *ret_alive_fd is readable as soon as
 * it has ended; the caller closes it.
 */
enum error_code cluster_detach(const struct account *account, const char *const *argv, int log_fd,
                               int *ret_alive_fd, struct error *err) MUST_CHECK;

/* Whether the account may pass through the folder. */
bool cluster_can_enter(const struct account *account, const char *folder);

#endif
