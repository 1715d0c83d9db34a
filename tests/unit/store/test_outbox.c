#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/ledger.h"
#include "store/outbox.h"
#include "tests/unit/store/pg.h"

#define LEASE_US INT64_C(60000000)

static const char *const pager[] = {"pager"};
static const char *const both[] = {"pager", "slack"};

static struct store *session(void **state)
{
    const struct pg_test *test = *state;
    return test->store;
}

static void add_event(struct store *store, const struct outbox_event *event,
                      char id[EVENT_ID_BYTES])
{
    struct error err;
    assert_ok(store_begin(store, &err));
    assert_ok(outbox_add(store, event, id, &err));
    assert_ok(store_commit(store, &err));
}

static void add(struct store *store, enum outbox_effect effect, const char *type)
{
    struct error err;
    char id[EVENT_ID_BYTES];
    assert_ok(ledger_ensure_feed(store, "klout", &err));
    const struct outbox_event event = {.feed = "klout",
                                       .type = type,
                                       .severity = "critical",
                                       .effect = effect,
                                       .payload_json = "{\"a\": 1}",
                                       .endpoints = pager,
                                       .n_endpoints = 1};
    add_event(store, &event, id);
}

/* The types of what can be claimed now, each followed by a blank; claims it. */
static const char *claim(struct store *store, size_t limit, int64_t *ret_last)
{
    static char types[400];
    struct error err;
    struct arena arena = {0};
    struct claimed_delivery *deliveries = NULL;
    size_t n = 0;
    types[0] = '\0';
    assert_ok(outbox_claim(store, both, 2, limit, LEASE_US, &arena, &deliveries, &n, &err));
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(types);
        (void)snprintf(types + len, sizeof(types) - len, "%s ", deliveries[i].type);
        *ret_last = deliveries[i].id;
    }
    arena_release(&arena);
    return types;
}

static void end(struct store *store, int64_t delivery, enum delivery_end how)
{
    struct error err;
    const struct attempt_result result = {
        .delivery = delivery, .end = how, .status = 503, .reason = "busy", .duration_us = 5};
    assert_ok(outbox_end_attempt(store, &result, &err));
}

static void attempt(struct store *store, int64_t delivery, enum delivery_end how)
{
    struct error err;
    assert_ok(outbox_begin_attempt(store, delivery, &err));
    end(store, delivery, how);
}

static const char *states(struct store *store)
{
    return pg_text(store, "select coalesce(string_agg(e.type || ' ' || d.state, ', ' order by "
                          "d.id), '') from loadguard.delivery d join loadguard.event e on e.id = "
                          "d.event_id");
}

/* As if that much time had passed for a lease. */
static void expire_leases(struct store *store)
{
    pg_run(store, "update loadguard.delivery set lease_until = clock_timestamp() - interval '1s' "
                  "where state = 'leased'");
}

static void an_event_goes_to_every_endpoint_under_one_id(void **state)
{
    struct error err;
    struct arena arena = {0};
    struct claimed_delivery *deliveries = NULL;
    char id[EVENT_ID_BYTES];
    size_t n = 0;
    struct store *store = session(state);
    static const char *const thrice[] = {"pager", "slack", "pager"};
    assert_ok(ledger_ensure_feed(store, "klout", &err));
    const struct outbox_event event = {.feed = "klout",
                                       .type = "load.blocked",
                                       .severity = "critical",
                                       .effect = OUTBOX_TRIGGER,
                                       .payload_json = "{\"what\": \"é\"}",
                                       .endpoints = thrice,
                                       .n_endpoints = 3};
    add_event(store, &event, id);
    assert_int_equal(0, strncmp(id, "msg_", 4));
    assert_null(strchr(id, '.'));
    assert_ok(outbox_claim(store, both, 2, 10, LEASE_US, &arena, &deliveries, &n, &err));
    assert_int_equal(2, n);
    assert_string_equal(id, deliveries[0].event_id);
    assert_string_equal(id, deliveries[1].event_id);
    assert_string_equal("{\"what\": \"é\"}", deliveries[0].payload_json);
    assert_string_equal("load.blocked", deliveries[0].type);
    assert_int_equal(1, deliveries[0].sequence);
    assert_int_equal(0, deliveries[0].attempts);
    assert_true(deliveries[0].incident > 0);
    assert_true(deliveries[0].created_us > 0);
    arena_release(&arena);
}

static void an_event_without_endpoints_is_recorded_all_the_same(void **state)
{
    struct error err;
    char id[EVENT_ID_BYTES];
    struct store *store = session(state);
    assert_ok(ledger_ensure_feed(store, "klout", &err));
    const struct outbox_event event = {
        .feed = "klout", .type = "x", .severity = "info", .payload_json = "{}"};
    add_event(store, &event, id);
    assert_int_equal(1, pg_int(store, "select count(*) from loadguard.event"));
    assert_string_equal("", states(store));
}

static void nothing_is_told_of_what_was_rolled_back(void **state)
{
    struct error err;
    char id[EVENT_ID_BYTES];
    struct store *store = session(state);
    assert_ok(ledger_ensure_feed(store, "klout", &err));
    const struct outbox_event event = {.feed = "klout",
                                       .type = "load.blocked",
                                       .severity = "critical",
                                       .effect = OUTBOX_TRIGGER,
                                       .payload_json = "{}",
                                       .endpoints = pager,
                                       .n_endpoints = 1};
    assert_ok(store_begin(store, &err));
    assert_ok(outbox_add(store, &event, id, &err));
    store_rollback(store);
    assert_string_equal("", states(store));
    assert_int_equal(0, pg_int(store, "select count(*) from loadguard.incident"));
}

static void an_event_with_a_known_key_is_added_once(void **state)
{
    struct error err;
    char first[EVENT_ID_BYTES], second[EVENT_ID_BYTES];
    struct store *store = session(state);
    assert_ok(ledger_ensure_feed(store, "klout", &err));
    const struct outbox_event event = {.feed = "klout",
                                       .type = "load.late",
                                       .severity = "warning",
                                       .payload_json = "{}",
                                       .endpoints = pager,
                                       .n_endpoints = 1,
                                       .dedup_key = "late klout 2011-05-23"};
    add_event(store, &event, first);
    add_event(store, &event, second);
    assert_string_equal(first, second);
    assert_string_equal("load.late pending", states(store));
}

static void a_feed_has_one_open_incident_that_events_join_in_sequence(void **state)
{
    struct store *store = session(state);
    add(store, OUTBOX_UPDATE, "nothing to update");
    add(store, OUTBOX_TRIGGER, "first");
    add(store, OUTBOX_TRIGGER, "second");
    add(store, OUTBOX_NONE, "apart");
    add(store, OUTBOX_RESOLVE, "third");
    add(store, OUTBOX_RESOLVE, "nothing to resolve");
    add(store, OUTBOX_TRIGGER, "anew");
    assert_string_equal(
        "nothing to update -, first 1/1, second 1/2, apart -, third 1/3, nothing to resolve -, "
        "anew 2/1",
        pg_text(store, "select string_agg(type || ' ' || coalesce((dense_rank - 1) || '/' || "
                       "sequence, '-'), ', ' order by created_at) from (select *, dense_rank() "
                       "over (order by incident_id nulls first) from loadguard.event) e"));
    assert_string_equal("resolved, investigating",
                        pg_text(store, "select string_agg(state, ', ' order by id) from "
                                       "loadguard.incident"));
}

static void an_update_can_set_the_incident_to_monitoring(void **state)
{
    struct error err;
    char id[EVENT_ID_BYTES];
    struct store *store = session(state);
    add(store, OUTBOX_TRIGGER, "load.blocked");
    const struct outbox_event event = {.feed = "klout",
                                       .type = "load.published",
                                       .severity = "info",
                                       .effect = OUTBOX_UPDATE,
                                       .incident_state = "monitoring",
                                       .payload_json = "{}"};
    add_event(store, &event, id);
    assert_string_equal("monitoring", pg_text(store, "select state from loadguard.incident"));
    add(store, OUTBOX_TRIGGER, "load.blocked");
    assert_string_equal("investigating", pg_text(store, "select state from loadguard.incident"));
    (void)err;
}

static void what_was_never_attempted_is_superseded_by_what_came_later(void **state)
{
    struct store *store = session(state);
    int64_t last = 0;
    add(store, OUTBOX_TRIGGER, "blocked");
    add(store, OUTBOX_TRIGGER, "held");
    add(store, OUTBOX_RESOLVE, "published");
    assert_string_equal("blocked superseded, held superseded, published pending", states(store));
    assert_string_equal("held published",
                        pg_text(store, "select string_agg(s.type, ' ' order by d.id) from "
                                       "loadguard.delivery d join loadguard.event s on s.id = "
                                       "d.superseded_by"));
    assert_string_equal("published ", claim(store, 10, &last));
}

static void events_of_no_incident_supersede_nothing(void **state)
{
    struct store *store = session(state);
    int64_t last = 0;
    add(store, OUTBOX_TRIGGER, "blocked");
    add(store, OUTBOX_NONE, "news");
    assert_string_equal("blocked pending, news pending", states(store));
    assert_string_equal("blocked news ", claim(store, 10, &last));
}

static void a_resolve_never_overtakes_a_trigger_that_was_attempted(void **state)
{
    struct store *store = session(state);
    int64_t trigger = 0, last = 0;
    add(store, OUTBOX_TRIGGER, "blocked");
    assert_string_equal("blocked ", claim(store, 10, &trigger));
    attempt(store, trigger, DELIVERY_END_RETRY);
    add(store, OUTBOX_TRIGGER, "held");
    add(store, OUTBOX_RESOLVE, "published");
    assert_string_equal("blocked pending, held superseded, published pending", states(store));
    assert_string_equal("blocked ", claim(store, 10, &trigger));
    assert_string_equal("", claim(store, 10, &last));
    attempt(store, trigger, DELIVERY_END_DONE);
    assert_string_equal("published ", claim(store, 10, &last));
}

static void a_dead_trigger_lets_its_resolve_through(void **state)
{
    struct store *store = session(state);
    int64_t trigger = 0, last = 0;
    add(store, OUTBOX_TRIGGER, "blocked");
    (void)claim(store, 10, &trigger);
    attempt(store, trigger, DELIVERY_END_DEAD);
    add(store, OUTBOX_RESOLVE, "published");
    assert_string_equal("blocked dead, published pending", states(store));
    assert_string_equal("published ", claim(store, 10, &last));
}

static void what_somebody_is_about_to_send_is_not_superseded(void **state)
{
    struct store *store = session(state);
    int64_t trigger = 0;
    add(store, OUTBOX_TRIGGER, "blocked");
    (void)claim(store, 10, &trigger);
    add(store, OUTBOX_RESOLVE, "published");
    assert_string_equal("blocked leased, published pending", states(store));
    attempt(store, trigger, DELIVERY_END_DONE);
    assert_string_equal("blocked delivered, published pending", states(store));
}

static void what_a_dead_sender_never_began_is_superseded(void **state)
{
    struct error err;
    struct store *store = session(state);
    int64_t trigger = 0;
    add(store, OUTBOX_TRIGGER, "blocked");
    (void)claim(store, 10, &trigger);
    expire_leases(store);
    add(store, OUTBOX_RESOLVE, "published");
    assert_string_equal("blocked superseded, published pending", states(store));
    assert_fails(ERR_CONFLICT, outbox_begin_attempt(store, trigger, &err));
}

static void what_a_dead_sender_began_is_sent_again_before_the_resolve(void **state)
{
    struct error err;
    struct store *store = session(state);
    int64_t trigger = 0, again = 0;
    add(store, OUTBOX_TRIGGER, "blocked");
    (void)claim(store, 10, &trigger);
    assert_ok(outbox_begin_attempt(store, trigger, &err));
    expire_leases(store);
    add(store, OUTBOX_RESOLVE, "published");
    assert_string_equal("blocked ", claim(store, 10, &again));
    assert_int_equal(trigger, again);
}

static void add_pure_resolve(struct store *store)
{
    char id[EVENT_ID_BYTES];
    const struct outbox_event event = {.feed = "klout",
                                       .type = "over",
                                       .severity = "info",
                                       .effect = OUTBOX_RESOLVE,
                                       .only_resolves = true,
                                       .payload_json = "{}",
                                       .endpoints = pager,
                                       .n_endpoints = 1};
    add_event(store, &event, id);
}

static void an_endpoint_that_heard_nothing_is_not_told_that_it_is_over(void **state)
{
    struct store *store = session(state);
    add(store, OUTBOX_TRIGGER, "blocked");
    add_pure_resolve(store);
    assert_string_equal("blocked superseded", states(store));
    assert_string_equal("resolved", pg_text(store, "select state from loadguard.incident"));
}

static void an_endpoint_that_may_have_heard_is_told_that_it_is_over(void **state)
{
    struct store *store = session(state);
    int64_t trigger = 0;
    add(store, OUTBOX_TRIGGER, "blocked");
    (void)claim(store, 10, &trigger);
    attempt(store, trigger, DELIVERY_END_RETRY);
    add_pure_resolve(store);
    assert_string_equal("blocked pending, over pending", states(store));
}

static void a_retry_is_due_after_its_wait(void **state)
{
    struct error err;
    struct store *store = session(state);
    int64_t delivery = 0, wait_us = 0;
    add(store, OUTBOX_TRIGGER, "blocked");
    (void)claim(store, 10, &delivery);
    assert_ok(outbox_begin_attempt(store, delivery, &err));
    const struct attempt_result later = {
        .delivery = delivery, .end = DELIVERY_END_RETRY, .wait_us = INT64_C(3600000000)};
    assert_ok(outbox_end_attempt(store, &later, &err));
    assert_string_equal("", claim(store, 10, &delivery));
    assert_ok(outbox_next_due(store, pager, 1, &wait_us, &err));
    assert_true(wait_us > INT64_C(3500000000) && wait_us <= INT64_C(3600000000));
}

static void what_waits_for_an_earlier_message_is_not_due(void **state)
{
    struct error err;
    struct store *store = session(state);
    int64_t trigger = 0, wait_us = 0;
    assert_ok(outbox_next_due(store, pager, 1, &wait_us, &err));
    assert_true(wait_us < 0);
    add(store, OUTBOX_TRIGGER, "blocked");
    assert_ok(outbox_next_due(store, pager, 1, &wait_us, &err));
    assert_int_equal(0, wait_us);
    (void)claim(store, 10, &trigger);
    add(store, OUTBOX_RESOLVE, "published");
    assert_ok(outbox_next_due(store, pager, 1, &wait_us, &err));
    assert_true(wait_us > LEASE_US / 2 && wait_us <= LEASE_US);
}

static void only_one_of_two_claimers_gets_a_lease_that_ran_out(void **state)
{
    const struct pg_test *test = *state;
    int64_t delivery = 0;
    for (int i = 0; i < 8; i++)
        add(test->store, OUTBOX_NONE, "news");
    (void)claim(test->store, 100, &delivery);
    expire_leases(test->store);
    pid_t children[2];
    for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
        children[i] = fork();
        if (children[i] == 0) {
            struct store *store = pg_open(test);
            int got = 0;
            for (int k = 0; k < 20; k++)
                got += (int)strlen(claim(store, 1, &delivery)) / 5;
            _exit(got);
        }
    }
    int claimed = 0;
    for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
        int status = 0;
        (void)waitpid(children[i], &status, 0);
        claimed += WEXITSTATUS(status);
    }
    assert_int_equal(8, claimed);
}

static void a_claimer_does_not_wait_for_another(void **state)
{
    struct error err;
    struct store *store = session(state);
    struct store *other CLEANUP(store_closep) = pg_open(*state);
    int64_t delivery = 0;
    add(store, OUTBOX_NONE, "one");
    add(store, OUTBOX_NONE, "two");
    assert_ok(store_begin(other, &err));
    assert_string_equal("one ", claim(other, 1, &delivery));
    assert_string_equal("two ", claim(store, 10, &delivery));
    store_rollback(other);
    assert_string_equal("one ", claim(store, 10, &delivery));
}

static void a_lost_lease_must_not_be_sent_on(void **state)
{
    struct error err;
    const struct pg_test *test = *state;
    struct store *store = test->store;
    const struct store_options options = {.url = test->url, .application_name = "other"};
    struct store *other CLEANUP(store_closep) = NULL;
    int64_t delivery = 0;
    assert_ok(store_open(&options, &other, &err));
    add(store, OUTBOX_NONE, "news");
    (void)claim(store, 10, &delivery);
    assert_fails(ERR_CONFLICT, outbox_begin_attempt(other, delivery, &err));
    expire_leases(store);
    assert_fails(ERR_CONFLICT, outbox_begin_attempt(store, delivery, &err));
    assert_string_equal("news ", claim(other, 10, &delivery));
    assert_fails(ERR_CONFLICT, outbox_begin_attempt(store, delivery, &err));
    assert_ok(outbox_begin_attempt(other, delivery, &err));
    assert_fails(ERR_CONFLICT, outbox_begin_attempt(other, delivery, &err));
}

static void a_late_success_counts_and_a_late_failure_does_not(void **state)
{
    struct error err;
    const struct pg_test *test = *state;
    struct store *store = test->store;
    const struct store_options options = {.url = test->url, .application_name = "other"};
    struct store *other CLEANUP(store_closep) = NULL;
    int64_t delivery = 0;
    assert_ok(store_open(&options, &other, &err));
    add(store, OUTBOX_NONE, "news");
    (void)claim(store, 10, &delivery);
    assert_ok(outbox_begin_attempt(store, delivery, &err));
    expire_leases(store);
    assert_string_equal("news ", claim(other, 10, &delivery));
    end(store, delivery, DELIVERY_END_DEAD);
    assert_string_equal("news leased", states(store));
    end(store, delivery, DELIVERY_END_DONE);
    assert_string_equal("news delivered", states(store));
    end(other, delivery, DELIVERY_END_DEAD);
    assert_string_equal("news delivered", states(store));
}

static void recording_an_end_twice_changes_nothing(void **state)
{
    struct error err;
    struct store *store = session(state);
    int64_t delivery = 0;
    add(store, OUTBOX_NONE, "news");
    (void)claim(store, 10, &delivery);
    attempt(store, delivery, DELIVERY_END_RETRY);
    end(store, delivery, DELIVERY_END_RETRY);
    end(store, delivery, DELIVERY_END_DEAD);
    assert_string_equal("news pending", states(store));
    (void)claim(store, 10, &delivery);
    attempt(store, delivery, DELIVERY_END_DONE);
    end(store, delivery, DELIVERY_END_DONE);
    assert_string_equal("1 retry, 2 delivered",
                        pg_text(store, "select string_agg(attempt || ' ' || outcome, ', ' order "
                                       "by attempt) from loadguard.delivery_attempt"));
    const struct attempt_result unknown = {.delivery = 4711, .end = DELIVERY_END_DONE};
    assert_fails(ERR_NOT_FOUND, outbox_end_attempt(store, &unknown, &err));
}

static void the_end_of_an_attempt_can_be_recorded_by_a_new_session(void **state)
{
    struct error err;
    struct store *store = session(state);
    int64_t delivery = 0;
    add(store, OUTBOX_NONE, "news");
    (void)claim(store, 10, &delivery);
    assert_ok(outbox_begin_attempt(store, delivery, &err));
    assert_ok(store_reconnect(store, &err));
    end(store, delivery, DELIVERY_END_DEAD);
    assert_string_equal("news dead", states(store));
}

static void a_lease_starts_anew_with_the_attempt(void **state)
{
    struct error err;
    struct store *store = session(state);
    int64_t delivery = 0;
    add(store, OUTBOX_NONE, "news");
    (void)claim(store, 10, &delivery);
    pg_run(store, "update loadguard.delivery set leased_at = leased_at - interval '59 s', "
                  "lease_until = lease_until - interval '59 s'");
    assert_ok(outbox_begin_attempt(store, delivery, &err));
    assert_int_equal(1, pg_int(store, "select count(*) from loadguard.delivery where lease_until "
                                      "> clock_timestamp() + interval '30 s'"));
}

static void what_was_claimed_and_not_begun_can_be_given_back(void **state)
{
    struct error err;
    struct store *store = session(state);
    int64_t ids[2] = {0, 0};
    add(store, OUTBOX_NONE, "one");
    add(store, OUTBOX_NONE, "two");
    assert_string_equal("one ", claim(store, 1, &ids[0]));
    assert_string_equal("two ", claim(store, 1, &ids[1]));
    assert_ok(outbox_begin_attempt(store, ids[1], &err));
    assert_ok(outbox_release(store, ids, 2, &err));
    assert_string_equal("one pending, two leased", states(store));
    assert_string_equal("one ", claim(store, 10, &ids[0]));
}

static void a_dead_message_can_be_sent_again_under_the_same_id(void **state)
{
    struct error err;
    struct store *store = session(state);
    int64_t delivery = 0, again = 0;
    add(store, OUTBOX_TRIGGER, "blocked");
    (void)claim(store, 10, &delivery);
    assert_fails(ERR_NOT_FOUND, outbox_retry(store, delivery, &err));
    attempt(store, delivery, DELIVERY_END_DEAD);
    assert_ok(outbox_retry(store, delivery, &err));
    assert_string_equal("blocked ", claim(store, 10, &again));
    assert_int_equal(delivery, again);
}

static void one_dead_endpoint_delays_no_other(void **state)
{
    struct error err;
    struct store *store = session(state);
    char id[EVENT_ID_BYTES];
    int64_t delivery = 0;
    assert_ok(ledger_ensure_feed(store, "klout", &err));
    struct outbox_event event = {.feed = "klout",
                                 .type = "blocked",
                                 .severity = "error",
                                 .effect = OUTBOX_TRIGGER,
                                 .payload_json = "{}",
                                 .endpoints = both,
                                 .n_endpoints = 2};
    add_event(store, &event, id);
    assert_string_equal("blocked blocked ", claim(store, 10, &delivery));
    attempt(store, delivery, DELIVERY_END_DONE);
    event.type = "published";
    event.effect = OUTBOX_RESOLVE;
    add_event(store, &event, id);
    assert_string_equal("published ", claim(store, 10, &delivery));
}

static void deliveries_are_counted_and_listed_by_load(void **state)
{
    struct error err;
    struct arena arena = {0};
    struct outbox_counts counts;
    struct delivery_info *infos = NULL;
    size_t n = 0;
    int64_t load = 0, delivery = 0;
    bool existing = false;
    char id[EVENT_ID_BYTES];
    struct store *store = session(state);
    add(store, OUTBOX_NONE, "another");
    const struct new_load fresh = {.feed = "klout", .scheduled_for_us = STORE_NO_TIME};
    assert_ok(ledger_create_load(store, &fresh, &load, &existing, &err));
    const struct outbox_event event = {.feed = "klout",
                                       .load = load,
                                       .type = "held",
                                       .severity = "warning",
                                       .payload_json = "{}",
                                       .endpoints = both,
                                       .n_endpoints = 2};
    add_event(store, &event, id);
    (void)claim(store, 10, &delivery);
    attempt(store, delivery, DELIVERY_END_DEAD);
    assert_ok(outbox_count(store, load, &counts, &err));
    assert_int_equal(1, counts.pending);
    assert_int_equal(1, counts.dead);
    assert_ok(outbox_count(store, 0, &counts, &err));
    assert_int_equal(2, counts.pending);
    assert_ok(outbox_list(store, load, &arena, &infos, &n, &err));
    assert_int_equal(2, n);
    assert_string_equal("held", infos[1].type);
    assert_string_equal("dead", infos[1].state);
    assert_string_equal("busy", infos[1].last_error);
    assert_int_equal(503, infos[1].last_status);
    assert_int_equal(1, infos[1].attempts);
    assert_true(infos[1].finished_us != STORE_NO_TIME);
    assert_true(infos[0].finished_us == STORE_NO_TIME);
    assert_null(infos[0].last_error);
    arena_release(&arena);
}

static void events_get_positions_in_the_order_of_their_commits(void **state)
{
    struct error err;
    char id[EVENT_ID_BYTES];
    int64_t n = 0;
    struct store *store = session(state);
    struct store *late CLEANUP(store_closep) = pg_open(*state);
    add(store, OUTBOX_NONE, "first");
    const struct outbox_event event = {
        .feed = "klout", .type = "late", .severity = "info", .payload_json = "{}"};
    assert_ok(store_begin(late, &err));
    assert_ok(outbox_add(late, &event, id, &err));
    add(store, OUTBOX_NONE, "second");
    assert_ok(outbox_assign_positions(store, &n, &err));
    assert_int_equal(2, n);
    assert_ok(store_commit(late, &err));
    assert_ok(outbox_assign_positions(store, &n, &err));
    assert_int_equal(1, n);
    assert_string_equal("first second late",
                        pg_text(store, "select string_agg(type, ' ' order by position) from "
                                       "loadguard.event"));
}

static void a_sleeping_sender_is_woken(void **state)
{
    struct error err;
    bool notified = false;
    struct store *store = session(state);
    struct store *other CLEANUP(store_closep) = pg_open(*state);
    assert_ok(store_listen(other, OUTBOX_CHANNEL, &err));
    add(store, OUTBOX_NONE, "news");
    assert_ok(store_wait(other, 20000, &notified, &err));
    assert_true(notified);
}

/* Two writers on one incident: whoever is second waits, so no higher sequence commits first. */
static void sequences_commit_in_order(void **state)
{
    const struct pg_test *test = *state;
    pid_t children[4];
    add(test->store, OUTBOX_TRIGGER, "blocked");
    for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
        children[i] = fork();
        if (children[i] == 0) {
            struct store *store = pg_open(test);
            for (int k = 0; k < 10; k++)
                add(store, OUTBOX_TRIGGER, "more");
            _exit(0);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
        int status = 1;
        (void)waitpid(children[i], &status, 0);
        assert_int_equal(0, status);
    }
    assert_int_equal(41, pg_int(test->store, "select count(*) from loadguard.event"));
    assert_int_equal(41, pg_int(test->store, "select max(sequence) from loadguard.event"));
    assert_int_equal(1, pg_int(test->store, "select count(*) from loadguard.delivery where state "
                                            "= 'pending'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test(an_event_goes_to_every_endpoint_under_one_id),
        pg_unit_test(an_event_without_endpoints_is_recorded_all_the_same),
        pg_unit_test(nothing_is_told_of_what_was_rolled_back),
        pg_unit_test(an_event_with_a_known_key_is_added_once),
        pg_unit_test(a_feed_has_one_open_incident_that_events_join_in_sequence),
        pg_unit_test(an_update_can_set_the_incident_to_monitoring),
        pg_unit_test(what_was_never_attempted_is_superseded_by_what_came_later),
        pg_unit_test(events_of_no_incident_supersede_nothing),
        pg_unit_test(a_resolve_never_overtakes_a_trigger_that_was_attempted),
        pg_unit_test(a_dead_trigger_lets_its_resolve_through),
        pg_unit_test(what_somebody_is_about_to_send_is_not_superseded),
        pg_unit_test(what_a_dead_sender_never_began_is_superseded),
        pg_unit_test(what_a_dead_sender_began_is_sent_again_before_the_resolve),
        pg_unit_test(an_endpoint_that_heard_nothing_is_not_told_that_it_is_over),
        pg_unit_test(an_endpoint_that_may_have_heard_is_told_that_it_is_over),
        pg_unit_test(a_retry_is_due_after_its_wait),
        pg_unit_test(what_waits_for_an_earlier_message_is_not_due),
        pg_unit_test(only_one_of_two_claimers_gets_a_lease_that_ran_out),
        pg_unit_test(a_claimer_does_not_wait_for_another),
        pg_unit_test(a_lost_lease_must_not_be_sent_on),
        pg_unit_test(a_late_success_counts_and_a_late_failure_does_not),
        pg_unit_test(recording_an_end_twice_changes_nothing),
        pg_unit_test(the_end_of_an_attempt_can_be_recorded_by_a_new_session),
        pg_unit_test(a_lease_starts_anew_with_the_attempt),
        pg_unit_test(what_was_claimed_and_not_begun_can_be_given_back),
        pg_unit_test(a_dead_message_can_be_sent_again_under_the_same_id),
        pg_unit_test(one_dead_endpoint_delays_no_other),
        pg_unit_test(deliveries_are_counted_and_listed_by_load),
        pg_unit_test(events_get_positions_in_the_order_of_their_commits),
        pg_unit_test(a_sleeping_sender_is_woken),
        pg_unit_test(sequences_commit_in_order),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
