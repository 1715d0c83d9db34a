#include "guard/life.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fault.h"
#include "store/audit.h"
#include "store/outbox.h"
#include "store/publish.h"
#include "store/staging.h"

enum error_code life_change(struct store *store, int64_t load, enum load_state from,
                            enum load_state to, struct error *err)
{
    assert(load_state_may_change(from, to));
    return ledger_change_state(store, load, load_state_name(from), load_state_name(to), err);
}

const char *life_actor(struct arena *arena)
{
    const char *given = getenv("LOADGUARD_ACTOR");
    if (given != NULL && given[0] != '\0')
        return arena_strdup(arena, given);
    const struct passwd *account = getpwuid(getuid());
    return account == NULL ? arena_printf(arena, "uid %u", getuid())
                           : arena_strdup(arena, account->pw_name);
}

enum error_code life_pointer(struct gate *gate, struct live *ret_live, struct error *err)
{
    enum error_code code = publish_live(gate->store, gate->feed->name, ret_live, err);
    if (code != ERR_NOT_FOUND)
        return code;
    *ret_live = (struct live){0};
    return OK;
}

enum error_code life_read_live(struct gate *gate, struct arena *arena, struct live_facts *ret_live,
                               struct error *err)
{
    struct live live = {0};
    TRY(life_pointer(gate, &live, err));
    *ret_live = (struct live_facts){0};
    if (live.load_id == 0)
        return OK;
    struct load_record record;
    TRY(ledger_read_load(gate->store, live.load_id, arena, &record, err));
    char *text = arena_alloc(arena, FINGERPRINT_TEXT_BYTES);
    *ret_live = (struct live_facts){
        .load_id = live.load_id,
        .as_of_us = record.as_of_us,
        .rows = record.rows,
        .fingerprint = fingerprint_format(&record.fingerprint, text),
    };
    return OK;
}

static enum outbox_effect outbox_effect_of(enum event_type type)
{
    switch (event_effect(type)) {
    case EFFECT_TRIGGER:
        return OUTBOX_TRIGGER;
    case EFFECT_RESOLVE:
        return OUTBOX_RESOLVE;
    case EFFECT_NONE:
        break;
    }
    return OUTBOX_NONE;
}

const char *life_audit_details(const char *reason, const char *summary, struct arena *arena)
{
    json_t *json = json_object();
    if (reason != NULL)
        (void)json_object_set_new(json, "reason", event_text(reason));
    if (summary != NULL)
        (void)json_object_set_new(json, "summary", event_text(summary));
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    const char *details = text == NULL ? "{}" : arena_strdup(arena, text);
    json_decref(json);
    free(text);
    return details;
}

static enum error_code announce(struct gate *gate, const struct decision *decision,
                                struct arena *arena, struct error *err)
{
    char head[AUDIT_HASH_BYTES];
    const struct audit_entry entry = {
        .feed = gate->feed->name,
        .actor = decision->actor == NULL ? "loadguard" : decision->actor,
        .action = decision->action,
        .load = decision->load,
        .details_json = life_audit_details(decision->reason, decision->summary, arena),
    };
    TRY(audit_append(gate->store, &entry, head, err));
    struct event_facts facts = {
        .type = decision->event,
        .feed = gate->feed->name,
        .load_id = decision->load,
        .state = load_state_name(decision->state),
        .verdict = decision->verdict,
        .summary = decision->summary,
        .actor = decision->actor,
        .reason = decision->reason,
        .chain_head = head,
    };
    TRY(life_read_live(gate, arena, &facts.live, err));
    const char *payload = NULL;
    TRY(event_payload(&facts, arena, &payload, err));
    const struct outbox_event event = {
        .feed = gate->feed->name,
        .load = decision->load,
        .type = event_type_name(decision->event),
        .severity = event_severity(decision->event),
        .effect = outbox_effect_of(decision->event),
        .payload_json = payload,
        .endpoints = gate->endpoints,
        .n_endpoints = gate->n_endpoints,
    };
    char id[EVENT_ID_BYTES];
    return outbox_add(gate->store, &event, id, err);
}

enum error_code life_announce(struct gate *gate, const struct decision *decision, struct error *err)
{
    struct arena arena = {0};
    enum error_code code = announce(gate, decision, &arena, err);
    arena_release(&arena);
    return code;
}

static enum event_type failure_event(enum error_code code)
{
    return error_exit_status(code) == error_exit_status(ERR_NOT_READY) ? EVENT_NOT_READY
                                                                       : EVENT_FAILED;
}

static enum error_code write_failure(struct gate *gate, int64_t load, enum load_state from,
                                     const struct error *cause, const char *stderr_tail,
                                     struct error *err)
{
    const enum load_state to = LOAD_FAILED;
    CLEANUP(store_rollbackp) struct store *store = gate->store;
    TRY(store_begin(store, err));
    TRY(life_change(store, load, from, to, err));
    TRY(ledger_set_error(store, load, cause->message, stderr_tail, err));
    const struct decision decision = {
        .event = failure_event(cause->code),
        .load = load,
        .state = to,
        .action = "failed",
        .summary = cause->message,
    };
    TRY(life_announce(gate, &decision, err));
    fault_point("fail.written");
    TRY(store_commit(store, err));
    fault_point("fail.committed");
    return OK;
}

void life_fail(struct gate *gate, int64_t load, enum load_state from, const struct error *cause,
               const char *stderr_tail)
{
    struct error err = {0};
    store_rollback(gate->store);
    bool before = store_set_uninterruptible(gate->store, true);
    enum error_code code = write_failure(gate, load, from, cause, stderr_tail, &err);
    if (code == ERR_STORE && store_reconnect(gate->store, &err) == OK) {
        (void)store_set_uninterruptible(gate->store, true);
        code = write_failure(gate, load, from, cause, stderr_tail, &err);
    }
    if (code != OK && code != ERR_CONFLICT) /* in a conflict somebody else has ended it */
        (void)fprintf(stderr,
                      "%s: how load %" PRId64 " ended is not on record yet, the next run of the "
                      "feed writes it down: %s\n",
                      gate->feed->name, load, err.message);
    if (code == OK && staging_drop(gate->store, gate->feed->name, load, &err) != OK)
        store_rollback(gate->store);
    (void)store_set_uninterruptible(gate->store, before);
}
