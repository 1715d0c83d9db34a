#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fault.h"
#include "embedded/publish_sql.h"
#include "store/feed_names.h"
#include "store/load_index.h"
#include "store/snapshot_row.h"
#include "store/sql_template.h"
#include "store/staging.h"

#define PARENT_LOCK_MS 20

/* One table of a load, and the session and thread that index it. */
struct leaf {
    const struct feed_table *feed;
    char table[LOAD_TABLE_NAME_BYTES];
    bool complete; /* there is nothing to do */
    struct store *store;
    pthread_t thread;
    bool running;
    enum error_code code;
    struct error error;
};

struct leaves {
    struct leaf items[LOAD_MAX_PARTS];
    size_t n;
};

static void join_leaves(struct leaves *leaves)
{
    for (size_t i = 0; i < leaves->n; i++) {
        if (leaves->items[i].running)
            (void)pthread_join(leaves->items[i].thread, NULL);
        leaves->items[i].running = false;
    }
}

static void leaves_free(struct leaves *leaves)
{
    if (leaves == NULL)
        return;
    join_leaves(leaves);
    for (size_t i = 0; i < leaves->n; i++)
        store_close(leaves->items[i].store);
    free(leaves);
}
DEFINE_POINTER_CLEANUP(struct leaves, leaves_cleanup, leaves_free)

static enum error_code find_leaves(struct store *store, const struct feed_table *feed,
                                   const char *table, struct leaves *leaves, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    int64_t n_indexes = 1 + (int64_t)feed->n_indexes;
    TRY(store_exec(store, &(struct store_query){load_leaves_sql, STORE_ANY_ROWS, STORE_QUICK_MS},
                   (struct store_param[]){store_text(table), store_int(n_indexes)}, 2, &result,
                   err));
    if (store_rows(&result) == 0 || store_rows(&result) > LOAD_MAX_PARTS)
        return error_set(err, ERR_CORRUPT, "%s has %zu tables with rows", table,
                         store_rows(&result));
    leaves->n = store_rows(&result);
    for (size_t i = 0; i < leaves->n; i++) {
        leaves->items[i].feed = feed;
        (void)snprintf(leaves->items[i].table, LOAD_TABLE_NAME_BYTES, "%s",
                       store_get_text(&result, i, 0));
        leaves->items[i].complete = store_get_bool(&result, i, 1);
    }
    return OK;
}

static enum error_code index_and_analyze(struct leaf *leaf, struct error *err)
{
    TRY(store_exec(leaf->store,
                   &(struct store_query){staging_session_sql, STORE_ONE_ROW, STORE_QUICK_MS}, NULL,
                   0, NULL, err));
    TRY(load_index_leaf(leaf->store, leaf->feed, leaf->table, err));
    return load_analyze(leaf->store, leaf->table, err);
}

static void *index_in_thread(void *argument)
{
    struct leaf *leaf = argument;
    leaf->code = index_and_analyze(leaf, &leaf->error);
    return NULL;
}

static enum error_code start_leaves(struct store *store, struct leaves *leaves, struct error *err)
{
    for (size_t i = 0; i < leaves->n; i++) {
        struct leaf *leaf = &leaves->items[i];
        if (leaf->complete)
            continue;
        TRY(store_open_again(store, &leaf->store, err));
        int failed = pthread_create(&leaf->thread, NULL, index_in_thread, leaf);
        if (failed != 0)
            return error_set_errno(err, ERR_MEMORY, failed, "cannot start a thread");
        leaf->running = true;
    }
    return OK;
}

enum error_code staging_index(struct store *store, const struct feed_table *feed, int64_t load_id,
                              struct error *err)
{
    struct snapshot_row row;
    struct leaves *leaves CLEANUP(leaves_cleanup) = calloc(1, sizeof(*leaves));
    if (leaves == NULL)
        return error_set(err, ERR_MEMORY, "no memory to index a load");
    TRY(snapshot_row_read(store, feed->feed, load_id, &row, err));
    if (row.state == SNAPSHOT_STAGING)
        return error_set(err, ERR_REFUSED, "load %lld is not staged whole", (long long)load_id);
    TRY(find_leaves(store, feed, row.table, leaves, err));
    TRY(start_leaves(store, leaves, err));
    join_leaves(leaves);
    for (size_t i = 0; i < leaves->n; i++) {
        if (leaves->items[i].code != OK && err != NULL)
            *err = leaves->items[i].error;
        TRY(leaves->items[i].code);
    }
    fault_point("staging.indexed");
    return OK;
}

static enum error_code statistics_are_old(struct store *store, const char *parent,
                                          int64_t max_age_us, bool *ret_old, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    TRY(store_exec(store,
                   &(struct store_query){analyze_parent_age_sql, STORE_ONE_ROW, STORE_QUICK_MS},
                   (struct store_param[]){store_text(parent)}, 1, &result, err));
    *ret_old = store_get_null(&result, 0, 0) || store_get_int(&result, 0, 0) > max_age_us;
    return OK;
}

static enum error_code analyze_unless_locked(struct store *store, const char *parent,
                                             struct error *err)
{
    struct store *open CLEANUP(store_rollbackp) = store;
    TRY(store_begin(store, err));
    TRY(limit_lock_wait(store, PARENT_LOCK_MS, err));
    TRY(load_analyze(store, parent, err));
    return store_commit(open, err);
}

enum error_code staging_analyze_parent(struct store *store, const struct feed_table *feed,
                                       int64_t max_age_us, struct error *err)
{
    bool old;
    char parent[LOAD_TABLE_NAME_BYTES];
    parent_table_name(feed->feed, parent);
    TRY(statistics_are_old(store, parent, max_age_us, &old, err));
    if (!old)
        return OK;
    enum error_code code = analyze_unless_locked(store, parent, err);
    return code == ERR_BUSY ? OK : code;
}
