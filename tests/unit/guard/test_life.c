#include "guard/life.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/ledger.h"
#include "tests/unit/guard/site.h"

static int64_t new_load(struct site *site)
{
    struct error err;
    int64_t load = 0;
    bool existing = false;
    const struct new_load facts = {.feed = "scores", .scheduled_for_us = STORE_NO_TIME};
    if (!site->gate.locked)
        assert_ok(gate_enter(&site->gate, &err));
    assert_ok(ledger_create_load(site->pg->store, &facts, &load, &existing, &err));
    return load;
}

static void a_state_changes_once(void **state)
{
    struct site site;
    struct error err = {0};
    site_open(&site, *state, NULL);
    int64_t load = new_load(&site);
    assert_ok(life_change(site.pg->store, load, LOAD_WAITING, LOAD_RUNNING, &err));
    assert_fails(ERR_CONFLICT, life_change(site.pg->store, load, LOAD_WAITING, LOAD_RUNNING, &err));
    assert_contains(err.message, "running");
    site_close(&site);
}

/* Asserts end the process, so it happens in a child. */
static void a_change_that_the_table_does_not_know_is_a_mistake_of_the_program(void **state)
{
    (void)state;
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        (void)freopen("/dev/null", "w", stderr);
        (void)signal(SIGABRT, SIG_DFL);
        struct error err;
        (void)(life_change(NULL, 1, LOAD_WAITING, LOAD_PUBLISHED, &err) == OK);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void audit_and_event_are_written_in_the_transaction_of_the_decision(void **state)
{
    struct site site;
    struct error err;
    const struct site_options options = {
        .routes = "[{name: oncall, webhook: 'http://x/', secret_file: secret}]"};
    site_open(&site, *state, &options);
    int64_t load = new_load(&site);
    const struct decision decision = {.event = EVENT_HELD,
                                      .load = load,
                                      .state = LOAD_HELD,
                                      .action = "held",
                                      .actor = "joe",
                                      .reason = "why",
                                      .summary = "what"};
    assert_ok(store_begin(site.pg->store, &err));
    assert_ok(life_announce(&site.gate, &decision, &err));
    store_rollback(site.pg->store);
    assert_string_equal(site_events(&site, load), "");
    assert_string_equal(site_audit(&site, load), "");
    assert_ok(store_begin(site.pg->store, &err));
    assert_ok(life_announce(&site.gate, &decision, &err));
    assert_ok(store_commit(site.pg->store, &err));
    assert_string_equal(site_events(&site, load), "load.held");
    assert_string_equal(site_audit(&site, load), "held");
    assert_int_equal(pg_int(site.pg->store, "select count(*) from loadguard.delivery"), 1);
    assert_string_equal(pg_text(site.pg->store,
                                "select (payload->>'by') || (payload->>'reason') || "
                                "(payload->>'audit_head' = (select hash from loadguard.audit)) "
                                "from loadguard.event"),
                        "joewhytrue");
    assert_string_equal(
        pg_text(site.pg->store, "select actor || details::text from loadguard.audit"),
        "joe{\"reason\": \"why\", \"summary\": \"what\"}");
    site_close(&site);
}

static void record(struct site *site, int64_t load, enum load_state from, enum error_code code,
                   const char *message)
{
    struct error cause;
    (void)error_set(&cause, code, "%s", message);
    life_fail(&site->gate, load, from, &cause, "last words");
}

static void a_failure_is_recorded_with_cause_audit_and_event(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    int64_t load = new_load(&site);
    record(&site, load, LOAD_WAITING, ERR_SCORER, "scorer exited with status 3");
    assert_string_equal(site_state(&site, load), "failed");
    assert_string_equal(site_events(&site, load), "load.failed");
    assert_string_equal(site_audit(&site, load), "failed");
    assert_string_equal(pg_text(site.pg->store, "select error || stderr_tail from loadguard.load"),
                        "scorer exited with status 3last words");
    site_close(&site);
}

static void inputs_that_are_not_ready_are_another_message_than_a_failure(void **state)
{
    static const enum error_code codes[] = {ERR_NOT_READY, ERR_INCOMPLETE, ERR_STALE};
    struct site site;
    site_open(&site, *state, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
        int64_t load = new_load(&site);
        record(&site, load, LOAD_WAITING, codes[i], "x");
        assert_string_equal(site_events(&site, load), "load.not_ready");
    }
    site_close(&site);
}

static void a_failure_is_recorded_from_within_a_broken_transaction(void **state)
{
    struct site site;
    struct error err;
    site_open(&site, *state, NULL);
    int64_t load = new_load(&site);
    assert_ok(store_begin(site.pg->store, &err));
    assert_fails(ERR_SQL, store_exec_script(site.pg->store, "select nothing", 1000, &err));
    record(&site, load, LOAD_WAITING, ERR_SQL, "x");
    assert_string_equal(site_state(&site, load), "failed");
    site_close(&site);
}

static void a_failure_is_recorded_after_the_connection_was_lost(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    int64_t load = new_load(&site);
    site_lose_connection(&site);
    record(&site, load, LOAD_WAITING, ERR_STORE, "the server closed the connection");
    assert_string_equal(site_state(&site, load), "failed");
    assert_string_equal(site_events(&site, load), "load.failed");
    site_close(&site);
}

static void a_failure_in_another_encoding_is_recorded_and_told(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    int64_t load = new_load(&site);
    record(&site, load, LOAD_WAITING, ERR_DATA, "bad value 'Z\xfcrich'");
    assert_string_equal(site_state(&site, load), "failed");
    assert_string_equal(site_events(&site, load), "load.failed");
    site_close(&site);
}

static void a_load_that_somebody_else_ended_stays_as_it_is(void **state)
{
    struct site site;
    struct error err;
    site_open(&site, *state, NULL);
    int64_t load = new_load(&site);
    assert_ok(life_change(site.pg->store, load, LOAD_WAITING, LOAD_ABANDONED, &err));
    record(&site, load, LOAD_WAITING, ERR_SCORER, "late");
    assert_string_equal(site_state(&site, load), "abandoned");
    assert_string_equal(site_events(&site, load), "");
    assert_false(store_in_transaction(site.pg->store));
    site_close(&site);
}

static void without_a_publication_nothing_is_live(void **state)
{
    struct site site;
    struct error err;
    struct live pointer = {.load_id = 9};
    struct live_facts live = {.load_id = 9};
    site_open(&site, *state, NULL);
    assert_ok(life_pointer(&site.gate, &pointer, &err));
    assert_int_equal(pointer.load_id, 0);
    assert_ok(life_read_live(&site.gate, &site.arena, &live, &err));
    assert_int_equal(live.load_id, 0);
    site_close(&site);
}

static void the_live_load_is_told_with_its_rows(void **state)
{
    struct site site;
    struct error err;
    struct live_facts live = {0};
    site_open(&site, *state, NULL);
    int64_t load = site_load(&site, 10, 5, LOAD_PUBLISHED);
    assert_ok(life_read_live(&site.gate, &site.arena, &live, &err));
    assert_int_equal(live.load_id, load);
    assert_int_equal(live.rows, 10);
    assert_int_equal(strlen(live.fingerprint), 32);
    site_close(&site);
}

static void whoever_works_may_say_so(void **state)
{
    (void)state;
    struct arena arena = {0};
    assert_int_equal(setenv("LOADGUARD_ACTOR", "joe@example.com", 1), 0);
    assert_string_equal(life_actor(&arena), "joe@example.com");
    assert_int_equal(setenv("LOADGUARD_ACTOR", "", 1), 0);
    assert_true(strlen(life_actor(&arena)) > 0);
    assert_int_equal(unsetenv("LOADGUARD_ACTOR"), 0);
    assert_true(strlen(life_actor(&arena)) > 0);
    arena_release(&arena);
}

static void details_of_an_audit_entry_are_json_whatever_was_said(void **state)
{
    (void)state;
    struct arena arena = {0};
    assert_string_equal(life_audit_details(NULL, NULL, &arena), "{}");
    assert_string_equal(life_audit_details("say \"why\"", NULL, &arena),
                        "{\"reason\":\"say \\\"why\\\"\"}");
    assert_string_equal(life_audit_details("Z\xfcrich", "x", &arena),
                        "{\"reason\":\"Z\xef\xbf\xbdrich\",\"summary\":\"x\"}");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test(a_state_changes_once),
        cmocka_unit_test(a_change_that_the_table_does_not_know_is_a_mistake_of_the_program),
        pg_unit_test(audit_and_event_are_written_in_the_transaction_of_the_decision),
        pg_unit_test(a_failure_is_recorded_with_cause_audit_and_event),
        pg_unit_test(inputs_that_are_not_ready_are_another_message_than_a_failure),
        pg_unit_test(a_failure_is_recorded_from_within_a_broken_transaction),
        pg_unit_test(a_failure_is_recorded_after_the_connection_was_lost),
        pg_unit_test(a_failure_in_another_encoding_is_recorded_and_told),
        pg_unit_test(a_load_that_somebody_else_ended_stays_as_it_is),
        pg_unit_test(without_a_publication_nothing_is_live),
        pg_unit_test(the_live_load_is_told_with_its_rows),
        cmocka_unit_test(whoever_works_may_say_so),
        cmocka_unit_test(details_of_an_audit_entry_are_json_whatever_was_said),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
