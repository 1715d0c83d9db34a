#include "store/rollback.h"

#include <assert.h>

#include "base/fault.h"
#include "embedded/publish_sql.h"
#include "store/flip.h"
#include "store/snapshot_row.h"

static enum rollback_need need_of(const struct snapshot_row *row)
{
    if (row->attachment == ATTACHMENT_GONE || row->attachment == ATTACHMENT_OTHER ||
        row->state == SNAPSHOT_STAGING)
        return ROLLBACK_GONE;
    if (!row->verified)
        return ROLLBACK_VERIFY;
    if (row->state != SNAPSHOT_READY || row->attachment != ATTACHMENT_ATTACHED)
        return ROLLBACK_ATTACH;
    return ROLLBACK_READY;
}

enum error_code rollback_check(struct store *store, const char *feed, int64_t load_id,
                               enum rollback_need *ret_need, struct error *err)
{
    struct snapshot_row row;
    enum error_code code = snapshot_row_read(store, feed, load_id, &row, err);
    if (code == ERR_NOT_FOUND) {
        *ret_need = ROLLBACK_GONE;
        return OK;
    }
    TRY(code);
    *ret_need = need_of(&row);
    return OK;
}

enum error_code rollback_flip(struct store *store, const char *feed, int64_t from_load,
                              int64_t to_load, struct live *ret_live, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_param params[] = {store_text(feed), store_int(from_load),
                                         store_int(to_load)};
    assert(store_in_transaction(store));
    if (from_load == to_load)
        return error_set(err, ERR_REFUSED, "load %lld of feed '%s' cannot replace itself",
                         (long long)to_load, feed);
    TRY(store_exec(store,
                   &(struct store_query){rollback_pointer_sql, STORE_MAYBE_ROW, STORE_QUICK_MS},
                   params, ARRAY_SIZE(params), &result, err));
    if (store_rows(&result) == 0)
        return error_set(err, ERR_CONFLICT, "load %lld of feed '%s' is not live",
                         (long long)from_load, feed);
    TRY(flip_check_target(store, feed, to_load, err));
    TRY(flip_note(store, from_load, to_load, err));
    fault_point("rollback.flipped");
    ret_live->load_id = store_get_int(&result, 0, 0);
    ret_live->epoch = store_get_int(&result, 0, 1);
    return OK;
}
