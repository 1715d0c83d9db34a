#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/audit.h"
#include "store/digest.h"
#include "store/ledger.h"
#include "tests/unit/store/pg.h"

static struct store *session(void **state)
{
    const struct pg_test *test = *state;
    return test->store;
}

static void append(struct store *store, const char *actor, const char *details,
                   char head[AUDIT_HASH_BYTES])
{
    struct error err;
    const struct audit_entry entry = {
        .feed = "klout", .actor = actor, .action = "approved", .details_json = details};
    assert_ok(store_begin(store, &err));
    assert_ok(audit_append(store, &entry, head, &err));
    assert_ok(store_commit(store, &err));
}

/* Five entries; details in a form that PostgreSQL prints differently from what it was given. */
static void make_chain(struct store *store, char head[AUDIT_HASH_BYTES])
{
    struct error err;
    assert_ok(ledger_ensure_feed(store, "klout", &err));
    append(store, "joe", NULL, head);
    append(store, "ann", "{\"b\":1.50,  \"a\":\"é\\u00e9\"}", head);
    append(store, "joe", "{}", head);
    append(store, "O'Neill\n", "[1,2]", head);
    append(store, "joe", NULL, head);
}

static enum error_code verify(struct store *store, struct error *err)
{
    int64_t entries = -1;
    enum error_code code = audit_verify(store, "klout", &entries, err);
    if (code == OK)
        assert_int_equal(5, entries);
    return code;
}

static void a_chain_that_nobody_touched_is_whole(void **state)
{
    struct error err;
    char head[AUDIT_HASH_BYTES], read[AUDIT_HASH_BYTES];
    int64_t sequence = 0;
    struct store *store = session(state);
    make_chain(store, head);
    assert_ok(verify(store, &err));
    assert_ok(audit_head(store, "klout", &sequence, read, &err));
    assert_int_equal(5, sequence);
    assert_string_equal(head, read);
    assert_ok(audit_witness(store, "klout", head, &err));
}

static void a_feed_without_entries_has_a_whole_chain(void **state)
{
    struct error err;
    int64_t entries = -1;
    assert_ok(audit_verify(session(state), "nobody", &entries, &err));
    assert_int_equal(0, entries);
}

static void the_hash_is_the_one_that_the_header_describes(void **state)
{
    struct error err;
    char head[AUDIT_HASH_BYTES], text[1000], expected[DIGEST_TEXT_BYTES];
    struct store *store = session(state);
    assert_ok(ledger_ensure_feed(store, "klout", &err));
    append(store, "joe", "{\"a\":1}", head);
    const char *at =
        pg_text(store, "select (extract(epoch from at) * 1000000)::bigint from loadguard.audit");
    int len = snprintf(text, sizeof(text),
                       "previous 64:%064d\nfeed 5:klout\nsequence 1:1\nat 16:%s\nactor 3:joe\n"
                       "action 8:approved\nload 1:0\ndetails 8:{\"a\": 1}\n",
                       0, at);
    assert_ok(digest_sha256(text, (size_t)len, expected, &err));
    assert_string_equal(expected, head);
}

static void assert_tampering_shows(void **state, const char *sql, const char *words)
{
    struct error err;
    char head[AUDIT_HASH_BYTES];
    struct store *store = session(state);
    make_chain(store, head);
    pg_run(store, sql);
    assert_fails(ERR_CORRUPT, verify(store, &err));
    assert_contains(err.message, words);
}

static void a_changed_actor_shows(void **state)
{
    assert_tampering_shows(state, "update loadguard.audit set actor = 'eve' where sequence = 2",
                           "entry 2 is not what was written");
}

static void changed_details_show(void **state)
{
    assert_tampering_shows(state,
                           "update loadguard.audit set details = '{\"a\": 2}' where sequence = 3",
                           "entry 3 is not what was written");
}

static void a_changed_time_shows(void **state)
{
    assert_tampering_shows(
        state, "update loadguard.audit set at = at + interval '1 microsecond' where sequence = 4",
        "entry 4 is not what was written");
}

static void a_removed_entry_shows(void **state)
{
    assert_tampering_shows(state, "delete from loadguard.audit where sequence = 2",
                           "entry 2 is missing");
}

static void a_removed_newest_entry_shows(void **state)
{
    assert_tampering_shows(state, "delete from loadguard.audit where sequence = 5",
                           "entry 5 is missing");
}

static void an_entry_moved_into_the_place_of_another_shows(void **state)
{
    assert_tampering_shows(state,
                           "delete from loadguard.audit where sequence = 2;"
                           "update loadguard.audit set sequence = sequence - 1 where sequence > 2;"
                           "update loadguard.audit_head set sequence = 4",
                           "entry 2 does not follow the one before it");
}

static void a_chain_cut_short_with_its_head_shows_to_whom_saw_the_head(void **state)
{
    struct error err;
    char head[AUDIT_HASH_BYTES];
    int64_t entries = 0;
    struct store *store = session(state);
    make_chain(store, head);
    pg_run(store, "delete from loadguard.audit where sequence = 5;"
                  "update loadguard.audit_head h set sequence = 4, hash = a.hash "
                  "from loadguard.audit a where a.sequence = 4");
    assert_ok(audit_verify(store, "klout", &entries, &err));
    assert_fails(ERR_CORRUPT, audit_witness(store, "klout", head, &err));
}

static void entries_of_one_transaction_vanish_with_it(void **state)
{
    struct error err;
    char head[AUDIT_HASH_BYTES], again[AUDIT_HASH_BYTES];
    int64_t sequence = 0;
    const struct audit_entry entry = {.feed = "klout", .actor = "x", .action = "y"};
    struct store *store = session(state);
    make_chain(store, head);
    assert_ok(store_begin(store, &err));
    assert_ok(audit_append(store, &entry, again, &err));
    assert_ok(audit_append(store, &entry, again, &err));
    store_rollback(store);
    assert_ok(audit_head(store, "klout", &sequence, again, &err));
    assert_string_equal(head, again);
    assert_ok(verify(store, &err));
}

static void concurrent_writers_make_one_chain(void **state)
{
    struct error err;
    const struct pg_test *test = *state;
    pid_t children[4];
    int64_t entries = 0;
    assert_ok(ledger_ensure_feed(test->store, "klout", &err));
    for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
        children[i] = fork();
        if (children[i] == 0) {
            char head[AUDIT_HASH_BYTES];
            struct store *store = pg_open(test);
            for (int k = 0; k < 10; k++)
                append(store, "joe", "{}", head);
            _exit(0);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
        int status = 1;
        (void)waitpid(children[i], &status, 0);
        assert_int_equal(0, status);
    }
    assert_ok(audit_verify(test->store, "klout", &entries, &err));
    assert_int_equal(40, entries);
}

static void a_chain_longer_than_a_page_is_verified_whole(void **state)
{
    struct error err;
    int64_t entries = 0;
    char hash[AUDIT_HASH_BYTES];
    const struct audit_entry entry = {.feed = "klout", .actor = "x", .action = "y"};
    struct store *store = session(state);
    assert_ok(ledger_ensure_feed(store, "klout", &err));
    assert_ok(store_begin(store, &err));
    for (int i = 0; i < 1001; i++)
        assert_ok(audit_append(store, &entry, hash, &err));
    assert_ok(store_commit(store, &err));
    assert_ok(audit_verify(store, "klout", &entries, &err));
    assert_int_equal(1001, entries);
    pg_run(store, "update loadguard.audit set actor = 'z' where sequence = 1001");
    assert_fails(ERR_CORRUPT, audit_verify(store, "klout", &entries, &err));
}

static void entries_are_listed_by_load_and_by_feed(void **state)
{
    struct error err;
    struct arena arena = {0};
    struct audit_record *records = NULL;
    size_t n = 0;
    int64_t load = 0;
    bool existing = false;
    char head[AUDIT_HASH_BYTES];
    struct store *store = session(state);
    make_chain(store, head);
    const struct new_load fresh = {.feed = "klout", .scheduled_for_us = STORE_NO_TIME};
    assert_ok(ledger_create_load(store, &fresh, &load, &existing, &err));
    const struct audit_entry entry = {
        .feed = "klout", .actor = "ann", .action = "rejected", .load = load};
    assert_ok(store_begin(store, &err));
    assert_ok(audit_append(store, &entry, head, &err));
    assert_ok(store_commit(store, &err));
    assert_ok(audit_of_load(store, load, &arena, &records, &n, &err));
    assert_int_equal(1, n);
    assert_string_equal("rejected", records[0].action);
    assert_int_equal(load, records[0].load);
    assert_ok(audit_of_feed(store, "klout", 5, &arena, &records, &n, &err));
    assert_int_equal(5, n);
    assert_int_equal(6, records[0].sequence);
    assert_string_equal("[1, 2]", records[2].details_json);
    assert_int_equal(0, records[2].load);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test(a_chain_that_nobody_touched_is_whole),
        pg_unit_test(a_feed_without_entries_has_a_whole_chain),
        pg_unit_test(the_hash_is_the_one_that_the_header_describes),
        pg_unit_test(a_changed_actor_shows),
        pg_unit_test(changed_details_show),
        pg_unit_test(a_changed_time_shows),
        pg_unit_test(a_removed_entry_shows),
        pg_unit_test(a_removed_newest_entry_shows),
        pg_unit_test(an_entry_moved_into_the_place_of_another_shows),
        pg_unit_test(a_chain_cut_short_with_its_head_shows_to_whom_saw_the_head),
        pg_unit_test(entries_of_one_transaction_vanish_with_it),
        pg_unit_test(concurrent_writers_make_one_chain),
        pg_unit_test(a_chain_longer_than_a_page_is_verified_whole),
        pg_unit_test(entries_are_listed_by_load_and_by_feed),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
