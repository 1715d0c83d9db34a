#include <signal.h>
#include <stdio.h>

#include "base/interrupt.h"
#include "tests/unit/store/loads.h"

/* What a callback for blockers was told. */
struct told {
    struct blocker blocker;
    size_t calls;
    size_t most;
    bool terminated;
    char reason[100];
    enum error_code answer;
    struct store *to_end; /* ends its transaction when called; may be NULL */
};

static enum error_code note_blocked(void *context, const struct blockage *blockage,
                                    struct error *err)
{
    struct told *told = context;
    told->calls++;
    told->blocker = blockage->blockers[0];
    told->terminated |= blockage->terminated;
    (void)snprintf(told->reason, sizeof(told->reason), "%s", blockage->reason);
    if (blockage->n_blockers > told->most)
        told->most = blockage->n_blockers;
    if (told->to_end != NULL)
        pg_run(told->to_end, "commit");
    told->to_end = NULL;
    return told->answer == OK ? OK : error_set(err, told->answer, "told to stop");
}

static struct wait_options telling(struct told *told)
{
    struct wait_options options = quick_wait();
    options.give_up_after_us = 10000000;
    options.report_after_us = 10000;
    options.report_every_us = 10000;
    options.on_blocked = note_blocked;
    options.context = told;
    return options;
}

static void a_published_load_is_what_readers_see(void **state)
{
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct live live;
    struct error err;
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 100);
    assert_string_equal("100 rows of 1", readers_see(test->store));
    publish_load(test->store, &feed, 2, 200);
    assert_string_equal("200 rows of 2", readers_see(test->store));
    assert_ok(publish_live(test->store, "scores", &live, &err));
    assert_int_equal(2, live.load_id);
    assert_int_equal(0, live.epoch);
}

static void an_unknown_feed_has_no_pointer(void **state)
{
    struct pg_test *test = *state;
    struct live live;
    struct error err;
    assert_fails(ERR_NOT_FOUND, publish_live(test->store, "nothing", &live, &err));
}

static void attaching_does_not_scan_the_rows(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct wait_options wait = quick_wait();
    test_feed_make(&feed, test->store);
    stage_load(test->store, &feed, 1, 100);
    const struct publication publication = {.feed = &feed.table, .load_id = 1};
    pg_run(test->store, "set client_min_messages = debug1");
    store_clear_notices(test->store);
    assert_ok(publish_attach(test->store, &publication, 1, &wait, &err));
    assert_contains(store_notices(test->store), "is implied by existing constraints");
}

static void attaching_parts_does_not_scan_the_rows_either(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct staging *staging CLEANUP(staging_cleanup) = NULL;
    struct fingerprint fingerprint = {0};
    uint64_t rows;
    struct wait_options wait = quick_wait();
    const struct staging_options options = {.rows_per_part = 1000, .max_parts = 3};
    test_feed_make(&feed, test->store);
    assert_ok(staging_begin(test->store, &feed.table, 1, &options, &staging, &err));
    append_rows(staging, &feed, 1, 10000, 1, &fingerprint);
    assert_ok(staging_finish(staging, true, &rows, &err));
    pg_run(test->store, "set client_min_messages = debug1");
    assert_ok(staging_record(staging, test->store, rows, &fingerprint, &err));
    const struct publication publication = {.feed = &feed.table, .load_id = 1};
    assert_ok(publish_attach(test->store, &publication, 1, &wait, &err));
    for (int i = 0; i < 3; i++) {
        char text[100];
        (void)snprintf(text, sizeof(text),
                       "partition constraint for table \"scores__1_p%d\" is implied", i);
        assert_contains(store_notices(test->store), text);
    }
    assert_null(strstr(store_notices(test->store), "verifying"));
}

static void every_step_can_be_repeated(void **state)
{
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    test_feed_make(&feed, test->store);
    stage_load(test->store, &feed, 1, 100);
    make_ready(test->store, &feed, 1);
    make_ready(test->store, &feed, 1);
    flip_to(test->store, &feed, 1);
    make_ready(test->store, &feed, 1);
    assert_string_equal("100 rows of 1", readers_see(test->store));
}

static void a_load_that_is_not_staged_whole_is_not_attached(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct staging *staging CLEANUP(staging_cleanup) = NULL;
    const struct staging_options options = {0};
    struct wait_options wait = quick_wait();
    test_feed_make(&feed, test->store);
    assert_ok(staging_begin(test->store, &feed.table, 1, &options, &staging, &err));
    const struct publication publication = {.feed = &feed.table, .load_id = 1};
    assert_fails(ERR_REFUSED, publish_attach(test->store, &publication, 1, &wait, &err));
    assert_contains(err.message, "not staged whole");
    const struct publication unknown = {.feed = &feed.table, .load_id = 2};
    assert_fails(ERR_NOT_FOUND, publish_attach(test->store, &unknown, 1, &wait, &err));
}

static void a_load_without_its_index_is_not_attached(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct wait_options wait = quick_wait();
    test_feed_make(&feed, test->store);
    stage_load(test->store, &feed, 1, 100);
    pg_run(test->store, "drop index loadguard_data.scores__1_p0_key");
    const struct publication publication = {.feed = &feed.table, .load_id = 1};
    assert_fails(ERR_REFUSED, publish_attach(test->store, &publication, 1, &wait, &err));
    assert_contains(err.message, "no index on its key");
}

static void attaching_goes_on_when_a_conflicting_lock_is_gone(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *other CLEANUP(store_closep) = pg_open(test);
    struct told told = {.to_end = other};
    struct wait_options wait = telling(&told);
    test_feed_make(&feed, test->store);
    stage_load(test->store, &feed, 1, 100);
    pg_run(other, "begin; lock table loadguard_data.scores in share update exclusive mode");
    const struct publication publication = {.feed = &feed.table, .load_id = 1};
    assert_ok(publish_attach(test->store, &publication, 1, &wait, &err));
    assert_true(told.calls > 0);
    assert_int_equal(store_backend_pid(other), told.blocker.pid);
    assert_string_equal("loadguard", told.blocker.user);
    assert_contains(told.blocker.statement, "lock table");
    assert_string_equal("a lock on the tables of the feed", told.reason);
}

static void attaching_gives_up_with_the_name_of_who_is_in_the_way(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *other CLEANUP(store_closep) = pg_open(test);
    struct wait_options wait = quick_wait();
    wait.give_up_after_us = 200000;
    test_feed_make(&feed, test->store);
    stage_load(test->store, &feed, 1, 100);
    pg_run(other, "begin; lock table loadguard_data.scores in share update exclusive mode");
    const struct publication publication = {.feed = &feed.table, .load_id = 1};
    assert_fails(ERR_TIMEOUT, publish_attach(test->store, &publication, 1, &wait, &err));
    char pid[40];
    (void)snprintf(pid, sizeof(pid), "process %d of 'loadguard'", store_backend_pid(other));
    assert_contains(err.detail, pid);
    assert_string_equal("staged", state_of(test->store, 1));
}

static void readers_do_not_keep_a_load_from_being_attached(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *reader CLEANUP(store_closep) = pg_open(test);
    struct wait_options wait = quick_wait();
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 100);
    stage_load(test->store, &feed, 2, 100);
    pg_run(reader, "begin; select * from public.scores_now");
    const struct publication publication = {.feed = &feed.table, .load_id = 2};
    assert_ok(publish_attach(test->store, &publication, 1, &wait, &err));
    assert_string_equal("attached", state_of(test->store, 2));
}

static void publication_waits_for_a_reader_that_is_older_than_the_attach(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *reader CLEANUP(store_closep) = pg_open(test);
    struct told told = {.to_end = reader};
    struct wait_options wait = telling(&told);
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 100);
    stage_load(test->store, &feed, 2, 100);
    pg_run(reader, "begin; select * from public.scores_now");
    const struct publication publication = {.feed = &feed.table, .load_id = 2};
    assert_ok(publish_attach(test->store, &publication, 1, &wait, &err));
    assert_ok(publish_wait(test->store, &publication, 1, &wait, &err));
    assert_true(told.calls > 0);
    assert_int_equal(1, told.most);
    assert_int_equal(store_backend_pid(reader), told.blocker.pid);
    assert_true(told.blocker.age_us > 0);
    assert_string_equal("transactions older than the attach", told.reason);
    assert_string_equal("ready", state_of(test->store, 2));
}

static void publication_does_not_wait_for_a_reader_that_came_after_the_attach(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *reader CLEANUP(store_closep) = pg_open(test);
    struct store *late CLEANUP(store_closep) = pg_open(test);
    struct told told = {.to_end = reader};
    struct wait_options wait = telling(&told);
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 100);
    stage_load(test->store, &feed, 2, 100);
    const struct publication publication = {.feed = &feed.table, .load_id = 2};
    assert_ok(publish_attach(test->store, &publication, 1, &wait, &err));
    pg_run(reader, "begin; select * from public.scores_now");
    pg_run(late, "begin");
    assert_ok(publish_wait(test->store, &publication, 1, &wait, &err));
    assert_int_equal(1, told.most);
}

static void waiting_can_be_ended_by_who_is_told(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *reader CLEANUP(store_closep) = pg_open(test);
    struct told told = {.answer = ERR_CANCELLED};
    struct wait_options wait = telling(&told);
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 100);
    stage_load(test->store, &feed, 2, 100);
    pg_run(reader, "begin; select * from public.scores_now");
    const struct publication publication = {.feed = &feed.table, .load_id = 2};
    assert_ok(publish_attach(test->store, &publication, 1, &wait, &err));
    assert_fails(ERR_CANCELLED, publish_wait(test->store, &publication, 1, &wait, &err));
    assert_string_equal("told to stop", err.message);
    assert_string_equal("attached", state_of(test->store, 2));
}

static void an_interrupt_ends_the_waiting(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *reader CLEANUP(store_closep) = pg_open(test);
    struct wait_options wait = quick_wait();
    wait.give_up_after_us = 0;
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 100);
    stage_load(test->store, &feed, 2, 100);
    pg_run(reader, "begin; select * from public.scores_now");
    const struct publication publication = {.feed = &feed.table, .load_id = 2};
    assert_ok(publish_attach(test->store, &publication, 1, &wait, &err));
    assert_ok(interrupt_install(&err));
    (void)raise(SIGINT);
    assert_fails(ERR_CANCELLED, publish_wait(test->store, &publication, 1, &wait, &err));
    interrupt_reset();
}

static void who_is_in_the_way_for_too_long_can_be_ended(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *reader CLEANUP(store_closep) = pg_open(test);
    struct told told = {0};
    struct wait_options wait = telling(&told);
    wait.terminate_after_us = 100000;
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 100);
    stage_load(test->store, &feed, 2, 100);
    pg_run(reader, "begin; select * from public.scores_now");
    const struct publication publication = {.feed = &feed.table, .load_id = 2};
    assert_ok(publish_attach(test->store, &publication, 1, &wait, &err));
    assert_ok(publish_wait(test->store, &publication, 1, &wait, &err));
    assert_true(told.terminated);
    const struct store_query query = {"select 1", STORE_ONE_ROW, 0};
    assert_int_not_equal(OK, store_exec(reader, &query, NULL, 0, NULL, &err));
}

static void a_session_that_may_not_be_ended_is_waited_for(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *admin CLEANUP(store_closep) = pg_open_superuser(test);
    struct told told = {0};
    struct wait_options wait = telling(&told);
    wait.terminate_after_us = 50000;
    wait.give_up_after_us = 300000;
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 100);
    stage_load(test->store, &feed, 2, 100);
    pg_run(admin, "begin; select * from public.scores_now");
    const struct publication publication = {.feed = &feed.table, .load_id = 2};
    assert_ok(publish_attach(test->store, &publication, 1, &wait, &err));
    assert_fails(ERR_TIMEOUT, publish_wait(test->store, &publication, 1, &wait, &err));
    assert_false(told.terminated);
    assert_string_equal("postgres", told.blocker.user);
    assert_int_equal(1, pg_int(admin, "select 1"));
}

static void a_prepared_transaction_that_has_read_the_feed_is_waited_for(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct store *reader CLEANUP(store_closep) = pg_open(test);
    struct told told = {0};
    struct wait_options wait = telling(&told);
    wait.give_up_after_us = 200000;
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 100);
    stage_load(test->store, &feed, 2, 100);
    pg_run(reader, "begin");
    pg_run(reader, "select * from public.scores_now");
    pg_run(reader, "prepare transaction 'forgotten'");
    const struct publication publication = {.feed = &feed.table, .load_id = 2};
    assert_ok(publish_attach(test->store, &publication, 1, &wait, &err));
    assert_fails(ERR_TIMEOUT, publish_wait(test->store, &publication, 1, &wait, &err));
    assert_int_equal(0, told.blocker.pid);
    assert_string_equal("prepared transaction 'forgotten'", told.blocker.statement);
    pg_run(reader, "rollback prepared 'forgotten'");
    assert_ok(publish_wait(test->store, &publication, 1, &wait, &err));
}

/* Flips in a transaction that is rolled back afterwards. */
static enum error_code try_flip(struct store *store, const struct test_feed *feed, int64_t load_id,
                                int64_t judged_against, int64_t epoch, struct error *err)
{
    const struct publication publication = {
        .feed = &feed->table, .load_id = load_id, .judged_against = judged_against, .epoch = epoch};
    TRY(store_begin(store, err));
    enum error_code code = publish_flip(store, &publication, 1, err);
    store_rollback(store);
    return code;
}

static void a_flip_in_another_situation_than_judged_is_a_conflict(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 100);
    stage_load(test->store, &feed, 2, 100);
    make_ready(test->store, &feed, 2);
    assert_fails(ERR_CONFLICT, try_flip(test->store, &feed, 2, 1, 1, &err));
    assert_contains(err.detail, "judged against load 1 in epoch 1; now load 1 is live in epoch 0");
    assert_fails(ERR_CONFLICT, try_flip(test->store, &feed, 2, 0, 0, &err));
    assert_fails(ERR_CONFLICT, try_flip(test->store, &feed, 2, 3, 0, &err));
    assert_fails(ERR_REFUSED, try_flip(test->store, &feed, 1, 1, 0, &err));
    assert_ok(try_flip(test->store, &feed, 2, 1, 0, &err));
    assert_string_equal("100 rows of 1", readers_see(test->store));
}

static void a_load_is_not_flipped_to_before_its_time(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct wait_options wait = quick_wait();
    test_feed_make(&feed, test->store);
    stage_load(test->store, &feed, 1, 100);
    const struct publication publication = {.feed = &feed.table, .load_id = 1};
    assert_fails(ERR_REFUSED, try_flip(test->store, &feed, 1, 0, 0, &err));
    assert_contains(err.message, "it is not attached");
    assert_ok(publish_attach(test->store, &publication, 1, &wait, &err));
    assert_fails(ERR_REFUSED, try_flip(test->store, &feed, 1, 0, 0, &err));
    assert_contains(err.message, "older transactions have not been waited for");
    assert_ok(publish_wait(test->store, &publication, 1, &wait, &err));
    assert_ok(try_flip(test->store, &feed, 1, 0, 0, &err));
}

static void a_load_whose_table_was_swapped_is_not_flipped_to(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    test_feed_make(&feed, test->store);
    stage_load(test->store, &feed, 1, 100);
    make_ready(test->store, &feed, 1);
    pg_run(test->store, "truncate loadguard_data.scores__1");
    assert_fails(ERR_REFUSED, try_flip(test->store, &feed, 1, 0, 0, &err));
    assert_contains(err.message, "not the one that was verified");
}

static void a_staged_load_that_was_emptied_is_not_attached(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct wait_options wait = quick_wait();
    test_feed_make(&feed, test->store);
    stage_load(test->store, &feed, 1, 100);
    pg_run(test->store, "truncate loadguard_data.scores__1");
    const struct publication publication = {.feed = &feed.table, .load_id = 1};
    assert_fails(ERR_CORRUPT, publish_attach(test->store, &publication, 1, &wait, &err));
    assert_string_equal("staged", state_of(test->store, 1));
}

static void a_staged_load_that_was_only_rewritten_is_verified_and_attached(void **state)
{
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    test_feed_make(&feed, test->store);
    stage_load(test->store, &feed, 1, 100);
    pg_run(test->store, "cluster loadguard_data.scores__1 using scores__1_p0_key");
    make_ready(test->store, &feed, 1);
    flip_to(test->store, &feed, 1);
    assert_string_equal("100 rows of 1", readers_see(test->store));
}

static void two_feeds_are_flipped_in_one_transaction_or_not_at_all(void **state)
{
    struct error err;
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    struct test_feed second;
    test_feed_make(&feed, test->store);
    second = feed;
    second.table.feed = "ranks";
    second.table.view = "public.ranks_now";
    assert_ok(feed_table_ensure(test->store, &second.table, &err));
    stage_load(test->store, &feed, 1, 100);
    stage_load(test->store, &second, 2, 50);
    struct wait_options wait = quick_wait();
    struct publication both[] = {{.feed = &feed.table, .load_id = 1},
                                 {.feed = &second.table, .load_id = 2, .epoch = 9}};
    assert_ok(publish_attach(test->store, both, 2, &wait, &err));
    assert_ok(publish_wait(test->store, both, 2, &wait, &err));
    assert_ok(store_begin(test->store, &err));
    assert_fails(ERR_CONFLICT, publish_flip(test->store, both, 2, &err));
    store_rollback(test->store);
    assert_string_equal("0 rows of nothing", readers_see(test->store));
    both[1].epoch = 0;
    assert_ok(store_begin(test->store, &err));
    assert_ok(publish_flip(test->store, both, 2, &err));
    assert_ok(store_commit(test->store, &err));
    assert_string_equal("100 rows of 1", readers_see(test->store));
    assert_int_equal(50, pg_int(test->store, "select count(*) from public.ranks_now"));
}

static void lookups_use_the_index_of_the_live_load_only(void **state)
{
    struct pg_test *test = *state;
    struct test_feed feed CLEANUP(test_feed_release) = {0};
    test_feed_make(&feed, test->store);
    publish_load(test->store, &feed, 1, 5000);
    publish_load(test->store, &feed, 2, 5000);
    assert_int_equal(
        1, pg_int(test->store, "select count(*) from public.scores_now where profile_id = 77"));
    struct error err;
    struct store_result plan CLEANUP(store_result_release) = {0};
    const struct store_query query = {
        "explain (analyze, costs off, timing off) select * from public.scores_now where profile_id "
        "= 77",
        STORE_ANY_ROWS, 0};
    assert_ok(store_exec(test->store, &query, NULL, 0, &plan, &err));
    size_t executed = 0;
    for (size_t i = 0; i < store_rows(&plan); i++) {
        const char *line = store_get_text(&plan, i, 0);
        if (strstr(line, "_key on scores") != NULL && strstr(line, "never executed") == NULL)
            executed++;
        assert_null(strstr(line, "Seq Scan on scores"));
    }
    assert_int_equal(1, executed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test(a_published_load_is_what_readers_see),
        pg_unit_test(an_unknown_feed_has_no_pointer),
        pg_unit_test(attaching_does_not_scan_the_rows),
        pg_unit_test(attaching_parts_does_not_scan_the_rows_either),
        pg_unit_test(every_step_can_be_repeated),
        pg_unit_test(a_load_that_is_not_staged_whole_is_not_attached),
        pg_unit_test(a_load_without_its_index_is_not_attached),
        pg_unit_test(attaching_goes_on_when_a_conflicting_lock_is_gone),
        pg_unit_test(attaching_gives_up_with_the_name_of_who_is_in_the_way),
        pg_unit_test(readers_do_not_keep_a_load_from_being_attached),
        pg_unit_test(publication_waits_for_a_reader_that_is_older_than_the_attach),
        pg_unit_test(publication_does_not_wait_for_a_reader_that_came_after_the_attach),
        pg_unit_test(waiting_can_be_ended_by_who_is_told),
        pg_unit_test(an_interrupt_ends_the_waiting),
        pg_unit_test(who_is_in_the_way_for_too_long_can_be_ended),
        pg_unit_test(a_session_that_may_not_be_ended_is_waited_for),
        pg_unit_test(a_prepared_transaction_that_has_read_the_feed_is_waited_for),
        pg_unit_test(a_flip_in_another_situation_than_judged_is_a_conflict),
        pg_unit_test(a_load_is_not_flipped_to_before_its_time),
        pg_unit_test(a_load_whose_table_was_swapped_is_not_flipped_to),
        pg_unit_test(a_staged_load_that_was_emptied_is_not_attached),
        pg_unit_test(a_staged_load_that_was_only_rewritten_is_verified_and_attached),
        pg_unit_test(two_feeds_are_flipped_in_one_transaction_or_not_at_all),
        pg_unit_test(lookups_use_the_index_of_the_live_load_only),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
