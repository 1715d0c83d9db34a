/* Changes in the life of a load: states by the table, with events and audit in one transaction. */
#ifndef LG_GUARD_LIFE_H
#define LG_GUARD_LIFE_H

#include "guard/events.h"
#include "guard/gate.h"
#include "guard/states.h"
#include "store/ledger.h"
#include "store/publish.h"

/* Changes the state as the table allows; part of the caller's transaction if one is open. */
enum error_code life_change(struct store *store, int64_t load, enum load_state from,
                            enum load_state to, struct error *err) MUST_CHECK;

/* What one decision says and records. Texts may be NULL but action and summary. */
struct decision {
    enum event_type event;
    int64_t load;
    enum load_state state; /* after the decision */
    const char *verdict;
    const char *action; /* for the audit log: "published", "approved" */
    const char *actor;  /* NULL: "loadguard" */
    const char *reason;
    const char *summary;
};

/*
 * Adds the audit entry and the event with its deliveries; to be called inside the transaction that
 * decides, after its other writes, so that the event tells what will be live.
 */
enum error_code life_announce(struct gate *gate, const struct decision *decision,
                              struct error *err) MUST_CHECK;

/*
 * Ends a load with an error: state, cause, event and audit in one transaction, which is not
 * interrupted and is tried again once on a new connection. The staged rows are dropped. What fails
 * here is left to the next start.
 */
void life_fail(struct gate *gate, int64_t load, enum load_state from, const struct error *cause,
               const char *stderr_tail);

/* The feed's pointer; zeroes for a feed that has no tables yet. */
enum error_code life_pointer(struct gate *gate, struct live *ret_live,
                             struct error *err) MUST_CHECK;

/* What readers see now. */
enum error_code life_read_live(struct gate *gate, struct arena *arena, struct live_facts *ret_live,
                               struct error *err) MUST_CHECK;

/* Reason and summary (each may be NULL) as the details of an audit entry, JSON in the arena. */
const char *life_audit_details(const char *reason, const char *summary, struct arena *arena);

/* Name of the person at work: $LOADGUARD_ACTOR, else the login name, in the arena. */
const char *life_actor(struct arena *arena);

#endif
