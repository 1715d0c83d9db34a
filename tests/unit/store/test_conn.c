#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "tests/unit/store/fake_pooler.h"
#include "tests/unit/store/pg.h"

static enum error_code run(struct store *store, const char *sql, struct error *err)
{
    const struct store_query query = {sql, STORE_ANY_ROWS, STORE_QUICK_MS};
    return store_exec(store, &query, NULL, 0, NULL, err);
}

static struct store *session(void **state)
{
    const struct pg_test *test = *state;
    return test->store;
}

static void a_session_depends_on_no_default_of_the_role(void **state)
{
    struct store *store = session(state);
    pg_run(store, "alter role current_user set search_path = public;"
                  "alter role current_user set timezone = 'Asia/Tokyo';"
                  "alter role current_user set default_transaction_isolation = 'serializable'");
    struct store *again CLEANUP(store_closep) = pg_open(*state);
    assert_string_equal("pg_catalog, pg_temp", pg_text(again, "show search_path"));
    assert_string_equal("UTC", pg_text(again, "show timezone"));
    assert_string_equal("read committed", pg_text(again, "show transaction_isolation"));
    assert_string_equal("UTF8", pg_text(again, "show client_encoding"));
    pg_run(again, "alter role current_user reset all");
}

static void the_role_of_a_private_cluster_is_no_superuser(void **state)
{
    assert_string_equal("f", pg_text(session(state), "select rolsuper from pg_roles where rolname "
                                                     "= current_user"));
}

static void server_version_and_process_id_are_known(void **state)
{
    struct store *store = session(state);
    assert_true(store_server_version(store) >= STORE_MIN_SERVER_VERSION);
    assert_string_equal(store_server_version_text(store), pg_text(store, "show server_version"));
    assert_int_equal(store_backend_pid(store), pg_int(store, "select pg_backend_pid()"));
}

static void the_session_says_which_process_holds_it(void **state)
{
    char expected[64];
    (void)snprintf(expected, sizeof(expected), "test, pid %ld on ", (long)getpid());
    assert_contains(pg_text(session(state), "show application_name"), expected);
}

static void every_kind_of_parameter_arrives_as_it_was(void **state)
{
    struct error err;
    struct store_result result CLEANUP(store_result_release) = {0};
    const int64_t time_us = INT64_C(1306148400123456);
    const struct store_param params[] = {
        store_text("it's {\"here\"}"),
        store_int(INT64_MIN),
        store_number(0.1),
        store_bool(true),
        store_time(time_us),
        store_bytes("\0\xff", 2),
        store_text(NULL),
        store_number(NAN),
        store_number(-INFINITY),
        store_time(STORE_NO_TIME),
    };
    const struct store_query query = {
        "select $1::text, $2::bigint, $3::double precision, $4::boolean, $5::timestamptz, "
        "$6::bytea = '\\x00ff', $7::text, $8::double precision, $9::double precision, "
        "$10::timestamptz",
        STORE_ONE_ROW, STORE_QUICK_MS};
    assert_ok(store_exec(session(state), &query, params, ARRAY_SIZE(params), &result, &err));
    assert_string_equal("it's {\"here\"}", store_get_text(&result, 0, 0));
    assert_true(store_get_int(&result, 0, 1) == INT64_MIN);
    assert_true(store_get_number(&result, 0, 2) == 0.1);
    assert_true(store_get_bool(&result, 0, 3));
    assert_true(store_get_time(&result, 0, 4) == time_us);
    assert_true(store_get_bool(&result, 0, 5));
    assert_true(store_get_null(&result, 0, 6));
    assert_true(isnan(store_get_number(&result, 0, 7)));
    assert_true(isinf(store_get_number(&result, 0, 8)) && store_get_number(&result, 0, 8) < 0);
    assert_true(store_get_time(&result, 0, 9) == STORE_NO_TIME);
}

static void arrays_keep_quotes_backslashes_and_nulls(void **state)
{
    struct error err;
    struct buffer array CLEANUP(buffer_release);
    struct store_result result CLEANUP(store_result_release) = {0};
    const char *const items[] = {"a\"b", "c\\d", NULL, "null", "{x,y}", "", "é"};
    buffer_init(&array, 1000);
    assert_ok(store_text_array(items, ARRAY_SIZE(items), &array, &err));
    const struct store_param params[] = {store_text(buffer_string(&array))};
    const struct store_query query = {"select unnest($1::text[])", STORE_ANY_ROWS, STORE_QUICK_MS};
    assert_ok(store_exec(session(state), &query, params, 1, &result, &err));
    assert_int_equal(ARRAY_SIZE(items), store_rows(&result));
    for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
        if (items[i] == NULL)
            assert_true(store_get_null(&result, i, 0));
        else
            assert_string_equal(items[i], store_get_text(&result, i, 0));
    }
}

static void a_name_can_be_quoted_into_sql(void **state)
{
    struct error err;
    struct buffer sql CLEANUP(buffer_release);
    buffer_init(&sql, 1000);
    assert_ok(buffer_append_string(&sql, "select ", &err));
    assert_ok(store_quote_literal(session(state), "it's", &sql, &err));
    assert_ok(buffer_append_string(&sql, " as ", &err));
    assert_ok(store_quote_identifier(session(state), "a \"b\"", &sql, &err));
    assert_string_equal("it's", pg_text(session(state), buffer_string(&sql)));
    assert_fails(ERR_DATA, store_quote_literal(session(state), "\xff", &sql, &err));
}

static void an_unexpected_number_of_rows_is_an_error(void **state)
{
    struct error err;
    struct store *store = session(state);
    const struct store_query none = {"select 1", STORE_NO_ROWS, STORE_QUICK_MS};
    const struct store_query one = {"select 1 where false", STORE_ONE_ROW, STORE_QUICK_MS};
    const struct store_query maybe = {"values (1), (2)", STORE_MAYBE_ROW, STORE_QUICK_MS};
    assert_fails(ERR_SQL, store_exec(store, &none, NULL, 0, NULL, &err));
    assert_fails(ERR_SQL, store_exec(store, &one, NULL, 0, NULL, &err));
    assert_fails(ERR_SQL, store_exec(store, &maybe, NULL, 0, NULL, &err));
    assert_true(store_connected(store));
}

static void an_error_of_the_server_is_told_whole(void **state)
{
    struct error err;
    struct store *store = session(state);
    pg_run(store, "create table public.t (a int primary key); insert into public.t values (1)");
    assert_fails(ERR_SQL, run(store, "insert into public.t values (1)", &err));
    assert_contains(err.message, "duplicate key value");
    assert_contains(err.detail, "Key (a)=(1) already exists.");
    assert_string_equal("23505", err.sqlstate);
    assert_fails(ERR_SQL, run(store, "select nowhere", &err));
    assert_contains(err.detail, "character 8");
}

static void notices_are_collected_and_not_printed(void **state)
{
    struct store *store = session(state);
    pg_run(store, "do $$ begin raise warning 'look here'; end $$");
    assert_contains(store_notices(store), "WARNING: look here\n");
    store_clear_notices(store);
    assert_string_equal("", store_notices(store));
}

static void a_statement_past_its_deadline_is_cancelled_on_the_server(void **state)
{
    struct error err;
    struct store *store = session(state);
    const struct store_query slow = {"select pg_sleep(60)", STORE_ONE_ROW, 50};
    assert_fails(ERR_TIMEOUT, store_exec(store, &slow, NULL, 0, NULL, &err));
    assert_int_equal(0, pg_int(store, "select count(*) from pg_stat_activity where state = "
                                      "'active' and query like 'select pg_sleep%'"));
}

static void waiting_longer_than_lock_timeout_means_busy(void **state)
{
    struct error err;
    struct store *store = session(state);
    struct store *other CLEANUP(store_closep) = pg_open(*state);
    pg_run(store, "create table public.t (a int)");
    assert_ok(store_begin(other, &err));
    pg_run(other, "lock table public.t");
    pg_run(store, "set lock_timeout = 20");
    assert_fails(ERR_BUSY, run(store, "select * from public.t", &err));
    assert_string_equal("55P03", err.sqlstate);
    store_rollback(other);
}

static void a_deadlock_is_a_conflict(void **state)
{
    struct error err;
    struct store *store = session(state);
    assert_fails(ERR_CONFLICT, run(store, "do $$ begin raise sqlstate '40P01'; end $$", &err));
    assert_fails(ERR_CONFLICT, run(store, "do $$ begin raise sqlstate '40001'; end $$", &err));
    assert_fails(ERR_SPACE, run(store, "do $$ begin raise sqlstate '53100'; end $$", &err));
    assert_true(err.hint[0] != '\0');
}

static void ctrl_c_ends_a_running_statement(void **state)
{
    struct error err;
    struct store *store = session(state);
    assert_ok(interrupt_install(&err));
    pid_t child = fork();
    if (child == 0) {
        (void)usleep(100000);
        (void)kill(getppid(), SIGINT);
        _exit(0);
    }
    const struct store_query slow = {"select pg_sleep(60)", STORE_ONE_ROW, 0};
    assert_fails(ERR_CANCELLED, store_exec(store, &slow, NULL, 0, NULL, &err));
    assert_fails(ERR_CANCELLED, run(store, "select 1", &err));
    (void)waitpid(child, NULL, 0);
    interrupt_reset();
    assert_int_equal(1, pg_int(store, "select 1"));
}

static void what_has_to_be_written_down_is_not_interrupted(void **state)
{
    struct error err;
    struct store *store = session(state);
    assert_ok(interrupt_install(&err));
    pg_run(store, "create table public.t (a int)");
    assert_ok(store_begin(store, &err));
    pg_run(store, "insert into public.t values (1)");
    (void)raise(SIGTERM);
    assert_ok(store_commit(store, &err));
    (void)store_set_uninterruptible(store, true);
    assert_int_equal(1, pg_int(store, "select count(*) from public.t"));
    (void)store_set_uninterruptible(store, false);
    assert_fails(ERR_CANCELLED, run(store, "select 1", &err));
    interrupt_reset();
}

static void a_session_that_the_server_ends_is_lost_and_can_be_opened_again(void **state)
{
    struct error err;
    struct store *store = session(state);
    struct store *other CLEANUP(store_closep) = pg_open(*state);
    char sql[80];
    (void)snprintf(sql, sizeof(sql), "select pg_terminate_backend(%d, 5000)",
                   store_backend_pid(store));
    pg_run(other, sql);
    assert_fails(ERR_STORE, run(store, "select 1", &err));
    assert_false(store_connected(store));
    assert_fails(ERR_STORE, run(store, "select 1", &err));
    assert_ok(store_reconnect(store, &err));
    assert_int_equal(1, pg_int(store, "select 1"));
}

static void a_server_killed_between_statements_is_an_unreachable_store(void **state)
{
    struct error err;
    struct store *store = session(state);
    pg_run(store, "create table public.t (a int)");
    assert_ok(store_begin(store, &err));
    pg_run(store, "insert into public.t values (1)");
    pg_kill_server();
    assert_fails(ERR_STORE, run(store, "select 1", &err));
    assert_true(error_retryable(err.code));
    assert_false(store_in_transaction(store));
    assert_fails(ERR_STORE, store_reconnect(store, &err));
    pg_start_server();
    assert_ok(store_reconnect(store, &err));
    assert_int_equal(0, pg_int(store, "select count(*) from public.t"));
}

static void a_server_killed_during_a_statement_is_an_unreachable_store(void **state)
{
    struct error err;
    struct store *store = session(state);
    pid_t child = fork();
    if (child == 0) {
        (void)usleep(100000);
        pg_kill_server();
        _exit(0);
    }
    assert_fails(ERR_STORE, run(store, "select pg_sleep(60)", &err));
    (void)waitpid(child, NULL, 0);
    pg_start_server();
    assert_ok(store_reconnect(store, &err));
    assert_int_equal(1, pg_int(store, "select 1"));
}

static void a_commit_cut_off_is_told_apart_from_one_that_failed(void **state)
{
    struct error err;
    struct store *store = session(state);
    struct store *other CLEANUP(store_closep) = pg_open(*state);
    char sql[80];
    assert_ok(store_begin(store, &err));
    (void)snprintf(sql, sizeof(sql), "select pg_terminate_backend(%d, 5000)",
                   store_backend_pid(store));
    pg_run(other, sql);
    assert_fails(ERR_STORE, store_commit(store, &err));
    assert_true(store_commit_unknown(&err));
    assert_contains(err.detail, "connecting again");
    assert_fails(ERR_STORE, store_commit(store, &err));
    assert_false(store_commit_unknown(&err));
}

static void a_transaction_that_failed_cannot_be_committed(void **state)
{
    struct error err;
    struct store *store = session(state);
    assert_ok(store_begin(store, &err));
    assert_fails(ERR_SQL, run(store, "select 1 / 0", &err));
    assert_true(store_in_transaction(store));
    assert_fails(ERR_SQL, store_commit(store, &err));
    assert_false(store_commit_unknown(&err));
    assert_false(store_in_transaction(store));
}

static enum error_code fail_halfway(struct store *store, struct error *err)
{
    struct store *open CLEANUP(store_rollbackp) = store;
    TRY(store_begin(open, err));
    TRY(run(open, "create table public.half (a int)", err));
    return error_set(err, ERR_DATA, "on purpose");
}

static void leaving_a_function_early_rolls_its_transaction_back(void **state)
{
    struct error err;
    struct store *store = session(state);
    assert_fails(ERR_DATA, fail_halfway(store, &err));
    assert_false(store_in_transaction(store));
    assert_string_equal("(null)", pg_text(store, "select to_regclass('public.half')"));
}

static void a_missing_server_is_told_with_a_hint(void **state)
{
    (void)state;
    struct error err;
    struct store *store = NULL;
    const struct store_options options = {.url = "host=/nowhere port=1 dbname=x"};
    assert_fails(ERR_STORE, store_open(&options, &store, &err));
    assert_contains(err.message, "cannot connect to the store");
    assert_contains(err.hint, "store.url");
    assert_null(store);
}

static void a_transaction_pooler_is_refused(void **state)
{
    const struct pg_test *test = *state;
    struct error err;
    char folder[128], server[128], url[256];
    struct store *store = NULL;
    (void)snprintf(folder, sizeof(folder), "%s/pooler", pg_folder());
    (void)snprintf(server, sizeof(server), "%s/state/pg/socket", pg_folder());
    assert_int_equal(0, mkdir(folder, 0700));
    pid_t pooler = fake_pooler_start(folder, server, "loadguard", test->name);
    assert_true(pooler > 0);
    (void)snprintf(url, sizeof(url), "host=%s port=5432 user=loadguard dbname=%s", folder,
                   test->name);
    const struct store_options options = {.url = url};
    enum error_code code = store_open(&options, &store, &err);
    store_close(store);
    fake_pooler_stop(pooler);
    assert_int_equal(ERR_REFUSED, code);
    assert_contains(err.message, "pooler");
    assert_contains(err.hint, "pool_mode");
}

static void a_url_that_cannot_be_read_is_an_error(void **state)
{
    (void)state;
    struct error err;
    struct store *store = NULL;
    const struct store_options options = {.url = "postgresql://[::1"};
    assert_fails(ERR_STORE, store_open(&options, &store, &err));
    const struct store_options nothing = {.url = NULL};
    assert_fails(ERR_CONFIG, store_open(&nothing, &store, &err));
    const struct store_options negative = {.url = "x=1", .connect_timeout_s = -1};
    assert_fails(ERR_CONFIG, store_open(&negative, &store, &err));
}

static void the_psql_command_works_in_a_shell_and_hides_the_password(void **state)
{
    const struct pg_test *test = *state;
    struct error err;
    char url[640], command[1024];
    struct buffer out CLEANUP(buffer_release);
    struct store *store CLEANUP(store_closep) = NULL;
    buffer_init(&out, 1000);
    (void)snprintf(url, sizeof(url), "%s password=hunter2", test->url);
    const struct store_options options = {.url = url};
    assert_ok(store_open(&options, &store, &err));
    assert_ok(store_psql_command(store, &out, &err));
    assert_null(strstr(buffer_string(&out), "hunter2"));
    (void)snprintf(command, sizeof(command), "test \"$(%s -XAtc 'select 41 + 1')\" = 42",
                   buffer_string(&out));
    assert_int_equal(0, system(command));
}

static void a_second_session_is_independent_of_the_first(void **state)
{
    struct error err;
    struct store *again CLEANUP(store_closep) = NULL;
    struct store *store = session(state);
    assert_ok(store_open_again(store, &again, &err));
    assert_int_not_equal(store_backend_pid(store), store_backend_pid(again));
    assert_string_equal("t", pg_text(again, "select pg_try_advisory_lock(1)"));
    assert_string_equal("f", pg_text(store, "select pg_try_advisory_lock(1)"));
}

static void a_notification_wakes_a_waiting_session(void **state)
{
    struct error err;
    bool notified = true;
    struct store *store = session(state);
    struct store *other CLEANUP(store_closep) = pg_open(*state);
    assert_ok(store_listen(store, "odd \"channel\"", &err));
    assert_ok(store_wait(store, 1, &notified, &err));
    assert_false(notified);
    pg_run(other, "notify \"odd \"\"channel\"\"\"");
    assert_ok(store_wait(store, 20000, &notified, &err));
    assert_true(notified);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test_empty(a_session_depends_on_no_default_of_the_role),
        pg_unit_test_empty(the_role_of_a_private_cluster_is_no_superuser),
        pg_unit_test_empty(server_version_and_process_id_are_known),
        pg_unit_test_empty(the_session_says_which_process_holds_it),
        pg_unit_test_empty(every_kind_of_parameter_arrives_as_it_was),
        pg_unit_test_empty(arrays_keep_quotes_backslashes_and_nulls),
        pg_unit_test_empty(a_name_can_be_quoted_into_sql),
        pg_unit_test_empty(an_unexpected_number_of_rows_is_an_error),
        pg_unit_test_empty(an_error_of_the_server_is_told_whole),
        pg_unit_test_empty(notices_are_collected_and_not_printed),
        pg_unit_test_empty(a_statement_past_its_deadline_is_cancelled_on_the_server),
        pg_unit_test_empty(waiting_longer_than_lock_timeout_means_busy),
        pg_unit_test_empty(a_deadlock_is_a_conflict),
        pg_unit_test_empty(ctrl_c_ends_a_running_statement),
        pg_unit_test_empty(what_has_to_be_written_down_is_not_interrupted),
        pg_unit_test_empty(a_session_that_the_server_ends_is_lost_and_can_be_opened_again),
        pg_unit_test_empty(a_server_killed_between_statements_is_an_unreachable_store),
        pg_unit_test_empty(a_server_killed_during_a_statement_is_an_unreachable_store),
        pg_unit_test_empty(a_commit_cut_off_is_told_apart_from_one_that_failed),
        pg_unit_test_empty(a_transaction_that_failed_cannot_be_committed),
        pg_unit_test_empty(leaving_a_function_early_rolls_its_transaction_back),
        pg_unit_test_empty(a_missing_server_is_told_with_a_hint),
        pg_unit_test_empty(a_transaction_pooler_is_refused),
        pg_unit_test_empty(a_url_that_cannot_be_read_is_an_error),
        pg_unit_test_empty(the_psql_command_works_in_a_shell_and_hides_the_password),
        pg_unit_test_empty(a_second_session_is_independent_of_the_first),
        pg_unit_test_empty(a_notification_wakes_a_waiting_session),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
