#include "base/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_int signal_seen;
static int wake_pipe[2] = {-1, -1};

static void on_signal(int signal_number)
{
    int saved_errno = errno;
    atomic_store(&signal_seen, signal_number);
    ssize_t ignored = write(wake_pipe[1], "", 1);
    (void)ignored;
    errno = saved_errno;
}

enum error_code interrupt_install(struct error *err)
{
    if (wake_pipe[0] < 0 && pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot create a pipe for signals");
    struct sigaction action = {.sa_handler = on_signal};
    (void)sigemptyset(&action.sa_mask);
    static const int caught[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < ARRAY_SIZE(caught); i++)
        (void)sigaction(caught[i], &action, NULL);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGPIPE, &ignore, NULL);
    return OK;
}

bool interrupt_requested(void)
{
    return atomic_load_explicit(&signal_seen, memory_order_relaxed) != 0;
}

int interrupt_fd(void)
{
    return wake_pipe[0];
}

enum error_code interrupt_check(struct error *err)
{
    int seen = atomic_load_explicit(&signal_seen, memory_order_relaxed);
    if (seen == 0)
        return OK;
    return error_set(err, ERR_CANCELLED, "stopped by %s",
                     seen == SIGINT   ? "Ctrl-C"
                     : seen == SIGHUP ? "a hangup of the terminal"
                                      : "a request to terminate");
}

void interrupt_reset(void)
{
    atomic_store(&signal_seen, 0);
    char byte;
    while (wake_pipe[0] >= 0 && read(wake_pipe[0], &byte, 1) == 1)
        continue;
}
