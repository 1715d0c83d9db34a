#include "base/fault.h"
#include "embedded/publish_sql.h"
#include "store/snapshot_row.h"
#include "store/sql_template.h"
#include "store/staging.h"

#define DROP_LOCK_MS 20

static enum error_code refuse_if_used(const struct snapshot_row *row, struct error *err)
{
    if (row->attachment == ATTACHMENT_NONE || row->attachment == ATTACHMENT_GONE)
        return OK;
    (void)error_set(err, ERR_REFUSED, "load %lld is attached, so its rows cannot be dropped",
                    (long long)row->load_id);
    error_hint(err, "It is detached first, once no reader can need it.");
    return ERR_REFUSED;
}

static enum error_code drop_relations(struct store *store, const char *table, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    TRY(store_exec(store, &(struct store_query){load_relations_sql, STORE_ANY_ROWS, STORE_QUICK_MS},
                   (struct store_param[]){store_text(table)}, 1, &result, err));
    for (size_t i = 0; i < store_rows(&result); i++) {
        const struct sql_word words[] = {
            {.placeholder = "name", .kind = SQL_IDENTIFIER, .text = store_get_text(&result, i, 0)},
        };
        TRY(sql_run(store, drop_table_sql, words, ARRAY_SIZE(words), STORE_QUICK_MS, err));
    }
    return OK;
}

static enum error_code delete_row(struct store *store, const char *feed, int64_t load_id,
                                  struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    TRY(store_exec(store, &(struct store_query){snapshot_delete_sql, STORE_NO_ROWS, STORE_QUICK_MS},
                   (struct store_param[]){store_text(feed), store_int(load_id)}, 2, &result, err));
    if (store_affected(&result) == 1)
        return OK;
    return error_set(err, ERR_CONFLICT, "load %lld has been attached or dropped meanwhile",
                     (long long)load_id);
}

static enum error_code drop(struct store *store, const char *feed, const struct snapshot_row *row,
                            struct error *err)
{
    struct store *open CLEANUP(store_rollbackp) = store;
    TRY(store_begin(store, err));
    TRY(limit_lock_wait(store, DROP_LOCK_MS, err));
    TRY(delete_row(store, feed, row->load_id, err));
    TRY(drop_relations(store, row->table, err));
    fault_point("staging.dropping");
    return store_commit(open, err);
}

enum error_code staging_drop(struct store *store, const char *feed, int64_t load_id,
                             struct error *err)
{
    struct snapshot_row row;
    enum error_code code = snapshot_row_read(store, feed, load_id, &row, err);
    if (code == ERR_NOT_FOUND)
        return OK;
    TRY(code);
    TRY(refuse_if_used(&row, err));
    TRY(drop(store, feed, &row, err));
    fault_point("staging.dropped");
    return OK;
}
