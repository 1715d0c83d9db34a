#include "guard/query_rows.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "store/conn.h"

#define ASK_TIMEOUT_MS 60000
#define CANCEL_AGAIN_US 100000
#define PIPE_BYTES (1 << 20)
#define MAX_SQL_BYTES ((size_t)1 << 20)

void query_rows_init(struct query_rows *rows, struct store *main, int64_t timeout_us)
{
    int64_t timeout_ms = (timeout_us + 999) / 1000;
    *rows = (struct query_rows){
        .main = main,
        .timeout_ms = timeout_ms < INT_MAX ? (int)timeout_ms : INT_MAX,
        .read_fd = -1,
        .write_fd = -1,
    };
}

static enum error_code session(struct query_rows *rows, struct error *err)
{
    if (rows->session != NULL)
        return OK;
    CLEANUP(store_closep) struct store *store = NULL;
    TRY(store_open_again(rows->main, &store, err));
    TRY(store_exec_script(store, "set default_transaction_read_only = on; reset search_path",
                          STORE_QUICK_MS, err));
    rows->session = TAKE(store);
    return OK;
}

static enum error_code ask(void *context, const char *sql, bool *ret_answer, struct error *err)
{
    struct query_rows *rows = context;
    TRY(session(rows, err));
    return store_query_bool(rows->session, sql, ASK_TIMEOUT_MS, ret_answer, err);
}

static enum error_code write_rows(void *context, const char *bytes, size_t len, struct error *err)
{
    struct query_rows *rows = context;
    while (len > 0) {
        ssize_t n = write(rows->write_fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set_errno(err, ERR_IO, errno, "cannot pass on the rows of the query");
        bytes += n;
        len -= (size_t)n;
    }
    return OK;
}

static void *copy_rows(void *arg)
{
    struct query_rows *rows = arg;
    rows->copy_code = store_copy_out(rows->session, rows->copy_sql, rows->timeout_ms, write_rows,
                                     rows, &rows->copy_error);
    fd_cleanup(&rows->write_fd);
    return NULL;
}

static enum error_code open_rows(void *context, const char *sql, int *ret_fd, struct error *err)
{
    struct query_rows *rows = context;
    TRY(session(rows, err));
    CLEANUP(buffer_release) struct buffer copy;
    buffer_init(&copy, MAX_SQL_BYTES);
    size_t len = strlen(sql);
    while (len > 0 && strchr("; \t\r\n", sql[len - 1]) != NULL)
        len--;
    TRY(buffer_printf(&copy, err, "copy (%.*s\n) to stdout (format csv, header)", (int)len, sql));
    free(rows->copy_sql);
    rows->copy_sql = buffer_take(&copy);
    rows->backend = store_backend_pid(rows->session);
    int pipes[2];
    if (pipe2(pipes, O_CLOEXEC) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot create a pipe");
    (void)fcntl(pipes[1], F_SETPIPE_SZ, PIPE_BYTES);
    rows->read_fd = pipes[0];
    rows->write_fd = pipes[1];
    int failed = pthread_create(&rows->thread, NULL, copy_rows, rows);
    if (failed != 0)
        return error_set_errno(err, ERR_IO, failed, "cannot start a thread");
    rows->thread_running = true;
    *ret_fd = rows->read_fd;
    return OK;
}

/* Whether the query has sent its last row, or failed: its end of the pipe is closed. */
static bool has_ended(const struct query_rows *rows)
{
    struct pollfd pipe = {.fd = rows->read_fd};
    return poll(&pipe, 1, 0) == 1 && (pipe.revents & POLLHUP) != 0;
}

static bool join_within(struct query_rows *rows, int64_t wait_us)
{
    int64_t until_us = clock_monotonic_us() + wait_us;
    const struct timespec until = {.tv_sec = until_us / USEC_PER_SEC,
                                   .tv_nsec = until_us % USEC_PER_SEC * 1000};
    return pthread_clockjoin_np(rows->thread, NULL, CLOCK_MONOTONIC, &until) == 0;
}

/*
 * Asks the server, from a session of its own, to end the query, and waits for its end: one that
 * sorts or waits for a lock writes nothing, so it does not notice that nobody reads any more. What
 * is asked before the server has begun the query is lost on it, so it is asked until it has worked.
 */
static void cancel_and_join(struct query_rows *rows)
{
    CLEANUP(store_closep) struct store *store = NULL;
    char sql[64];
    (void)snprintf(sql, sizeof(sql), "select pg_cancel_backend(%d)", rows->backend);
    enum error_code code = store_open_again(rows->main, &store, NULL);
    if (code == OK)
        (void)store_set_uninterruptible(store, true);
    while (code == OK) {
        code = store_exec_script(store, sql, STORE_QUICK_MS, NULL);
        if (join_within(rows, CANCEL_AGAIN_US))
            return;
    }
    (void)pthread_join(rows->thread, NULL);
}

static void join(struct query_rows *rows)
{
    if (!rows->thread_running) {
        fd_cleanup(&rows->read_fd);
        return;
    }
    rows->given_up = !has_ended(rows);
    fd_cleanup(&rows->read_fd);
    if (rows->given_up)
        cancel_and_join(rows);
    else
        (void)pthread_join(rows->thread, NULL);
    rows->thread_running = false;
}

static enum error_code close_rows(void *context, struct error *err)
{
    struct query_rows *rows = context;
    join(rows);
    /* Where the reader gave up, why it did so is the error, not that the query was ended. */
    if (rows->copy_code == OK || rows->given_up || rows->copy_error.sys_errno == EPIPE)
        return OK;
    if (err != NULL)
        *err = rows->copy_error;
    return rows->copy_code;
}

void query_rows_release(struct query_rows *rows)
{
    join(rows);
    fd_cleanup(&rows->write_fd);
    free(rows->copy_sql);
    rows->copy_sql = NULL;
    store_close(rows->session);
    rows->session = NULL;
}

struct scorer_callbacks query_rows_callbacks(struct query_rows *rows)
{
    return (struct scorer_callbacks){
        .context = rows, .ask = ask, .open_rows = open_rows, .close_rows = close_rows};
}
