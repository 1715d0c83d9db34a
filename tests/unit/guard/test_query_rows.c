#include "guard/query_rows.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/guard/site.h"

static void read_to_end(int fd, char *text, size_t capacity)
{
    size_t len = 0;
    ssize_t n = 0;
    while ((n = read(fd, text + len, capacity - 1 - len)) > 0)
        len += (size_t)n;
    text[len] = '\0';
}

static void rows_come_as_csv_with_a_header(void **state)
{
    struct pg_test *pg = *state;
    struct error err;
    struct query_rows rows;
    char text[256];
    int fd = -1;
    query_rows_init(&rows, pg->store, 0);
    struct scorer_callbacks calls = query_rows_callbacks(&rows);
    assert_ok(calls.open_rows(
        calls.context, "select 1 as id, null::text as name union all select 2, '' -- x; \n ;", &fd,
        &err));
    read_to_end(fd, text, sizeof(text));
    assert_ok(calls.close_rows(calls.context, &err));
    assert_string_equal(text, "id,name\n1,\n2,\"\"\n");
    query_rows_release(&rows);
}

static void a_query_that_fails_says_why_when_it_is_closed(void **state)
{
    struct pg_test *pg = *state;
    struct error err = {0};
    struct query_rows rows;
    char text[256];
    int fd = -1;
    query_rows_init(&rows, pg->store, 0);
    struct scorer_callbacks calls = query_rows_callbacks(&rows);
    assert_ok(calls.open_rows(calls.context, "select 1 / (2 - g) from generate_series(1, 3) g", &fd,
                              &err));
    read_to_end(fd, text, sizeof(text));
    assert_fails(ERR_SQL, calls.close_rows(calls.context, &err));
    assert_contains(err.message, "division by zero");
    query_rows_release(&rows);
}

static void an_error_may_be_of_no_interest(void **state)
{
    struct pg_test *pg = *state;
    struct error err = {0};
    struct query_rows rows;
    char text[256];
    int fd = -1;
    query_rows_init(&rows, pg->store, 0);
    struct scorer_callbacks calls = query_rows_callbacks(&rows);
    assert_ok(calls.open_rows(calls.context, "select nothing", &fd, &err));
    read_to_end(fd, text, sizeof(text));
    assert_fails(ERR_SQL, calls.close_rows(calls.context, NULL));
    query_rows_release(&rows);
}

static void a_reader_that_gives_up_early_is_no_error_of_the_query(void **state)
{
    struct pg_test *pg = *state;
    struct error err;
    struct query_rows rows;
    char text[16];
    int fd = -1;
    query_rows_init(&rows, pg->store, 0);
    struct scorer_callbacks calls = query_rows_callbacks(&rows);
    assert_ok(calls.open_rows(
        calls.context, "select repeat('x', 1000) from generate_series(1, 1000000)", &fd, &err));
    assert_true(read(fd, text, sizeof(text)) > 0);
    assert_ok(calls.close_rows(calls.context, &err));
    query_rows_release(&rows);
}

static void a_query_that_writes_nothing_is_ended_when_nobody_waits_any_more(void **state)
{
    struct pg_test *pg = *state;
    struct error err;
    struct query_rows rows;
    int fd = -1;
    query_rows_init(&rows, pg->store, 0);
    struct scorer_callbacks calls = query_rows_callbacks(&rows);
    assert_ok(calls.open_rows(calls.context, "select pg_sleep(3600)", &fd, &err));
    assert_ok(calls.close_rows(calls.context, &err));
    query_rows_release(&rows);
    assert_int_equal(pg_int(pg->store,
                            "select count(*) from pg_stat_activity where query like '%pg_sleep(3%' "
                            "and state = 'active' and pid <> pg_backend_pid()"),
                     0);
}

static void a_query_that_takes_too_long_is_ended_and_said_to_be(void **state)
{
    struct pg_test *pg = *state;
    struct error err = {0};
    struct query_rows rows;
    char text[16];
    int fd = -1;
    query_rows_init(&rows, pg->store, 200000);
    struct scorer_callbacks calls = query_rows_callbacks(&rows);
    assert_ok(calls.open_rows(calls.context, "select pg_sleep(3600)", &fd, &err));
    read_to_end(fd, text, sizeof(text));
    assert_fails(ERR_TIMEOUT, calls.close_rows(calls.context, &err));
    query_rows_release(&rows);
}

static void releasing_ends_a_query_under_way(void **state)
{
    struct pg_test *pg = *state;
    struct error err;
    struct query_rows rows;
    int fd = -1;
    query_rows_init(&rows, pg->store, 0);
    struct scorer_callbacks calls = query_rows_callbacks(&rows);
    assert_ok(calls.open_rows(calls.context, "select pg_sleep(3600)", &fd, &err));
    query_rows_release(&rows);
    query_rows_release(&rows);
}

/* Lets the process go on after a while, from a process of its own. */
static pid_t continue_later(pid_t stopped)
{
    pid_t child = fork();
    if (child == 0) {
        (void)usleep(300000);
        _exit(kill(stopped, SIGCONT));
    }
    return child;
}

/* The server forgets a request to cancel that comes before the query has reached it. */
static void releasing_ends_a_query_that_has_not_begun(void **state)
{
    struct pg_test *pg = *state;
    struct error err = {0};
    struct query_rows rows;
    bool answer = false;
    int fd = -1;
    int status = -1;
    query_rows_init(&rows, pg->store, 0);
    struct scorer_callbacks calls = query_rows_callbacks(&rows);
    assert_ok(calls.ask(calls.context, "select true", &answer, &err));
    pid_t backend = store_backend_pid(rows.session);
    assert_int_equal(kill(backend, SIGSTOP), 0);
    assert_ok(calls.open_rows(calls.context, "select pg_sleep(3600)", &fd, &err));
    pid_t child = continue_later(backend);
    query_rows_release(&rows);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void such_sql_can_change_nothing(void **state)
{
    struct pg_test *pg = *state;
    struct error err = {0};
    struct query_rows rows;
    char text[256];
    int fd = -1;
    bool answer = false;
    pg_run(pg->store, "create table public.kept (id int); insert into public.kept values (1); "
                      "create function public.wipe() returns boolean language sql as "
                      "'delete from public.kept; select true'; "
                      "create sequence public.counter");
    query_rows_init(&rows, pg->store, 0);
    struct scorer_callbacks calls = query_rows_callbacks(&rows);
    assert_true(calls.ask(calls.context, "select public.wipe()", &answer, &err) != OK);
    assert_ok(calls.open_rows(calls.context, "select public.wipe()", &fd, &err));
    read_to_end(fd, text, sizeof(text));
    assert_fails(ERR_SQL, calls.close_rows(calls.context, &err));
    assert_contains(err.message, "read-only");
    query_rows_release(&rows);
    assert_int_equal(pg_int(pg->store, "select count(*) from public.kept"), 1);
}

static void questions_are_answered_and_null_is_no(void **state)
{
    struct pg_test *pg = *state;
    struct error err;
    struct query_rows rows;
    bool answer = false;
    query_rows_init(&rows, pg->store, 0);
    struct scorer_callbacks calls = query_rows_callbacks(&rows);
    assert_ok(calls.ask(calls.context, "select true", &answer, &err));
    assert_true(answer);
    assert_ok(calls.ask(calls.context, "select false", &answer, &err));
    assert_false(answer);
    query_rows_release(&rows);
}

static void a_pool_of_locks_is_out_of_reach(void **state)
{
    struct pg_test *pg = *state;
    struct error err;
    struct query_rows rows;
    bool answer = false;
    pg_run(pg->store, "select pg_advisory_lock(1)");
    query_rows_init(&rows, pg->store, 0);
    struct scorer_callbacks calls = query_rows_callbacks(&rows);
    assert_ok(
        calls.ask(calls.context, "select pg_advisory_unlock_all() is not null", &answer, &err));
    query_rows_release(&rows);
    assert_int_equal(pg_int(pg->store, "select count(*) from pg_locks where locktype = 'advisory' "
                                       "and pid = pg_backend_pid()"),
                     1);
}

static void rows_may_be_read_twice_with_one_set_of_callbacks(void **state)
{
    struct pg_test *pg = *state;
    struct error err;
    struct query_rows rows;
    query_rows_init(&rows, pg->store, 0);
    struct scorer_callbacks calls = query_rows_callbacks(&rows);
    for (int i = 0; i < 2; i++) {
        char text[64];
        int fd = -1;
        assert_ok(calls.open_rows(calls.context, "select 1 as one", &fd, &err));
        read_to_end(fd, text, sizeof(text));
        assert_string_equal(text, "one\n1\n");
        assert_ok(calls.close_rows(calls.context, &err));
    }
    query_rows_release(&rows);
}

static int start(void **state)
{
    (void)signal(SIGPIPE, SIG_IGN);
    return pg_start(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test(rows_come_as_csv_with_a_header),
        pg_unit_test(a_query_that_fails_says_why_when_it_is_closed),
        pg_unit_test(an_error_may_be_of_no_interest),
        pg_unit_test(a_reader_that_gives_up_early_is_no_error_of_the_query),
        pg_unit_test(a_query_that_writes_nothing_is_ended_when_nobody_waits_any_more),
        pg_unit_test(a_query_that_takes_too_long_is_ended_and_said_to_be),
        pg_unit_test(releasing_ends_a_query_under_way),
        pg_unit_test(releasing_ends_a_query_that_has_not_begun),
        pg_unit_test(such_sql_can_change_nothing),
        pg_unit_test(questions_are_answered_and_null_is_no),
        pg_unit_test(a_pool_of_locks_is_out_of_reach),
        pg_unit_test(rows_may_be_read_twice_with_one_set_of_callbacks),
    };
    return cmocka_run_group_tests(tests, start, pg_stop);
}
