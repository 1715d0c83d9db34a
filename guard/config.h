/* loadguard.yaml: what is loaded, by which scorer, under which rules, and who is told. */
#ifndef LG_GUARD_CONFIG_H
#define LG_GUARD_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "snapshot/reader.h"
#include "snapshot/schema.h"
#include "yaml/keys.h"

struct store_config {
    const char *url; /* NULL: the embedded cluster under state_dir */
    const char *url_file;
    bool keep_running;
    const char *pg_bindir;
};

struct source_config {
    const char *name;
    const struct yaml_node *node;
    int64_t max_age_us;
};

/* How completeness is known without a manifest. At most one is set. */
struct complete_when_config {
    const char *marker_file;
    const char *row_count_file;
    const char *query;
};

/* Exactly one of command, file and query is set. */
struct scorer_config {
    struct key_texts command;
    const char *file;
    const char *query;
    enum row_format format;
    int64_t timeout_us;
    int64_t drain_us;
    int64_t grace_us;
    const char *directory;
    struct key_texts environment; /* names of variables that are passed on */
    struct key_texts ready;       /* queries that have to be true before the start */
    struct complete_when_config complete_when;
    struct key_list sources; /* of struct source_config */
};

struct index_config {
    const struct yaml_node *node;
    struct key_texts columns;
    bool unique;
};

/* Where the measures of a load are computed. */
enum measure_in {
    MEASURE_HERE,        /* from packed files, by this program */
    MEASURE_IN_DATABASE, /* from the tables, by PostgreSQL */
};

struct feed_config {
    const char *name;
    const struct yaml_node *node;
    const char *view;
    struct key_texts key;
    const struct yaml_node *columns_node;
    struct key_list indexes; /* of struct index_config */
    int64_t keep_loads;
    int64_t attached_loads;
    int64_t publish_wait_us;
    int64_t terminate_blockers_us; /* 0: never */
    enum measure_in measure_in;
    struct scorer_config scorer;
    const struct yaml_node *rules_node;
    struct schema *schema; /* made from columns and key */
};

struct route_config {
    const char *name;
    const struct yaml_node *node;
    const char *webhook;
    const char *secret_file;
    struct key_texts feeds; /* empty: every feed */
};

struct config {
    const char *path;
    const char *directory; /* of the file; paths in it are relative to this */
    const char *state_dir;
    int64_t memory_bytes;
    struct store_config store;
    struct key_list feeds;  /* of struct feed_config, in the order of the file */
    struct key_list routes; /* of struct route_config */
};

/* The description of the file, for the reference page. */
extern const struct key_table config_table;

/*
 * Finds the file to use: given, or loadguard.yaml in the current directory, or
 * /etc/loadguard/loadguard.yaml. ERR_CONFIG if there is none, with what to do.
 */
enum error_code config_find(const char *given, struct arena *arena, const char **ret_path,
                            struct error *err) MUST_CHECK;

/*
 * Reads and checks the file, rules of every feed not included. Everything belongs to the arena.
 * Problems go to diags; ERR_CONFIG if there is one.
 */
enum error_code config_load(const char *path, struct arena *arena, struct diagnostics *diags,
                            struct config *ret_config, struct error *err) MUST_CHECK;

/* The feed of that name; ERR_USAGE with "did you mean" if there is none. */
enum error_code config_feed(const struct config *config, const char *name,
                            const struct feed_config **ret_feed, struct error *err) MUST_CHECK;

/* A path of the file as seen from the current directory; owned by the arena. */
const char *config_path(const struct config *config, struct arena *arena, const char *path);

#endif
