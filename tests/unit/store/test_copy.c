#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "tests/unit/store/pg.h"

#define COPY_IN "copy public.t from stdin"

static struct store *table(void **state)
{
    const struct pg_test *test = *state;
    pg_run(test->store, "create table public.t (a int)");
    return test->store;
}

static enum error_code collect(void *context, const char *bytes, size_t len, struct error *err)
{
    return buffer_append(context, bytes, len, err);
}

/* Repeats a row; the piece ends with a whole one if its length is a multiple. */
static void fill(char *piece, size_t len, const char *row)
{
    size_t row_len = strlen(row);
    for (size_t i = 0; i < len; i++)
        piece[i] = row[i % row_len];
}

static void rows_go_in_and_come_out_again(void **state)
{
    struct error err;
    struct buffer out CLEANUP(buffer_release);
    int64_t rows = 0;
    struct store *store = table(state);
    buffer_init(&out, 1000);
    assert_ok(store_copy_begin(store, COPY_IN, STORE_QUICK_MS, &err));
    assert_ok(store_copy_put(store, "1\n2", 3, &err));
    assert_ok(store_copy_put(store, "", 0, &err));
    assert_ok(store_copy_put(store, "2\n\\N\n", 5, &err));
    assert_ok(store_copy_end(store, STORE_QUICK_MS, &rows, &err));
    assert_int_equal(3, rows);
    assert_ok(
        store_copy_out(store, "copy public.t to stdout", STORE_QUICK_MS, collect, &out, &err));
    assert_string_equal("1\n22\n\\N\n", buffer_string(&out));
    assert_int_equal(3, pg_int(store, "select count(*) from public.t"));
}

static void more_rows_than_any_buffer_holds_arrive_whole(void **state)
{
    struct error err;
    int64_t rows = 0;
    static char piece[700000];
    struct store *store = table(state);
    fill(piece, sizeof(piece), "123456\n");
    assert_ok(store_copy_begin(store, COPY_IN, STORE_QUICK_MS, &err));
    for (int i = 0; i < 20; i++)
        assert_ok(store_copy_put(store, piece, sizeof(piece), &err));
    assert_ok(store_copy_end(store, STORE_QUICK_MS, &rows, &err));
    assert_int_equal(2000000, rows);
}

static void a_bad_row_fails_the_copy_with_its_line(void **state)
{
    struct error err;
    int64_t rows = 0;
    struct store *store = table(state);
    assert_ok(store_copy_begin(store, COPY_IN, STORE_QUICK_MS, &err));
    assert_ok(store_copy_put(store, "1\nx\n", 4, &err));
    assert_fails(ERR_SQL, store_copy_end(store, STORE_QUICK_MS, &rows, &err));
    assert_contains(err.message, "invalid input syntax");
    assert_contains(err.detail, "COPY t, line 2");
    assert_int_equal(0, pg_int(store, "select count(*) from public.t"));
}

static void an_aborted_copy_leaves_nothing_and_the_session_usable(void **state)
{
    struct error err;
    struct store *store = table(state);
    assert_ok(store_copy_begin(store, COPY_IN, STORE_QUICK_MS, &err));
    assert_ok(store_copy_put(store, "1\n", 2, &err));
    store_copy_abort(store);
    assert_int_equal(0, pg_int(store, "select count(*) from public.t"));
}

static void ctrl_c_ends_a_copy(void **state)
{
    struct error err;
    struct store *store = table(state);
    assert_ok(interrupt_install(&err));
    assert_ok(store_copy_begin(store, COPY_IN, STORE_QUICK_MS, &err));
    assert_ok(store_copy_put(store, "1\n", 2, &err));
    (void)raise(SIGINT);
    assert_fails(ERR_CANCELLED, store_copy_put(store, "2\n", 2, &err));
    interrupt_reset();
    assert_int_equal(0, pg_int(store, "select count(*) from public.t"));
}

static void ctrl_c_ends_reading_rows(void **state)
{
    struct error err;
    struct buffer out CLEANUP(buffer_release);
    struct store *store = table(state);
    assert_ok(interrupt_install(&err));
    buffer_init(&out, BUFFER_DEFAULT_MAX_BYTES);
    pid_t child = fork();
    if (child == 0) {
        (void)usleep(50000);
        (void)kill(getppid(), SIGINT);
        _exit(0);
    }
    assert_fails(ERR_CANCELLED,
                 store_copy_out(store,
                                "copy (select pg_sleep(0.001) from generate_series(1, "
                                "1000000)) to stdout",
                                0, collect, &out, &err));
    (void)waitpid(child, NULL, 0);
    interrupt_reset();
    assert_int_equal(1, pg_int(store, "select 1"));
}

static void a_server_that_dies_during_a_copy_is_an_unreachable_store(void **state)
{
    struct error err;
    int64_t rows = 0;
    enum error_code code = OK;
    static char piece[1000000];
    struct store *store = table(state);
    fill(piece, sizeof(piece), "1\n");
    assert_ok(store_copy_begin(store, COPY_IN, STORE_QUICK_MS, &err));
    assert_ok(store_copy_put(store, piece, sizeof(piece), &err));
    pg_kill_server();
    for (int i = 0; i < 20 && code == OK; i++)
        code = store_copy_put(store, piece, sizeof(piece), &err);
    if (code == OK)
        code = store_copy_end(store, STORE_QUICK_MS, &rows, &err);
    assert_int_equal(ERR_STORE, code);
    assert_false(store_connected(store));
    assert_fails(ERR_STORE, store_copy_put(store, "1\n", 2, &err));
    pg_start_server();
    assert_ok(store_reconnect(store, &err));
    assert_int_equal(0, pg_int(store, "select count(*) from public.t"));
}

static enum error_code refuse(void *context, const char *bytes, size_t len, struct error *err)
{
    (void)context;
    (void)bytes;
    (void)len;
    return error_set(err, ERR_SPACE, "no room");
}

static void a_sink_that_fails_ends_the_copy_with_its_own_error(void **state)
{
    struct error err;
    struct store *store = table(state);
    assert_fails(ERR_SPACE,
                 store_copy_out(store, "copy (select generate_series(1, 10000000)) to stdout", 0,
                                refuse, NULL, &err));
    assert_string_equal("no room", err.message);
    assert_int_equal(1, pg_int(store, "select 1"));
}

static void an_error_in_the_middle_of_reading_is_told(void **state)
{
    struct error err;
    struct buffer out CLEANUP(buffer_release);
    struct store *store = table(state);
    buffer_init(&out, BUFFER_DEFAULT_MAX_BYTES);
    assert_fails(ERR_SQL, store_copy_out(store,
                                         "copy (select 1 / (g - 5000) from "
                                         "generate_series(1, 10000) g) to stdout",
                                         STORE_QUICK_MS, collect, &out, &err));
    assert_string_equal("22012", err.sqlstate);
    assert_int_equal(1, pg_int(store, "select 1"));
}

static void a_statement_that_is_no_copy_is_refused(void **state)
{
    struct error err;
    struct store *store = table(state);
    struct buffer out CLEANUP(buffer_release);
    buffer_init(&out, 1000);
    assert_fails(ERR_SQL, store_copy_begin(store, "select 1", STORE_QUICK_MS, &err));
    assert_fails(ERR_SQL, store_copy_begin(store, "copy public.t to stdout", STORE_QUICK_MS, &err));
    assert_fails(ERR_SQL, store_copy_out(store, COPY_IN, STORE_QUICK_MS, collect, &out, &err));
    assert_fails(ERR_SQL, store_copy_begin(store, "copy nowhere from stdin", STORE_QUICK_MS, &err));
    assert_int_equal(1, pg_int(store, "select 1"));
}

static void a_copy_that_is_run_as_a_plain_statement_does_not_hang(void **state)
{
    struct error err;
    struct store *store = table(state);
    const struct store_query in = {COPY_IN, STORE_NO_ROWS, STORE_QUICK_MS};
    const struct store_query out = {"copy public.t to stdout", STORE_NO_ROWS, STORE_QUICK_MS};
    assert_fails(ERR_SQL, store_exec(store, &in, NULL, 0, NULL, &err));
    assert_fails(ERR_SQL, store_exec(store, &out, NULL, 0, NULL, &err));
    assert_fails(ERR_SQL, store_exec_script(store, "select 1; " COPY_IN, STORE_QUICK_MS, &err));
    assert_int_equal(1, pg_int(store, "select 1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test_empty(rows_go_in_and_come_out_again),
        pg_unit_test_empty(more_rows_than_any_buffer_holds_arrive_whole),
        pg_unit_test_empty(a_bad_row_fails_the_copy_with_its_line),
        pg_unit_test_empty(an_aborted_copy_leaves_nothing_and_the_session_usable),
        pg_unit_test_empty(ctrl_c_ends_a_copy),
        pg_unit_test_empty(ctrl_c_ends_reading_rows),
        pg_unit_test_empty(a_server_that_dies_during_a_copy_is_an_unreachable_store),
        pg_unit_test_empty(a_sink_that_fails_ends_the_copy_with_its_own_error),
        pg_unit_test_empty(an_error_in_the_middle_of_reading_is_told),
        pg_unit_test_empty(a_statement_that_is_no_copy_is_refused),
        pg_unit_test_empty(a_copy_that_is_run_as_a_plain_statement_does_not_hang),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
