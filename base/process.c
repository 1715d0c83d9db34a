#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/interrupt.h"

/* How long a killed child may stay in the kernel (a dead network file system) before it is left. */
#define KILL_WAIT_US (10 * USEC_PER_SEC)

/* How long process_run reads a pipe that a child of its child still holds. */
#define RUN_DRAIN_US USEC_PER_SEC

void process_options_init(struct process_options *options)
{
    *options =
        (struct process_options){.stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1, .extra_fd = -1};
}

static void copy_text(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text != NULL ? text : "");
}

enum error_code process_user_lookup(const char *name, struct process_user *ret_user,
                                    struct error *err)
{
    char texts[4096];
    struct passwd entry;
    struct passwd *found = NULL;
    int rc = getpwnam_r(name, &entry, texts, sizeof(texts), &found);
    if (rc != 0)
        return error_set_errno(err, ERR_CONFIG, rc, "cannot look up the account '%s'", name);
    if (found == NULL)
        return error_set(err, ERR_CONFIG, "there is no account '%s' on this machine", name);
    struct process_user user = {.uid = entry.pw_uid, .gid = entry.pw_gid};
    int n_groups = PROCESS_MAX_GROUPS;
    if (getgrouplist(name, entry.pw_gid, user.groups, &n_groups) < 0)
        return error_set(err, ERR_CONFIG, "the account '%s' is in %d groups, more than %d", name,
                         n_groups, PROCESS_MAX_GROUPS);
    user.n_groups = (size_t)n_groups;
    copy_text(user.name, sizeof(user.name), entry.pw_name);
    copy_text(user.home, sizeof(user.home), entry.pw_dir);
    copy_text(user.shell, sizeof(user.shell), entry.pw_shell);
    *ret_user = user;
    return OK;
}

bool process_ended(const struct process *process, struct process_result *ret_result)
{
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid == 0)
        return false;
    bool exited = info.si_code == CLD_EXITED;
    if (ret_result != NULL)
        *ret_result = (struct process_result){.status = exited ? info.si_status : 0,
                                              .signal = exited ? 0 : info.si_status};
    return true;
}

void process_signal(const struct process *process, int signal_number)
{
    if (process->pid > 0)
        (void)kill(-process->pid, signal_number);
}

/* Milliseconds for poll, rounded up so that a deadline is never polled for twice. */
static int poll_timeout(int64_t deadline_us)
{
    int64_t left_us = deadline_us - clock_monotonic_us();
    if (left_us <= 0)
        return 0;
    int64_t left_ms = (left_us + 999) / 1000;
    return left_ms < INT_MAX ? (int)left_ms : INT_MAX;
}

enum error_code process_wait(const struct process *process, int64_t deadline_us,
                             struct process_result *ret_result, struct error *err)
{
    for (;;) {
        if (process_ended(process, ret_result))
            return OK;
        TRY(interrupt_check(err));
        if (clock_monotonic_us() >= deadline_us)
            return error_set(err, ERR_TIMEOUT, "the process did not end in time");
        struct pollfd fds[] = {{process->exit_fd, POLLIN, 0}, {interrupt_fd(), POLLIN, 0}};
        (void)poll(fds, ARRAY_SIZE(fds), poll_timeout(deadline_us));
    }
}

/* As process_wait, but an interrupt, which is often why the child is stopped, does not end it. */
static bool wait_for_end(const struct process *process, int64_t wait_us,
                         struct process_result *ret_result)
{
    int64_t deadline_us = clock_monotonic_us() + wait_us;
    while (!process_ended(process, ret_result)) {
        if (clock_monotonic_us() >= deadline_us)
            return false;
        struct pollfd fd = {process->exit_fd, POLLIN, 0};
        (void)poll(&fd, 1, poll_timeout(deadline_us));
    }
    return true;
}

void process_stop(struct process *process, int64_t grace_us, struct process_result *ret_result)
{
    process_signal(process, SIGTERM);
    if (wait_for_end(process, grace_us, ret_result))
        return;
    process_signal(process, SIGKILL);
    if (!wait_for_end(process, KILL_WAIT_US, ret_result))
        *ret_result = (struct process_result){.signal = SIGKILL};
}

void process_release(struct process *process)
{
    if (process->pid <= 0)
        return;
    process_signal(process, SIGKILL);
    if (wait_for_end(process, KILL_WAIT_US, NULL))
        while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    fd_cleanup(&process->exit_fd);
    fd_cleanup(&process->stdout_fd);
    fd_cleanup(&process->stderr_fd);
    process->pid = 0;
}

const char *process_result_text(const struct process_result *result, char out[PROCESS_TEXT_BYTES])
{
    const char *name = result->signal != 0 ? sigabbrev_np(result->signal) : NULL;
    if (result->signal == 0)
        (void)snprintf(out, PROCESS_TEXT_BYTES, "exit status %d", result->status);
    else
        (void)snprintf(out, PROCESS_TEXT_BYTES, "signal %d (SIG%s)", result->signal,
                       name != NULL ? name : "?");
    return out;
}

/* --- Running to the end ----------------------------------------------------------------------- */

/* Reads once; keeps what fits. False at the end of the pipe. */
static bool collect(int fd, struct buffer *output)
{
    char chunk[4096];
    ssize_t got = read(fd, chunk, sizeof(chunk));
    if (got < 0)
        return errno == EINTR || errno == EAGAIN;
    size_t room = output->max_bytes - output->len;
    size_t keep = (size_t)got < room ? (size_t)got : room;
    if (keep > 0)
        (void)(buffer_append(output, chunk, keep, NULL) == OK);
    return got > 0;
}

static enum error_code collect_until_end(struct process *process, int *fd, int64_t deadline_us,
                                         struct buffer *output, struct process_result *ret_result,
                                         struct error *err)
{
    bool ended = false;
    while (!ended || *fd >= 0) {
        struct pollfd fds[] = {{*fd, POLLIN, 0},
                               {ended ? -1 : process->exit_fd, POLLIN, 0},
                               {interrupt_fd(), POLLIN, 0}};
        (void)poll(fds, ARRAY_SIZE(fds), poll_timeout(deadline_us));
        if (fds[0].revents != 0 && !collect(*fd, output))
            fd_cleanup(fd);
        if (!ended && process_ended(process, ret_result)) {
            ended = true;
            deadline_us = clock_monotonic_us() + RUN_DRAIN_US;
        }
        if (clock_monotonic_us() >= deadline_us)
            return ended ? OK : error_set(err, ERR_TIMEOUT, "the program did not end in time");
        TRY(interrupt_check(err));
    }
    return OK;
}

enum error_code process_run(const struct process_options *options, int64_t timeout_us,
                            struct buffer *output, struct process_result *ret_result,
                            struct error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot create a pipe");
    struct process_options joined = *options;
    joined.stdout_fd = ends[1];
    joined.stderr_fd = ends[1];
    CLEANUP(process_release) struct process process = {0};
    enum error_code code = process_start(&joined, &process, err);
    fd_cleanup(&ends[1]);
    if (code == OK)
        code = collect_until_end(&process, &ends[0], clock_monotonic_us() + timeout_us, output,
                                 ret_result, err);
    fd_cleanup(&ends[0]);
    return code;
}
