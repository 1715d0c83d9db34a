/*
 * The private PostgreSQL cluster under a state folder: created on first use, started when needed,
 * reachable over a unix socket by the account that owns it and by nobody else.
 *
 *   state_dir/pg/data              the cluster, owned by the account that runs the server
 *   state_dir/pg/data.tmp          a cluster that is being created
 *   state_dir/pg/{postgresql,pg_hba,pg_ident}.conf   written at each start
 *   state_dir/pg/log               what the server says
 *   state_dir/pg/lock              held while the server is started, joined or stopped
 *   state_dir/pg/socket            the socket, if its path is short enough; else it is in
 *                                  /run/loadguard-<hash> or /tmp/loadguard-<uid>-<hash>
 *
 * Not under $XDG_RUNTIME_DIR: that goes away when the user logs out, and the server stays.
 * Settings of one's own belong into the cluster with ALTER SYSTEM (role postgres).
 */
#ifndef LG_STORE_EMBEDDED_H
#define LG_STORE_EMBEDDED_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

struct cluster;

/* The role and database that Loadguard uses in its cluster; the role is no superuser. */
#define CLUSTER_ROLE "loadguard"
#define CLUSTER_DATABASE "loadguard"
/* The superuser, for administration by hand. */
#define CLUSTER_SUPERUSER "postgres"

struct cluster_options {
    const char *state_dir;       /* made if missing; its parent has to exist */
    const char *pg_bindir;       /* NULL: LOADGUARD_PG_BINDIR, the newest fitting installed, PATH */
    const char *const *settings; /* "name=value"… NULL at the end, or NULL: for this start only */
};

/*
 * Finds or makes the folders; creates and starts no cluster. Strings are copied. ERR_CONFIG: no
 * usable folder, one that belongs to another user, or root without an account named postgres.
 */
enum error_code cluster_new(const struct cluster_options *options, struct cluster **ret_cluster,
                            struct error *err) MUST_CHECK;
void cluster_free(struct cluster *cluster);
DEFINE_POINTER_CLEANUP(struct cluster, cluster_freep, cluster_free)

/* An independent description of the same cluster. */
enum error_code cluster_copy(const struct cluster *cluster, struct cluster **ret_cluster,
                             struct error *err) MUST_CHECK;

/*
 * Takes the lock that serialises creating, starting, joining and stopping, also between processes.
 * ERR_BUSY if another process has not let go after some minutes; ERR_CANCELLED. cluster_unlock
 * accepts a cluster that is not locked.
 */
enum error_code cluster_lock(struct cluster *cluster, struct error *err) MUST_CHECK;
void cluster_unlock(struct cluster *cluster);

/*
 * Makes sure that the cluster exists, runs and accepts connections; call with the lock held. A
 * server that was killed recovers meanwhile. ERR_STORE quotes the last lines of the server's log.
 * ERR_CONFIG: no PostgreSQL 14 or later, none of the version that made the cluster, or folders that
 * the server's account cannot enter.
 */
enum error_code cluster_ensure_running(struct cluster *cluster, struct error *err) MUST_CHECK;

/* Stops the server and waits for it; call with the lock held. Open sessions are ended. */
enum error_code cluster_stop(struct cluster *cluster, struct error *err) MUST_CHECK;

/* Process id of the running server, 0 if none runs. */
int cluster_pid(const struct cluster *cluster);

/* Folder of the socket; valid after cluster_ensure_running. */
const char *cluster_socket_dir(const struct cluster *cluster);

#endif
