#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/cluster.h"

#define MIN_MAJOR 14
#define MAX_VERSION_BYTES 1024

/* Where distributions put PostgreSQL, a folder for each version. */
static const char *const patterns[] = {
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
};

static bool has_programs(const char *folder)
{
    char path[PATH_MAX];
    if (cluster_path(path, folder, "initdb", NULL) != OK || access(path, X_OK) != 0)
        return false;
    return cluster_path(path, folder, "postgres", NULL) == OK && access(path, X_OK) == 0;
}

/* Major version that the programs in the folder report; 0 if they do not. */
static int major_of(const char *folder)
{
    static const struct account self = {.drop = false};
    char path[PATH_MAX];
    const char *const argv[] = {path, "--version", NULL};
    struct buffer output CLEANUP(buffer_release);
    buffer_init(&output, MAX_VERSION_BYTES);
    if (!has_programs(folder) || cluster_path(path, folder, "postgres", NULL) != OK ||
        cluster_run(&self, argv, "", &output, NULL) != OK)
        return 0;
    const char *number = strpbrk(buffer_string(&output), "0123456789");
    return number == NULL ? 0 : (int)strtol(number, NULL, 10);
}

/* Major version of the cluster that exists; 0 if there is none yet. */
static int cluster_major(const struct cluster *cluster)
{
    char path[PATH_MAX], line[32] = "";
    if (cluster_path(path, cluster->data_dir, "PG_VERSION", NULL) != OK)
        return 0;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    char *read = fgets(line, sizeof(line), file);
    (void)fclose(file);
    return read == NULL ? 0 : (int)strtol(line, NULL, 10);
}

struct choice {
    int wanted; /* the only version that fits, or 0 */
    int best;   /* of what was found so far, 0 for nothing */
    char folder[PATH_MAX];
};

static void consider(struct choice *choice, const char *folder)
{
    int major = major_of(folder);
    bool fits = choice->wanted == 0 ? major >= MIN_MAJOR : major == choice->wanted;
    if (!fits || major <= choice->best)
        return;
    choice->best = major;
    (void)snprintf(choice->folder, sizeof(choice->folder), "%s", folder);
}

static void consider_installed(struct choice *choice)
{
    for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
        glob_t found;
        if (glob(patterns[i], GLOB_NOSORT, NULL, &found) != 0)
            continue;
        for (size_t k = 0; k < found.gl_pathc; k++)
            consider(choice, found.gl_pathv[k]);
        globfree(&found);
    }
}

static void consider_path(struct choice *choice)
{
    char folder[PATH_MAX];
    const char *path = getenv("PATH");
    while (path != NULL && *path != '\0') {
        size_t len = strcspn(path, ":");
        if (len > 0 && len < sizeof(folder) && path[0] == '/') {
            (void)snprintf(folder, sizeof(folder), "%.*s", (int)len, path);
            consider(choice, folder);
        }
        path += len + (path[len] == ':');
    }
}

static enum error_code none_fits(const struct choice *choice, const char *configured,
                                 struct error *err)
{
    char place[PATH_MAX + 16] = "";
    if (configured != NULL)
        (void)snprintf(place, sizeof(place), " in %s", configured);
    if (choice->wanted == 0) {
        (void)error_set(err, ERR_CONFIG, "no PostgreSQL server of version 14 or later found%s",
                        place);
        error_hint(err, "Install it (Debian: apt install postgresql), name its folder in "
                        "pg_bindir, or set store.url to a server of yours.");
        return ERR_CONFIG;
    }
    (void)error_set(err, ERR_CONFIG, "the private cluster needs PostgreSQL %d, not found%s",
                    choice->wanted, place);
    error_hint(err, "Install that version beside the newer one, or name its folder in pg_bindir. "
                    "To change the version, use pg_upgrade, or pg_dump and a new state_dir.");
    return ERR_CONFIG;
}

/* What was configured, else what the environment says, else NULL: to be searched for. */
static const char *wanted_folder(const struct cluster *cluster)
{
    const char *from_environment = getenv("LOADGUARD_PG_BINDIR");
    if (cluster->configured_bindir[0] != '\0')
        return cluster->configured_bindir;
    if (from_environment != NULL && from_environment[0] != '\0')
        return from_environment;
    return NULL;
}

enum error_code cluster_find_binaries(struct cluster *cluster, struct error *err)
{
    struct choice choice = {.wanted = cluster_major(cluster)};
    const char *configured = wanted_folder(cluster);
    if (configured != NULL)
        consider(&choice, configured);
    else
        consider_installed(&choice);
    if (configured == NULL && choice.best == 0)
        consider_path(&choice);
    if (choice.best == 0)
        return none_fits(&choice, configured, err);
    (void)snprintf(cluster->bindir, sizeof(cluster->bindir), "%s", choice.folder);
    return OK;
}
