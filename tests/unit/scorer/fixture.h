/* One scorer in a test: a shell script with short times, run to its end. */
#ifndef LG_TESTS_UNIT_SCORER_FIXTURE_H
#define LG_TESTS_UNIT_SCORER_FIXTURE_H

#include "tests/unit/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "scorer/scorer.h"

#define GOOD "{\"complete\": true, \"rows\": 2, \"as_of\": \"2011-05-23T04:00:00-07:00\"}"
#define SAY_GOOD "echo '" GOOD "' >&3; "
#define TWO_ROWS "echo 1,62; echo 2,50; "

static struct error err;
static char folder[] = "/tmp/loadguard-scorer-XXXXXX";

struct fixture {
    const char *argv[4];
    struct scorer_spec spec;
    struct scorer_context context;
    struct scorer_callbacks callbacks;
    struct scorer *scorer;
    uint64_t rows; /* lines that were read */
    char log_path[100];
    const char *ask_sql;
    bool answer;
    int query_fd;
    unsigned n_closed;
};

static inline enum error_code ask(void *context, const char *sql, bool *ret_answer, struct error *e)
{
    struct fixture *f = context;
    if (strcmp(sql, "broken") == 0)
        return error_set(e, ERR_SQL, "no such table");
    f->ask_sql = sql;
    *ret_answer = f->answer;
    return OK;
}

static inline enum error_code open_rows(void *context, const char *sql, int *ret_fd,
                                        struct error *e)
{
    struct fixture *f = context;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set_errno(e, ERR_IO, errno, "no pipe");
    assert_int_equal(write(ends[1], sql, strlen(sql)), (ssize_t)strlen(sql));
    assert_int_equal(close(ends[1]), 0);
    f->query_fd = ends[0];
    *ret_fd = ends[0];
    return OK;
}

static inline enum error_code close_rows(void *context, struct error *e)
{
    struct fixture *f = context;
    f->n_closed++;
    assert_int_equal(close(f->query_fd), 0);
    return f->answer ? OK : error_set(e, ERR_SQL, "canceling statement");
}

static inline void fixture_init(struct fixture *f, const char *script)
{
    *f = (struct fixture){.argv = {"/bin/sh", "-c", script, NULL}};
    scorer_spec_init(&f->spec);
    f->spec.argv = f->argv;
    f->spec.drain_us = 100000;
    f->spec.grace_us = 300000;
    f->spec.timeout_us = 20 * USEC_PER_SEC;
    (void)snprintf(f->log_path, sizeof(f->log_path), "%s/log", folder);
    (void)unlink(f->log_path);
    f->context = (struct scorer_context){.feed = "klout",
                                         .load_id = 7,
                                         .as_of_us = INT64_C(1306148400000000),
                                         .log_path = f->log_path,
                                         .temp_dir = folder};
    f->callbacks = (struct scorer_callbacks){f, ask, open_rows, close_rows};
}

static inline void start(struct fixture *f)
{
    assert_ok(scorer_start(&f->spec, &f->context, &f->callbacks, &f->scorer, &err));
}

/* Counts lines to the end of the rows, as a reader would. */
static inline void read_rows(struct fixture *f)
{
    char chunk[65536];
    ssize_t got;
    while ((got = read(scorer_rows_fd(f->scorer), chunk, sizeof(chunk))) > 0 ||
           (got < 0 && errno == EINTR))
        for (ssize_t i = 0; i < got; i++)
            f->rows += chunk[i] == '\n';
    assert_int_equal(got, 0);
}

static inline enum error_code run(struct fixture *f, struct completeness *ret_completeness)
{
    start(f);
    read_rows(f);
    return scorer_finish(f->scorer, f->rows, ret_completeness, &err);
}

/* Nothing may remain: no child, no folder of the manifest. */
static inline void fixture_release(struct fixture *f)
{
    scorer_free(f->scorer);
    interrupt_reset();
    errno = 0;
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;)
        assert_null(strstr(entry->d_name, "manifest"));
    assert_int_equal(closedir(entries), 0);
}

static inline void expect(enum error_code code, const char *script, const char *words)
{
    struct fixture f;
    fixture_init(&f, script);
    struct completeness found = {0};
    assert_int_equal(run(&f, &found), code);
    if (words != NULL)
        assert_contains(err.message, words);
    completeness_release(&found);
    fixture_release(&f);
}

static inline int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL && interrupt_install(&err) == OK ? 0 : -1;
}

static inline int tear_down(void **state)
{
    (void)state;
    char path[100];
    (void)snprintf(path, sizeof(path), "%s/log", folder);
    (void)unlink(path);
    return rmdir(folder);
}

#endif
