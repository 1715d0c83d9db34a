#include "store/recover.h"

#include <stdlib.h>

#include "base/fault.h"
#include "embedded/publish_sql.h"
#include "store/detach.h"
#include "store/feed_names.h"
#include "store/snapshot_row.h"
#include "store/sql_template.h"
#include "store/staging.h"

#define DROP_LOCK_MS 20

static int64_t time_or_zero(const struct store_result *result, size_t row, size_t column)
{
    int64_t time_us = store_get_time(result, row, column);
    return time_us == STORE_NO_TIME ? 0 : time_us;
}

static enum error_code read_info(const struct store_result *result, size_t row,
                                 struct snapshot_info *info, struct error *err)
{
    info->load_id = store_get_int(result, row, 0);
    TRY(snapshot_state_parse(store_get_text(result, row, 1), &info->state, err));
    info->live = store_get_bool(result, row, 2);
    info->verified = store_get_bool(result, row, 3);
    info->rows = (uint64_t)store_get_int(result, row, 4);
    info->bytes = (uint64_t)store_get_int(result, row, 5);
    info->attached_us = time_or_zero(result, row, 6);
    info->left_us = time_or_zero(result, row, 7);
    return OK;
}

enum error_code recover_list(struct store *store, const char *feed, struct arena *arena,
                             struct snapshot_info **ret_infos, size_t *ret_n, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    TRY(store_exec(store, &(struct store_query){recover_list_sql, STORE_ANY_ROWS, STORE_QUICK_MS},
                   (struct store_param[]){store_text(feed)}, 1, &result, err));
    size_t n = store_rows(&result);
    struct snapshot_info *infos = arena_calloc(arena, n + 1, sizeof(*infos));
    for (size_t i = 0; i < n; i++)
        TRY(read_info(&result, i, &infos[i], err));
    *ret_infos = infos;
    *ret_n = n;
    return OK;
}

/* The state that follows from what the catalog says; the catalog is right. */
static enum snapshot_state true_state(const struct snapshot_row *row)
{
    if (row->attachment == ATTACHMENT_NONE)
        return SNAPSHOT_STAGED;
    if (row->attachment == ATTACHMENT_PENDING)
        return SNAPSHOT_DETACHING;
    if (row->state == SNAPSHOT_READY || row->live)
        return SNAPSHOT_READY;
    return SNAPSHOT_ATTACHED;
}

static enum error_code forget(struct store *store, const struct snapshot_row *row,
                              struct recover_result *total, struct error *err)
{
    total->corrected++;
    return store_exec(store, &(struct store_query){forget_gone_sql, STORE_NO_ROWS, STORE_QUICK_MS},
                      (struct store_param[]){store_int(row->load_id),
                                             store_text(snapshot_state_name(row->state))},
                      2, NULL, err);
}

static enum error_code drop_unfinished(struct store *store, const char *feed, int64_t load_id,
                                       struct recover_result *total, struct error *err)
{
    enum error_code code = staging_drop(store, feed, load_id, err);
    total->dropped += code == OK ? 1 : 0;
    total->postponed += code == ERR_BUSY ? 1 : 0;
    return code == ERR_BUSY ? OK : code;
}

static enum error_code finalize(struct store *store, const char *feed, int64_t load_id,
                                struct recover_result *total, struct error *err)
{
    const struct detach_options options = {0, DETACH_PATIENCE_US};
    struct obstacle obstacle CLEANUP(obstacle_release);
    obstacle_init(&obstacle);
    TRY(detach_try(store, feed, load_id, &options, &obstacle, err));
    total->finalized += obstacle.exists ? 0 : 1;
    total->postponed += obstacle.exists ? 1 : 0;
    return OK;
}

static enum error_code recover_load(struct store *store, const char *feed, int64_t load_id,
                                    struct recover_result *total, struct error *err)
{
    struct snapshot_row row;
    TRY(snapshot_row_read(store, feed, load_id, &row, err));
    if (row.state == SNAPSHOT_STAGING)
        return drop_unfinished(store, feed, load_id, total, err);
    if (row.attachment == ATTACHMENT_GONE)
        return forget(store, &row, total, err);
    if (row.attachment == ATTACHMENT_OTHER)
        return OK;
    enum snapshot_state state = true_state(&row);
    if (state != row.state) {
        TRY(snapshot_row_move(store, load_id, row.state, state, err));
        total->corrected++;
    }
    return state == SNAPSHOT_DETACHING ? finalize(store, feed, load_id, total, err) : OK;
}

static enum error_code drop_stray(struct store *store, const char *table, struct error *err)
{
    struct store *open CLEANUP(store_rollbackp) = store;
    const struct sql_word words[] = {
        {.placeholder = "name", .kind = SQL_IDENTIFIER, .text = table},
    };
    TRY(store_begin(store, err));
    TRY(limit_lock_wait(store, DROP_LOCK_MS, err));
    TRY(sql_run(store, drop_table_sql, words, ARRAY_SIZE(words), STORE_QUICK_MS, err));
    return store_commit(open, err);
}

static enum error_code drop_strays(struct store *store, const char *feed,
                                   struct recover_result *total, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    char prefix[LOAD_TABLE_NAME_BYTES];
    load_table_prefix(feed, prefix);
    TRY(store_exec(store, &(struct store_query){stray_tables_sql, STORE_ANY_ROWS, STORE_QUICK_MS},
                   (struct store_param[]){store_text(prefix)}, 1, &result, err));
    for (size_t i = 0; i < store_rows(&result); i++) {
        enum error_code code = drop_stray(store, store_get_text(&result, i, 0), err);
        if (code != OK && code != ERR_BUSY)
            return code;
        total->dropped += code == OK ? 1 : 0;
        total->postponed += code == ERR_BUSY ? 1 : 0;
    }
    return OK;
}

enum error_code recover_feed(struct store *store, const char *feed,
                             struct recover_result *ret_result, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    struct recover_result total = {0};
    TRY(store_exec(store, &(struct store_query){recover_rows_sql, STORE_ANY_ROWS, STORE_QUICK_MS},
                   (struct store_param[]){store_text(feed)}, 1, &result, err));
    for (size_t i = 0; i < store_rows(&result); i++) {
        TRY(recover_load(store, feed, store_get_int(&result, i, 0), &total, err));
        fault_point("recover.load");
    }
    TRY(drop_strays(store, feed, &total, err));
    fault_point("recover.done");
    *ret_result = total;
    return OK;
}
