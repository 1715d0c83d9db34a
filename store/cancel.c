#include "store/cancel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

/* What the thread owns: it may outlive the call. */
struct request {
    PGcancel *cancel;
    int done_fd; /* closed when the request has been dealt with */
};

static void request_free(struct request *request)
{
    if (request == NULL)
        return;
    if (request->done_fd >= 0)
        (void)close(request->done_fd);
    PQfreeCancel(request->cancel);
    free(request);
}

static void *send_request(void *arg)
{
    struct request *request = arg;
    char reason[256];
    /* A request that fails is seen by the statement going on. */
    (void)PQcancel(request->cancel, reason, sizeof(reason));
    request_free(request);
    return NULL;
}

/* Signals belong to the thread that waits, so the new one blocks them all. */
static int start_thread(struct request *request)
{
    pthread_t thread;
    pthread_attr_t attributes;
    sigset_t all, before;
    (void)sigfillset(&all);
    int failed = pthread_attr_init(&attributes);
    if (failed != 0)
        return failed;
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&thread, &attributes, send_request, request);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
    return failed;
}

/* The pipe's other end is closed by the thread, which shows as a hangup here. */
static enum error_code wait_done(int fd, int timeout_ms, struct error *err)
{
    int64_t deadline_us = clock_monotonic_us() + (int64_t)timeout_ms * 1000;
    for (;;) {
        int64_t left_ms = (deadline_us - clock_monotonic_us()) / 1000;
        struct pollfd poller = {.fd = fd, .events = POLLIN};
        int n = poll(&poller, 1, left_ms > 0 ? (int)left_ms : 0);
        if (n > 0)
            return OK;
        if (n == 0)
            return error_set(err, ERR_TIMEOUT, "the server does not answer a cancel request");
        if (errno != EINTR)
            return error_set_errno(err, ERR_IO, errno, "cannot wait for a cancel request");
    }
}

enum error_code cancel_request(PGconn *conn, int timeout_ms, struct error *err)
{
    int ends[2];
    struct request *request = calloc(1, sizeof(*request));
    if (request == NULL)
        return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot cancel a statement");
    request->done_fd = -1;
    request->cancel = PQgetCancel(conn);
    if (request->cancel == NULL || pipe2(ends, O_CLOEXEC) != 0) {
        request_free(request);
        return error_set(err, ERR_STORE, "cannot cancel a statement: no connection to ask with");
    }
    request->done_fd = ends[1];
    int failed = start_thread(request);
    enum error_code code = OK;
    if (failed != 0) {
        request_free(request);
        code = error_set_errno(err, ERR_IO, failed, "cannot start a thread");
    } else {
        code = wait_done(ends[0], timeout_ms, err);
    }
    (void)close(ends[0]);
    return code;
}
