#include "guard/load_judge.h"

#include <inttypes.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "guard/cache.h"
#include "guard/life.h"
#include "guard/load_history.h"
#include "store/publish.h"

void load_verdict_release(struct load_verdict *verdict)
{
    judged_release(&verdict->judged);
    arena_release(&verdict->arena);
    *verdict = (struct load_verdict){0};
}

/* The rows of the last good load, and what the ledger knows of it. */
static enum error_code open_baseline(struct gate *gate, struct load_verdict *verdict,
                                     struct packed **ret_rows, struct error *err)
{
    struct live live;
    TRY(life_pointer(gate, &live, err));
    verdict->live_load = live.load_id;
    verdict->epoch = live.epoch;
    int64_t baseline = 0;
    TRY(ledger_last_good(gate->store, gate->feed->name, &baseline, err));
    if (baseline == 0)
        return OK;
    TRY(ledger_read_load(gate->store, baseline, &verdict->arena, &verdict->baseline, err));
    const struct cache_identity identity = {.load_id = baseline,
                                            .rows = verdict->baseline.rows,
                                            .fingerprint = verdict->baseline.fingerprint};
    return cache_open(gate->config, gate->store, &gate->table, &identity, ret_rows, NULL, err);
}

/* Makes the baseline's packed file anew, for when a block of it turns out to be damaged. */
static enum error_code reopen_baseline(struct gate *gate, struct load_verdict *verdict,
                                       struct packed **rows, struct error *err)
{
    const struct cache_identity identity = {.load_id = verdict->baseline.id,
                                            .rows = verdict->baseline.rows,
                                            .fingerprint = verdict->baseline.fingerprint};
    packed_free(TAKE(*rows));
    return cache_rebuild(gate->config, gate->store, &gate->table, &identity, rows, err);
}

/* Where the load and the last good one stand in the store; false for a load without tables. */
static bool find_tables(struct gate *gate, const struct load_record *load, struct packed *rows,
                        struct load_verdict *verdict, struct measuring *ret_measuring)
{
    int64_t timeout_ms = gate->feed->scorer.timeout_us / 1000;
    if (load->id == 0)
        return false;
    *ret_measuring = (struct measuring){
        .store = gate->store,
        .in_database = gate->feed->measure_in == MEASURE_IN_DATABASE,
        .timeout_ms = timeout_ms < INT_MAX ? (int)timeout_ms : INT_MAX,
    };
    measuring_relations(gate->feed->name, load->id, verdict->baseline.id, &verdict->arena,
                        &ret_measuring->relations);
    /* A load with duplicates is never published, so none can be the last good one. */
    ret_measuring->relations.keys_are_unique = packed_duplicate_rows(rows) == 0;
    return true;
}

static enum error_code compare(struct gate *gate, const struct load_record *load,
                               struct packed *rows, struct load_verdict *verdict, struct error *err)
{
    CLEANUP(packed_cleanup) struct packed *baseline = NULL;
    TRY(open_baseline(gate, verdict, &baseline, err));
    struct judge_context context = {
        .has_old = baseline != NULL,
        .has_as_of = load->as_of_us != STORE_NO_TIME,
        .as_of_unix_us = load->as_of_us,
    };
    TRY(load_history_read(gate, gate->rules, load, &verdict->baseline, &verdict->arena, &context,
                          err));
    struct measuring measuring;
    bool staged = find_tables(gate, load, rows, verdict, &measuring);
    context.why_no_sql = staged ? NULL : "sql: looks at tables, and a dry run makes none";
    enum error_code code = judge_run_in(staged ? &measuring : NULL, baseline, rows, gate->rules,
                                        &context, &verdict->judged, err);
    if (code == ERR_CORRUPT && baseline != NULL) {
        judged_release(&verdict->judged);
        TRY(reopen_baseline(gate, verdict, &baseline, err));
        code = judge_run_in(staged ? &measuring : NULL, baseline, rows, gate->rules, &context,
                            &verdict->judged, err);
    }
    return code;
}

/* Puts a finding of the gate itself before those of the rules. */
static void add_hold(struct judged *judged, const char *rule, const char *sentence)
{
    struct judgement *judgement = &judged->judgement;
    size_t n = judgement->n_outcomes;
    struct outcome *outcomes = arena_calloc(&judged->arena, n + 1, sizeof(*outcomes));
    struct report_examples *examples = arena_calloc(&judged->arena, n + 2, sizeof(*examples));
    struct report_drawing *drawings = arena_calloc(&judged->arena, n + 2, sizeof(*drawings));
    outcomes[0] = (struct outcome){
        .kind = OUTCOME_FINDING,
        .rule = rule,
        .action = ACTION_HOLD,
        .releasable = true,
        .condition = "",
        .basis = "fixed",
        .because = "",
        .sentence = sentence,
        .example_measure = OUTCOME_NO_EXAMPLES,
        .file = "",
    };
    for (size_t i = 0; i < n; i++) {
        outcomes[i + 1] = judgement->outcomes[i];
        examples[i + 1] = judged->examples[i];
        drawings[i + 1] = judged->drawings[i];
    }
    judged->examples = examples;
    judged->drawings = drawings;
    judgement->outcomes = outcomes;
    judgement->n_outcomes = n + 1;
    judgement->n_findings++;
    if (judgement->verdict < VERDICT_HOLD)
        judgement->verdict = VERDICT_HOLD;
}

static bool releasable(const struct judgement *judgement)
{
    for (size_t i = 0; i < judgement->n_outcomes; i++)
        if (judgement->outcomes[i].kind == OUTCOME_FINDING && !judgement->outcomes[i].releasable)
            return false;
    return true;
}

/* Whether the verdict rests on it. Findings of shadow rules stand among the others. */
static bool counts(const struct outcome *outcome)
{
    return !outcome->shadow && (outcome->kind == OUTCOME_FINDING || outcome->kind == OUTCOME_ERROR);
}

/* SHA-256 over what an approval stands for: rows, baseline, rules and findings. */
static enum error_code digest_evidence(const struct gate *gate, const struct load_record *load,
                                       struct load_verdict *verdict, struct error *err)
{
    char rows[FINGERPRINT_TEXT_BYTES];
    char baseline[FINGERPRINT_TEXT_BYTES];
    struct buffer text;
    buffer_init(&text, (size_t)64 << 20);
    const struct judgement *judgement = &verdict->judged.judgement;
    enum error_code code = buffer_printf(
        &text, err, "%s %" PRIu64 "\n%" PRId64 " %s\n%s\n%s\n",
        fingerprint_format(&load->fingerprint, rows), load->rows, verdict->baseline.id,
        fingerprint_format(&verdict->baseline.fingerprint, baseline), rule_set_digest(gate->rules),
        verdict_name(judgement->verdict));
    for (size_t i = 0; code == OK && i < judgement->n_outcomes; i++) {
        const struct outcome *outcome = &judgement->outcomes[i];
        if (counts(outcome))
            code = buffer_printf(
                &text, err, "%s|%s|%s|%s|%s\n", outcome->rule, action_name(outcome->action),
                outcome->column == NULL ? "" : outcome->column,
                outcome->segment == NULL ? "" : outcome->segment, outcome->sentence);
    }
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (code == OK && EVP_Digest(text.data, text.len, hash, &len, EVP_sha256(), NULL) != 1)
        code = error_set(err, ERR_MEMORY, "cannot compute a digest");
    buffer_release(&text);
    if (code != OK)
        return code;
    char *digest = arena_alloc(&verdict->arena, (size_t)len * 2 + 1);
    for (unsigned i = 0; i < len; i++)
        (void)snprintf(digest + (size_t)i * 2, 3, "%02x", hash[i]);
    verdict->evidence_digest = digest;
    return OK;
}

enum error_code load_judge(struct gate *gate, const struct load_record *load, struct packed *rows,
                           struct load_verdict *ret_verdict, struct error *err)
{
    TRY(compare(gate, load, rows, ret_verdict, err));
    if (load->completeness == NULL || strcmp(load->completeness, "none") == 0)
        add_hold(&ret_verdict->judged, "completeness",
                 "nobody vouches that the rows are complete: there is no manifest and no "
                 "complete_when");
    char *summary = arena_alloc(&ret_verdict->arena, REPORT_SUMMARY_BYTES);
    ret_verdict->summary = report_summary(&ret_verdict->judged.judgement, summary);
    ret_verdict->releasable = releasable(&ret_verdict->judged.judgement);
    return digest_evidence(gate, load, ret_verdict, err);
}

struct report load_report(const struct gate *gate, const struct load_record *load,
                          const struct load_verdict *verdict, struct arena *arena)
{
    return (struct report){
        .title = arena_printf(arena, "%s load %" PRId64, gate->feed->name, load->id),
        .feed = gate->feed->name,
        .load_id = load->id,
        .baseline_id = verdict->baseline.id,
        .has_as_of = load->as_of_us != STORE_NO_TIME,
        .as_of_us = load->as_of_us,
        .has_baseline_as_of =
            verdict->baseline.id != 0 && verdict->baseline.as_of_us != STORE_NO_TIME,
        .baseline_as_of_us = verdict->baseline.as_of_us,
        .completeness = load->completeness,
        .correction = load->correction,
        .judged_in_us = verdict->judged.took_us,
        .schema = gate->feed->schema,
        .counts = &verdict->judged.diff.counts,
        .judgement = &verdict->judged.judgement,
        .examples = verdict->judged.examples,
        .drawings = verdict->judged.drawings,
    };
}

/* Of segments only what rules look at: not the counts beside it that tell why a value is missing.
 */
static bool is_recorded(const struct gate *gate, size_t measure)
{
    struct rule_info rule;
    return rule_set_plan(gate->rules)->measures[measure].n_by == 0 ||
           rule_set_rule_of_measure(gate->rules, measure, &rule);
}

static enum error_code store_measures(struct gate *gate, int64_t load,
                                      const struct load_verdict *verdict, struct error *err)
{
    const struct measure_plan *plan = rule_set_plan(gate->rules);
    const struct judged *judged = &verdict->judged;
    struct arena arena CLEANUP(arena_release) = {0};
    struct recorded_measure *measures = NULL;
    size_t capacity = 0;
    size_t n = 0;
    for (size_t i = 0; i < plan->n_measures; i++) {
        struct history_record *records = NULL;
        size_t n_records = 0;
        if (is_recorded(gate, i))
            history_records(&plan->measures[i], &judged->diff.measures[i], judged->judgement.gap,
                            &arena, &records, &n_records);
        measures = arena_grow(&arena, measures, sizeof(*measures), &capacity, n + n_records);
        for (size_t j = 0; j < n_records; j++)
            measures[n++] = (struct recorded_measure){
                .text = records[j].text,
                .segment = records[j].segment,
                .is_null = records[j].is_null,
                .value = records[j].value,
                .trains = records[j].trains,
            };
    }
    return ledger_store_measures(gate->store, load, measures, n, err);
}

static enum error_code report_text(const struct gate *gate, const struct load_record *load,
                                   const struct load_verdict *verdict, struct arena *arena,
                                   const char **ret_text, struct error *err)
{
    struct report report = load_report(gate, load, verdict, arena);
    json_t *json = NULL;
    TRY(report_json(&report, &json, err));
    char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(17));
    json_decref(json);
    if (text == NULL)
        return error_set(err, ERR_MEMORY, "cannot make the report");
    *ret_text = arena_strdup(arena, text);
    free(text);
    return OK;
}

static enum load_state state_for(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_BLOCK:
        return LOAD_BLOCKED;
    case VERDICT_HOLD:
        return LOAD_HELD;
    case VERDICT_PASS:
    case VERDICT_WARN:
        break;
    }
    return LOAD_RELEASING;
}

static enum error_code write_verdict(struct gate *gate, const struct load_record *load,
                                     const struct load_verdict *verdict, const char *report,
                                     enum load_state from, enum load_state to, struct error *err)
{
    const char *name = verdict_name(verdict->judged.judgement.verdict);
    const struct judged_facts facts = {
        .baseline_load = verdict->baseline.id,
        .live_load = verdict->live_load,
        .epoch = verdict->epoch,
        .verdict = name,
        .releasable = verdict->releasable,
        .summary = verdict->summary,
        .rules_digest = rule_set_digest(gate->rules),
        .evidence_digest = verdict->evidence_digest,
        .report_json = report,
    };
    if (from != LOAD_JUDGED)
        TRY(life_change(gate->store, load->id, from, LOAD_JUDGED, err));
    TRY(ledger_set_judged(gate->store, load->id, &facts, err));
    TRY(store_measures(gate, load->id, verdict, err));
    TRY(life_change(gate->store, load->id, LOAD_JUDGED, to, err));
    if (to == LOAD_RELEASING)
        return OK;
    const struct decision decision = {
        .event = to == LOAD_BLOCKED ? EVENT_BLOCKED : EVENT_HELD,
        .load = load->id,
        .state = to,
        .verdict = name,
        .action = load_state_name(to),
        .summary = verdict->summary,
    };
    return life_announce(gate, &decision, err);
}

enum error_code load_decide(struct gate *gate, const struct load_record *load,
                            const struct load_verdict *verdict, enum load_state from,
                            enum load_state *ret_state, struct error *err)
{
    enum load_state to = state_for(verdict->judged.judgement.verdict);
    struct arena arena = {0};
    const char *report = NULL;
    CLEANUP(store_rollbackp) struct store *store = gate->store;
    enum error_code code = report_text(gate, load, verdict, &arena, &report, err);
    if (code == OK)
        code = store_begin(store, err);
    if (code == OK)
        code = write_verdict(gate, load, verdict, report, from, to, err);
    arena_release(&arena);
    if (code != OK)
        return code;
    fault_point("decide.written");
    TRY(store_commit(store, err));
    fault_point("decide.committed");
    *ret_state = to;
    return OK;
}
