#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "guard/app.h"

#define MAX_WORDS 8

/* What a run of the program wrote and how it ended. */
struct ending {
    int status;
    char out[16384];
    char err[16384];
};

static void read_back(FILE *file, char *text, size_t capacity)
{
    rewind(file);
    text[fread(text, 1, capacity - 1, file)] = '\0';
    (void)fclose(file);
}

/* Runs the words in a folder without a configuration, with both outputs in files. */
static void run(const char *const *words, const char *out_path, struct ending *ending)
{
    char copies[MAX_WORDS][128];
    char *argv[MAX_WORDS + 1] = {NULL};
    int argc = 0;
    for (; words[argc] != NULL; argc++) {
        (void)snprintf(copies[argc], sizeof(copies[argc]), "%s", words[argc]);
        argv[argc] = copies[argc];
    }
    (void)fflush(NULL);
    FILE *out = out_path == NULL ? tmpfile() : fopen(out_path, "w");
    FILE *err = tmpfile();
    int saved_out = dup(STDOUT_FILENO);
    int saved_err = dup(STDERR_FILENO);
    assert_true(dup2(fileno(out), STDOUT_FILENO) >= 0 && dup2(fileno(err), STDERR_FILENO) >= 0);
    ending->status = app_main(argc, argv);
    (void)fflush(NULL);
    assert_true(dup2(saved_out, STDOUT_FILENO) >= 0 && dup2(saved_err, STDERR_FILENO) >= 0);
    (void)close(saved_out);
    (void)close(saved_err);
    ending->out[0] = '\0';
    if (out_path == NULL)
        read_back(out, ending->out, sizeof(ending->out));
    else
        (void)fclose(out);
    read_back(err, ending->err, sizeof(ending->err));
}

#define RUN(ending, ...) run((const char *const[]){"loadguard", __VA_ARGS__, NULL}, NULL, ending)

static int enter_empty_folder(void **state)
{
    char *folder = strdup("/tmp/lg-app-XXXXXX");
    *state = folder;
    return mkdtemp(folder) == NULL || chdir(folder) != 0 ? -1 : 0;
}

static int leave_folder(void **state)
{
    (void)unlink("loadguard.yaml");
    (void)unlink("other.yaml");
    int failed = chdir("/") != 0 || rmdir(*state) != 0;
    free(*state);
    return failed ? -1 : 0;
}

static void nothing_at_all_is_wrong_usage(void **state)
{
    (void)state;
    struct ending ending;
    run((const char *const[]){"loadguard", NULL}, NULL, &ending);
    assert_int_equal(ending.status, 1);
    assert_contains(ending.err, "usage: loadguard");
    assert_string_equal(ending.out, "");
}

static void help_and_version_are_options_too(void **state)
{
    (void)state;
    struct ending ending;
    RUN(&ending, "--help");
    assert_int_equal(ending.status, 0);
    assert_contains(ending.out, "commands:");
    RUN(&ending, "--version");
    assert_int_equal(ending.status, 0);
    assert_contains(ending.out, "loadguard ");
    RUN(&ending, "rollback", "--help");
    assert_int_equal(ending.status, 0);
    assert_contains(ending.out, "--reason TEXT");
}

static void an_unknown_command_is_answered_with_the_closest(void **state)
{
    (void)state;
    struct ending ending;
    RUN(&ending, "rolback", "klout");
    assert_int_equal(ending.status, 1);
    assert_contains(ending.err, "Did you mean 'rollback'?");
    RUN(&ending, "xyzzy");
    assert_int_equal(ending.status, 1);
    assert_contains(ending.err, "loadguard help");
}

static void too_few_and_too_many_arguments_show_the_usage(void **state)
{
    (void)state;
    struct ending ending;
    RUN(&ending, "diff", "a.csv");
    assert_int_equal(ending.status, 1);
    assert_contains(ending.err, "usage: loadguard diff [OPTIONS] OLD NEW");
    RUN(&ending, "diff", "a.csv", "b.csv", "c.csv");
    assert_int_equal(ending.status, 1);
    assert_contains(ending.err, "'c.csv' is one argument too many");
}

static void a_command_without_configuration_says_how_to_get_one(void **state)
{
    (void)state;
    struct ending ending;
    RUN(&ending, "status");
    assert_int_equal(ending.status, 1);
    assert_contains(ending.err, "loadguard init");
}

static void the_configuration_may_be_named_before_the_command(void **state)
{
    (void)state;
    struct ending ending;
    RUN(&ending, "init", "other.yaml");
    assert_int_equal(ending.status, 0);
    RUN(&ending, "--config", "other.yaml", "check");
    assert_int_equal(ending.status, 0);
    assert_contains(ending.out, "other.yaml is right");
    RUN(&ending, "--config=other.yaml", "check");
    assert_int_equal(ending.status, 0);
    RUN(&ending, "--config", "other.yaml");
    assert_int_equal(ending.status, 1);
}

static void an_existing_configuration_is_left_alone(void **state)
{
    (void)state;
    struct ending ending;
    RUN(&ending, "init");
    assert_int_equal(ending.status, 0);
    RUN(&ending, "init");
    assert_int_equal(ending.status, 2);
    assert_contains(ending.err, "exists already");
}

static void output_that_cannot_be_written_is_an_error(void **state)
{
    (void)state;
    struct ending ending;
    run((const char *const[]){"loadguard", "states", "--json", NULL}, "/dev/full", &ending);
    assert_int_equal(ending.status, 2);
    assert_contains(ending.err, "No space left");
    run((const char *const[]){"loadguard", "states", NULL}, "/dev/full", &ending);
    assert_int_equal(ending.status, 2);
    assert_contains(ending.err, "standard output");
}

static void a_decision_without_a_reason_is_refused_before_the_store_is_asked(void **state)
{
    (void)state;
    struct ending ending;
    RUN(&ending, "approve", "--reason");
    assert_int_equal(ending.status, 1);
    assert_contains(ending.err, "--reason");
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, enter_empty_folder, leave_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(nothing_at_all_is_wrong_usage),
        in_folder(help_and_version_are_options_too),
        in_folder(an_unknown_command_is_answered_with_the_closest),
        in_folder(too_few_and_too_many_arguments_show_the_usage),
        in_folder(a_command_without_configuration_says_how_to_get_one),
        in_folder(the_configuration_may_be_named_before_the_command),
        in_folder(an_existing_configuration_is_left_alone),
        in_folder(output_that_cannot_be_written_is_an_error),
        in_folder(a_decision_without_a_reason_is_refused_before_the_store_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
