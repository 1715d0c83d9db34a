#include "guard/cache.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "store/export.h"

static const char *feed_directory(const struct config *config, const char *feed,
                                  struct arena *arena)
{
    return arena_printf(arena, "%s/cache/%s", config->state_dir, feed);
}

enum error_code cache_path(const struct config *config, const char *feed, int64_t load_id,
                           struct arena *arena, const char **ret_path, struct error *err)
{
    const char *directory = feed_directory(config, feed, arena);
    TRY(directory_make(directory, 0700, err));
    *ret_path = arena_printf(arena, "%s/%" PRId64 ".packed", directory, load_id);
    return OK;
}

static bool is_load(const struct packed *packed, const struct cache_identity *identity)
{
    struct fingerprint fingerprint = packed_fingerprint(packed);
    return packed_rows(packed) == identity->rows && fingerprint.low == identity->fingerprint.low &&
           fingerprint.high == identity->fingerprint.high;
}

static enum error_code rebuild_at(const struct config *config, struct store *store,
                                  const struct feed_table *table,
                                  const struct cache_identity *identity, const char *path,
                                  struct packed **ret_packed, struct error *err)
{
    (void)unlink(path);
    struct arena arena = {0};
    const struct packer_options options = {
        .path = path,
        .directory = feed_directory(config, table->feed, &arena),
        .memory_bytes = (size_t)config->memory_bytes,
    };
    CLEANUP(packer_cleanup) struct packer *packer = NULL;
    enum error_code code = packer_new(table->schema, &options, &packer, err);
    arena_release(&arena);
    if (code != OK)
        return code;
    TRY(load_export(store, table, identity->load_id, packer, err));
    CLEANUP(packed_cleanup) struct packed *packed = NULL;
    TRY(packer_finish(packer, &packed, err));
    if (!is_load(packed, identity)) {
        (void)error_set(err, ERR_CORRUPT,
                        "the store's rows of load %" PRId64 " are not those that were recorded",
                        identity->load_id);
        error_hint(err, "Somebody changed the table behind the gate, or the disk is damaged.");
        return ERR_CORRUPT;
    }
    *ret_packed = TAKE(packed);
    return OK;
}

enum error_code cache_rebuild(const struct config *config, struct store *store,
                              const struct feed_table *table, const struct cache_identity *identity,
                              struct packed **ret_packed, struct error *err)
{
    struct arena arena = {0};
    const char *path = NULL;
    enum error_code code = cache_path(config, table->feed, identity->load_id, &arena, &path, err);
    if (code == OK)
        code = rebuild_at(config, store, table, identity, path, ret_packed, err);
    arena_release(&arena);
    return code;
}

enum error_code cache_open(const struct config *config, struct store *store,
                           const struct feed_table *table, const struct cache_identity *identity,
                           struct packed **ret_packed, bool *ret_rebuilt, struct error *err)
{
    struct arena arena = {0};
    const char *path = NULL;
    bool rebuilt = false;
    CLEANUP(packed_cleanup) struct packed *packed = NULL;
    enum error_code code = cache_path(config, table->feed, identity->load_id, &arena, &path, err);
    if (code == OK &&
        (packed_open(path, table->schema, &packed, NULL) != OK || !is_load(packed, identity))) {
        packed_free(TAKE(packed));
        rebuilt = true;
        code = rebuild_at(config, store, table, identity, path, &packed, err);
    }
    arena_release(&arena);
    if (code != OK)
        return code;
    if (ret_rebuilt != NULL)
        *ret_rebuilt = rebuilt;
    *ret_packed = TAKE(packed);
    return OK;
}

static bool is_kept(const char *name, const int64_t *loads, size_t n)
{
    char *end = NULL;
    long long load = strtoll(name, &end, 10);
    if (end == name || strcmp(end, ".packed") != 0)
        return false;
    for (size_t i = 0; i < n; i++)
        if (loads[i] == load)
            return true;
    return false;
}

void cache_keep_only(const struct config *config, const char *feed, const int64_t *loads, size_t n)
{
    struct arena arena = {0};
    const char *directory = feed_directory(config, feed, &arena);
    DIR *entries = opendir(directory);
    for (struct dirent *entry = NULL; entries != NULL && (entry = readdir(entries)) != NULL;) {
        if (entry->d_name[0] != '.' && !is_kept(entry->d_name, loads, n))
            (void)unlinkat(dirfd(entries), entry->d_name, 0);
    }
    if (entries != NULL)
        (void)closedir(entries);
    arena_release(&arena);
}
