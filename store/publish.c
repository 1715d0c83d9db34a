#include "store/publish.h"

#include <assert.h>
#include <string.h>

#include "base/fault.h"
#include "embedded/publish_sql.h"
#include "store/detach.h"
#include "store/export.h"
#include "store/feed_names.h"
#include "store/flip.h"
#include "store/snapshot_row.h"
#include "store/sql_template.h"
#include "store/waiting.h"

/* Readers never wait for this lock, so it only limits how long vacuum and DDL of others do. */
#define ATTACH_LOCK_MS 100
#define MAX_LIST_BYTES ((size_t)1 << 20)

enum error_code publish_live(struct store *store, const char *feed, struct live *ret_live,
                             struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    TRY(store_exec(store, &(struct store_query){live_sql, STORE_MAYBE_ROW, STORE_QUICK_MS},
                   (struct store_param[]){store_text(feed)}, 1, &result, err));
    if (store_rows(&result) == 0)
        return error_set(err, ERR_NOT_FOUND, "the store knows no feed '%s'", feed);
    ret_live->load_id = store_get_int(&result, 0, 0);
    ret_live->epoch = store_get_int(&result, 0, 1);
    return OK;
}

static enum error_code check_indexed(struct store *store, const struct snapshot_row *row,
                                     struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    TRY(store_exec(store,
                   &(struct store_query){unindexed_leaves_sql, STORE_MAYBE_ROW, STORE_QUICK_MS},
                   (struct store_param[]){store_text(row->table)}, 1, &result, err));
    if (store_rows(&result) == 0)
        return OK;
    return error_set(err, ERR_REFUSED, "load %lld cannot be attached: %s has no index on its key",
                     (long long)row->load_id, store_get_text(&result, 0, 0));
}

static enum error_code check_attachable(struct store *store, const struct snapshot_row *row,
                                        struct error *err)
{
    const char *reason = NULL;
    if (row->state == SNAPSHOT_STAGING)
        reason = "it is not staged whole";
    else if (row->attachment == ATTACHMENT_GONE)
        reason = "its table is gone";
    else if (row->attachment == ATTACHMENT_OTHER)
        reason = "its table is attached elsewhere";
    else if (row->state != SNAPSHOT_STAGED || row->attachment != ATTACHMENT_NONE)
        reason = "it is being detached";
    if (reason != NULL)
        return error_set(err, ERR_REFUSED, "load %lld cannot be attached: %s",
                         (long long)row->load_id, reason);
    return check_indexed(store, row, err);
}

static enum error_code try_attach(struct store *store, const struct publication *publication,
                                  const struct snapshot_row *row, struct error *err)
{
    struct store *open CLEANUP(store_rollbackp) = store;
    char parent[LOAD_TABLE_NAME_BYTES];
    const struct sql_word words[] = {
        {.placeholder = "parent",
         .kind = SQL_IDENTIFIER,
         .text = parent_table_name(publication->feed->feed, parent)},
        {.placeholder = "table", .kind = SQL_IDENTIFIER, .text = row->table},
        {.placeholder = "load", .kind = SQL_NUMBER, .number = row->load_id},
    };
    TRY(store_begin(store, err));
    TRY(limit_lock_wait(store, ATTACH_LOCK_MS, err));
    TRY(snapshot_row_move(store, row->load_id, SNAPSHOT_STAGED, SNAPSHOT_ATTACHED, err));
    TRY(sql_run(store, attach_sql, words, ARRAY_SIZE(words), STORE_QUICK_MS, err));
    fault_point("publish.attaching");
    return store_commit(open, err);
}

static enum error_code find_hinderers(struct store *store, const struct publication *publication,
                                      const char *table, struct buffer *out, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    char parent[LOAD_TABLE_NAME_BYTES];
    const struct store_param params[] = {
        store_text(parent_table_name(publication->feed->feed, parent)), store_text(table)};
    TRY(store_exec(store,
                   &(struct store_query){attach_hinderers_sql, STORE_ONE_ROW, STORE_QUICK_MS},
                   params, ARRAY_SIZE(params), &result, err));
    buffer_clear(out);
    return buffer_append_string(out, store_get_text(&result, 0, 0), err);
}

/* A table that was restored or rewritten since it was staged is read through before it is used. */
static enum error_code read_verified(struct store *store, const struct publication *publication,
                                     struct snapshot_row *ret_row, struct error *err)
{
    const char *feed = publication->feed->feed;
    TRY(snapshot_row_read(store, feed, publication->load_id, ret_row, err));
    bool readable = ret_row->state != SNAPSHOT_STAGING && ret_row->attachment != ATTACHMENT_GONE &&
                    ret_row->attachment != ATTACHMENT_OTHER;
    if (ret_row->verified || !readable)
        return OK;
    return load_verify(store, publication->feed, publication->load_id, err);
}

static enum error_code attach_one(struct store *store, const struct publication *publication,
                                  const struct wait_options *options, struct error *err)
{
    struct waiting waiting;
    struct snapshot_row row;
    struct buffer hinderers CLEANUP(buffer_release);
    const char *feed = publication->feed->feed;
    buffer_init(&hinderers, MAX_LIST_BYTES);
    waiting_begin(&waiting, store, options, feed, "a lock on the tables of the feed");
    for (;;) {
        TRY(read_verified(store, publication, &row, err));
        if (row.state == SNAPSHOT_ATTACHED || row.state == SNAPSHOT_READY)
            return OK;
        if (row.state == SNAPSHOT_DETACHING) {
            TRY(detach_load(store, feed, row.load_id, 0, options, err));
            continue;
        }
        TRY(check_attachable(store, &row, err));
        enum error_code code = try_attach(store, publication, &row, err);
        if (code != ERR_BUSY)
            return code;
        TRY(find_hinderers(store, publication, row.table, &hinderers, err));
        TRY(waiting_round(&waiting, buffer_string(&hinderers), err));
    }
}

enum error_code publish_attach(struct store *store, const struct publication *publications,
                               size_t n, const struct wait_options *options, struct error *err)
{
    assert(!store_in_transaction(store));
    fault_point("publish.attach");
    for (size_t i = 0; i < n; i++)
        TRY(attach_one(store, &publications[i], options, err));
    fault_point("publish.attached");
    return OK;
}

/* Those who had the parent locked when we first looked, as long as they still have. */
static enum error_code wait_for_planners(struct store *store, const char *feed,
                                         const struct wait_options *options, struct error *err)
{
    struct waiting waiting;
    char parent[LOAD_TABLE_NAME_BYTES];
    struct buffer before CLEANUP(buffer_release);
    struct buffer after CLEANUP(buffer_release);
    buffer_init(&before, MAX_LIST_BYTES);
    buffer_init(&after, MAX_LIST_BYTES);
    waiting_begin(&waiting, store, options, feed, "transactions older than the attach");
    parent_table_name(feed, parent);
    TRY(lock_holders(store, parent, false, NULL, &before, err));
    while (strcmp(buffer_string(&before), NO_TRANSACTIONS) != 0) {
        TRY(waiting_round(&waiting, buffer_string(&before), err));
        buffer_clear(&after);
        TRY(lock_holders(store, parent, false, buffer_string(&before), &after, err));
        buffer_clear(&before);
        TRY(buffer_append_string(&before, buffer_string(&after), err));
    }
    return OK;
}

static enum error_code wait_one(struct store *store, const struct publication *publication,
                                const struct wait_options *options, struct error *err)
{
    struct snapshot_row row;
    const char *feed = publication->feed->feed;
    TRY(snapshot_row_read(store, feed, publication->load_id, &row, err));
    if (row.state == SNAPSHOT_READY)
        return OK;
    if (row.state != SNAPSHOT_ATTACHED)
        return error_set(err, ERR_REFUSED, "load %lld of feed '%s' is not attached",
                         (long long)row.load_id, feed);
    TRY(wait_for_planners(store, feed, options, err));
    fault_point("publish.waited");
    return snapshot_row_move(store, row.load_id, SNAPSHOT_ATTACHED, SNAPSHOT_READY, err);
}

enum error_code publish_wait(struct store *store, const struct publication *publications, size_t n,
                             const struct wait_options *options, struct error *err)
{
    assert(!store_in_transaction(store));
    for (size_t i = 0; i < n; i++)
        TRY(wait_one(store, &publications[i], options, err));
    fault_point("publish.ready");
    return OK;
}

static enum error_code overtaken(struct store *store, const struct publication *publication,
                                 struct error *err)
{
    struct live live;
    const char *feed = publication->feed->feed;
    TRY(publish_live(store, feed, &live, err));
    (void)error_set(err, ERR_CONFLICT, "load %lld of feed '%s' was judged in another situation",
                    (long long)publication->load_id, feed);
    error_detail(err,
                 "It was judged against load %lld in epoch %lld; now load %lld is live in epoch "
                 "%lld.",
                 (long long)publication->judged_against, (long long)publication->epoch,
                 (long long)live.load_id, (long long)live.epoch);
    error_hint(err, "The load has to be judged again.");
    return ERR_CONFLICT;
}

static enum error_code flip_one(struct store *store, const struct publication *publication,
                                struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const char *feed = publication->feed->feed;
    if (publication->load_id == publication->judged_against)
        return error_set(err, ERR_REFUSED, "load %lld of feed '%s' was judged against itself",
                         (long long)publication->load_id, feed);
    const struct store_param params[] = {store_text(feed), store_int(publication->load_id),
                                         store_int(publication->judged_against),
                                         store_int(publication->epoch)};
    TRY(store_exec(store, &(struct store_query){flip_pointer_sql, STORE_NO_ROWS, STORE_QUICK_MS},
                   params, ARRAY_SIZE(params), &result, err));
    if (store_affected(&result) == 0)
        return overtaken(store, publication, err);
    TRY(flip_check_target(store, feed, publication->load_id, err));
    return flip_note(store, publication->judged_against, publication->load_id, err);
}

/* The next of the publications in the order of feed names, so that two of them cannot deadlock. */
static const struct publication *next_by_name(const struct publication *publications, size_t n,
                                              const struct publication *last)
{
    const struct publication *next = NULL;
    for (size_t i = 0; i < n; i++) {
        const char *feed = publications[i].feed->feed;
        if (last != NULL && strcmp(feed, last->feed->feed) <= 0)
            continue;
        if (next == NULL || strcmp(feed, next->feed->feed) < 0)
            next = &publications[i];
    }
    return next;
}

enum error_code publish_flip(struct store *store, const struct publication *publications, size_t n,
                             struct error *err)
{
    const struct publication *publication = NULL;
    assert(store_in_transaction(store));
    while ((publication = next_by_name(publications, n, publication)) != NULL)
        TRY(flip_one(store, publication, err));
    fault_point("publish.flipped");
    return OK;
}
