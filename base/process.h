/*
 * Child processes: an argument vector and never a shell, an own session and so an own process
 * group, signals as a fresh process expects them, no descriptor but the ones given, and an
 * environment exactly as given.
 */
#ifndef LG_BASE_PROCESS_H
#define LG_BASE_PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"

/* The number under which the child finds process_options.extra_fd. */
#define PROCESS_EXTRA_FD 3

#define PROCESS_MAX_GROUPS 64
#define PROCESS_TEXT_BYTES 64

/* An account to run a child under. */
struct process_user {
    uid_t uid;
    gid_t gid;
    size_t n_groups;
    gid_t groups[PROCESS_MAX_GROUPS];
    char name[64];
    char home[256];
    char shell[256];
};

/*
 * Looks an account up by its name, with its groups. ERR_CONFIG if there is no such account, or it
 * is in more than PROCESS_MAX_GROUPS groups.
 */
enum error_code process_user_lookup(const char *name, struct process_user *ret_user,
                                    struct error *err) MUST_CHECK;

/*
 * Everything is borrowed and has to live until process_start returns. Zero-initialise, then call
 * process_options_init, which sets every descriptor to -1.
 */
struct process_options {
    const char *const *argv; /* at least the program, then NULL; a program without a slash is
                              * looked up in the PATH of env, or in /usr/local/bin:/usr/bin:/bin */
    const char *const *env;  /* "NAME=value", then NULL; NULL stands for an empty environment */
    const char *dir;         /* working directory; NULL: this process's own */
    const struct process_user *run_as; /* NULL: this process's own account */
    int stdin_fd;                      /* -1: /dev/null */
    int stdout_fd;                     /* -1: a new pipe whose reading end is process.stdout_fd */
    int stderr_fd;                     /* -1: a new pipe whose reading end is process.stderr_fd */
    int extra_fd;                      /* the child's PROCESS_EXTRA_FD; -1: closed there */
    size_t stdout_pipe_bytes;          /* wanted capacity of the pipe; 0: the system's default */
};

void process_options_init(struct process_options *options);

/* How a child ended: signal is 0 if it called exit(status). */
struct process_result {
    int status;
    int signal;
};

/*
 * A running or ended child. An ended child is reaped by process_release and not before, so that its
 * id, which is also its group's, cannot come to mean somebody else while signals may be sent to it.
 */
struct process {
    pid_t pid;
    int exit_fd;   /* readable (for poll) once the child has ended */
    int stdout_fd; /* reading ends of the pipes, close-on-exec, blocking; -1 if none. The owner may
                    */
    int stderr_fd; /* close one and set it to -1. */
};

/*
 * Starts the child and returns once its program runs. When the calling *thread* ends, the kernel
 * kills the child (not its own children): no kill -9 of this process leaves the child alive
 * unsupervised, and a thread that starts a child must outlive it. The kernel forgets this if the
 * child executes a set-user-id program.
 *
 * ERR_SCORER with sys_errno if the program cannot be executed, naming program and reason; likewise
 * for the working directory and the account. ERR_CONFIG for an empty argv. ERR_IO.
 */
enum error_code process_start(const struct process_options *options, struct process *ret_process,
                              struct error *err) MUST_CHECK;

/* Whether the child has ended; *ret_result (may be NULL) is set if so. */
bool process_ended(const struct process *process, struct process_result *ret_result);

/* Sends a signal to the child's process group. A group without members is no error. */
void process_signal(const struct process *process, int signal_number);

/*
 * Waits for the end of the child until clock_monotonic_us() is deadline_us. ERR_TIMEOUT then;
 * ERR_CANCELLED when the process is interrupted first. The child keeps running in both cases.
 */
enum error_code process_wait(const struct process *process, int64_t deadline_us,
                             struct process_result *ret_result, struct error *err) MUST_CHECK;

/*
 * Stops the child: SIGTERM to the group, and after grace_us, if the child has not ended, SIGKILL.
 * Returns when it has ended.
 */
void process_stop(struct process *process, int64_t grace_us, struct process_result *ret_result);

/*
 * Kills what is left of the child's group, reaps the child and closes the descriptors. Accepts a
 * zero-initialised struct and one that was released before.
 */
void process_release(struct process *process);

/*
 * Runs a child to its end and collects what it prints: standard output and standard error together,
 * in the order of arrival, up to the cap of output, the rest thrown away. Stopped at timeout_us
 * with ERR_TIMEOUT, on interrupt with ERR_CANCELLED. A child that ends with another status than 0
 * is no error of this function.
 */
enum error_code process_run(const struct process_options *options, int64_t timeout_us,
                            struct buffer *output, struct process_result *ret_result,
                            struct error *err) MUST_CHECK;

/* "exit status 3" or "signal 9 (SIGKILL)"; returns out. */
const char *process_result_text(const struct process_result *result, char out[PROCESS_TEXT_BYTES]);

#endif
