/* Being woken by other sessions. */
#include "store/pq.h"

#include <poll.h>

#include "base/clock.h"

enum error_code store_listen(struct store *store, const char *channel, struct error *err)
{
    struct buffer sql CLEANUP(buffer_release);
    buffer_init(&sql, BUFFER_DEFAULT_MAX_BYTES);
    TRY(buffer_append_string(&sql, "listen ", err));
    TRY(store_quote_identifier(store, channel, &sql, err));
    const struct store_query listen = {buffer_string(&sql), STORE_NO_ROWS, STORE_QUICK_MS};
    return store_exec(store, &listen, NULL, 0, NULL, err);
}

/* Takes all that have come; several count as one. */
static bool take_notifications(struct store *store)
{
    bool any = false;
    for (PGnotify *note; (note = PQnotifies(store->conn)) != NULL; any = true)
        PQfreemem(note);
    return any;
}

enum error_code store_wait(struct store *store, int timeout_ms, bool *ret_notified,
                           struct error *err)
{
    int64_t deadline_us = clock_monotonic_us() + (int64_t)timeout_ms * 1000;
    TRY(pq_ready(store, err));
    while (!take_notifications(store)) {
        enum error_code code = pq_wait_socket(store, store->conn, POLLIN, deadline_us, err);
        if (code == ERR_TIMEOUT) {
            *ret_notified = false;
            return OK;
        }
        TRY(code);
        if (PQconsumeInput(store->conn) == 0) {
            code = pq_error(store, NULL, err);
            pq_give_up(store);
            return code;
        }
    }
    *ret_notified = true;
    return OK;
}
