#include "store/locks.h"

#include <stdio.h>

#include "base/clock.h"
#include "embedded/ledger_sql.h"

#define FEED_LOCK "feed"
#define SERVICE_LOCK "service"
#define WHAT_BYTES 128

static enum error_code read_flag(struct store *store, const char *sql, const char *kind,
                                 const char *name, bool *ret_flag, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {sql, STORE_ONE_ROW, STORE_QUICK_MS};
    const struct store_param params[] = {store_text(kind), store_text(name)};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &result, err));
    *ret_flag = store_get_bool(&result, 0, 0);
    return OK;
}

static void describe_holder(const struct store_result *holder, struct error *err)
{
    char since[CLOCK_TEXT_BYTES];
    const char *user = store_get_text(holder, 0, 2);
    const char *address = store_get_text(holder, 0, 3);
    int64_t since_us = store_get_time(holder, 0, 4);
    error_detail(
        err, "It is held by \"%s\" (role %s, %s, server process %lld) since %s.",
        store_get_text(holder, 0, 1), user == NULL ? "unknown" : user,
        address == NULL ? "on the server's host" : address, (long long)store_get_int(holder, 0, 0),
        since_us == STORE_NO_TIME ? "an unknown time" : clock_format_rfc3339(since_us, since));
}

static enum error_code busy(struct store *store, const char *kind, const char *name,
                            const char *what, struct error *err)
{
    struct store_result holder CLEANUP(store_result_release) = {0};
    const struct store_query query = {lock_holder_sql, STORE_MAYBE_ROW, STORE_QUICK_MS};
    const struct store_param params[] = {store_text(kind), store_text(name)};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &holder, err));
    (void)error_set(err, ERR_BUSY, "%s", what);
    if (store_rows(&holder) == 1)
        describe_holder(&holder, err);
    else
        error_detail(err, "Whoever held it a moment ago has ended just now.");
    error_hint(err, "Wait until it has ended, or stop it.");
    return ERR_BUSY;
}

static enum error_code take(struct store *store, const char *kind, const char *name,
                            const char *what, struct error *err)
{
    bool taken = false;
    TRY(read_flag(store, lock_take_sql, kind, name, &taken, err));
    return taken ? OK : busy(store, kind, name, what, err);
}

static enum error_code check(struct store *store, const char *kind, const char *name,
                             const char *what, struct error *err)
{
    bool held = false;
    TRY(read_flag(store, lock_check_sql, kind, name, &held, err));
    if (held)
        return OK;
    (void)error_set(err, ERR_CONFLICT, "%s", what);
    error_detail(err, "The connection was lost for a while, so another process may have gone on.");
    return ERR_CONFLICT;
}

/* Whether the server had it is of no interest: it has it no more. */
static void release(struct store *store, const char *kind, const char *name)
{
    bool held = false;
    bool before = store_set_uninterruptible(store, true);
    enum error_code code = read_flag(store, lock_release_sql, kind, name, &held, NULL);
    (void)code;
    (void)store_set_uninterruptible(store, before);
}

enum error_code feed_lock_take(struct store *store, const char *feed, struct error *err)
{
    char what[WHAT_BYTES];
    (void)snprintf(what, sizeof(what), "another run of '%s' is under way", feed);
    return take(store, FEED_LOCK, feed, what, err);
}

enum error_code feed_lock_check(struct store *store, const char *feed, struct error *err)
{
    char what[WHAT_BYTES];
    (void)snprintf(what, sizeof(what), "the lock of '%s' was lost", feed);
    return check(store, FEED_LOCK, feed, what, err);
}

void feed_lock_release(struct store *store, const char *feed)
{
    release(store, FEED_LOCK, feed);
}

enum error_code service_lock_take(struct store *store, struct error *err)
{
    return take(store, SERVICE_LOCK, "", "another service of this store is active", err);
}

enum error_code service_lock_check(struct store *store, struct error *err)
{
    return check(store, SERVICE_LOCK, "", "the lock of the service was lost", err);
}

void service_lock_release(struct store *store)
{
    release(store, SERVICE_LOCK, "");
}
