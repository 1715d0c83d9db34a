#include "scorer/pump.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/interrupt.h"

#define CHUNK_BYTES ((size_t)64 << 10)
#define SPLICE_BYTES ((size_t)1 << 20)

/* Rounds of one descriptor before the others get their turn. */
#define ROUNDS 16

/* How long a killed scorer may stay in the kernel before it is left alone. */
#define KILL_WAIT_US (10 * USEC_PER_SEC)

#define NEVER INT64_MAX

static bool has_process(const struct pump *pump)
{
    return pump->process.pid > 0;
}

/* --- Rows ------------------------------------------------------------------------------------- */

/* Both ends at once: the scorer cannot write on, the reader sees the end. */
static void end_rows(struct pump *pump)
{
    fd_cleanup(&pump->rows_in);
    fd_cleanup(&pump->rows_out);
    pump->output_full = false;
}

static void count_rows_bytes(struct pump *pump, size_t bytes)
{
    (void)pthread_mutex_lock(&pump->lock);
    pump->progress.bytes += bytes;
    (void)pthread_mutex_unlock(&pump->lock);
}

static void move_rows(struct pump *pump)
{
    pump->output_full = false;
    for (int round = 0; round < ROUNDS; round++) {
        ssize_t moved = splice(pump->rows_in, NULL, pump->rows_out, NULL, SPLICE_BYTES,
                               SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
        if (moved > 0) {
            count_rows_bytes(pump, (size_t)moved);
            continue;
        }
        if (moved == 0) {
            pump->rows_ended = true;
            end_rows(pump);
        } else if (errno == EAGAIN) {
            struct pollfd input = {pump->rows_in, POLLIN, 0};
            pump->output_full = poll(&input, 1, 0) == 1;
        } else if (errno != EINTR) { /* the reader has closed its end */
            end_rows(pump);
        }
        return;
    }
}

/* --- Standard error and manifest -------------------------------------------------------------- */

/* Reads what is there, at most a few chunks; false at the end of the pipe. */
static bool read_chunk(struct pump *pump, int fd, size_t *ret_len)
{
    ssize_t got = read(fd, pump->chunk, CHUNK_BYTES);
    *ret_len = got > 0 ? (size_t)got : 0;
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

static void read_stderr(struct pump *pump)
{
    size_t len = 0;
    for (int round = 0; round < ROUNDS; round++) {
        if (!read_chunk(pump, pump->process.stderr_fd, &len)) {
            fd_cleanup(&pump->process.stderr_fd);
            return;
        }
        if (len == 0)
            return;
        stderr_log_add(&pump->log, pump->chunk, len);
    }
}

static void publish_progress(struct pump *pump)
{
    struct scorer_progress said = pump->manifest.progress;
    (void)pthread_mutex_lock(&pump->lock);
    said.bytes = pump->progress.bytes;
    pump->progress = said;
    (void)pthread_mutex_unlock(&pump->lock);
}

static void read_manifest(struct pump *pump)
{
    size_t len = 0;
    if (!read_chunk(pump, pump->manifest_fd, &len))
        fd_cleanup(&pump->manifest_fd);
    if (len == 0)
        return;
    manifest_add(&pump->manifest, pump->chunk, len);
    publish_progress(pump);
}

/* --- Deadlines -------------------------------------------------------------------------------- */

static void stop_scorer(struct pump *pump, enum pump_stop why)
{
    if (pump->stopped != PUMP_NOT_STOPPED)
        return;
    pump->stopped = why;
    pump->timeout_at_us = NEVER;
    end_rows(pump);
    if (!has_process(pump))
        pump->ended = true;
    if (pump->ended)
        return;
    process_signal(&pump->process, SIGTERM);
    pump->kill_at_us = clock_monotonic_us() + pump->grace_us;
}

/* A scorer that has passed on all its rows may be about to end with a status that explains them. */
static void obey_stop_wanted(struct pump *pump)
{
    uint64_t ignored;
    (void)!read(pump->wake_fd, &ignored, sizeof(ignored));
    int64_t soon_us = clock_monotonic_us() + pump->grace_us;
    if (pump->ended)
        end_rows(pump);
    else if (!pump->rows_ended)
        stop_scorer(pump, PUMP_UNWANTED);
    else if (soon_us < pump->timeout_at_us)
        pump->timeout_at_us = soon_us;
}

static void note_end(struct pump *pump)
{
    if (pump->ended)
        return;
    bool ended =
        has_process(pump) ? process_ended(&pump->process, &pump->result) : pump->rows_in < 0;
    if (!ended)
        return;
    pump->ended = true;
    pump->timeout_at_us = NEVER;
    pump->drain_at_us = clock_monotonic_us() + pump->drain_us;
    /* What is left of a group that was asked to stop has no longer than its leader had. */
    if (pump->kill_at_us < pump->drain_at_us)
        pump->drain_at_us = pump->kill_at_us;
    pump->kill_at_us = NEVER;
}

static void give_up_draining(struct pump *pump)
{
    process_signal(&pump->process, SIGKILL);
    pump->rows_held = pump->rows_in >= 0;
    pump->left_open = pump->process.stderr_fd >= 0 || pump->manifest_fd >= 0;
    end_rows(pump);
    fd_cleanup(&pump->process.stderr_fd);
    fd_cleanup(&pump->manifest_fd);
}

static void kill_scorer(struct pump *pump, int64_t now_us)
{
    if (!pump->killed) {
        process_signal(&pump->process, SIGKILL);
        pump->killed = true;
        pump->kill_at_us = now_us + KILL_WAIT_US;
        return;
    }
    pump->result = (struct process_result){.signal = SIGKILL};
    pump->ended = true;
    give_up_draining(pump);
}

static void keep_deadlines(struct pump *pump)
{
    int64_t now_us = clock_monotonic_us();
    if (now_us >= pump->timeout_at_us)
        stop_scorer(pump, atomic_load(&pump->stop_wanted) ? PUMP_UNWANTED : PUMP_TIMED_OUT);
    if (!pump->ended && now_us >= pump->kill_at_us)
        kill_scorer(pump, now_us);
    if (pump->ended && now_us >= pump->drain_at_us)
        give_up_draining(pump);
}

static int poll_timeout(const struct pump *pump)
{
    int64_t at_us = pump->timeout_at_us;
    at_us = pump->kill_at_us < at_us ? pump->kill_at_us : at_us;
    if (!pump->output_full)
        at_us = pump->drain_at_us < at_us ? pump->drain_at_us : at_us;
    if (at_us == NEVER)
        return -1;
    int64_t left_us = at_us - clock_monotonic_us();
    int64_t left_ms = left_us > 0 ? (left_us + 999) / 1000 : 0;
    return left_ms < INT_MAX ? (int)left_ms : INT_MAX;
}

/* --- The loop --------------------------------------------------------------------------------- */

enum { POLL_ROWS, POLL_STDERR, POLL_MANIFEST, POLL_EXIT, POLL_WAKE, POLL_INTERRUPT, N_POLLED };

static void wait_for_news(struct pump *pump, struct pollfd fds[N_POLLED])
{
    bool stoppable = pump->stopped == PUMP_NOT_STOPPED;
    fds[POLL_ROWS] = pump->output_full ? (struct pollfd){pump->rows_out, POLLOUT, 0}
                                       : (struct pollfd){pump->rows_in, POLLIN, 0};
    fds[POLL_STDERR] = (struct pollfd){pump->process.stderr_fd, POLLIN, 0};
    fds[POLL_MANIFEST] = (struct pollfd){pump->manifest_fd, POLLIN, 0};
    fds[POLL_EXIT] = (struct pollfd){pump->ended ? -1 : pump->process.exit_fd, POLLIN, 0};
    fds[POLL_WAKE] = (struct pollfd){pump->wake_fd, POLLIN, 0};
    fds[POLL_INTERRUPT] = (struct pollfd){stoppable ? interrupt_fd() : -1, POLLIN, 0};
    int64_t before_us = clock_monotonic_us();
    if (poll(fds, N_POLLED, poll_timeout(pump)) < 0)
        memset(fds, 0, sizeof(*fds) * N_POLLED);
    /* Waiting for a slow reader is not the scorer's fault: its time to drain stands still. */
    if (pump->output_full && pump->drain_at_us != NEVER)
        pump->drain_at_us += clock_monotonic_us() - before_us;
}

static bool is_finished(const struct pump *pump)
{
    return pump->ended && pump->rows_in < 0 && pump->process.stderr_fd < 0 && pump->manifest_fd < 0;
}

static void *run(void *argument)
{
    struct pump *pump = argument;
    while (!is_finished(pump)) {
        struct pollfd fds[N_POLLED];
        wait_for_news(pump, fds);
        if (fds[POLL_ROWS].revents != 0)
            move_rows(pump);
        if (fds[POLL_STDERR].revents != 0)
            read_stderr(pump);
        if (fds[POLL_MANIFEST].revents != 0)
            read_manifest(pump);
        note_end(pump);
        if (fds[POLL_WAKE].revents != 0)
            obey_stop_wanted(pump);
        if (interrupt_requested())
            stop_scorer(pump, PUMP_INTERRUPTED);
        keep_deadlines(pump);
    }
    manifest_end(&pump->manifest);
    return NULL;
}

static void set_nonblocking(int fd)
{
    if (fd >= 0)
        (void)fcntl(fd, F_SETFL, O_NONBLOCK);
}

/* Signals are for the threads that wait for them; SIGPIPE must not come from a reader that left. */
static int create_thread(struct pump *pump)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&pump->thread, NULL, run, pump);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

void pump_init(struct pump *pump)
{
    *pump = (struct pump){.process = {0, -1, -1, -1},
                          .rows_in = -1,
                          .rows_out = -1,
                          .manifest_fd = -1,
                          .wake_fd = -1};
    manifest_init(&pump->manifest);
    (void)pthread_mutex_init(&pump->lock, NULL);
}

enum error_code pump_start(struct pump *pump, struct error *err)
{
    pump->timeout_at_us = clock_monotonic_us() + pump->timeout_us;
    pump->kill_at_us = NEVER;
    pump->drain_at_us = NEVER;
    pump->chunk = malloc(CHUNK_BYTES);
    if (pump->chunk == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for the scorer's output");
    pump->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pump->wake_fd < 0)
        return error_set_errno(err, ERR_IO, errno, "cannot create an event descriptor");
    set_nonblocking(pump->process.stderr_fd);
    set_nonblocking(pump->manifest_fd);
    int rc = create_thread(pump);
    if (rc != 0)
        return error_set_errno(err, ERR_IO, rc, "cannot start a thread for the scorer's output");
    pump->started = true;
    return OK;
}

void pump_join(struct pump *pump)
{
    if (!pump->started)
        return;
    (void)pthread_join(pump->thread, NULL);
    pump->started = false;
}

void pump_stop(struct pump *pump)
{
    if (!pump->started)
        return;
    atomic_store(&pump->stop_wanted, true);
    (void)!write(pump->wake_fd, &(uint64_t){1}, sizeof(uint64_t));
}

void pump_progress(struct pump *pump, struct scorer_progress *ret_progress)
{
    (void)pthread_mutex_lock(&pump->lock);
    *ret_progress = pump->progress;
    (void)pthread_mutex_unlock(&pump->lock);
}

void pump_release(struct pump *pump)
{
    pump_stop(pump);
    pump_join(pump);
    process_release(&pump->process);
    end_rows(pump);
    fd_cleanup(&pump->manifest_fd);
    fd_cleanup(&pump->wake_fd);
    stderr_log_release(&pump->log);
    manifest_release(&pump->manifest);
    free(pump->chunk);
    (void)pthread_mutex_destroy(&pump->lock);
}
