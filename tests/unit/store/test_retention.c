#include "store/retention.h"

#include <stdio.h>

#include "tests/unit/store/loads.h"

static const struct retention_options two_attached = {.attached_max = 2, .keep = 1};

static struct retention_result step(struct pg_test *test, const struct retention_options *options)
{
    struct error err;
    struct retention_result result;
    assert_ok(retention_step(test->store, "scores", options, &result, &err));
    return result;
}

/* A feed with loads 1 to n published one after the other, all still attached. */
static void publish_many(struct pg_test *test, struct test_feed *feed, int64_t n)
{
    test_feed_make(feed, test->store);
    for (int64_t load_id = 1; load_id <= n; load_id++)
        publish_load(test->store, feed, load_id, 100);
}

static void the_longest_unused_loads_are_detached_then_dropped(void **state)
{
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    publish_many(test, &feed, 4);
    struct retention_result result = step(test, &two_attached);
    assert_int_equal(2, result.detached);
    assert_int_equal(1, result.dropped);
    assert_int_equal(0, result.waiting);
    assert_string_equal("none", state_of(test->store, 1));
    assert_string_equal("staged", state_of(test->store, 2));
    assert_string_equal("ready", state_of(test->store, 3));
    assert_string_equal("ready", state_of(test->store, 4));
    assert_int_equal(2, pg_int(test->store, "select count(*) from pg_inherits where inhparent = "
                                            "'loadguard_data.scores'::regclass"));
    assert_int_equal(0, pg_int(test->store, "select count(*) from pg_class where relname like "
                                            "'scores\\_\\_1%'"));
    assert_string_equal("100 rows of 4", readers_see(test->store));
    result = step(test, &two_attached);
    assert_int_equal(0, result.detached + result.dropped + result.waiting);
}

static void pinned_loads_stay(void **state)
{
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    static const int64_t pinned[] = {1, 2};
    publish_many(test, &feed, 3);
    struct retention_options options = {.attached_max = 1, .pinned = pinned, .n_pinned = 2};
    struct retention_result result = step(test, &options);
    assert_int_equal(0, result.detached);
    options.n_pinned = 1;
    result = step(test, &options);
    assert_int_equal(1, result.detached);
    assert_int_equal(1, result.dropped);
    assert_string_equal("ready", state_of(test->store, 1));
    assert_string_equal("none", state_of(test->store, 2));
}

static void loads_that_were_never_live_are_left_to_others(void **state)
{
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    publish_many(test, &feed, 2);
    stage_load(test->store, &feed, 3, 10);
    stage_load(test->store, &feed, 4, 10);
    make_ready(test->store, &feed, 4);
    const struct retention_options options = {.attached_max = 2, .keep = 0};
    struct retention_result result = step(test, &options);
    assert_int_equal(1, result.detached);
    assert_string_equal("staged", state_of(test->store, 3));
    assert_string_equal("ready", state_of(test->store, 4));
}

static void a_snapshot_older_than_the_flip_keeps_its_load(void **state)
{
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *old CLEANUP(store_closep) = pg_open(test);
    struct store *young CLEANUP(store_closep) = pg_open(test);
    publish_many(test, &feed, 1);
    pg_run(old, "begin isolation level repeatable read; select 1");
    publish_load(test->store, &feed, 2, 100);
    pg_run(young, "begin isolation level repeatable read; select 1");
    const struct retention_options options = {.attached_max = 1, .keep = 0};
    struct retention_result result = step(test, &options);
    assert_int_equal(1, result.waiting);
    assert_string_equal("ready", state_of(test->store, 1));
    assert_string_equal("100 rows of 1", readers_see(old));
    assert_string_equal("100 rows of 2", readers_see(young));
    pg_run(old, "commit");
    pg_run(young, "commit");
    result = step(test, &options);
    assert_int_equal(1, result.detached);
    assert_string_equal("100 rows of 2", readers_see(old));
}

static void a_snapshot_younger_than_the_flip_is_not_named_as_in_the_way(void **state)
{
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *old CLEANUP(store_closep) = pg_open(test);
    struct store *young CLEANUP(store_closep) = pg_open(test);
    publish_many(test, &feed, 1);
    pg_run(old, "begin isolation level repeatable read; select 1");
    publish_load(test->store, &feed, 2, 100);
    const struct retention_options options = {.attached_max = 1, .keep = 0};
    (void)step(test, &options);
    pg_run(young, "begin isolation level repeatable read; select 1");
    (void)step(test, &options);
    assert_int_equal(1, pg_int(test->store, "select cardinality(old_snapshots) from "
                                            "loadguard.snapshot where load_id = 1"));
}

static void a_load_that_readers_have_come_back_to_is_asked_about_anew(void **state)
{
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *old CLEANUP(store_closep) = pg_open(test);
    publish_many(test, &feed, 2);
    const struct retention_options options = {.attached_max = 1, .keep = 5};
    pg_run(old, "begin isolation level repeatable read; select 1");
    assert_int_equal(1, step(test, &options).waiting);
    pg_run(old, "commit");
    flip_to(test->store, &feed, 1);
    pg_run(old, "begin isolation level repeatable read; select 1");
    flip_to(test->store, &feed, 2);
    assert_int_equal(1, step(test, &options).waiting);
    assert_string_equal("100 rows of 1", readers_see(old));
}

static void old_snapshots_do_not_survive_the_server(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *old CLEANUP(store_closep) = pg_open(test);
    publish_many(test, &feed, 1);
    pg_run(old, "begin isolation level repeatable read; select 1");
    publish_load(test->store, &feed, 2, 100);
    const struct retention_options options = {.attached_max = 1, .keep = 5};
    assert_int_equal(1, step(test, &options).waiting);
    pg_kill_server();
    pg_start_server();
    assert_ok(store_reconnect(test->store, &err));
    assert_int_equal(1, step(test, &options).detached);
}

static void a_prepared_transaction_keeps_loads_attached(void **state)
{
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *reader CLEANUP(store_closep) = pg_open(test);
    publish_many(test, &feed, 2);
    pg_run(reader, "begin");
    pg_run(reader, "select * from public.scores_now");
    pg_run(reader, "prepare transaction 'kept'");
    const struct retention_options options = {.attached_max = 1, .keep = 5};
    assert_int_equal(1, step(test, &options).waiting);
    assert_string_equal("ready", state_of(test->store, 1));
    pg_run(reader, "rollback prepared 'kept'");
    assert_int_equal(1, step(test, &options).detached);
}

static void somebody_who_reads_the_table_itself_keeps_it_attached(void **state)
{
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *reader CLEANUP(store_closep) = pg_open(test);
    publish_many(test, &feed, 2);
    pg_run(reader, "begin; select * from loadguard_data.scores__1");
    const struct retention_options options = {.attached_max = 1, .keep = 5};
    assert_int_equal(1, step(test, &options).waiting);
    assert_string_equal("ready", state_of(test->store, 1));
    pg_run(reader, "commit");
    assert_int_equal(1, step(test, &options).detached);
}

static void standbys_are_given_their_time(void **state)
{
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    publish_many(test, &feed, 2);
    struct retention_options options = {
        .attached_max = 1, .keep = 5, .standby_grace_us = INT64_C(3600000000)};
    assert_int_equal(1, step(test, &options).waiting);
    options.standby_grace_us = 0;
    assert_int_equal(1, step(test, &options).detached);
}

static void a_pending_detach_is_finished_first(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *report CLEANUP(store_closep) = pg_open(test);
    publish_many(test, &feed, 3);
    pg_run(report, "begin; select * from public.scores_now");
    pg_run(test->store, "update loadguard.snapshot set state = 'detaching' where load_id = 1; set "
                        "lock_timeout = '50ms'");
    const struct store_query detach = {"alter table loadguard_data.scores detach partition "
                                       "loadguard_data.scores__1 concurrently",
                                       STORE_NO_ROWS, 0};
    assert_fails(ERR_BUSY, store_exec(test->store, &detach, NULL, 0, NULL, &err));
    assert_int_equal(1, pg_int(test->store, "select count(*) from pg_inherits where "
                                            "inhdetachpending"));
    const struct retention_options options = {.attached_max = 2, .keep = 5};
    assert_int_equal(1, step(test, &options).waiting);
    assert_string_equal("100 rows of 3", readers_see(report));
    pg_run(report, "commit");
    assert_int_equal(1, step(test, &options).detached);
    assert_string_equal("staged", state_of(test->store, 1));
    assert_int_equal(0, pg_int(test->store, "select count(*) from pg_inherits where "
                                            "inhdetachpending"));
}

static void a_load_on_its_way_out_can_be_attached_again(void **state)
{
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    publish_many(test, &feed, 2);
    pg_run(test->store, "update loadguard.snapshot set state = 'detaching' where load_id = 1");
    make_ready(test->store, &feed, 1);
    assert_string_equal("ready", state_of(test->store, 1));
}

static void the_live_load_is_never_detached(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    bool done;
    publish_many(test, &feed, 1);
    assert_fails(ERR_REFUSED, retention_detach(test->store, "scores", 1, &done, &err));
    assert_string_equal("100 rows of 1", readers_see(test->store));
}

/* What a callback for blockers was told. */
struct told {
    size_t calls;
    struct blocker blocker;
    char reason[100];
    struct store *to_end;
};

static enum error_code note_blocked(void *context, const struct blockage *blockage,
                                    struct error *err)
{
    struct told *told = context;
    (void)err;
    if (told->calls++ == 0)
        told->blocker = blockage->blockers[0];
    for (size_t i = 0; told->to_end != NULL && i < blockage->n_blockers; i++) {
        if (blockage->blockers[i].pid == store_backend_pid(told->to_end))
            told->blocker = blockage->blockers[i]; /* beside an autovacuum, say */
    }
    (void)snprintf(told->reason, sizeof(told->reason), "%s", blockage->reason);
    if (told->to_end != NULL)
        pg_run(told->to_end, "commit");
    told->to_end = NULL;
    return OK;
}

static void at_the_cap_publication_waits_and_says_why(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *old CLEANUP(store_closep) = pg_open(test);
    struct told told = {.to_end = old};
    struct wait_options wait = quick_wait();
    wait.give_up_after_us = 20000000;
    wait.report_after_us = wait.report_every_us = 20000;
    wait.on_blocked = note_blocked;
    wait.context = &told;
    publish_many(test, &feed, 1);
    pg_run(old, "begin isolation level repeatable read; select 1");
    publish_load(test->store, &feed, 2, 100);
    assert_ok(retention_make_room(test->store, "scores", &two_attached, &wait, &err));
    assert_true(told.calls > 0);
    assert_int_equal(store_backend_pid(old), told.blocker.pid);
    assert_string_equal("snapshots older than the flip away from a load", told.reason);
    assert_string_equal("staged", state_of(test->store, 1));
}

static void a_detach_that_waits_for_a_report_says_so(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *report CLEANUP(store_closep) = pg_open(test);
    struct told told = {.to_end = report};
    struct wait_options wait = quick_wait();
    wait.give_up_after_us = 20000000;
    wait.report_after_us = wait.report_every_us = 200000;
    wait.on_blocked = note_blocked;
    wait.context = &told;
    publish_many(test, &feed, 2);
    pg_run(report, "begin; select * from public.scores_now");
    assert_ok(retention_make_room(test->store, "scores", &two_attached, &wait, &err));
    assert_true(told.calls > 0);
    assert_int_equal(store_backend_pid(report), told.blocker.pid);
    assert_string_equal("transactions older than the detach of a load", told.reason);
    assert_string_equal("staged", state_of(test->store, 1));
}

static void waiting_at_the_cap_gives_up_and_can_be_gone_on_with(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *report CLEANUP(store_closep) = pg_open(test);
    struct wait_options wait = quick_wait();
    wait.give_up_after_us = 300000;
    publish_many(test, &feed, 2);
    pg_run(report, "begin; select * from public.scores_now");
    assert_fails(ERR_TIMEOUT,
                 retention_make_room(test->store, "scores", &two_attached, &wait, &err));
    assert_string_equal("100 rows of 2", readers_see(report));
    assert_string_equal("100 rows of 2", readers_see(test->store));
    /* Plans do not know it any more, so there is room although it is not gone yet. */
    assert_ok(retention_make_room(test->store, "scores", &two_attached, &wait, &err));
    assert_string_equal("detaching", state_of(test->store, 1));
    pg_run(report, "commit");
    assert_int_equal(1, step(test, &two_attached).detached);
    assert_string_equal("staged", state_of(test->store, 1));
}

static void at_the_cap_with_nothing_to_detach_publication_is_refused(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    static const int64_t pinned[] = {1};
    const struct retention_options options = {
        .attached_max = 2, .keep = 1, .pinned = pinned, .n_pinned = 1};
    struct wait_options wait = quick_wait();
    publish_many(test, &feed, 2);
    assert_fails(ERR_REFUSED, retention_make_room(test->store, "scores", &options, &wait, &err));
    assert_contains(err.message, "2 loads attached and none that may go");
}

static void below_the_cap_there_is_room(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct wait_options wait = quick_wait();
    const struct retention_options options = {0};
    publish_many(test, &feed, 2);
    assert_ok(retention_make_room(test->store, "scores", &options, &wait, &err));
    assert_string_equal("ready", state_of(test->store, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test(the_longest_unused_loads_are_detached_then_dropped),
        pg_unit_test(pinned_loads_stay),
        pg_unit_test(loads_that_were_never_live_are_left_to_others),
        pg_unit_test(a_snapshot_older_than_the_flip_keeps_its_load),
        pg_unit_test(a_snapshot_younger_than_the_flip_is_not_named_as_in_the_way),
        pg_unit_test(a_load_that_readers_have_come_back_to_is_asked_about_anew),
        pg_unit_test(old_snapshots_do_not_survive_the_server),
        pg_unit_test(a_prepared_transaction_keeps_loads_attached),
        pg_unit_test(somebody_who_reads_the_table_itself_keeps_it_attached),
        pg_unit_test(standbys_are_given_their_time),
        pg_unit_test(a_pending_detach_is_finished_first),
        pg_unit_test(a_load_on_its_way_out_can_be_attached_again),
        pg_unit_test(the_live_load_is_never_detached),
        pg_unit_test(at_the_cap_publication_waits_and_says_why),
        pg_unit_test(a_detach_that_waits_for_a_report_says_so),
        pg_unit_test(waiting_at_the_cap_gives_up_and_can_be_gone_on_with),
        pg_unit_test(at_the_cap_with_nothing_to_detach_publication_is_refused),
        pg_unit_test(below_the_cap_there_is_room),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
