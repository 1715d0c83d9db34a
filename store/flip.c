#include "store/flip.h"

#include "embedded/publish_sql.h"
#include "store/snapshot_row.h"

static enum error_code refuse(const struct snapshot_row *row, const char *feed, const char *reason,
                              struct error *err)
{
    return error_set(err, ERR_REFUSED, "load %lld of feed '%s' cannot go live: %s",
                     (long long)row->load_id, feed, reason);
}

enum error_code flip_check_target(struct store *store, const char *feed, int64_t load_id,
                                  struct error *err)
{
    struct snapshot_row row;
    TRY(snapshot_row_read(store, feed, load_id, &row, err));
    if (row.attachment == ATTACHMENT_GONE)
        return refuse(&row, feed, "its table is gone", err);
    if (row.state == SNAPSHOT_ATTACHED)
        return refuse(&row, feed, "older transactions have not been waited for", err);
    if (row.state != SNAPSHOT_READY || row.attachment != ATTACHMENT_ATTACHED)
        return refuse(&row, feed, "it is not attached", err);
    if (!row.verified)
        return refuse(&row, feed, "its table is not the one that was verified", err);
    return OK;
}

enum error_code flip_note(struct store *store, int64_t from, int64_t to, struct error *err)
{
    return store_exec(store, &(struct store_query){flip_note_sql, STORE_NO_ROWS, STORE_QUICK_MS},
                      (struct store_param[]){store_int(from), store_int(to)}, 2, NULL, err);
}
