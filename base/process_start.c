#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"

#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

/* Descriptors are first moved here, so that none is overwritten before it is in its place. */
#define FIRST_SPARE_FD 10

enum launch_step { STEP_DESCRIPTORS, STEP_ACCOUNT, STEP_DIRECTORY, STEP_PROGRAM };

/* What the child tells its parent through the status pipe if it cannot become the program. */
struct launch_failure {
    enum launch_step step;
    int errno_value;
};

/* All that the child needs, made before the fork: after it only system calls are safe. */
struct launch {
    char *const *programs; /* paths to try in turn, then NULL */
    char *const *argv;
    char *const *env;
    const char *dir;
    const struct process_user *run_as; /* NULL if it is this account already */
    int fds[PROCESS_EXTRA_FD + 1];     /* by their number in the child; the last may be -1 */
    int status_fd;
    pid_t parent;
};

static const char *path_of(const char *const *env)
{
    for (; env != NULL && *env != NULL; env++)
        if (strncmp(*env, "PATH=", 5) == 0)
            return *env + 5;
    return DEFAULT_PATH;
}

/* The files that the program's name may mean, in order. */
static char **program_candidates(const char *program, const char *const *env, struct arena *arena)
{
    char **list = NULL;
    size_t n = 0;
    size_t capacity = 0;
    const char *path = strchr(program, '/') != NULL ? NULL : path_of(env);
    while (path != NULL) {
        size_t len = strcspn(path, ":");
        list = arena_grow(arena, list, sizeof(*list), &capacity, n + 2);
        list[n++] =
            arena_printf(arena, "%.*s/%s", len > 0 ? (int)len : 1, len > 0 ? path : ".", program);
        path = path[len] == ':' ? path + len + 1 : NULL;
    }
    if (n == 0) {
        list = arena_grow(arena, list, sizeof(*list), &capacity, 2);
        list[n++] = arena_strdup(arena, program);
    }
    list[n] = NULL;
    return list;
}

/* --- In the child, between fork and exec ------------------------------------------------------ */

static _Noreturn void child_give_up(const struct launch *launch, enum launch_step step)
{
    struct launch_failure failure = {step, errno};
    ssize_t ignored = write(launch->status_fd, &failure, sizeof(failure));
    (void)ignored;
    _exit(127);
}

static void child_reset_signals(void)
{
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++)
        (void)sigaction(number, &standard, NULL);
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool child_place_descriptors(struct launch *launch)
{
    launch->status_fd = fcntl(launch->status_fd, F_DUPFD_CLOEXEC, FIRST_SPARE_FD);
    if (launch->status_fd < 0)
        return false;
    for (int i = 0; i <= PROCESS_EXTRA_FD; i++) {
        if (launch->fds[i] < 0)
            continue;
        launch->fds[i] = fcntl(launch->fds[i], F_DUPFD_CLOEXEC, FIRST_SPARE_FD);
        if (launch->fds[i] < 0)
            return false;
    }
    for (int i = 0; i <= PROCESS_EXTRA_FD; i++)
        if (launch->fds[i] >= 0 && dup2(launch->fds[i], i) < 0)
            return false;
    /* Also what a library opened without close-on-exec; before Linux 5.11 that is all we lose. */
    unsigned first = launch->fds[PROCESS_EXTRA_FD] >= 0 ? PROCESS_EXTRA_FD + 1 : PROCESS_EXTRA_FD;
    (void)close_range(first, UINT_MAX, CLOSE_RANGE_CLOEXEC);
    return true;
}

static bool child_change_account(const struct process_user *user)
{
    return setgroups(user->n_groups, user->groups) == 0 &&
           setresgid(user->gid, user->gid, user->gid) == 0 &&
           setresuid(user->uid, user->uid, user->uid) == 0;
}

/* Like execvpe: a file that is missing is passed over, one that may not be run is remembered. */
static void child_execute(const struct launch *launch)
{
    int reason = ENOENT;
    for (char *const *program = launch->programs; *program != NULL; program++) {
        (void)execve(*program, launch->argv, launch->env);
        if (errno == EACCES)
            reason = EACCES;
        else if (errno != ENOENT && errno != ENOTDIR)
            return;
    }
    errno = reason;
}

static _Noreturn void child_run(struct launch *launch)
{
    child_reset_signals();
    (void)setsid();
    if (!child_place_descriptors(launch))
        child_give_up(launch, STEP_DESCRIPTORS);
    if (launch->run_as != NULL && !child_change_account(launch->run_as))
        child_give_up(launch, STEP_ACCOUNT);
    if (launch->dir != NULL && chdir(launch->dir) != 0)
        child_give_up(launch, STEP_DIRECTORY);
    /* After the change of account, which would clear it. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != launch->parent)
        _exit(127);
    child_execute(launch);
    child_give_up(launch, STEP_PROGRAM);
}

/* --- In the parent ---------------------------------------------------------------------------- */

static enum error_code program_failed(const struct process_options *options,
                                      char *const *candidates, int reason, struct error *err)
{
    const char *program = options->argv[0];
    (void)error_set_errno(err, ERR_SCORER, reason, "cannot run '%s'", program);
    if (reason == ENOEXEC)
        error_hint(err, "Give the script a first line that names its interpreter, such as "
                        "#!/bin/sh.");
    else if (reason == EACCES)
        error_hint(err, "Make the file executable for the account that runs it, and its folders "
                        "accessible.");
    else if (strchr(program, '/') == NULL)
        error_hint(err, "No folder in PATH has this program; write its whole path.");
    else if (reason == ENOENT && access(candidates[0], F_OK) == 0)
        error_hint(err, "The file exists, so the interpreter that its first line names does not.");
    return ERR_SCORER;
}

static enum error_code launch_failed(const struct process_options *options,
                                     const struct launch *launch,
                                     const struct launch_failure *failure, struct error *err)
{
    int reason = failure->errno_value;
    switch (failure->step) {
    case STEP_PROGRAM:
        return program_failed(options, launch->programs, reason, err);
    case STEP_DIRECTORY:
        return error_set_errno(err, ERR_SCORER, reason, "cannot run '%s' in the folder '%s'",
                               options->argv[0], options->dir);
    case STEP_ACCOUNT:
        (void)error_set_errno(err, ERR_SCORER, reason, "cannot run '%s' as the account '%s'",
                              options->argv[0], options->run_as->name);
        error_hint(err, "Only root can run a program under another account.");
        return ERR_SCORER;
    case STEP_DESCRIPTORS:
        break;
    }
    return error_set_errno(err, ERR_IO, reason, "cannot prepare the descriptors of '%s'",
                           options->argv[0]);
}

/* Ends when the child has become the program, which closes its end of the pipe, or has failed. */
static bool read_launch_failure(int status_fd, struct launch_failure *ret_failure)
{
    ssize_t got;
    do {
        got = read(status_fd, ret_failure, sizeof(*ret_failure));
    } while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof(*ret_failure);
}

static enum error_code open_pipe(int ends[2], size_t wanted_bytes, struct error *err)
{
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot create a pipe");
    /* More than the system allows an ordinary account is refused; the pipe then stays small. */
    if (wanted_bytes > 0)
        (void)fcntl(ends[0], F_SETPIPE_SZ, (int)wanted_bytes);
    return OK;
}

/* The descriptors of one start: the child's ends, of which some are borrowed, and ours. */
struct launch_fds {
    int null_fd;
    int stdout_pipe[2];
    int stderr_pipe[2];
    int status_pipe[2];
};

static void launch_fds_release(struct launch_fds *fds)
{
    fd_cleanup(&fds->null_fd);
    for (int end = 0; end < 2; end++) {
        fd_cleanup(&fds->stdout_pipe[end]);
        fd_cleanup(&fds->stderr_pipe[end]);
        fd_cleanup(&fds->status_pipe[end]);
    }
}

static enum error_code launch_fds_open(struct launch_fds *fds,
                                       const struct process_options *options, struct launch *launch,
                                       struct error *err)
{
    launch->fds[STDIN_FILENO] = options->stdin_fd;
    if (options->stdin_fd < 0) {
        fds->null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (fds->null_fd < 0)
            return error_set_errno(err, ERR_IO, errno, "cannot open /dev/null");
        launch->fds[STDIN_FILENO] = fds->null_fd;
    }
    launch->fds[STDOUT_FILENO] = options->stdout_fd;
    if (options->stdout_fd < 0) {
        TRY(open_pipe(fds->stdout_pipe, options->stdout_pipe_bytes, err));
        launch->fds[STDOUT_FILENO] = fds->stdout_pipe[1];
    }
    launch->fds[STDERR_FILENO] = options->stderr_fd;
    if (options->stderr_fd < 0) {
        TRY(open_pipe(fds->stderr_pipe, 0, err));
        launch->fds[STDERR_FILENO] = fds->stderr_pipe[1];
    }
    launch->fds[PROCESS_EXTRA_FD] = options->extra_fd;
    TRY(open_pipe(fds->status_pipe, 0, err));
    launch->status_fd = fds->status_pipe[1];
    return OK;
}

/* Forks with all signals blocked: a handler must not run in the child on the parent's pipes. */
static pid_t fork_child(struct launch *launch)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    launch->parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        child_run(launch);
    int reason = errno;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = reason;
    return pid;
}

static void reap(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

static enum error_code start_child(const struct process_options *options, struct launch *launch,
                                   struct launch_fds *fds, struct process *process,
                                   struct error *err)
{
    process->pid = fork_child(launch);
    if (process->pid < 0)
        return error_set_errno(err, ERR_IO, errno, "cannot start a process for '%s'",
                               options->argv[0]);
    fd_cleanup(&fds->status_pipe[1]);
    struct launch_failure failure;
    if (read_launch_failure(fds->status_pipe[0], &failure)) {
        reap(process->pid);
        return launch_failed(options, launch, &failure, err);
    }
    process->exit_fd = pidfd_open(process->pid, 0);
    if (process->exit_fd < 0) {
        (void)error_set_errno(err, ERR_IO, errno, "cannot watch the process of '%s'",
                              options->argv[0]);
        (void)kill(-process->pid, SIGKILL);
        reap(process->pid);
        return err != NULL ? err->code : ERR_IO;
    }
    process->stdout_fd = fd_take(&fds->stdout_pipe[0]);
    process->stderr_fd = fd_take(&fds->stderr_pipe[0]);
    return OK;
}

enum error_code process_start(const struct process_options *options, struct process *ret_process,
                              struct error *err)
{
    if (options->argv == NULL || options->argv[0] == NULL || options->argv[0][0] == '\0')
        return error_set(err, ERR_CONFIG, "the command to run is empty");
    static char *const empty_env[] = {NULL};
    CLEANUP(arena_release) struct arena arena = {0};
    CLEANUP(launch_fds_release)
    struct launch_fds fds = {-1, {-1, -1}, {-1, -1}, {-1, -1}};
    const struct process_user *user = options->run_as;
    bool same_account = user != NULL && user->uid == geteuid() && user->gid == getegid();
    struct launch launch = {
        .programs = program_candidates(options->argv[0], options->env, &arena),
        .argv = (char *const *)(uintptr_t)options->argv, /* execve writes to neither */
        .env = options->env != NULL ? (char *const *)(uintptr_t)options->env : empty_env,
        .dir = options->dir,
        .run_as = same_account ? NULL : user,
    };
    TRY(launch_fds_open(&fds, options, &launch, err));
    struct process process = {0};
    TRY(start_child(options, &launch, &fds, &process, err));
    *ret_process = process;
    return OK;
}
