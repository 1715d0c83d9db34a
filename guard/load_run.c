#include "guard/load_run.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/file.h"
#include "guard/cache.h"
#include "guard/ingest.h"
#include "guard/life.h"
#include "guard/query_rows.h"
#include "guard/release.h"
#include "scorer/scorer.h"
#include "store/publish.h"
#include "store/staging.h"

#define HOST_BYTES 256
#define MAX_REJUDGEMENTS 5

void load_run_result_release(struct load_run_result *result)
{
    load_verdict_release(&result->verdict);
    packed_free(result->rows);
    arena_release(&result->arena);
    *result = (struct load_run_result){0};
}

/* What a run has at hand until its end. */
struct run {
    struct gate *gate;
    const struct load_run_options *options;
    struct load_run_result *result;
    struct scorer_spec spec;
    struct scorer_callbacks callbacks;
    int64_t started_as_of_us;
    bool dry;
};

static enum error_code create_load(struct run *run, struct error *err)
{
    char host[HOST_BYTES] = "";
    (void)gethostname(host, sizeof(host) - 1);
    const struct new_load new_load = {
        .feed = run->gate->feed->name,
        .scheduled_for_us = run->options->scheduled_for_us,
        .source = feed_scorer_describe(&run->spec, &run->result->arena),
        .host = host,
        .pid = getpid(),
    };
    TRY(ledger_create_load(run->gate->store, &new_load, &run->result->load_id,
                           &run->result->already_done, err));
    fault_point("run.created");
    run->result->state = LOAD_WAITING;
    return OK;
}

static enum error_code advance(struct run *run, enum load_state to, struct error *err)
{
    TRY(life_change(run->gate->store, run->result->load_id, run->result->state, to, err));
    run->result->state = to;
    return OK;
}

static enum error_code scorer_context_of(struct run *run, struct scorer_context *ret_context,
                                         struct error *err)
{
    struct arena *arena = &run->result->arena;
    const struct gate *gate = run->gate;
    const char *logs = arena_printf(arena, "%s/log/%s", gate->config->state_dir, gate->feed->name);
    TRY(directory_make(logs, 0700, err));
    struct live_facts live = {0};
    TRY(life_read_live(run->gate, arena, &live, err));
    *ret_context = (struct scorer_context){
        .feed = gate->feed->name,
        .load_id = run->result->load_id,
        .as_of_us = run->started_as_of_us,
        .has_live = live.load_id != 0,
        .live_as_of_us = live.as_of_us,
        .log_path =
            run->dry ? NULL : arena_printf(arena, "%s/%" PRId64 ".log", logs, run->result->load_id),
        .has_expected_rows = run->options->source.has_rows,
        .expected_rows = run->options->source.rows,
        .assume_complete = run->options->source.assume_complete,
    };
    return OK;
}

static enum error_code new_packer(struct run *run, struct packer **ret_packer, struct error *err)
{
    const struct gate *gate = run->gate;
    struct arena *arena = &run->result->arena;
    const char *path = NULL;
    TRY(cache_path(gate->config, gate->feed->name, run->result->load_id, arena, &path, err));
    const struct packer_options options = {
        .path = run->dry ? NULL : path,
        .directory = arena_printf(arena, "%s/cache/%s", gate->config->state_dir, gate->feed->name),
        .memory_bytes = (size_t)gate->config->memory_bytes,
    };
    return packer_new(gate->feed->schema, &options, ret_packer, err);
}

/* Notes in the ledger that every row is staged and the rows are known to be whole. */
static enum error_code record_staged(struct run *run, struct staging *staging,
                                     const struct completeness *completeness, struct error *err)
{
    struct load_run_result *result = run->result;
    const struct staged_facts facts = {
        .rows = packed_rows(result->rows),
        .fingerprint = packed_fingerprint(result->rows),
        .as_of_us = completeness->as_of_us,
        .completeness = completeness->how,
        .correction = completeness->correction,
    };
    TRY(staging_record(staging, run->gate->store, facts.rows, &facts.fingerprint, err));
    fault_point("run.recorded");
    CLEANUP(store_rollbackp) struct store *store = run->gate->store;
    TRY(store_begin(store, err));
    TRY(ledger_set_staged(store, result->load_id, &facts, err));
    enum load_state before = result->state;
    TRY(advance(run, LOAD_STAGED, err));
    enum error_code code = store_commit(store, err);
    if (code != OK)
        result->state = before;
    fault_point("run.staged");
    return code;
}

/* The record as the ledger would have it, for a run that leaves no trace there. */
static void fill_dry_record(struct run *run, const struct completeness *completeness)
{
    run->result->record = (struct load_record){
        .feed = run->gate->feed->name,
        .as_of_us = completeness->as_of_us,
        .has_rows = true,
        .rows = packed_rows(run->result->rows),
        .fingerprint = packed_fingerprint(run->result->rows),
        .completeness = completeness->how,
        .correction = completeness->correction,
    };
}

static enum error_code read_rows(struct run *run, struct scorer *scorer, struct staging *staging,
                                 struct error *err)
{
    CLEANUP(packer_cleanup) struct packer *packer = NULL;
    TRY(new_packer(run, &packer, err));
    struct ingested ingested = {0};
    TRY(ingest_rows(scorer, run->gate->feed->scorer.format, run->gate->feed->schema, packer,
                    staging, &ingested, err));
    run->result->rows = ingested.packed;
    fault_point("run.ingested");
    return OK;
}

static enum error_code take_rows(struct run *run, struct scorer *scorer, struct staging *staging,
                                 struct error *err)
{
    if (read_rows(run, scorer, staging, err) != OK)
        return scorer_fail(scorer, err);
    CLEANUP(completeness_release) struct completeness completeness = {0};
    TRY(scorer_finish(scorer, packed_rows(run->result->rows), &completeness, err));
    fault_point("run.complete");
    if (run->dry) {
        fill_dry_record(run, &completeness);
        return OK;
    }
    uint64_t staged_rows = 0;
    bool unique = packed_duplicate_rows(run->result->rows) == 0;
    TRY(staging_finish(staging, unique, &staged_rows, err));
    return record_staged(run, staging, &completeness, err);
}

static enum error_code begin_staging(struct run *run, struct staging **ret_staging,
                                     struct error *err)
{
    struct gate *gate = run->gate;
    struct load_record last = {0};
    int64_t last_good = 0;
    TRY(ledger_last_good(gate->store, gate->feed->name, &last_good, err));
    if (last_good != 0)
        TRY(ledger_read_load(gate->store, last_good, &run->result->arena, &last, err));
    const struct staging_options options = {
        .expected_rows = last.rows,
        .data_directory =
            store_is_private(gate->store)
                ? arena_printf(&run->result->arena, "%s/pg/data", gate->config->state_dir)
                : NULL,
    };
    return staging_begin(gate->store, &gate->table, run->result->load_id, &options, ret_staging,
                         err);
}

static enum error_code score_and_stage(struct run *run, struct error *err)
{
    struct scorer_context context;
    TRY(scorer_check_ready(&run->spec, &run->callbacks, err));
    TRY(scorer_context_of(run, &context, err));
    CLEANUP(staging_cleanup) struct staging *staging = NULL;
    if (!run->dry) {
        TRY(advance(run, LOAD_RUNNING, err));
        TRY(begin_staging(run, &staging, err));
        fault_point("run.staging");
    }
    CLEANUP(scorer_cleanup) struct scorer *scorer = NULL;
    TRY(scorer_start(&run->spec, &context, &run->callbacks, &scorer, err));
    fault_point("run.started");
    enum error_code code = take_rows(run, scorer, staging, err);
    run->result->stderr_tail = arena_strdup(&run->result->arena, scorer_stderr_tail(scorer));
    return code;
}

static enum error_code judge_and_decide(struct run *run, struct error *err)
{
    struct load_run_result *result = run->result;
    TRY(ledger_read_load(run->gate->store, result->load_id, &result->arena, &result->record, err));
    TRY(load_judge(run->gate, &result->record, result->rows, &result->verdict, err));
    result->judged = true;
    fault_point("run.judged");
    return load_decide(run->gate, &result->record, &result->verdict, result->state, &result->state,
                       err);
}

static enum error_code open_load_rows(struct gate *gate, const struct load_record *load,
                                      struct packed **ret_rows, struct error *err)
{
    const struct cache_identity identity = {
        .load_id = load->id, .rows = load->rows, .fingerprint = load->fingerprint};
    return cache_open(gate->config, gate->store, &gate->table, &identity, ret_rows, NULL, err);
}

/* The live load changed since this one was judged: judges it against the new one. */
static enum error_code judge_again(struct gate *gate, const struct load_record *load,
                                   struct load_verdict *verdict, enum load_state *ret_state,
                                   struct error *err)
{
    CLEANUP(packed_cleanup) struct packed *rows = NULL;
    load_verdict_release(verdict);
    TRY(open_load_rows(gate, load, &rows, err));
    TRY(load_judge(gate, load, rows, verdict, err));
    int64_t lapsed = 0;
    TRY(ledger_lapse_approvals(gate->store, load->id, verdict->evidence_digest, &lapsed, err));
    if (lapsed > 0)
        (void)fprintf(stderr,
                      "%s: the live load changed; the approval of load %" PRId64 " lapsed\n",
                      gate->feed->name, load->id);
    return load_decide(gate, load, verdict, LOAD_RELEASING, ret_state, err);
}

static enum error_code publish(struct gate *gate, int64_t load_id,
                               const struct release_order *order, struct arena *arena,
                               struct load_verdict *verdict, enum load_state *ret_state,
                               struct error *err)
{
    for (int round = 0; round < MAX_REJUDGEMENTS; round++) {
        struct load_record load;
        TRY(ledger_read_load(gate->store, load_id, arena, &load, err));
        enum error_code code = release_load(gate, &load, order, err);
        if (code == OK)
            *ret_state = LOAD_PUBLISHED;
        if (code != ERR_CONFLICT)
            return code;
        TRY(gate_check_lock(gate, err));
        TRY(judge_again(gate, &load, verdict, ret_state, err));
        if (*ret_state != LOAD_RELEASING)
            return OK;
    }
    return error_set(err, ERR_CONFLICT, "the live load of '%s' keeps changing", gate->feed->name);
}

enum error_code load_publish(struct gate *gate, int64_t load_id, const char *actor,
                             const char *reason, struct load_verdict *verdict,
                             enum load_state *ret_state, struct error *err)
{
    struct arena arena = {0};
    const struct release_order order = {.actor = actor, .reason = reason};
    enum error_code code = publish(gate, load_id, &order, &arena, verdict, ret_state, err);
    arena_release(&arena);
    return code;
}

static void init_run(struct run *run, struct gate *gate, const struct load_run_options *options,
                     struct load_run_result *result, struct query_rows *queries, bool dry)
{
    query_rows_init(queries, gate->store, gate->feed->scorer.timeout_us);
    *run = (struct run){
        .gate = gate,
        .options = options,
        .result = result,
        .callbacks = query_rows_callbacks(queries),
        .started_as_of_us = options->as_of_us == STORE_NO_TIME ? clock_now_us() : options->as_of_us,
        .dry = dry,
    };
}

static enum error_code through_the_gate(struct run *run, struct error *err)
{
    struct load_run_result *result = run->result;
    TRY(score_and_stage(run, err));
    TRY(judge_and_decide(run, err));
    if (result->state != LOAD_RELEASING)
        return OK;
    return load_publish(run->gate, result->load_id, NULL, NULL, &result->verdict, &result->state,
                        err);
}

enum error_code load_run(struct gate *gate, const struct load_run_options *options,
                         struct load_run_result *ret_result, struct error *err)
{
    int64_t begun_us = clock_monotonic_us();
    CLEANUP(query_rows_release) struct query_rows queries;
    struct run run;
    init_run(&run, gate, options, ret_result, &queries, false);
    TRY(feed_scorer_spec(gate->config, gate->feed, &options->source, &ret_result->arena, &run.spec,
                         err));
    TRY(create_load(&run, err));
    if (!ret_result->already_done) {
        enum error_code code = through_the_gate(&run, err);
        if (code != OK) {
            life_fail(gate, ret_result->load_id, ret_result->state, err, ret_result->stderr_tail);
            return code;
        }
        release_tidy(gate);
    }
    TRY(ledger_read_load(gate->store, ret_result->load_id, &ret_result->arena, &ret_result->record,
                         err));
    (void)load_state_parse(ret_result->record.state, &ret_result->state);
    ret_result->took_us = clock_monotonic_us() - begun_us;
    return OK;
}

enum error_code load_run_dry(struct gate *gate, const struct load_run_options *options,
                             struct load_run_result *ret_result, struct error *err)
{
    int64_t begun_us = clock_monotonic_us();
    CLEANUP(query_rows_release) struct query_rows queries;
    struct run run;
    init_run(&run, gate, options, ret_result, &queries, true);
    TRY(feed_scorer_spec(gate->config, gate->feed, &options->source, &ret_result->arena, &run.spec,
                         err));
    TRY(score_and_stage(&run, err));
    TRY(load_judge(gate, &ret_result->record, ret_result->rows, &ret_result->verdict, err));
    ret_result->judged = true;
    ret_result->took_us = clock_monotonic_us() - begun_us;
    return OK;
}
