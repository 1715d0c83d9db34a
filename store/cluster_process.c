#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "store/cluster.h"

#define RUN_US (600 * USEC_PER_SEC)
#define MAX_OUTPUT_BYTES ((size_t)64 * 1024)

/* Where a detached program finds the descriptor that tells us of its end. */
#define ALIVE_FD 3
#define EXIT_CANNOT_START 127

/* What a child's environment has; the rest, such as PGDATA or LC_ALL, would change what it does. */
struct environment {
    char library_path[PATH_MAX];
    const char *entries[5];
};

static void make_environment(struct environment *env)
{
    const char *libraries = getenv("LD_LIBRARY_PATH");
    memset(env, 0, sizeof(*env));
    env->entries[0] = "PATH=/usr/local/bin:/usr/bin:/bin";
    env->entries[1] = "LC_ALL=C";
    env->entries[2] = "TZ=UTC";
    if (libraries == NULL)
        return;
    int len =
        snprintf(env->library_path, sizeof(env->library_path), "LD_LIBRARY_PATH=%s", libraries);
    if (len > 0 && (size_t)len < sizeof(env->library_path))
        env->entries[3] = env->library_path;
}

/* The input is short enough for the memory of a pipe, so it can be written before anyone reads. */
static enum error_code input_pipe(const char *input, int *ret_fd, struct error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot create a pipe");
    size_t len = strlen(input);
    ssize_t written = write(ends[1], input, len);
    (void)close(ends[1]);
    if (written < 0 || (size_t)written != len) {
        (void)close(ends[0]);
        return error_set(err, ERR_IO, "cannot write to a pipe");
    }
    *ret_fd = ends[0];
    return OK;
}

/* Appends the last lines of what a program printed to the error. */
static void quote_output(const struct buffer *output, struct error *err)
{
    const char *text = buffer_string(output);
    size_t len = strlen(text);
    error_detail(err, "Its output ends with: %s", len > 700 ? text + len - 700 : text);
}

enum error_code cluster_run(const struct account *account, const char *const *argv,
                            const char *input, struct buffer *output, struct error *err)
{
    struct environment env;
    struct process_options options;
    struct process_result result;
    char ending[PROCESS_TEXT_BYTES];
    int in CLEANUP(fd_cleanup) = -1;
    make_environment(&env);
    TRY(input_pipe(input, &in, err));
    process_options_init(&options);
    options.argv = argv;
    options.env = env.entries;
    options.dir = "/";
    options.run_as = account->drop ? &account->user : NULL;
    options.stdin_fd = in;
    TRY(process_run(&options, RUN_US, output, &result, err));
    if (result.status == 0 && result.signal == 0)
        return OK;
    (void)error_set(err, ERR_STORE, "%s ended with %s", argv[0],
                    process_result_text(&result, ending));
    quote_output(output, err);
    return ERR_STORE;
}

bool cluster_can_enter(const struct account *account, const char *folder)
{
    const char *const argv[] = {"test", "-x", folder, NULL};
    struct buffer output CLEANUP(buffer_release);
    buffer_init(&output, MAX_OUTPUT_BYTES);
    return cluster_run(account, argv, "", &output, NULL) == OK;
}

/* From here to the next rule: between fork and exec, so async-signal-safe calls only. */

static int become(const struct account *account)
{
    if (!account->drop)
        return 0;
    const struct process_user *user = &account->user;
    bool became = setgroups(user->n_groups, user->groups) == 0 && setgid(user->gid) == 0 &&
                  setuid(user->uid) == 0;
    return became ? 0 : -1;
}

static void reset_signals(void)
{
    struct sigaction plain = {.sa_handler = SIG_DFL};
    sigset_t none;
    for (int i = 1; i < NSIG; i++)
        (void)sigaction(i, &plain, NULL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Moves the three standard descriptors (and the fourth, if not -1) into place, closes all others.
 */
static int place_descriptors(int in, int out, int alive)
{
    /* Out of the way first: one of them may sit where another one has to go. */
    int high_in = fcntl(in, F_DUPFD, 10);
    int high_out = fcntl(out, F_DUPFD, 10);
    int high_alive = alive < 0 ? -1 : fcntl(alive, F_DUPFD, 10);
    if (high_in < 0 || high_out < 0 || (alive >= 0 && high_alive < 0))
        return -1;
    if (dup2(high_in, 0) < 0 || dup2(high_out, 1) < 0 || dup2(high_out, 2) < 0)
        return -1;
    if (alive >= 0 && dup2(high_alive, ALIVE_FD) < 0)
        return -1;
    return close_range(alive < 0 ? ALIVE_FD : ALIVE_FD + 1, ~0U, 0);
}

static void exec_program(const struct account *account, const char *const *argv,
                         struct environment *env, int in, int out, int alive)
{
    reset_signals();
    (void)umask(077);
    if (place_descriptors(in, out, alive) != 0 || become(account) != 0 || chdir("/") != 0)
        return;
    /* execve only reads both arrays. */
    union {
        const char *const *constant;
        char *const *plain;
    } arguments = {.constant = argv}, environment = {.constant = env->entries};
    (void)execve(argv[0], arguments.plain, environment.plain);
}

/* ------------------------------------------------------------------------------------------- */

/* Whoever listens learns why the program did not start; if nobody does, nothing can be done. */
static void say_why(int fd, int why)
{
    ssize_t written = write(fd, &why, sizeof(why));
    (void)written;
}

/* The one in between leaves at once, so that the server belongs to init and leaves no zombie. */
static void detached_child(const struct account *account, const char *const *argv,
                           struct environment *env, int in, int log_fd, int alive)
{
    (void)setsid();
    pid_t server = fork();
    if (server != 0)
        _exit(server < 0 ? EXIT_CANNOT_START : 0);
    exec_program(account, argv, env, in, log_fd, alive);
    int why = errno;
    say_why(alive, why);
    say_why(ALIVE_FD, why);
    _exit(EXIT_CANNOT_START);
}

enum error_code cluster_detach(const struct account *account, const char *const *argv, int log_fd,
                               int *ret_alive_fd, struct error *err)
{
    struct environment env;
    int ends[2], in = -1;
    make_environment(&env);
    TRY(input_pipe("", &in, err));
    if (pipe2(ends, O_CLOEXEC) != 0) {
        (void)close(in);
        return error_set_errno(err, ERR_IO, errno, "cannot create a pipe");
    }
    pid_t between = fork();
    if (between == 0)
        detached_child(account, argv, &env, in, log_fd, ends[1]);
    int why = errno;
    (void)close(in);
    (void)close(ends[1]);
    int status = 0;
    while (between > 0 && waitpid(between, &status, 0) < 0 && errno == EINTR)
        continue;
    if (between < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        (void)close(ends[0]);
        return error_set_errno(err, ERR_IO, between < 0 ? why : EAGAIN, "cannot start %s", argv[0]);
    }
    *ret_alive_fd = ends[0];
    return OK;
}
