#include "guard/load_judge.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "guard/cache.h"
#include "store/ledger.h"
#include "tests/unit/guard/site.h"

static struct packed *open_rows(struct site *site, int64_t load, struct load_record *record)
{
    struct error err;
    struct packed *packed = NULL;
    assert_ok(ledger_read_load(site->pg->store, load, &site->arena, record, &err));
    const struct cache_identity identity = {load, record->rows, record->fingerprint};
    assert_ok(cache_open(&site->config, site->pg->store, &site->gate.table, &identity, &packed,
                         NULL, &err));
    return packed;
}

/* Judges a load of the ledger again. */
static void judge(struct site *site, int64_t load, struct load_verdict *verdict)
{
    struct error err;
    struct load_record record;
    CLEANUP(packed_cleanup) struct packed *rows = open_rows(site, load, &record);
    assert_ok(load_judge(&site->gate, &record, rows, verdict, &err));
}

static char *digest(struct site *site, int64_t load)
{
    CLEANUP(load_verdict_release) struct load_verdict verdict = {0};
    judge(site, load, &verdict);
    assert_int_equal(strlen(verdict.evidence_digest), 64);
    return strdup(verdict.evidence_digest);
}

static void a_quiet_night_passes_and_is_compared_with_the_live_load(void **state)
{
    struct site site;
    CLEANUP(load_verdict_release) struct load_verdict verdict = {0};
    site_open(&site, *state, NULL);
    int64_t first = site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t held = site_load(&site, 5, 5, LOAD_HELD);
    judge(&site, held, &verdict);
    assert_int_equal(verdict.baseline.id, first);
    assert_int_equal(verdict.live_load, first);
    assert_int_equal(verdict.judged.judgement.verdict, VERDICT_HOLD);
    assert_true(verdict.releasable);
    assert_contains(verdict.summary, "hold: removed is 5");
    site_close(&site);
}

static void rows_that_nobody_vouches_for_are_held(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    site_night(&site, 10, 5);
    site_write(&site, "score", "cat night.csv\n");
    assert_int_equal(site_run(&site), OK);
    assert_string_equal(load_state_name(site.result.state), "held");
    assert_string_equal(site.result.verdict.judged.judgement.outcomes[0].rule, "completeness");
    assert_contains(site.result.record.summary, "complete");
    assert_string_equal(site_readers_see(&site), "0 rows of nothing");
    site_close(&site);
}

static void a_missing_vouch_does_not_soften_a_block(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    site_night(&site, 10, 1);
    site_write(&site, "score", "cat night.csv\n");
    assert_int_equal(site_run(&site), OK);
    assert_string_equal(load_state_name(site.result.state), "blocked");
    assert_int_equal(site.result.verdict.judged.judgement.n_findings, 2);
    site_close(&site);
}

static void duplicate_keys_are_blocked_by_no_rule_of_the_feed_and_for_everybody(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    site_write(&site, "score",
               "printf 'profile_id,score\\n1,2\\n1,3\\n'; "
               "echo '{\"complete\": true, \"rows\": 2}' >&\"$LOADGUARD_MANIFEST_FD\"\n");
    assert_int_equal(site_run(&site), OK);
    assert_string_equal(load_state_name(site.result.state), "blocked");
    assert_false(site.result.record.releasable);
    site_close(&site);
}

static void a_decision_is_written_whole(void **state)
{
    struct site site;
    char sql[512];
    site_open(&site, *state, NULL);
    int64_t first = site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t blocked = site_load(&site, 10, 1, LOAD_BLOCKED);
    (void)snprintf(sql, sizeof(sql),
                   "select verdict || releasable || baseline_load || live_load || epoch || "
                   "length(evidence_digest) || (report->>'verdict') || "
                   "(select count(*) > 0 from loadguard.measure where load_id = id) "
                   "from loadguard.load where id = %lld",
                   (long long)blocked);
    char expected[128];
    (void)snprintf(expected, sizeof(expected), "blocktrue%lld%lld064blocktrue", (long long)first,
                   (long long)first);
    assert_string_equal(pg_text(site.pg->store, sql), expected);
    assert_string_equal(site_events(&site, blocked), "load.blocked");
    assert_string_equal(site_audit(&site, blocked), "blocked");
    site_close(&site);
}

static void a_decision_that_cannot_be_written_leaves_the_load_as_it_was(void **state)
{
    struct site site;
    struct error err = {0};
    struct load_record record;
    enum load_state after = LOAD_STAGED;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t held = site_load(&site, 5, 5, LOAD_HELD);
    CLEANUP(load_verdict_release) struct load_verdict verdict = {0};
    CLEANUP(packed_cleanup) struct packed *rows = open_rows(&site, held, &record);
    assert_ok(load_judge(&site.gate, &record, rows, &verdict, &err));
    pg_run(site.pg->store, "alter table loadguard.event rename to event_away");
    assert_true(load_decide(&site.gate, &record, &verdict, LOAD_HELD, &after, &err) != OK);
    assert_int_equal(after, LOAD_STAGED);
    assert_false(store_in_transaction(site.pg->store));
    assert_string_equal(site_state(&site, held), "held");
    pg_run(site.pg->store, "alter table loadguard.event_away rename to event");
    site_close(&site);
}

static void the_evidence_is_the_same_when_nothing_has_changed(void **state)
{
    struct site site;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t held = site_load(&site, 5, 5, LOAD_HELD);
    char *once = digest(&site, held);
    char *again = digest(&site, held);
    assert_string_equal(once, again);
    assert_string_equal(site.result.record.evidence_digest, once);
    free(once);
    free(again);
    site_close(&site);
}

static void the_evidence_changes_with_rows_baseline_and_rules(void **state)
{
    struct site site;
    struct error err;
    site_open(&site, *state, NULL);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    char *digests[5];
    int64_t held = site_load(&site, 5, 5, LOAD_HELD);
    digests[0] = digest(&site, held);
    digests[1] = digest(&site, site_load(&site, 5, 6, LOAD_HELD));
    digests[2] = digest(&site, site_load(&site, 4, 5, LOAD_HELD));

    pg_run(site.pg->store, "update loadguard.load set as_of = as_of + interval '1 day' "
                           "where state = 'held'");
    (void)site_load(&site, 11, 5, LOAD_PUBLISHED);
    digests[3] = digest(&site, held);

    gate_release(&site.gate);
    struct site other;
    const struct site_options options = {
        .rules = "[{name: reset, block: share(score = 1 and old.score > 1) > 50%}, "
                 "{name: fewer, hold: removed > 3}]"};
    site_open(&other, site.pg, &options);
    assert_ok(gate_enter(&other.gate, &err));
    digests[4] = digest(&other, held);
    site_close(&other);
    for (size_t i = 0; i < ARRAY_SIZE(digests); i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(digests[i], digests[j]);
    for (size_t i = 0; i < ARRAY_SIZE(digests); i++)
        free(digests[i]);
    site_close(&site);
}

/*
 * A shadow rule's finding stands before weaker ones that count: two verdicts with one such finding
 * each, about different things.
 */
static void the_evidence_holds_findings_behind_those_of_shadow_rules(void **state)
{
    struct site site;
    struct error err;
    struct load_record record;
    char *digests[2];
    const struct site_options options = {
        .rules = "[{name: quiet, block: rows < 100, shadow: true}, "
                 "{name: early, hold: \"as_of < '2020-01-01T00:00:00Z' and rows = 5\"}, "
                 "{name: late, hold: \"as_of >= '2020-01-01T00:00:00Z' and rows = 5\"}]"};
    site_open(&site, *state, &options);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t load = site_load(&site, 5, 2, LOAD_HELD);
    CLEANUP(packed_cleanup) struct packed *rows = open_rows(&site, load, &record);
    for (size_t i = 0; i < 2; i++) {
        CLEANUP(load_verdict_release) struct load_verdict verdict = {0};
        record.as_of_us = i == 0 ? 0 : clock_now_us();
        assert_ok(load_judge(&site.gate, &record, rows, &verdict, &err));
        assert_int_equal(verdict.judged.judgement.n_findings, 1);
        digests[i] = strdup(verdict.evidence_digest);
    }
    assert_string_not_equal(digests[0], digests[1]);
    free(digests[0]);
    free(digests[1]);
    site_close(&site);
}

static void a_load_marked_bad_is_not_compared_with(void **state)
{
    struct site site;
    struct error err;
    site_open(&site, *state, NULL);
    int64_t first = site_load(&site, 10, 5, LOAD_PUBLISHED);
    int64_t second = site_load(&site, 11, 5, LOAD_PUBLISHED);
    assert_ok(ledger_mark(site.pg->store, second, true, "joe", "wrong", &err));
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    assert_int_equal(site.result.verdict.baseline.id, first);
    assert_int_equal(site.result.verdict.live_load, second);
    site_close(&site);
}

static void a_damaged_packed_file_of_the_baseline_is_made_anew_while_judging(void **state)
{
    struct site site;
    char path[320];
    site_open(&site, *state, NULL);
    int64_t first = site_load(&site, 5000, 5, LOAD_PUBLISHED);
    (void)snprintf(path, sizeof(path), "%s/cache/scores/%lld.packed", site.config.state_dir,
                   (long long)first);
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    assert_int_equal(fseek(file, size / 2, SEEK_SET), 0);
    assert_true(fputs("garbage garbage", file) >= 0);
    assert_int_equal(fclose(file), 0);
    (void)site_load(&site, 5001, 5, LOAD_PUBLISHED);
    assert_int_equal(site.result.verdict.judged.diff.counts.old_rows, 5000);
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test(a_quiet_night_passes_and_is_compared_with_the_live_load),
        pg_unit_test(rows_that_nobody_vouches_for_are_held),
        pg_unit_test(a_missing_vouch_does_not_soften_a_block),
        pg_unit_test(duplicate_keys_are_blocked_by_no_rule_of_the_feed_and_for_everybody),
        pg_unit_test(a_decision_is_written_whole),
        pg_unit_test(a_decision_that_cannot_be_written_leaves_the_load_as_it_was),
        pg_unit_test(the_evidence_is_the_same_when_nothing_has_changed),
        pg_unit_test(the_evidence_changes_with_rows_baseline_and_rules),
        pg_unit_test(the_evidence_holds_findings_behind_those_of_shadow_rules),
        pg_unit_test(a_load_marked_bad_is_not_compared_with),
        pg_unit_test(a_damaged_packed_file_of_the_baseline_is_made_anew_while_judging),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
