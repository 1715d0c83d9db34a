#include "store/detach.h"

#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/interrupt.h"
#include "embedded/publish_sql.h"
#include "store/background.h"
#include "store/feed_names.h"
#include "store/snapshot_row.h"
#include "store/sql_template.h"
#include "store/waiting.h"

#define MAX_LIST_BYTES ((size_t)1 << 20)
#define POLL_MS 5
/* How long the server may wait for the table's lock, because sessions with an old plan would queue
 * behind it. */
#define TABLE_LOCK_US INT64_C(20000)
#define FINALIZE_LOCK_MS 20
#define ENDLESS_US (INT64_MAX / 2)
/* Without endless patience a detach is not begun while somebody has the feed in longer use. */
#define LONG_USE_US USEC_PER_SEC

void obstacle_init(struct obstacle *obstacle)
{
    *obstacle = (struct obstacle){.reason = ""};
    buffer_init(&obstacle->transactions, MAX_LIST_BYTES);
}

void obstacle_release(struct obstacle *obstacle)
{
    buffer_release(&obstacle->transactions);
}

static enum error_code set_obstacle(struct obstacle *obstacle, const char *reason,
                                    const char *transactions, struct error *err)
{
    obstacle->exists = true;
    obstacle->reason = reason;
    buffer_clear(&obstacle->transactions);
    return buffer_append_string(&obstacle->transactions, transactions, err);
}

static enum error_code check_old_snapshots(struct store *store, int64_t load_id,
                                           const struct detach_options *options,
                                           struct obstacle *obstacle, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_param params[] = {store_int(load_id), store_int(options->standby_grace_us)};
    TRY(store_exec(store, &(struct store_query){old_snapshots_sql, STORE_ONE_ROW, STORE_QUICK_MS},
                   params, ARRAY_SIZE(params), &result, err));
    const char *transactions = store_get_text(&result, 0, 0);
    if (strcmp(transactions, NO_TRANSACTIONS) != 0)
        return set_obstacle(obstacle, "snapshots older than the flip away from a load",
                            transactions, err);
    if (store_get_bool(&result, 0, 1))
        return set_obstacle(obstacle, "a standby whose queries are older than the flip",
                            NO_TRANSACTIONS, err);
    if (store_get_bool(&result, 0, 2))
        return set_obstacle(obstacle, "the time that standbys are given", NO_TRANSACTIONS, err);
    return OK;
}

static enum error_code check_users(struct store *store, const char *feed, const char *table,
                                   const struct detach_options *options, struct obstacle *obstacle,
                                   struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    char parent[LOAD_TABLE_NAME_BYTES];
    bool impatient = options->patience_us < ENDLESS_US;
    const struct store_param params[] = {
        store_text(parent_table_name(feed, parent)), store_text(table),
        impatient ? store_int(LONG_USE_US) : (struct store_param){.kind = STORE_PARAM_NULL}};
    TRY(store_exec(store, &(struct store_query){direct_users_sql, STORE_ONE_ROW, STORE_QUICK_MS},
                   params, ARRAY_SIZE(params), &result, err));
    const char *transactions = store_get_text(&result, 0, 0);
    if (strcmp(transactions, NO_TRANSACTIONS) == 0)
        return OK;
    return set_obstacle(obstacle, "sessions that use the tables of a load", transactions, err);
}

/* From here to the commit the pointer cannot move to the load; afterwards its state forbids it. */
static enum error_code mark(struct store *store, const char *feed, const struct snapshot_row *row,
                            const struct detach_options *options, struct obstacle *obstacle,
                            struct error *err)
{
    struct store *open CLEANUP(store_rollbackp) = store;
    int64_t live;
    TRY(store_begin(store, err));
    TRY(store_exec(store, &(struct store_query){asynchronous_sql, STORE_ONE_ROW, STORE_QUICK_MS},
                   (struct store_param[]){store_bool(true)}, 1, NULL, err));
    TRY(lock_pointer(store, feed, &live, err));
    if (live == row->load_id)
        return error_set(err, ERR_REFUSED, "load %lld of feed '%s' is live", (long long)live, feed);
    TRY(check_old_snapshots(store, row->load_id, options, obstacle, err));
    if (!obstacle->exists)
        TRY(check_users(store, feed, row->table, options, obstacle, err));
    if (!obstacle->exists)
        TRY(snapshot_row_move(store, row->load_id, row->state, SNAPSHOT_DETACHING, err));
    return store_commit(open, err);
}

/* The detach while it runs beside us. */
struct watch {
    struct store *store;
    const char *feed;
    struct waiting *waiting; /* whom to tell about readers that it waits for; may be NULL */
    struct background *background;
    const char *table;
    int64_t give_up_us;
    int64_t waits_since_us; /* for the table's lock; 0: does not wait */
    bool cancelled;
};

static enum error_code cancel_detach(struct watch *watch, struct error *err)
{
    watch->cancelled = true;
    return store_exec(
        watch->store, &(struct store_query){cancel_backend_sql, STORE_ONE_ROW, STORE_QUICK_MS},
        (struct store_param[]){store_int(background_pid(watch->background))}, 1, NULL, err);
}

static enum error_code look(struct watch *watch, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    int64_t now_us = clock_monotonic_us();
    const struct store_param params[] = {store_int(background_pid(watch->background)),
                                         store_text(watch->table)};
    TRY(store_exec(watch->store,
                   &(struct store_query){waits_for_table_sql, STORE_ONE_ROW, STORE_QUICK_MS},
                   params, ARRAY_SIZE(params), &result, err));
    if (!store_get_bool(&result, 0, 0))
        watch->waits_since_us = 0;
    else if (watch->waits_since_us == 0)
        watch->waits_since_us = now_us;
    bool queues = watch->waits_since_us != 0 && now_us - watch->waits_since_us > TABLE_LOCK_US;
    return queues || now_us > watch->give_up_us ? cancel_detach(watch, err) : OK;
}

static enum error_code tell(struct watch *watch, struct error *err)
{
    char parent[LOAD_TABLE_NAME_BYTES];
    struct buffer holders CLEANUP(buffer_release);
    if (watch->waiting == NULL || clock_monotonic_us() < watch->waiting->due_us)
        return OK;
    buffer_init(&holders, MAX_LIST_BYTES);
    parent_table_name(watch->feed, parent);
    TRY(lock_holders(watch->store, parent, false, NULL, &holders, err));
    watch->waiting->reason = "readers of the feed, to finish a detach";
    return waiting_round(watch->waiting, buffer_string(&holders), err);
}

static enum error_code watch_detach(struct watch *watch, struct error *err)
{
    while (!background_done(watch->background)) {
        if (!watch->cancelled) {
            TRY(look(watch, err));
            TRY(tell(watch, err));
        }
        (void)poll(NULL, 0, POLL_MS);
    }
    return OK;
}

/* Watches to the end; an error on the way ends the detach as well. */
static enum error_code watch_or_cancel(struct watch *watch, struct error *err)
{
    enum error_code code = watch_detach(watch, err);
    if (code != OK && !watch->cancelled)
        (void)cancel_detach(watch, NULL);
    return code;
}

static enum error_code expand_names(struct store *store, const char *template, const char *feed,
                                    const char *table, struct buffer *out, struct error *err)
{
    char parent[LOAD_TABLE_NAME_BYTES];
    const struct sql_word words[] = {
        {.placeholder = "parent", .kind = SQL_IDENTIFIER, .text = parent_table_name(feed, parent)},
        {.placeholder = "table", .kind = SQL_IDENTIFIER, .text = table},
    };
    return sql_expand(store, template, words, ARRAY_SIZE(words), out, err);
}

/* Leaves the load detached or, if it had to be cancelled, pending or attached. */
static enum error_code detach(struct store *store, const char *feed, const struct snapshot_row *row,
                              const struct detach_options *options, struct waiting *waiting,
                              struct obstacle *obstacle, struct error *err)
{
    struct background *background CLEANUP(background_cleanup) = NULL;
    struct buffer sql CLEANUP(buffer_release);
    buffer_init(&sql, MAX_LIST_BYTES);
    TRY(expand_names(store, detach_sql, feed, row->table, &sql, err));
    TRY(background_start(store, buffer_string(&sql), &background, err));
    fault_point("detach.begun");
    struct watch watch = {
        .store = store,
        .feed = feed,
        .waiting = waiting,
        .background = background,
        .table = row->table,
        .give_up_us = clock_monotonic_us() + options->patience_us,
    };
    TRY(watch_or_cancel(&watch, err));
    enum error_code code = background_join(background, err);
    if (code == OK || !watch.cancelled)
        return code;
    TRY(interrupt_check(err));
    return set_obstacle(obstacle, "readers of the feed, to finish a detach", NO_TRANSACTIONS, err);
}

static enum error_code finalize_and_move(struct store *store, const char *feed,
                                         const struct snapshot_row *row, struct error *err)
{
    struct store *open CLEANUP(store_rollbackp) = store;
    struct buffer sql CLEANUP(buffer_release);
    buffer_init(&sql, MAX_LIST_BYTES);
    TRY(expand_names(store, detach_finalize_sql, feed, row->table, &sql, err));
    TRY(store_begin(store, err));
    TRY(limit_lock_wait(store, FINALIZE_LOCK_MS, err));
    TRY(store_exec(store, &(struct store_query){buffer_string(&sql), STORE_NO_ROWS, STORE_QUICK_MS},
                   NULL, 0, NULL, err));
    TRY(snapshot_row_move(store, row->load_id, SNAPSHOT_DETACHING, SNAPSHOT_STAGED, err));
    return store_commit(open, err);
}

/* A pending detach: nobody plans with the table any more, but some may still be reading it. */
static enum error_code finalize(struct store *store, const char *feed,
                                const struct snapshot_row *row, struct obstacle *obstacle,
                                struct error *err)
{
    buffer_clear(&obstacle->transactions);
    TRY(lock_holders(store, row->table, true, NULL, &obstacle->transactions, err));
    if (strcmp(buffer_string(&obstacle->transactions), NO_TRANSACTIONS) != 0) {
        obstacle->exists = true;
        obstacle->reason = "sessions that use the tables of a load";
        return OK;
    }
    enum error_code code = finalize_and_move(store, feed, row, err);
    if (code != ERR_BUSY)
        return code;
    return set_obstacle(obstacle, "other queries, to finish a detach", NO_TRANSACTIONS, err);
}

static enum error_code step(struct store *store, const char *feed, const struct snapshot_row *row,
                            const struct detach_options *options, struct waiting *waiting,
                            struct obstacle *obstacle, struct error *err)
{
    if (row->state != SNAPSHOT_DETACHING)
        return mark(store, feed, row, options, obstacle, err);
    if (row->attachment == ATTACHMENT_ATTACHED)
        return detach(store, feed, row, options, waiting, obstacle, err);
    if (row->attachment == ATTACHMENT_PENDING)
        return finalize(store, feed, row, obstacle, err);
    return snapshot_row_move(store, row->load_id, SNAPSHOT_DETACHING, SNAPSHOT_STAGED, err);
}

static enum error_code attempt(struct store *store, const char *feed, int64_t load_id,
                               const struct detach_options *options, struct waiting *waiting,
                               struct obstacle *obstacle, struct error *err)
{
    struct snapshot_row row;
    obstacle->exists = false;
    for (;;) {
        TRY(snapshot_row_read(store, feed, load_id, &row, err));
        if (row.state == SNAPSHOT_STAGED || row.state == SNAPSHOT_STAGING)
            return OK;
        TRY(step(store, feed, &row, options, waiting, obstacle, err));
        if (obstacle->exists)
            return OK;
        fault_point("detach.step");
    }
}

enum error_code detach_try(struct store *store, const char *feed, int64_t load_id,
                           const struct detach_options *options, struct obstacle *obstacle,
                           struct error *err)
{
    return attempt(store, feed, load_id, options, NULL, obstacle, err);
}

enum error_code detach_load(struct store *store, const char *feed, int64_t load_id,
                            int64_t standby_grace_us, const struct wait_options *wait,
                            struct error *err)
{
    const struct detach_options options = {standby_grace_us, ENDLESS_US};
    struct waiting waiting;
    struct obstacle obstacle CLEANUP(obstacle_release);
    obstacle_init(&obstacle);
    waiting_begin(&waiting, store, wait, feed, "");
    for (;;) {
        TRY(attempt(store, feed, load_id, &options, &waiting, &obstacle, err));
        if (!obstacle.exists)
            return OK;
        waiting.reason = obstacle.reason;
        TRY(waiting_round(&waiting, buffer_string(&obstacle.transactions), err));
    }
}
