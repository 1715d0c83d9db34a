#include "guard/decide.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "guard/life.h"
#include "guard/load_history.h"
#include "guard/load_run.h"
#include "guard/release.h"
#include "store/audit.h"
#include "store/export.h"
#include "store/publish.h"
#include "store/rollback.h"
#include "store/staging.h"

/* A person is waiting for a rollback, so it says early who is in the way. */
#define REPORT_AFTER_US (5 * USEC_PER_SEC)

static enum error_code read_waiting(struct gate *gate, int64_t load, struct arena *arena,
                                    struct load_record *ret_record, enum load_state *ret_state,
                                    struct error *err)
{
    TRY(ledger_read_load(gate->store, load, arena, ret_record, err));
    bool known = load_state_parse(ret_record->state, ret_state);
    if (known && (*ret_state == LOAD_HELD || *ret_state == LOAD_BLOCKED))
        return OK;
    (void)error_set(err, ERR_REFUSED, "load %" PRId64 " is %s, it waits for nobody", load,
                    ret_record->state);
    error_hint(err, "Only held and blocked loads can be approved or rejected.");
    return ERR_REFUSED;
}

static enum error_code check_approvable(const struct load_record *record, enum load_state state,
                                        bool override, struct error *err)
{
    if (!record->releasable) {
        (void)error_set(err, ERR_REFUSED, "nobody can release load %" PRId64 ": %s", record->id,
                        record->summary);
        error_hint(err, "Repair the data and run the load again.");
        return ERR_REFUSED;
    }
    if (state == LOAD_BLOCKED && !override) {
        (void)error_set(err, ERR_REFUSED, "load %" PRId64 " is blocked", record->id);
        error_hint(err, "If you are sure, use --override; the reason goes into the audit log.");
        return ERR_REFUSED;
    }
    return OK;
}

static enum error_code write_approval(struct gate *gate, const struct load_record *record,
                                      enum load_state state, const struct approval_wish *wish,
                                      const struct decider *decider, struct error *err)
{
    const char **found = NULL;
    size_t n_found = 0;
    TRY(load_history_found(gate, record->id, &gate->arena, &found, &n_found, err));
    const struct approval approval = {
        .load = record->id,
        .person = decider->actor,
        .reason = decider->reason,
        .override = wish->override,
        .evidence_digest = record->evidence_digest,
        .measures = found,
        .n_measures = n_found,
        .new_normal = wish->new_normal,
    };
    const struct audit_entry entry = {
        .feed = gate->feed->name,
        .actor = decider->actor,
        .action = "approved",
        .load = record->id,
        .details_json = life_audit_details(decider->reason, record->summary, &gate->arena),
    };
    char head[AUDIT_HASH_BYTES];
    CLEANUP(store_rollbackp) struct store *store = gate->store;
    TRY(store_begin(store, err));
    TRY(ledger_add_approval(store, &approval, err));
    TRY(life_change(store, record->id, state, LOAD_RELEASING, err));
    TRY(audit_append(store, &entry, head, err));
    TRY(store_commit(store, err));
    fault_point("approve.committed");
    return OK;
}

static enum error_code write_unpublished(struct gate *gate, const struct load_record *record,
                                         enum load_state state, const struct error *cause,
                                         struct error *err)
{
    const struct audit_entry entry = {
        .feed = gate->feed->name,
        .actor = "loadguard",
        .action = "not published",
        .load = record->id,
        .details_json = life_audit_details(cause->message, record->summary, &gate->arena),
    };
    int64_t lapsed = 0;
    char head[AUDIT_HASH_BYTES];
    CLEANUP(store_rollbackp) struct store *store = gate->store;
    TRY(store_begin(store, err));
    TRY(life_change(store, record->id, LOAD_RELEASING, state, err));
    TRY(ledger_lapse_approvals(store, record->id, "", &lapsed, err));
    TRY(audit_append(store, &entry, head, err));
    return store_commit(store, err);
}

/*
 * The publication of an approved load failed. Its rows are as good as before and may have taken
 * hours to make, so it waits for a person again. What fails here is left to the next start, which
 * finishes the publication.
 */
static void wait_again(struct gate *gate, const struct load_record *record, enum load_state state,
                       struct error *cause)
{
    struct error err = {0};
    store_rollback(gate->store);
    bool before = store_set_uninterruptible(gate->store, true);
    enum error_code code = write_unpublished(gate, record, state, cause, &err);
    if (code == ERR_STORE && store_reconnect(gate->store, &err) == OK) {
        (void)store_set_uninterruptible(gate->store, true);
        code = write_unpublished(gate, record, state, cause, &err);
    }
    (void)store_set_uninterruptible(gate->store, before);
    if (code == OK)
        error_hint(cause, "Load %" PRId64 " is %s as before; approve it again.", record->id,
                   load_state_name(state));
    else
        error_hint(cause,
                   "Load %" PRId64 " is approved; the next run or decision of the feed publishes "
                   "it.",
                   record->id);
}

enum error_code decide_approve(struct gate *gate, int64_t load, const struct approval_wish *wish,
                               const struct decider *decider, enum load_state *ret_state,
                               struct error *err)
{
    struct load_record record;
    enum load_state state = LOAD_HELD;
    TRY(read_waiting(gate, load, &gate->arena, &record, &state, err));
    TRY(check_approvable(&record, state, wish->override, err));
    TRY(write_approval(gate, &record, state, wish, decider, err));
    CLEANUP(load_verdict_release) struct load_verdict verdict = {0};
    enum error_code code =
        load_publish(gate, load, decider->actor, decider->reason, &verdict, ret_state, err);
    if (code != OK) {
        wait_again(gate, &record, state, err);
        return code;
    }
    release_tidy(gate);
    return OK;
}

/* The decision stands whether or not its rows can go now. */
static void drop_rows(struct gate *gate, int64_t load)
{
    struct error err = {0};
    if (staging_drop(gate->store, gate->feed->name, load, &err) != OK)
        (void)fprintf(stderr,
                      "%s: dropping the rows of load %" PRId64 " is left for the next run: %s\n",
                      gate->feed->name, load, err.message);
}

enum error_code decide_reject(struct gate *gate, int64_t load, const struct decider *decider,
                              struct error *err)
{
    struct load_record record;
    enum load_state state = LOAD_HELD;
    TRY(read_waiting(gate, load, &gate->arena, &record, &state, err));
    const struct decision decision = {
        .event = EVENT_REJECTED,
        .load = load,
        .state = LOAD_REJECTED,
        .verdict = record.verdict,
        .action = "rejected",
        .actor = decider->actor,
        .reason = decider->reason,
        .summary = arena_printf(&gate->arena, "load %" PRId64 " was rejected by %s: %s", load,
                                decider->actor, decider->reason),
    };
    CLEANUP(store_rollbackp) struct store *store = gate->store;
    TRY(store_begin(store, err));
    TRY(life_change(store, load, state, LOAD_REJECTED, err));
    TRY(life_announce(gate, &decision, err));
    TRY(store_commit(store, err));
    fault_point("reject.committed");
    drop_rows(gate, load);
    return OK;
}

/* The newest load that was live before, can be read and is not marked bad. */
static enum error_code find_target(struct gate *gate, int64_t live, int64_t *ret_to,
                                   struct error *err)
{
    struct load_record *records = NULL;
    size_t n = 0;
    static const char *const was_live[] = {"superseded"};
    TRY(ledger_loads_in_states(gate->store, gate->feed->name, was_live, ARRAY_SIZE(was_live),
                               &gate->arena, &records, &n, err));
    for (size_t i = n; i-- > 0;) {
        enum rollback_need need = ROLLBACK_GONE;
        if (records[i].marked_bad || records[i].id == live)
            continue;
        TRY(rollback_check(gate->store, gate->feed->name, records[i].id, &need, err));
        if (need != ROLLBACK_GONE) {
            *ret_to = records[i].id;
            return OK;
        }
    }
    (void)error_set(err, ERR_REFUSED, "there is no earlier load of '%s' to go back to",
                    gate->feed->name);
    error_hint(err, "'loadguard loads %s' lists the loads; --to names one that is still kept.",
               gate->feed->name);
    return ERR_REFUSED;
}

static enum error_code print_blocked(void *context, const struct blockage *blockage,
                                     struct error *err)
{
    (void)err;
    struct arena arena = {0};
    (void)fprintf(stderr, "%s: %s\n", (const char *)context,
                  release_blocked_summary(blockage, &arena));
    arena_release(&arena);
    return OK;
}

static enum error_code attach(struct gate *gate, int64_t to, const struct live *live,
                              struct error *err)
{
    const struct publication publication = {
        .feed = &gate->table, .load_id = to, .judged_against = live->load_id, .epoch = live->epoch};
    char feed[64];
    (void)snprintf(feed, sizeof(feed), "%s", gate->feed->name);
    struct wait_options wait = wait_options_default();
    wait.report_after_us = REPORT_AFTER_US;
    wait.on_blocked = print_blocked;
    wait.context = feed;
    TRY(publish_attach(gate->store, &publication, 1, &wait, err));
    return publish_wait(gate->store, &publication, 1, &wait, err);
}

/* Brings a load that is kept but not attached, or not verified since it was restored, to where one
 * update makes it live. */
static enum error_code make_ready(struct gate *gate, int64_t to, const struct live *live,
                                  struct error *err)
{
    enum rollback_need need = ROLLBACK_GONE;
    TRY(rollback_check(gate->store, gate->feed->name, to, &need, err));
    if (need == ROLLBACK_GONE) {
        (void)error_set(err, ERR_REFUSED, "the rows of load %" PRId64 " are no longer kept", to);
        error_hint(err, "'loadguard loads %s' shows which are.", gate->feed->name);
        return ERR_REFUSED;
    }
    if (need == ROLLBACK_VERIFY) {
        TRY(load_verify(gate->store, &gate->table, to, err));
        TRY(rollback_check(gate->store, gate->feed->name, to, &need, err));
    }
    return need == ROLLBACK_ATTACH ? attach(gate, to, live, err) : OK;
}

static enum error_code flip_back(struct gate *gate, int64_t from, int64_t to,
                                 const struct decider *decider, struct error *err)
{
    const struct decision decision = {
        .event = EVENT_ROLLED_BACK,
        .load = from,
        .state = LOAD_ROLLED_BACK,
        .action = "rolled back",
        .actor = decider->actor,
        .reason = decider->reason,
        .summary = arena_printf(&gate->arena,
                                "load %" PRId64 " was rolled back by %s, load %" PRId64
                                " is live again: %s",
                                from, decider->actor, to, decider->reason),
    };
    struct live live;
    CLEANUP(store_rollbackp) struct store *store = gate->store;
    TRY(store_begin(store, err));
    TRY(life_change(store, from, LOAD_PUBLISHED, LOAD_ROLLED_BACK, err));
    TRY(life_change(store, to, LOAD_SUPERSEDED, LOAD_PUBLISHED, err));
    TRY(ledger_mark(store, from, true, decider->actor, decider->reason, err));
    TRY(rollback_flip(store, gate->feed->name, from, to, &live, err));
    TRY(life_announce(gate, &decision, err));
    fault_point("rollback.written");
    TRY(store_commit(store, err));
    fault_point("rollback.committed");
    return OK;
}

static enum error_code check_was_live(struct gate *gate, int64_t to, struct error *err)
{
    struct load_record record;
    TRY(ledger_read_load(gate->store, to, &gate->arena, &record, err));
    if (strcmp(record.feed, gate->feed->name) != 0)
        return error_set(err, ERR_REFUSED, "load %" PRId64 " is of feed '%s'", to, record.feed);
    if (strcmp(record.state, load_state_name(LOAD_SUPERSEDED)) == 0)
        return OK;
    (void)error_set(err, ERR_REFUSED, "load %" PRId64 " is %s", to, record.state);
    error_hint(err, "Only a load that was live and was not rolled back can become live again.");
    return ERR_REFUSED;
}

enum error_code decide_rollback(struct gate *gate, int64_t to_load, const struct decider *decider,
                                int64_t *ret_from, int64_t *ret_to, struct error *err)
{
    struct live live;
    TRY(life_pointer(gate, &live, err));
    if (live.load_id == 0) {
        return error_set(err, ERR_REFUSED, "nothing of '%s' was published yet", gate->feed->name);
    }
    int64_t to = to_load;
    if (to == 0)
        TRY(find_target(gate, live.load_id, &to, err));
    if (to == live.load_id)
        return error_set(err, ERR_REFUSED, "load %" PRId64 " is live already", to);
    TRY(check_was_live(gate, to, err));
    TRY(make_ready(gate, to, &live, err));
    TRY(flip_back(gate, live.load_id, to, decider, err));
    *ret_from = live.load_id;
    *ret_to = to;
    return OK;
}

enum error_code decide_mark(struct gate *gate, int64_t load, bool bad,
                            const struct decider *decider, struct error *err)
{
    struct load_record record;
    TRY(ledger_read_load(gate->store, load, &gate->arena, &record, err));
    const struct audit_entry entry = {
        .feed = gate->feed->name,
        .actor = decider->actor,
        .action = bad ? "marked bad" : "marked good",
        .load = load,
        .details_json = life_audit_details(decider->reason, record.summary, &gate->arena),
    };
    char head[AUDIT_HASH_BYTES];
    CLEANUP(store_rollbackp) struct store *store = gate->store;
    TRY(store_begin(store, err));
    TRY(ledger_mark(store, load, bad, decider->actor, decider->reason, err));
    TRY(audit_append(store, &entry, head, err));
    return store_commit(store, err);
}
