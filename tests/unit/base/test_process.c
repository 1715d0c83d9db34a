#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "base/process.h"

#define LONG_US (30 * USEC_PER_SEC)

static struct error err;
static char folder[] = "/tmp/loadguard-process-XXXXXX";

/* Runs a shell script and yields what it printed, which the caller frees. */
static char *output_of_options(struct process_options *options, const char *script,
                               struct process_result *ret_result)
{
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    options->argv = argv;
    struct buffer output;
    buffer_init(&output, 65536);
    assert_ok(process_run(options, LONG_US, &output, ret_result, &err));
    char *text = buffer_take(&output);
    return text != NULL ? text : calloc(1, 1);
}

static char *output_of(const char *script, struct process_result *ret_result)
{
    struct process_options options;
    process_options_init(&options);
    return output_of_options(&options, script, ret_result);
}

static struct process started(const char *script)
{
    struct process_options options;
    process_options_init(&options);
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    options.argv = argv;
    struct process process = {0};
    assert_ok(process_start(&options, &process, &err));
    return process;
}

static enum error_code start_program(const char *program)
{
    struct process_options options;
    process_options_init(&options);
    const char *argv[] = {program, NULL};
    options.argv = argv;
    struct process process = {0};
    return process_start(&options, &process, &err);
}

static void assert_no_children(void)
{
    errno = 0;
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void wait_for_line(int fd, const char *expected)
{
    char line[100] = "";
    size_t len = 0;
    while (len + 1 < sizeof(line) && strchr(line, '\n') == NULL) {
        ssize_t got = read(fd, line + len, sizeof(line) - 1 - len);
        assert_true(got > 0);
        len += (size_t)got;
    }
    assert_string_equal(line, expected);
}

static void the_arguments_reach_the_program_without_a_shell(void **state)
{
    (void)state;
    struct process_options options;
    process_options_init(&options);
    const char *argv[] = {"printf", "%s|%s", "a b; echo $HOME", "*", NULL};
    options.argv = argv;
    struct buffer output;
    buffer_init(&output, 1000);
    struct process_result result;
    assert_ok(process_run(&options, LONG_US, &output, &result, &err));
    assert_string_equal(buffer_string(&output), "a b; echo $HOME|*");
    buffer_release(&output);
}

static void the_environment_is_exactly_the_given_one(void **state)
{
    (void)state;
    assert_int_equal(setenv("LOADGUARD_TEST_SECRET", "hidden", 1), 0);
    static const char *const env[] = {"ONLY=this", "PATH=/usr/bin:/bin", NULL};
    struct process_options options;
    process_options_init(&options);
    options.env = env;
    const char *argv[] = {"env", NULL};
    options.argv = argv;
    struct buffer output;
    buffer_init(&output, 1000);
    struct process_result result;
    assert_ok(process_run(&options, LONG_US, &output, &result, &err));
    assert_string_equal(buffer_string(&output), "ONLY=this\nPATH=/usr/bin:/bin\n");
    buffer_release(&output);
}

static void exit_status_and_signal_are_told_apart(void **state)
{
    (void)state;
    char text[PROCESS_TEXT_BYTES];
    struct process_result result;
    free(output_of("exit 3", &result));
    assert_string_equal(process_result_text(&result, text), "exit status 3");
    free(output_of("kill -9 $$", &result));
    assert_string_equal(process_result_text(&result, text), "signal 9 (SIGKILL)");
    assert_no_children();
}

static void a_missing_program_is_named_with_the_reason(void **state)
{
    (void)state;
    assert_fails(ERR_SCORER, start_program("no-such-program"));
    assert_string_equal(err.message, "cannot run 'no-such-program': No such file or directory");
    assert_contains(err.hint, "PATH");
    assert_int_equal(err.sys_errno, ENOENT);
    assert_no_children();
}

static void a_file_that_may_not_be_executed_is_named_with_the_reason(void **state)
{
    (void)state;
    assert_fails(ERR_SCORER, start_program("/etc/passwd"));
    assert_string_equal(err.message, "cannot run '/etc/passwd': Permission denied");
    assert_no_children();
}

static void a_file_in_the_path_that_may_not_be_executed_is_not_called_missing(void **state)
{
    (void)state;
    static const char *const env[] = {"PATH=/no/such/folder:/etc:/", NULL};
    static const char *const argv[] = {"passwd", NULL};
    struct process_options options;
    process_options_init(&options);
    options.env = env;
    options.argv = argv;
    struct process process = {0};
    assert_fails(ERR_SCORER, process_start(&options, &process, &err));
    assert_string_equal(err.message, "cannot run 'passwd': Permission denied");
}

static void write_script(const char *name, const char *text, char path[200])
{
    (void)snprintf(path, 200, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0755), 0);
}

static void a_file_that_may_not_be_executed_does_not_hide_one_that_may(void **state)
{
    (void)state;
    char path[200];
    char search[300];
    write_script("passwd", "#!/bin/sh\nexit 7\n", path);
    (void)snprintf(search, sizeof(search), "PATH=/etc:%s", folder);
    const char *const env[] = {search, NULL};
    static const char *const argv[] = {"passwd", NULL};
    struct process_options options;
    process_options_init(&options);
    options.env = env;
    options.argv = argv;
    struct buffer output;
    buffer_init(&output, 100);
    struct process_result result;
    assert_ok(process_run(&options, LONG_US, &output, &result, &err));
    assert_int_equal(result.status, 7);
    buffer_release(&output);
}

static void a_script_without_an_interpreter_line_says_what_is_missing(void **state)
{
    (void)state;
    char path[200];
    write_script("bare", "echo hello\n", path);
    assert_fails(ERR_SCORER, start_program(path));
    assert_contains(err.hint, "#!/bin/sh");
}

static void a_script_whose_interpreter_is_missing_says_so(void **state)
{
    (void)state;
    char path[200];
    write_script("lost", "#!/no/such/interpreter\n", path);
    assert_fails(ERR_SCORER, start_program(path));
    assert_contains(err.hint, "interpreter");
}

static void an_empty_command_is_refused(void **state)
{
    (void)state;
    assert_fails(ERR_CONFIG, start_program(""));
    assert_fails(ERR_CONFIG, start_program(NULL));
}

static void the_working_directory_is_the_given_one(void **state)
{
    (void)state;
    struct process_options options;
    process_options_init(&options);
    options.dir = folder;
    struct process_result result;
    char *output = output_of_options(&options, "pwd -P", &result);
    assert_int_equal(strncmp(output, folder, strlen(folder)), 0);
    free(output);
    options.dir = "/no/such/folder";
    const char *argv[] = {"/bin/true", NULL};
    options.argv = argv;
    struct process process = {0};
    assert_fails(ERR_SCORER, process_start(&options, &process, &err));
    assert_contains(err.message, "/no/such/folder");
}

static void no_other_descriptor_reaches_the_child(void **state)
{
    (void)state;
    int leak = open("/dev/null", O_RDONLY); /* without close-on-exec, as a careless library might */
    assert_true(leak >= 0);
    struct process_result result;
    char *output =
        output_of("for fd in /proc/self/fd/*; do test -e \"$fd\" && echo ${fd##*/}; done", &result);
    assert_string_equal(output, "0\n1\n2\n");
    free(output);
    assert_int_equal(close(leak), 0);
}

static void the_extra_descriptor_is_at_its_number(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    struct process_options options;
    process_options_init(&options);
    options.extra_fd = ends[1];
    struct process_result result;
    free(output_of_options(&options, "echo manifest >&3", &result));
    wait_for_line(ends[0], "manifest\n");
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(close(ends[1]), 0);
}

static void standard_input_is_empty_unless_given(void **state)
{
    (void)state;
    struct process_result result;
    char *output = output_of("cat", &result);
    assert_string_equal(output, "");
    free(output);
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], "given", 5), 5);
    assert_int_equal(close(ends[1]), 0);
    struct process_options options;
    process_options_init(&options);
    options.stdin_fd = ends[0];
    output = output_of_options(&options, "cat", &result);
    assert_string_equal(output, "given");
    free(output);
    assert_int_equal(close(ends[0]), 0);
}

static void ignored_and_blocked_signals_are_reset(void **state)
{
    (void)state;
    struct process_result result;
    char *output = output_of("grep -E '^Sig(Blk|Ign)' /proc/self/status", &result);
    assert_string_equal(output, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    free(output);
}

static void the_child_leads_an_own_session_and_group(void **state)
{
    (void)state;
    struct process process = started("exec sleep 60");
    assert_int_equal(getpgid(process.pid), process.pid);
    assert_int_equal(getsid(process.pid), process.pid);
    process_release(&process);
    assert_no_children();
}

static void the_child_dies_with_the_thread_that_started_it(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t parent = fork();
    assert_true(parent >= 0);
    if (parent == 0) {
        struct process process = started("exec sleep 60");
        (void)!write(ends[1], &process.pid, sizeof(process.pid));
        (void)raise(SIGKILL);
    }
    pid_t pid = 0;
    assert_int_equal(read(ends[0], &pid, sizeof(pid)), sizeof(pid));
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    for (int tries = 0; tries < 500 && kill(pid, 0) == 0; tries++) {
        char path[64];
        char text[64] = "";
        (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
        FILE *file = fopen(path, "re"); /* nobody may be there to reap it */
        if (file == NULL || (fscanf(file, "%*d %*s %2s", text) == 1 && text[0] == 'Z')) {
            if (file != NULL)
                (void)fclose(file);
            pid = 0;
            break;
        }
        (void)fclose(file);
        (void)usleep(10000);
    }
    assert_true(pid == 0 || kill(pid, 0) != 0);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void stopping_asks_first(void **state)
{
    (void)state;
    struct process process =
        started("trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done");
    wait_for_line(process.stdout_fd, "ready\n");
    struct process_result result;
    process_stop(&process, LONG_US, &result);
    assert_int_equal(result.signal, 0);
    assert_int_equal(result.status, 7);
    process_release(&process);
}

static void stopping_kills_a_child_that_ignores_the_request(void **state)
{
    (void)state;
    struct process process = started("trap '' TERM; echo ready; while :; do sleep 0.05; done");
    wait_for_line(process.stdout_fd, "ready\n");
    struct process_result result;
    process_stop(&process, 50000, &result);
    assert_int_equal(result.signal, SIGKILL);
    process_release(&process);
    assert_no_children();
}

static void release_kills_what_the_child_left_in_its_group(void **state)
{
    (void)state;
    struct process process = started("sleep 60 & echo $!");
    char line[32] = "";
    assert_true(read(process.stdout_fd, line, sizeof(line) - 1) > 0);
    struct process_result result;
    assert_ok(process_wait(&process, clock_monotonic_us() + LONG_US, &result, &err));
    struct pollfd end = {process.stdout_fd, 0, 0};
    process_signal(&process, SIGKILL);
    assert_int_equal(poll(&end, 1, 30000), 1); /* the last writer is gone */
    process_release(&process);
    process_release(&process);
    assert_no_children();
}

static void waiting_ends_at_the_deadline_and_leaves_the_child_alone(void **state)
{
    (void)state;
    struct process process = started("exec sleep 60");
    struct process_result result;
    assert_fails(ERR_TIMEOUT, process_wait(&process, clock_monotonic_us(), &result, &err));
    assert_false(process_ended(&process, NULL));
    process_release(&process);
}

static void waiting_ends_on_interrupt(void **state)
{
    (void)state;
    struct process process = started("exec sleep 60");
    struct process_result result;
    assert_int_equal(raise(SIGTERM), 0);
    assert_fails(ERR_CANCELLED,
                 process_wait(&process, clock_monotonic_us() + LONG_US, &result, &err));
    process_stop(&process, LONG_US, &result);
    assert_int_equal(result.signal, SIGTERM);
    interrupt_reset();
    process_release(&process);
}

static void a_run_that_takes_too_long_is_stopped(void **state)
{
    (void)state;
    struct process_options options;
    process_options_init(&options);
    const char *argv[] = {"sleep", "60", NULL};
    options.argv = argv;
    struct buffer output;
    buffer_init(&output, 100);
    struct process_result result;
    assert_fails(ERR_TIMEOUT, process_run(&options, 20000, &output, &result, &err));
    assert_no_children();
    buffer_release(&output);
}

static void output_beyond_the_cap_is_read_and_thrown_away(void **state)
{
    (void)state;
    struct process_options options;
    process_options_init(&options);
    const char *argv[] = {"/bin/sh", "-c", "yes | head -c 1000000; echo end >&2; exit 4", NULL};
    options.argv = argv;
    struct buffer output;
    buffer_init(&output, 100);
    struct process_result result;
    assert_ok(process_run(&options, LONG_US, &output, &result, &err));
    assert_int_equal(output.len, 100);
    assert_int_equal(result.status, 4);
    buffer_release(&output);
}

static void a_run_does_not_wait_for_a_grandchild_that_holds_the_pipe(void **state)
{
    (void)state;
    struct process_result result;
    char *output = output_of("setsid sleep 5 & echo done", &result);
    assert_string_equal(output, "done\n");
    assert_int_equal(result.status, 0);
    free(output);
}

static void an_account_is_looked_up_with_its_groups(void **state)
{
    (void)state;
    struct process_user user;
    assert_ok(process_user_lookup("root", &user, &err));
    assert_int_equal(user.uid, 0);
    assert_string_equal(user.home, "/root");
    assert_true(user.n_groups >= 1);
    assert_fails(ERR_CONFIG, process_user_lookup("no-such-account", &user, &err));
}

static void the_child_runs_under_the_given_account(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    struct process_user user;
    assert_ok(process_user_lookup("nobody", &user, &err));
    struct process_options options;
    process_options_init(&options);
    options.run_as = &user;
    struct process_result result;
    char *output = output_of_options(
        &options, "grep -E '^(Uid|Gid|Groups)' /proc/self/status; ls /root 2>/dev/null || echo no",
        &result);
    assert_contains(output, "Uid:\t65534\t65534\t65534\t65534\n");
    assert_contains(output, "Gid:\t65534\t65534\t65534\t65534\n");
    assert_contains(output, "Groups:\t65534 \n");
    assert_contains(output, "no\n");
    free(output);
}

static void an_account_that_only_root_may_use_is_an_error(void **state)
{
    (void)state;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct process_user user = {.uid = 1, .gid = 1, .name = "daemon"};
        struct process_options options;
        process_options_init(&options);
        static const char *const argv[] = {"/bin/true", NULL};
        options.argv = argv;
        options.run_as = &user;
        struct process process = {0};
        bool dropped = setuid(65534) == 0;
        bool refused = process_start(&options, &process, &err) == ERR_SCORER &&
                       strstr(err.message, "daemon") != NULL;
        _exit(dropped && refused ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (geteuid() != 0)
        skip();
    assert_int_equal(status, 0);
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL && interrupt_install(&err) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    char path[200];
    static const char *const files[] = {"bare", "lost", "passwd"};
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
        (void)unlink(path);
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_arguments_reach_the_program_without_a_shell),
        cmocka_unit_test(the_environment_is_exactly_the_given_one),
        cmocka_unit_test(exit_status_and_signal_are_told_apart),
        cmocka_unit_test(a_missing_program_is_named_with_the_reason),
        cmocka_unit_test(a_file_that_may_not_be_executed_is_named_with_the_reason),
        cmocka_unit_test(a_file_in_the_path_that_may_not_be_executed_is_not_called_missing),
        cmocka_unit_test(a_file_that_may_not_be_executed_does_not_hide_one_that_may),
        cmocka_unit_test(a_script_without_an_interpreter_line_says_what_is_missing),
        cmocka_unit_test(a_script_whose_interpreter_is_missing_says_so),
        cmocka_unit_test(an_empty_command_is_refused),
        cmocka_unit_test(the_working_directory_is_the_given_one),
        cmocka_unit_test(no_other_descriptor_reaches_the_child),
        cmocka_unit_test(the_extra_descriptor_is_at_its_number),
        cmocka_unit_test(standard_input_is_empty_unless_given),
        cmocka_unit_test(ignored_and_blocked_signals_are_reset),
        cmocka_unit_test(the_child_leads_an_own_session_and_group),
        cmocka_unit_test(the_child_dies_with_the_thread_that_started_it),
        cmocka_unit_test(stopping_asks_first),
        cmocka_unit_test(stopping_kills_a_child_that_ignores_the_request),
        cmocka_unit_test(release_kills_what_the_child_left_in_its_group),
        cmocka_unit_test(waiting_ends_at_the_deadline_and_leaves_the_child_alone),
        cmocka_unit_test(waiting_ends_on_interrupt),
        cmocka_unit_test(a_run_that_takes_too_long_is_stopped),
        cmocka_unit_test(output_beyond_the_cap_is_read_and_thrown_away),
        cmocka_unit_test(a_run_does_not_wait_for_a_grandchild_that_holds_the_pipe),
        cmocka_unit_test(an_account_is_looked_up_with_its_groups),
        cmocka_unit_test(the_child_runs_under_the_given_account),
        cmocka_unit_test(an_account_that_only_root_may_use_is_an_error),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
