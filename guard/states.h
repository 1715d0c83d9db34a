/*
 * The life of a load. This table is the only place that says which change of state is allowed;
 * `loadguard states` prints it, and documentation and tests are made from it.
 */
#ifndef LG_GUARD_STATES_H
#define LG_GUARD_STATES_H

#include <stdbool.h>
#include <stddef.h>

/* state, ends (nothing leads on without a person or another load), meaning */
#define LOAD_STATES(X)                                                                             \
    X(WAITING, "waiting", false, "created; inputs not ready yet or scorer not started")            \
    X(RUNNING, "running", false, "the scorer runs, its rows are being staged")                     \
    X(STAGED, "staged", false, "all rows are staged and known to be complete")                     \
    X(JUDGED, "judged", false, "the rules have spoken")                                            \
    X(RELEASING, "releasing", false,                                                               \
      "may be published; indexed, attached, waiting for old readers")                              \
    X(PUBLISHED, "published", true, "readers see it")                                              \
    X(HELD, "held", true, "waits for a person; the last good load stays live")                     \
    X(BLOCKED, "blocked", true, "refused by a rule; the last good load stays live")                \
    X(REJECTED, "rejected", true, "refused by a person")                                           \
    X(SUPERSEDED, "superseded", true, "was live until a later load replaced it")                   \
    X(ROLLED_BACK, "rolled_back", true, "was live until it was taken back")                        \
    X(EXPIRED, "expired", true, "was held or blocked until its keep time ran out")                 \
    X(FAILED, "failed", true, "ended with an error before it could be judged or published")        \
    X(ABANDONED, "abandoned", true, "its process died; found and closed by a later start")

enum load_state {
#define X(id, name, ends, meaning) LOAD_##id,
    LOAD_STATES(X)
#undef X
};
#define N_LOAD_STATES 14

struct state_transition {
    enum load_state from;
    enum load_state to;
    const char *cause;
};

extern const struct state_transition state_transitions[];
extern const size_t n_state_transitions;

const char *load_state_name(enum load_state state);
const char *load_state_meaning(enum load_state state);

/* Whether the state is an end: no program is at work on a load in it. */
bool load_state_ends(enum load_state state);

/* State of that name; false if there is none. */
bool load_state_parse(const char *name, enum load_state *ret_state);

/* Whether the table has this change. */
bool load_state_may_change(enum load_state from, enum load_state to);

#endif
