#include "store/snapshot_row.h"

#include <stdio.h>
#include <string.h>

#include "embedded/publish_sql.h"

static const char *const state_names[] = {
    [SNAPSHOT_STAGING] = "staging",     [SNAPSHOT_STAGED] = "staged",
    [SNAPSHOT_ATTACHED] = "attached",   [SNAPSHOT_READY] = "ready",
    [SNAPSHOT_DETACHING] = "detaching",
};

static const char *const attachment_names[] = {
    [ATTACHMENT_NONE] = "none",       [ATTACHMENT_ATTACHED] = "attached",
    [ATTACHMENT_PENDING] = "pending", [ATTACHMENT_OTHER] = "other",
    [ATTACHMENT_GONE] = "gone",
};

const char *snapshot_state_name(enum snapshot_state state)
{
    return state_names[state];
}

static enum error_code find_name(const char *const *names, size_t n, const char *name,
                                 size_t *ret_index, struct error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], name) == 0) {
            *ret_index = i;
            return OK;
        }
    }
    return error_set(err, ERR_CORRUPT,
                     "the store holds a state '%s' that this program does not "
                     "know",
                     name);
}

enum error_code snapshot_state_parse(const char *name, enum snapshot_state *ret_state,
                                     struct error *err)
{
    size_t index = 0;
    TRY(find_name(state_names, ARRAY_SIZE(state_names), name, &index, err));
    *ret_state = (enum snapshot_state)index;
    return OK;
}

enum error_code attachment_parse(const char *name, enum attachment *ret_attachment,
                                 struct error *err)
{
    size_t index = 0;
    TRY(find_name(attachment_names, ARRAY_SIZE(attachment_names), name, &index, err));
    *ret_attachment = (enum attachment)index;
    return OK;
}

enum error_code snapshot_row_read(struct store *store, const char *feed, int64_t load_id,
                                  struct snapshot_row *ret_row, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    TRY(store_exec(store, &(struct store_query){snapshot_row_sql, STORE_MAYBE_ROW, STORE_QUICK_MS},
                   (struct store_param[]){store_text(feed), store_int(load_id)}, 2, &result, err));
    if (store_rows(&result) == 0)
        return error_set(err, ERR_NOT_FOUND, "the store keeps no rows of load %lld of feed '%s'",
                         (long long)load_id, feed);
    struct snapshot_row row = {.load_id = load_id};
    TRY(snapshot_state_parse(store_get_text(&result, 0, 0), &row.state, err));
    (void)snprintf(row.table, sizeof(row.table), "%s", store_get_text(&result, 0, 1));
    TRY(attachment_parse(store_get_text(&result, 0, 2), &row.attachment, err));
    row.verified = store_get_bool(&result, 0, 3);
    row.live = store_get_bool(&result, 0, 4);
    row.rows = (uint64_t)store_get_int(&result, 0, 5);
    (void)snprintf(row.fingerprint, sizeof(row.fingerprint), "%s", store_get_text(&result, 0, 6));
    row.was_live = store_get_bool(&result, 0, 7);
    *ret_row = row;
    return OK;
}

enum error_code snapshot_row_move(struct store *store, int64_t load_id, enum snapshot_state from,
                                  enum snapshot_state to, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_param params[] = {store_int(load_id), store_text(state_names[from]),
                                         store_text(state_names[to])};
    TRY(store_exec(store,
                   &(struct store_query){snapshot_set_state_sql, STORE_NO_ROWS, STORE_QUICK_MS},
                   params, ARRAY_SIZE(params), &result, err));
    if (store_affected(&result) == 1)
        return OK;
    return error_set(err, ERR_CONFLICT, "load %lld is no longer %s in the store",
                     (long long)load_id, state_names[from]);
}

enum error_code limit_lock_wait(struct store *store, int timeout_ms, struct error *err)
{
    char text[32];
    (void)snprintf(text, sizeof(text), "%dms", timeout_ms);
    return store_exec(store, &(struct store_query){lock_timeout_sql, STORE_ONE_ROW, STORE_QUICK_MS},
                      (struct store_param[]){store_text(text)}, 1, NULL, err);
}

enum error_code lock_pointer(struct store *store, const char *feed, int64_t *ret_live,
                             struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    TRY(store_exec(store, &(struct store_query){lock_pointer_sql, STORE_MAYBE_ROW, STORE_QUICK_MS},
                   (struct store_param[]){store_text(feed)}, 1, &result, err));
    if (store_rows(&result) == 0)
        return error_set(err, ERR_NOT_FOUND, "the store knows no feed '%s'", feed);
    *ret_live = store_get_int(&result, 0, 0);
    return OK;
}
