#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/migrate.h"
#include "tests/unit/store/pg.h"

static struct store *session(void **state)
{
    const struct pg_test *test = *state;
    return test->store;
}

static int version(struct store *store)
{
    struct error err;
    int at = -1;
    assert_ok(store_version(store, &at, &err));
    return at;
}

static void an_empty_database_is_brought_up_to_date(void **state)
{
    struct error err;
    struct store *store = session(state);
    assert_int_equal(0, version(store));
    assert_ok(store_migrate(store, &err));
    assert_int_equal(store_newest_version(), version(store));
    assert_int_equal(store_newest_version(),
                     pg_int(store, "select count(*) from loadguard.migration where checksum ~ "
                                   "'^[0-9a-f]{64}$' and applied_at is not null"));
    assert_ok(store_migrate(store, &err));
}

static void every_earlier_version_is_brought_up_to_date(void **state)
{
    struct error err;
    struct store *store = session(state);
    for (int from = 0; from <= store_newest_version(); from++) {
        assert_ok(store_migrate_to(store, from, &err));
        assert_int_equal(from, version(store));
        assert_ok(store_migrate(store, &err));
        assert_int_equal(store_newest_version(), version(store));
        pg_run(store,
               "drop schema loadguard cascade; drop schema if exists loadguard_data cascade");
    }
}

static void many_starters_at_once_apply_each_migration_once(void **state)
{
    struct error err;
    const struct pg_test *test = *state;
    pid_t children[5];
    for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
        children[i] = fork();
        if (children[i] == 0) {
            struct store *store = pg_open(test);
            enum error_code code = store_migrate(store, &err);
            if (code != OK)
                error_print(&err, stderr);
            _exit(code == OK ? 0 : 1);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
        int status = 1;
        (void)waitpid(children[i], &status, 0);
        assert_int_equal(0, status);
    }
    assert_int_equal(store_newest_version(), version(test->store));
}

static void a_database_of_a_newer_program_is_refused(void **state)
{
    struct error err;
    struct store *store = session(state);
    assert_ok(store_migrate(store, &err));
    pg_run(store, "insert into loadguard.migration (version, name, checksum) values (999, "
                  "'future', repeat('0', 64))");
    assert_fails(ERR_REFUSED, store_migrate(store, &err));
    assert_contains(err.message, "the store is at version 999");
    assert_contains(err.hint, "Install that version");
}

static void a_migration_with_another_text_is_refused(void **state)
{
    struct error err;
    struct store *store = session(state);
    assert_ok(store_migrate(store, &err));
    pg_run(store, "update loadguard.migration set checksum = repeat('0', 64) where version = 1");
    assert_fails(ERR_REFUSED, store_migrate(store, &err));
    assert_contains(err.message, "migration 1 of the store was 'ledger' with another text");
}

static void a_migration_that_fails_leaves_nothing_behind(void **state)
{
    struct error err;
    struct store *store = session(state);
    pg_run(store, "create schema loadguard; create table loadguard.feed (a int)");
    assert_fails(ERR_SQL, store_migrate(store, &err));
    assert_contains(err.message, "cannot bring the store to version 1 (ledger)");
    assert_false(store_in_transaction(store));
    assert_int_equal(0, version(store));
    assert_int_equal(0, pg_int(store, "select count(*) from pg_proc where pronamespace = "
                                      "'loadguard'::regnamespace"));
}

static void a_schema_that_an_administrator_made_is_enough(void **state)
{
    struct error err;
    const struct pg_test *test = *state;
    char sql[400], url[600];
    struct store *admin CLEANUP(store_closep) = pg_open_superuser(test);
    struct store *store CLEANUP(store_closep) = NULL;
    pg_run(admin, "do $$ begin if to_regrole('modest') is null then create role modest login; "
                  "end if; end $$");
    (void)snprintf(sql, sizeof(sql),
                   "revoke create on database %s from public; create schema loadguard "
                   "authorization modest",
                   test->name);
    pg_run(admin, sql);
    (void)snprintf(url, sizeof(url), "%s options='-c role=modest'", test->url);
    pg_run(admin, "grant modest to loadguard");
    const struct store_options options = {.url = url};
    assert_ok(store_open(&options, &store, &err));
    assert_ok(store_migrate_to(store, 1, &err));
}

static void every_table_of_the_ledger_says_what_it_is_for(void **state)
{
    struct error err;
    struct store *store = session(state);
    assert_ok(store_migrate(store, &err));
    assert_string_equal(
        "(null)", pg_text(store, "select string_agg(relname, ', ') from pg_class where "
                                 "relnamespace = 'loadguard'::regnamespace and relkind = 'r' and "
                                 "obj_description(oid, 'pg_class') is null"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test_empty(an_empty_database_is_brought_up_to_date),
        pg_unit_test_empty(every_earlier_version_is_brought_up_to_date),
        pg_unit_test_empty(many_starters_at_once_apply_each_migration_once),
        pg_unit_test_empty(a_database_of_a_newer_program_is_refused),
        pg_unit_test_empty(a_migration_with_another_text_is_refused),
        pg_unit_test_empty(a_migration_that_fails_leaves_nothing_behind),
        pg_unit_test_empty(a_schema_that_an_administrator_made_is_enough),
        pg_unit_test_empty(every_table_of_the_ledger_says_what_it_is_for),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
