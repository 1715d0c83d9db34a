#include <math.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/ledger.h"
#include "store/locks.h"
#include "tests/unit/store/pg.h"

#define NIGHT INT64_C(1306148400000000)

static struct store *session(void **state)
{
    const struct pg_test *test = *state;
    return test->store;
}

static int64_t new_load(struct store *store, const char *feed)
{
    struct error err;
    int64_t load = 0;
    bool existing = true;
    const struct new_load fresh = {.feed = feed,
                                   .scheduled_for_us = STORE_NO_TIME,
                                   .source = "command ./score",
                                   .host = "db1",
                                   .pid = 42};
    assert_ok(ledger_ensure_feed(store, feed, &err));
    assert_ok(ledger_create_load(store, &fresh, &load, &existing, &err));
    assert_false(existing);
    return load;
}

static void advance(struct store *store, int64_t load, const char *from, const char *to)
{
    struct error err;
    assert_ok(ledger_change_state(store, load, from, to, &err));
}

/* A load that was published, as of that many days after the first night, with rows in the store. */
static int64_t published_load(struct store *store, const char *feed, int day)
{
    struct error err;
    char sql[400];
    int64_t load = new_load(store, feed);
    const struct staged_facts facts = {.rows = 3, .as_of_us = NIGHT + day * INT64_C(86400000000)};
    assert_ok(ledger_set_staged(store, load, &facts, &err));
    (void)snprintf(sql, sizeof(sql),
                   "update loadguard.load set state = 'superseded' where feed = '%s' and state = "
                   "'published'; insert into loadguard.live (feed) values ('%s') on conflict do "
                   "nothing; insert into loadguard.snapshot (load_id, feed, table_name, state, "
                   "rows, fingerprint) values (%lld, '%s', 't%lld', 'ready', 3, 'x')",
                   feed, feed, (long long)load, feed, (long long)load);
    pg_run(store, sql);
    advance(store, load, "waiting", "published");
    (void)snprintf(sql, sizeof(sql), "update loadguard.live set load_id = %lld where feed = '%s'",
                   (long long)load, feed);
    pg_run(store, sql);
    return load;
}

static void a_load_reads_back_as_it_was_written(void **state)
{
    struct error err;
    struct arena arena = {0};
    struct store *store = session(state);
    struct load_record record;
    int64_t baseline = new_load(store, "klout");
    int64_t load = new_load(store, "klout");
    const struct staged_facts staged = {.rows = 75000000,
                                        .fingerprint = {.low = 1, .high = UINT64_MAX},
                                        .as_of_us = NIGHT,
                                        .completeness = "manifest",
                                        .correction = true};
    const struct judged_facts judged = {.baseline_load = baseline,
                                        .live_load = baseline,
                                        .epoch = 7,
                                        .verdict = "hold",
                                        .releasable = false,
                                        .summary = "it's \"odd\"",
                                        .rules_digest = "r",
                                        .evidence_digest = "e",
                                        .report_json = "{\"a\": [1, \"é\"]}"};
    const char *report = NULL;
    assert_ok(ledger_set_staged(store, load, &staged, &err));
    assert_ok(ledger_set_judged(store, load, &judged, &err));
    assert_ok(ledger_set_error(store, load, "went wrong", "last words", &err));
    assert_ok(ledger_read_load(store, load, &arena, &record, &err));
    assert_string_equal("klout", record.feed);
    assert_string_equal("waiting", record.state);
    assert_true(record.as_of_us == NIGHT);
    assert_true(record.created_us > NIGHT);
    assert_true(record.started_us == STORE_NO_TIME);
    assert_true(record.has_rows && record.rows == 75000000);
    assert_true(record.fingerprint.low == 1 && record.fingerprint.high == UINT64_MAX);
    assert_int_equal(baseline, record.baseline_load);
    assert_int_equal(7, record.epoch);
    assert_string_equal("hold", record.verdict);
    assert_false(record.releasable);
    assert_true(record.correction);
    assert_string_equal("manifest", record.completeness);
    assert_string_equal("it's \"odd\"", record.summary);
    assert_string_equal("went wrong", record.error);
    assert_string_equal("last words", record.stderr_tail);
    assert_string_equal("command ./score", record.source);
    assert_string_equal("db1", record.host);
    assert_int_equal(42, record.pid);
    assert_ok(ledger_read_report(store, load, &arena, &report, &err));
    assert_string_equal("{\"a\": [1, \"é\"]}", report);
    assert_ok(ledger_read_report(store, baseline, &arena, &report, &err));
    assert_null(report);
    arena_release(&arena);
}

static void a_load_that_does_not_exist_is_named(void **state)
{
    struct error err;
    struct arena arena = {0};
    struct load_record record;
    const char *report = NULL;
    const struct staged_facts facts = {.rows = 1};
    struct store *store = session(state);
    assert_fails(ERR_NOT_FOUND, ledger_read_load(store, 4711, &arena, &record, &err));
    assert_contains(err.message, "4711");
    assert_fails(ERR_NOT_FOUND, ledger_read_report(store, 4711, &arena, &report, &err));
    assert_fails(ERR_NOT_FOUND, ledger_set_staged(store, 4711, &facts, &err));
    assert_fails(ERR_NOT_FOUND, ledger_mark(store, 4711, true, "joe", "bad", &err));
    assert_fails(ERR_NOT_FOUND, ledger_change_state(store, 4711, "waiting", "running", &err));
    arena_release(&arena);
}

static void last_words_that_are_not_utf8_are_recorded_all_the_same(void **state)
{
    struct error err;
    struct arena arena = {0};
    struct load_record record;
    struct store *store = session(state);
    int64_t load = new_load(store, "klout");
    assert_ok(ledger_set_error(store, load, "cannot read caf\xe9.csv", "\xff\xfe end", &err));
    assert_ok(ledger_read_load(store, load, &arena, &record, &err));
    assert_string_equal("cannot read caf\xEF\xBF\xBD.csv", record.error);
    assert_string_equal("\xEF\xBF\xBD\xEF\xBF\xBD end", record.stderr_tail);
    arena_release(&arena);
}

static void a_state_changes_only_from_what_it_is_believed_to_be(void **state)
{
    struct error err;
    struct arena arena = {0};
    struct load_record record;
    struct store *store = session(state);
    int64_t load = new_load(store, "klout");
    advance(store, load, "waiting", "running");
    assert_fails(ERR_CONFLICT, ledger_change_state(store, load, "waiting", "failed", &err));
    assert_contains(err.message, "is running, no longer waiting");
    assert_fails(ERR_SQL, ledger_change_state(store, load, "running", "nonsense", &err));
    assert_ok(ledger_read_load(store, load, &arena, &record, &err));
    assert_true(record.started_us != STORE_NO_TIME);
    assert_true(record.finished_us == STORE_NO_TIME);
    advance(store, load, "running", "failed");
    assert_ok(ledger_read_load(store, load, &arena, &record, &err));
    assert_true(record.finished_us >= record.started_us);
    arena_release(&arena);
}

static void two_writers_cannot_both_change_a_state(void **state)
{
    struct error err;
    struct store *store = session(state);
    struct store *other CLEANUP(store_closep) = pg_open(*state);
    int64_t load = new_load(store, "klout");
    advance(store, load, "waiting", "held");
    assert_ok(store_begin(store, &err));
    assert_ok(ledger_change_state(store, load, "held", "releasing", &err));
    pid_t child = fork();
    if (child == 0) {
        (void)usleep(50000);
        enum error_code code = store_commit(store, &err);
        _exit(code == OK ? 0 : 1);
    }
    /* Waits for the other's row lock, then finds that the state has changed. */
    assert_fails(ERR_CONFLICT, ledger_change_state(other, load, "held", "rejected", &err));
    (void)waitpid(child, NULL, 0);
    assert_string_equal("releasing", pg_text(other, "select state from loadguard.load"));
}

static void two_loads_of_a_feed_cannot_both_be_published(void **state)
{
    struct error err;
    struct store *store = session(state);
    int64_t first = new_load(store, "klout");
    int64_t second = new_load(store, "klout");
    int64_t other_feed = new_load(store, "other");
    advance(store, first, "waiting", "published");
    advance(store, other_feed, "waiting", "published");
    assert_fails(ERR_SQL, ledger_change_state(store, second, "waiting", "published", &err));
    assert_ok(store_begin(store, &err));
    advance(store, second, "waiting", "published");
    advance(store, first, "published", "superseded");
    assert_ok(store_commit(store, &err));
}

static void loads_are_listed_newest_first_and_by_state(void **state)
{
    struct error err;
    struct arena arena = {0};
    struct load_record *records = NULL;
    size_t n = 0;
    static const char *const states[] = {"running", "failed"};
    struct store *store = session(state);
    int64_t a = new_load(store, "klout");
    int64_t b = new_load(store, "klout");
    int64_t c = new_load(store, "klout");
    (void)new_load(store, "other");
    advance(store, a, "waiting", "running");
    advance(store, c, "waiting", "failed");
    assert_ok(ledger_list_loads(store, "klout", 2, &arena, &records, &n, &err));
    assert_int_equal(2, n);
    assert_int_equal(c, records[0].id);
    assert_int_equal(b, records[1].id);
    assert_ok(ledger_list_loads(store, "klout", SIZE_MAX, &arena, &records, &n, &err));
    assert_int_equal(3, n);
    assert_ok(ledger_loads_in_states(store, "klout", states, 2, &arena, &records, &n, &err));
    assert_int_equal(2, n);
    assert_int_equal(a, records[0].id);
    assert_int_equal(c, records[1].id);
    assert_ok(ledger_list_loads(store, "nobody", 10, &arena, &records, &n, &err));
    assert_int_equal(0, n);
    arena_release(&arena);
}

static bool claim(struct store *store, int64_t *ret_load)
{
    struct error err;
    bool existing = false;
    const struct new_load fresh = {.feed = "klout", .scheduled_for_us = NIGHT};
    assert_ok(ledger_create_load(store, &fresh, ret_load, &existing, &err));
    return !existing;
}

static void a_night_is_claimed_once(void **state)
{
    struct error err;
    int64_t first = 0, second = 0, found = -1;
    struct store *store = session(state);
    assert_ok(ledger_ensure_feed(store, "klout", &err));
    assert_ok(ledger_night_load(store, "klout", NIGHT, &found, &err));
    assert_int_equal(0, found);
    assert_true(claim(store, &first));
    assert_false(claim(store, &second));
    assert_int_equal(first, second);
    assert_ok(ledger_night_load(store, "klout", NIGHT, &found, &err));
    assert_int_equal(first, found);
    assert_int_equal(1, pg_int(store, "select count(*) from loadguard.load"));
}

static void a_night_whose_load_failed_can_be_claimed_again(void **state)
{
    struct error err;
    int64_t first = 0, second = 0, found = 0;
    struct store *store = session(state);
    assert_ok(ledger_ensure_feed(store, "klout", &err));
    assert_true(claim(store, &first));
    advance(store, first, "waiting", "failed");
    assert_true(claim(store, &second));
    assert_int_not_equal(first, second);
    assert_ok(ledger_night_load(store, "klout", NIGHT, &found, &err));
    assert_int_equal(second, found);
    advance(store, second, "waiting", "held");
    assert_false(claim(store, &found));
    assert_int_equal(second, found);
}

static void only_one_of_many_starters_claims_a_night(void **state)
{
    struct error err;
    const struct pg_test *test = *state;
    assert_ok(ledger_ensure_feed(test->store, "klout", &err));
    pid_t children[6];
    for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
        children[i] = fork();
        if (children[i] == 0) {
            int64_t load = 0;
            struct store *store = pg_open(test);
            _exit(claim(store, &load) ? 1 : 0);
        }
    }
    int claimed = 0;
    for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
        int status = 0;
        (void)waitpid(children[i], &status, 0);
        assert_true(WIFEXITED(status));
        claimed += WEXITSTATUS(status);
    }
    assert_int_equal(1, claimed);
    assert_int_equal(1, pg_int(test->store, "select count(*) from loadguard.load"));
}

static void measures_read_back_sorted_with_nulls_and_extremes(void **state)
{
    struct error err;
    struct arena arena = {0};
    struct store *store = session(state);
    int64_t load = new_load(store, "klout");
    struct recorded_measure *read = NULL;
    size_t n = 0;
    const struct recorded_measure measures[] = {
        {.text = "share(score = 1)", .segment = "", .value = 0.1},
        {.text = "share(score = 1)", .segment = "network=\"x\\y\", {a}", .value = -INFINITY},
        {.text = "Mean", .segment = "", .is_null = true},
        {.text = "Mean", .segment = "null", .value = 1.7976931348623157e308},
        {.text = "é", .segment = "", .value = NAN},
    };
    assert_ok(ledger_store_measures(store, load, measures, 2, &err));
    assert_ok(ledger_store_measures(store, load, measures, ARRAY_SIZE(measures), &err));
    assert_ok(ledger_read_measures(store, load, &arena, &read, &n, &err));
    assert_int_equal(5, n);
    assert_string_equal("Mean", read[0].text);
    assert_true(read[0].is_null);
    assert_string_equal("null", read[1].segment);
    assert_true(read[1].value == 1.7976931348623157e308);
    assert_true(read[2].value == 0.1 && !read[2].is_null);
    assert_string_equal("network=\"x\\y\", {a}", read[3].segment);
    assert_true(isinf(read[3].value) && read[3].value < 0);
    assert_true(isnan(read[4].value));
    assert_ok(ledger_store_measures(store, load, NULL, 0, &err));
    assert_ok(ledger_read_measures(store, load, &arena, &read, &n, &err));
    assert_int_equal(0, n);
    arena_release(&arena);
}

static void store_one(struct store *store, int64_t load, double value)
{
    struct error err;
    const struct recorded_measure measures[] = {
        {.text = "mean(score)", .segment = "", .value = value, .trains = true},
        {.text = "rows", .segment = "", .value = value, .trains = true}};
    assert_ok(ledger_store_measures(store, load, measures, 2, &err));
}

static size_t read_history(struct store *store, int64_t without, size_t n_loads,
                           struct arena *arena, struct past_measure **ret_history)
{
    struct error err;
    size_t n = 0;
    static const char *const texts[] = {"mean(score)", "rows"};
    const struct history_wish wish = {.feed = "klout",
                                      .load = without,
                                      .n_loads = n_loads,
                                      .texts = texts,
                                      .n_texts = ARRAY_SIZE(texts)};
    assert_ok(ledger_read_history(store, &wish, arena, ret_history, &n, &err));
    return n;
}

static void history_has_published_loads_that_are_not_bad_newest_first(void **state)
{
    struct error err;
    struct arena arena = {0};
    struct past_measure *history = NULL;
    int64_t loads[5];
    struct store *store = session(state);
    for (int i = 0; i < 5; i++) {
        loads[i] = published_load(store, "klout", i);
        store_one(store, loads[i], i);
    }
    int64_t held = new_load(store, "klout");
    store_one(store, held, 99);
    assert_ok(ledger_mark(store, loads[1], true, "joe", "reset", &err));
    assert_int_equal(4, read_history(store, loads[4], 2, &arena, &history));
    assert_int_equal(loads[3], history[0].load);
    assert_string_equal("mean(score)", history[0].measure.text);
    assert_true(history[0].measure.value == 3);
    assert_string_equal("rows", history[1].measure.text);
    assert_int_equal(loads[2], history[2].load);
    assert_true(history[2].as_of_us == NIGHT + 2 * INT64_C(86400000000));
    assert_int_equal(8, read_history(store, 0, 28, &arena, &history));
    arena_release(&arena);
}

static void history_has_only_the_measures_that_are_asked_for(void **state)
{
    struct error err;
    struct arena arena = {0};
    struct past_measure *history = NULL;
    struct store *store = session(state);
    const struct recorded_measure measures[] = {
        {.text = "max(score)", .segment = "", .value = 1, .trains = true},
        {.text = "rows", .segment = "", .value = 2, .trains = true},
        {.text = "rows", .segment = "network=x", .value = 3, .trains = true}};
    int64_t load = published_load(store, "klout", 0);
    assert_ok(ledger_store_measures(store, load, measures, ARRAY_SIZE(measures), &err));
    assert_int_equal(2, read_history(store, 0, 28, &arena, &history));
    assert_true(history[0].measure.value == 2);
    assert_string_equal("network=x", history[1].measure.segment);
    arena_release(&arena);
}

/* Measures that train. */
static size_t history_size(struct store *store)
{
    struct arena arena = {0};
    struct past_measure *history = NULL;
    size_t n_training = 0;
    size_t n = read_history(store, 0, 28, &arena, &history);
    for (size_t i = 0; i < n; i++)
        n_training += history[i].measure.trains;
    arena_release(&arena);
    return n_training;
}

static void approve_for(struct store *store, int64_t load, bool new_normal)
{
    struct error err;
    static const char *const measures[] = {"mean(score)", "share(network = '\"a,b\"')"};
    const struct approval approval = {.load = load,
                                      .person = "joe",
                                      .reason = "on purpose",
                                      .evidence_digest = "abc",
                                      .measures = measures,
                                      .n_measures = ARRAY_SIZE(measures),
                                      .new_normal = new_normal};
    assert_ok(ledger_add_approval(store, &approval, &err));
}

static size_t count_excuses(struct store *store, int64_t since)
{
    struct error err;
    struct arena arena = {0};
    struct ledger_excuse *excuses = NULL;
    size_t n = 0;
    assert_ok(ledger_read_excuses(store, "klout", since, &arena, &excuses, &n, &err));
    arena_release(&arena);
    return n;
}

static void an_approval_says_what_it_is_about(void **state)
{
    struct error err;
    struct arena arena = {0};
    struct ledger_excuse *excuses = NULL;
    size_t n = 0;
    struct store *store = session(state);
    int64_t first = published_load(store, "klout", 0);
    int64_t second = published_load(store, "klout", 1);
    const struct approval bare = {
        .load = first, .person = "joe", .reason = "why not", .evidence_digest = "abc"};
    assert_ok(ledger_add_approval(store, &bare, &err));
    approve_for(store, second, true);
    assert_ok(ledger_read_excuses(store, "klout", 0, &arena, &excuses, &n, &err));
    assert_int_equal(3, n);
    assert_int_equal(first, excuses[0].load);
    assert_null(excuses[0].measure);
    assert_false(excuses[0].new_normal);
    assert_string_equal("mean(score)", excuses[1].measure);
    assert_string_equal("share(network = '\"a,b\"')", excuses[2].measure);
    assert_true(excuses[2].new_normal);
    assert_int_equal(2, count_excuses(store, second));
    arena_release(&arena);
}

static void an_approval_that_lapsed_or_whose_load_is_bad_says_nothing(void **state)
{
    struct error err;
    int64_t lapsed = 0;
    struct store *store = session(state);
    int64_t load = published_load(store, "klout", 0);
    approve_for(store, load, false);
    approve_for(store, new_load(store, "klout"), false);
    assert_int_equal(2, count_excuses(store, 0));
    assert_ok(ledger_mark(store, load, true, "joe", "bad", &err));
    assert_int_equal(0, count_excuses(store, 0));
    assert_ok(ledger_mark(store, load, false, "joe", "it was right", &err));
    assert_int_equal(2, count_excuses(store, 0));
    assert_ok(ledger_lapse_approvals(store, load, "another", &lapsed, &err));
    assert_int_equal(0, count_excuses(store, 0));
}

static void what_was_compared_with_a_bad_load_does_not_train_until_it_is_good_again(void **state)
{
    struct error err;
    struct arena arena = {0};
    struct recorded_measure *read = NULL;
    size_t n = 0;
    struct store *store = session(state);
    int64_t bad = published_load(store, "klout", 0);
    int64_t next = published_load(store, "klout", 1);
    const struct judged_facts judged = {
        .baseline_load = bad, .verdict = "pass", .report_json = "{}"};
    store_one(store, bad, 1);
    store_one(store, next, 2);
    assert_ok(ledger_set_judged(store, next, &judged, &err));
    assert_int_equal(4, history_size(store));
    assert_ok(ledger_mark(store, bad, true, "joe", "reset", &err));
    assert_int_equal(0, history_size(store));
    assert_ok(ledger_read_measures(store, next, &arena, &read, &n, &err));
    assert_int_equal(2, n);
    assert_false(read[0].trains);
    assert_ok(ledger_mark(store, bad, false, "joe", "it was right", &err));
    assert_int_equal(4, history_size(store));
    arena_release(&arena);
}

static void only_segments_that_history_can_still_use_are_kept(void **state)
{
    struct error err;
    struct store *store = session(state);
    const struct recorded_measure measures[] = {
        {.text = "rows", .segment = "", .value = 2, .trains = true},
        {.text = "rows", .segment = "network=x", .value = 3, .trains = true}};
    for (int i = 0; i < LEDGER_SEGMENT_LOADS + 3; i++)
        assert_ok(
            ledger_store_measures(store, published_load(store, "klout", i), measures, 2, &err));
    int64_t other = published_load(store, "other", 0);
    assert_ok(ledger_store_measures(store, other, measures, 2, &err));
    int64_t held = new_load(store, "klout");
    assert_ok(ledger_store_measures(store, held, measures, 2, &err));
    assert_ok(ledger_prune_measures(store, "klout", &err));
    assert_int_equal(LEDGER_SEGMENT_LOADS + 2,
                     pg_int(store, "select count(*) from loadguard.measure where segment <> ''"));
    assert_int_equal(4, pg_int(store, "select min(load_id) from loadguard.measure "
                                      "where segment <> ''"));
    assert_int_equal(LEDGER_SEGMENT_LOADS + 5,
                     pg_int(store, "select count(*) from loadguard.measure where segment = ''"));
}

static void measures_over_all_rows_go_after_years(void **state)
{
    struct error err;
    struct store *store = session(state);
    int64_t first = published_load(store, "klout", 0);
    store_one(store, first, 1);
    store_one(store, published_load(store, "klout", 1), 1);
    assert_ok(ledger_prune_measures(store, "klout", &err));
    assert_int_equal(4, pg_int(store, "select count(*) from loadguard.measure"));
    char sql[200];
    (void)snprintf(sql, sizeof(sql),
                   "insert into loadguard.load (feed) select 'klout' from generate_series(2, %d)",
                   LEDGER_MEASURE_LOADS);
    pg_run(store, sql);
    assert_ok(ledger_prune_measures(store, "klout", &err));
    assert_int_equal(2, pg_int(store, "select count(*) from loadguard.measure"));
    assert_int_equal(first + 1, pg_int(store, "select min(load_id) from loadguard.measure"));
}

static int64_t last_good(struct store *store)
{
    struct error err;
    int64_t load = -1;
    assert_ok(ledger_last_good(store, "klout", &load, &err));
    return load;
}

static void the_last_good_load_is_the_live_one_unless_it_is_bad(void **state)
{
    struct error err;
    char sql[200];
    struct store *store = session(state);
    assert_int_equal(0, last_good(store));
    int64_t first = published_load(store, "klout", 0);
    int64_t second = published_load(store, "klout", 1);
    int64_t third = published_load(store, "klout", 2);
    assert_int_equal(third, last_good(store));
    (void)snprintf(sql, sizeof(sql), "update loadguard.live set load_id = %lld", (long long)first);
    pg_run(store, sql);
    assert_int_equal(first, last_good(store));
    assert_ok(ledger_mark(store, first, true, "joe", "bad", &err));
    assert_int_equal(third, last_good(store));
    (void)snprintf(sql, sizeof(sql), "delete from loadguard.snapshot where load_id = %lld",
                   (long long)third);
    pg_run(store, sql);
    assert_int_equal(second, last_good(store));
    assert_ok(ledger_mark(store, first, false, "joe", "it was right", &err));
    assert_int_equal(first, last_good(store));
}

static void an_approval_counts_for_its_evidence_only(void **state)
{
    struct error err;
    struct store *store = session(state);
    int64_t load = new_load(store, "klout");
    const struct approval approval = {
        .load = load, .person = "joe", .reason = "on purpose", .evidence_digest = "old"};
    int64_t lapsed = -1;
    bool approved = true;
    assert_ok(ledger_is_approved(store, load, "old", &approved, &err));
    assert_false(approved);
    assert_ok(ledger_add_approval(store, &approval, &err));
    assert_ok(ledger_add_approval(store, &approval, &err));
    assert_ok(ledger_is_approved(store, load, "old", &approved, &err));
    assert_true(approved);
    assert_ok(ledger_is_approved(store, load, "new", &approved, &err));
    assert_false(approved);
    assert_ok(ledger_lapse_approvals(store, load, "old", &lapsed, &err));
    assert_int_equal(0, lapsed);
    assert_ok(ledger_lapse_approvals(store, load, "new", &lapsed, &err));
    assert_int_equal(1, lapsed);
    assert_ok(ledger_is_approved(store, load, "old", &approved, &err));
    assert_false(approved);
}

static void approvals_read_back_with_those_that_lapsed(void **state)
{
    struct error err;
    struct arena arena = {0};
    struct approval_record *records = NULL;
    int64_t lapsed = 0;
    size_t n = 0;
    struct store *store = session(state);
    int64_t load = new_load(store, "klout");
    struct approval approval = {
        .load = load, .person = "joe", .reason = "on purpose", .evidence_digest = "old"};
    assert_ok(ledger_add_approval(store, &approval, &err));
    assert_ok(ledger_lapse_approvals(store, load, "new", &lapsed, &err));
    approval.evidence_digest = "new";
    approval.override = true;
    assert_ok(ledger_add_approval(store, &approval, &err));
    assert_ok(ledger_read_approvals(store, load, &arena, &records, &n, &err));
    assert_int_equal(2, n);
    assert_true(records[0].lapsed && !records[1].lapsed);
    assert_true(records[1].override && !records[0].override);
    assert_string_equal("on purpose", records[1].reason);
    arena_release(&arena);
}

static void unfinished_loads_are_those_that_nobody_works_on(void **state)
{
    struct error err;
    struct arena arena = {0};
    struct load_record *records = NULL;
    size_t n = 0;
    struct store *store = session(state);
    struct store *worker = pg_open(*state);
    int64_t dead = new_load(store, "dead");
    int64_t alive = new_load(store, "alive");
    int64_t held = new_load(store, "held");
    advance(store, dead, "waiting", "running");
    advance(store, held, "waiting", "held");
    assert_ok(feed_lock_take(worker, "alive", &err));
    assert_ok(ledger_unfinished(store, &arena, &records, &n, &err));
    assert_int_equal(1, n);
    assert_int_equal(dead, records[0].id);
    feed_lock_release(worker, "alive");
    assert_ok(ledger_unfinished(store, &arena, &records, &n, &err));
    assert_int_equal(2, n);
    assert_int_equal(alive, records[1].id);
    store_close(worker);
    arena_release(&arena);
}

static void a_feed_can_be_defined_again(void **state)
{
    struct error err;
    struct store *store = session(state);
    assert_ok(ledger_define_feed(store, "klout", "{\"key\": [\"id\"]}", &err));
    assert_ok(ledger_ensure_feed(store, "klout", &err));
    assert_ok(ledger_define_feed(store, "klout", "{\"key\": [\"id\", \"day\"]}", &err));
    assert_string_equal("{\"key\": [\"id\", \"day\"]}",
                        pg_text(store, "select definition::text from loadguard.feed"));
}

static void a_write_that_fails_leaves_the_whole_transaction_undone(void **state)
{
    struct error err;
    struct store *store = session(state);
    int64_t load = new_load(store, "klout");
    const struct recorded_measure twice[] = {{.text = "rows", .segment = "", .value = 1},
                                             {.text = "rows", .segment = "", .value = 2}};
    store_one(store, load, 1);
    assert_fails(ERR_SQL, ledger_store_measures(store, load, twice, 2, &err));
    assert_false(store_in_transaction(store));
    assert_int_equal(2, pg_int(store, "select count(*) from loadguard.measure"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test(a_load_reads_back_as_it_was_written),
        pg_unit_test(a_load_that_does_not_exist_is_named),
        pg_unit_test(last_words_that_are_not_utf8_are_recorded_all_the_same),
        pg_unit_test(a_state_changes_only_from_what_it_is_believed_to_be),
        pg_unit_test(two_writers_cannot_both_change_a_state),
        pg_unit_test(two_loads_of_a_feed_cannot_both_be_published),
        pg_unit_test(loads_are_listed_newest_first_and_by_state),
        pg_unit_test(a_night_is_claimed_once),
        pg_unit_test(a_night_whose_load_failed_can_be_claimed_again),
        pg_unit_test(only_one_of_many_starters_claims_a_night),
        pg_unit_test(measures_read_back_sorted_with_nulls_and_extremes),
        pg_unit_test(history_has_published_loads_that_are_not_bad_newest_first),
        pg_unit_test(history_has_only_the_measures_that_are_asked_for),
        pg_unit_test(an_approval_says_what_it_is_about),
        pg_unit_test(an_approval_that_lapsed_or_whose_load_is_bad_says_nothing),
        pg_unit_test(what_was_compared_with_a_bad_load_does_not_train_until_it_is_good_again),
        pg_unit_test(only_segments_that_history_can_still_use_are_kept),
        pg_unit_test(measures_over_all_rows_go_after_years),
        pg_unit_test(the_last_good_load_is_the_live_one_unless_it_is_bad),
        pg_unit_test(an_approval_counts_for_its_evidence_only),
        pg_unit_test(approvals_read_back_with_those_that_lapsed),
        pg_unit_test(unfinished_loads_are_those_that_nobody_works_on),
        pg_unit_test(a_feed_can_be_defined_again),
        pg_unit_test(a_write_that_fails_leaves_the_whole_transaction_undone),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
