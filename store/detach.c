#include "store/detach.h"

#include <poll.h>
#include <stdio.h>
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
#define MAX_POLL_MS 200
/* How long the server may wait for the table's lock, because sessions with an old plan would queue
 * behind it. */
#define TABLE_LOCK_US INT64_C(20000)
/* By then no reader has anything to do with the table. */
#define FINALIZE_LOCK_MS 2000
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

/* Transactions that were under way when this was first asked; all of them, or those that may still
 * read the load. */
static enum error_code check_older(struct store *store, int64_t load_id, int64_t standby_grace_us,
                                   bool all, const char *but_pids, struct obstacle *obstacle,
                                   struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_param params[] = {store_int(load_id), store_int(standby_grace_us),
                                         store_bool(all), store_text(but_pids)};
    TRY(store_exec(store, &(struct store_query){old_snapshots_sql, STORE_MAYBE_ROW, STORE_QUICK_MS},
                   params, ARRAY_SIZE(params), &result, err));
    if (store_rows(&result) == 0)
        return set_obstacle(obstacle, "a flip that has just taken place", NO_TRANSACTIONS, err);
    const char *transactions = store_get_text(&result, 0, 0);
    if (strcmp(transactions, NO_TRANSACTIONS) != 0)
        return set_obstacle(obstacle,
                            all ? "transactions older than the detach of a load"
                                : "snapshots older than the flip away from a load",
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
                            struct error *err)
{
    struct store *open CLEANUP(store_rollbackp) = store;
    int64_t live;
    TRY(store_begin(store, err));
    TRY(store_exec(store, &(struct store_query){asynchronous_sql, STORE_ONE_ROW, STORE_QUICK_MS},
                   (struct store_param[]){store_bool(true)}, 1, NULL, err));
    TRY(lock_pointer(store, feed, &live, err));
    if (live != row->load_id)
        TRY(store_exec(store,
                       &(struct store_query){mark_detaching_sql, STORE_NO_ROWS, STORE_QUICK_MS},
                       (struct store_param[]){store_int(row->load_id),
                                              store_text(snapshot_state_name(row->state))},
                       2, NULL, err));
    return store_commit(open, err);
}

/* Asks without keeping anybody from flipping, then marks the load if that still holds. */
static enum error_code mark_unless_needed(struct store *store, const char *feed,
                                          const struct snapshot_row *row,
                                          const struct detach_options *options,
                                          struct obstacle *obstacle, struct error *err)
{
    if (row->live)
        return error_set(err, ERR_REFUSED, "load %lld of feed '%s' is live",
                         (long long)row->load_id, feed);
    TRY(check_older(store, row->load_id, options->standby_grace_us, false, NO_TRANSACTIONS,
                    obstacle, err));
    if (!obstacle->exists)
        TRY(check_users(store, feed, row->table, options, obstacle, err));
    return obstacle->exists ? OK : mark(store, feed, row, err);
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

static enum error_code tell(struct watch *watch, const struct obstacle *obstacle, struct error *err)
{
    if (watch->waiting == NULL || clock_monotonic_us() < watch->waiting->due_us)
        return OK;
    watch->waiting->reason = obstacle->reason;
    return waiting_round(watch->waiting, buffer_string(&obstacle->transactions), err);
}

static enum error_code tell_lockers(struct watch *watch, struct error *err)
{
    char parent[LOAD_TABLE_NAME_BYTES];
    struct obstacle lockers CLEANUP(obstacle_release);
    obstacle_init(&lockers);
    if (watch->waiting == NULL || clock_monotonic_us() < watch->waiting->due_us)
        return OK;
    parent_table_name(watch->feed, parent);
    TRY(lock_holders(watch->store, parent, false, NULL, &lockers.transactions, err));
    lockers.reason = "readers of the feed, to finish a detach";
    return tell(watch, &lockers, err);
}

static enum error_code watch_detach(struct watch *watch, struct error *err)
{
    while (!background_done(watch->background)) {
        if (!watch->cancelled) {
            TRY(look(watch, err));
            TRY(tell_lockers(watch, err));
        }
        (void)poll(NULL, 0, POLL_MS);
    }
    return OK;
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

static enum error_code read_attachment(struct store *store, const char *feed, int64_t load_id,
                                       enum attachment *ret_attachment, struct error *err)
{
    struct snapshot_row row;
    TRY(snapshot_row_read(store, feed, load_id, &row, err));
    *ret_attachment = row.attachment;
    return OK;
}

/* A session that keeps the detach from going on, as a reader would; nobody else notices. */
static enum error_code hold_back(const struct store *store, const char *feed, const char *table,
                                 struct store **ret_holder, struct error *err)
{
    struct store *holder CLEANUP(store_closep) = NULL;
    struct buffer sql CLEANUP(buffer_release);
    buffer_init(&sql, MAX_LIST_BYTES);
    TRY(store_open_again(store, &holder, err));
    TRY(expand_names(holder, share_parent_sql, feed, table, &sql, err));
    TRY(store_exec(holder, &(struct store_query){idle_for_long_sql, STORE_ONE_ROW, STORE_QUICK_MS},
                   NULL, 0, NULL, err));
    TRY(store_begin(holder, err));
    TRY(store_exec(holder,
                   &(struct store_query){buffer_string(&sql), STORE_NO_ROWS, STORE_QUICK_MS}, NULL,
                   0, NULL, err));
    *ret_holder = TAKE(holder);
    return OK;
}

/* Until the server has told all sessions that the table is going. */
static enum error_code wait_until_pending(const struct watch *watch, int64_t load_id,
                                          struct error *err)
{
    enum attachment attachment = ATTACHMENT_ATTACHED;
    while (attachment == ATTACHMENT_ATTACHED && !background_done(watch->background)) {
        (void)poll(NULL, 0, POLL_MS);
        TRY(read_attachment(watch->store, watch->feed, load_id, &attachment, err));
    }
    return OK;
}

/* Until nothing is under way that may still use a plan with the table. */
static enum error_code wait_for_older(struct watch *watch, int64_t load_id, const char *but_pids,
                                      struct obstacle *obstacle, struct error *err)
{
    for (int pause_ms = POLL_MS;;
         pause_ms = pause_ms * 2 < MAX_POLL_MS ? pause_ms * 2 : MAX_POLL_MS) {
        obstacle->exists = false;
        TRY(check_older(watch->store, load_id, 0, true, but_pids, obstacle, err));
        if (!obstacle->exists || background_done(watch->background))
            return OK;
        if (clock_monotonic_us() > watch->give_up_us)
            return cancel_detach(watch, err);
        TRY(tell(watch, obstacle, err));
        (void)poll(NULL, 0, pause_ms);
        TRY(interrupt_check(err));
    }
}

/*
 * The server first tells all sessions that the table is going, then waits for those that have the
 * parent locked, then locks the table for a moment. Two kinds of readers would be in the way of
 * that moment, or queue behind it: those with a snapshot from before, which plan with the table
 * still, and those with a cached plan that a transaction from before has not thrown away yet. So
 * the detach is held back until all transactions from before are over.
 */
static enum error_code begin_detach(struct watch *watch, int64_t load_id, const char *sql,
                                    struct obstacle *obstacle, struct error *err)
{
    struct store *holder CLEANUP(store_closep) = NULL;
    char but_pids[64];
    TRY(hold_back(watch->store, watch->feed, watch->table, &holder, err));
    TRY(background_start(watch->store, sql, &watch->background, err));
    TRY(wait_until_pending(watch, load_id, err));
    fault_point("detach.begun");
    (void)snprintf(but_pids, sizeof(but_pids), "{%d,%d}", store_backend_pid(holder),
                   background_pid(watch->background));
    return wait_for_older(watch, load_id, but_pids, obstacle, err);
}

static enum error_code run_detach(struct watch *watch, int64_t load_id, const char *sql,
                                  struct obstacle *obstacle, struct error *err)
{
    TRY(begin_detach(watch, load_id, sql, obstacle, err));
    return watch_detach(watch, err);
}

static void watch_release(struct watch *watch)
{
    background_free(watch->background);
}

/* Leaves the load detached or, if it had to be cancelled, pending or attached. */
static enum error_code detach(struct store *store, const char *feed, const struct snapshot_row *row,
                              const struct detach_options *options, struct waiting *waiting,
                              struct obstacle *obstacle, struct error *err)
{
    struct buffer sql CLEANUP(buffer_release);
    struct watch watch CLEANUP(watch_release) = {
        .store = store,
        .feed = feed,
        .table = row->table,
        .waiting = waiting,
        .give_up_us = clock_monotonic_us() + options->patience_us,
    };
    buffer_init(&sql, MAX_LIST_BYTES);
    TRY(expand_names(store, detach_sql, feed, row->table, &sql, err));
    enum error_code code = run_detach(&watch, row->load_id, buffer_string(&sql), obstacle, err);
    if (code != OK && watch.background != NULL && !watch.cancelled)
        (void)cancel_detach(&watch, NULL);
    TRY(code);
    code = background_join(watch.background, err);
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
    TRY(check_older(store, row->load_id, 0, true, NO_TRANSACTIONS, obstacle, err));
    if (obstacle->exists)
        return OK;
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
        return mark_unless_needed(store, feed, row, options, obstacle, err);
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
