#include "guard/states.h"

#include <string.h>

#include "base/macros.h"

const struct state_transition state_transitions[] = {
    {LOAD_WAITING, LOAD_RUNNING, "inputs are ready, the scorer starts"},
    {LOAD_WAITING, LOAD_FAILED, "inputs are not ready, or the scorer cannot be started"},
    {LOAD_WAITING, LOAD_ABANDONED, "the process died"},
    {LOAD_RUNNING, LOAD_STAGED, "output complete, every row staged"},
    {LOAD_RUNNING, LOAD_FAILED, "scorer failed, output incomplete, stale or unreadable"},
    {LOAD_RUNNING, LOAD_ABANDONED, "the process died"},
    {LOAD_STAGED, LOAD_JUDGED, "compared with the last good load"},
    {LOAD_STAGED, LOAD_FAILED, "an error while judging"},
    {LOAD_STAGED, LOAD_ABANDONED, "the process died"},
    {LOAD_JUDGED, LOAD_RELEASING, "verdict pass or warn"},
    {LOAD_JUDGED, LOAD_HELD, "verdict hold"},
    {LOAD_JUDGED, LOAD_BLOCKED, "verdict block"},
    {LOAD_JUDGED, LOAD_FAILED, "an error while recording the verdict"},
    {LOAD_JUDGED, LOAD_ABANDONED, "the process died"},
    {LOAD_RELEASING, LOAD_PUBLISHED, "pointer flipped"},
    {LOAD_RELEASING, LOAD_JUDGED, "the live load changed meanwhile: judged again"},
    {LOAD_RELEASING, LOAD_HELD, "an error while publishing what a person approved"},
    {LOAD_RELEASING, LOAD_BLOCKED, "an error while publishing what a person approved"},
    {LOAD_RELEASING, LOAD_FAILED, "an error while publishing"},
    {LOAD_RELEASING, LOAD_ABANDONED, "the process died"},
    {LOAD_HELD, LOAD_RELEASING, "approved"},
    {LOAD_HELD, LOAD_JUDGED, "approval lapsed since the live load changed: judged again"},
    {LOAD_HELD, LOAD_REJECTED, "rejected by a person"},
    {LOAD_HELD, LOAD_EXPIRED, "keep time ran out, or a later load was published"},
    {LOAD_BLOCKED, LOAD_RELEASING, "approved with --override"},
    {LOAD_BLOCKED, LOAD_JUDGED, "approval lapsed since the live load changed: judged again"},
    {LOAD_BLOCKED, LOAD_REJECTED, "rejected by a person"},
    {LOAD_BLOCKED, LOAD_EXPIRED, "keep time ran out, or a later load was published"},
    {LOAD_PUBLISHED, LOAD_SUPERSEDED, "a later load was published"},
    {LOAD_PUBLISHED, LOAD_ROLLED_BACK, "rolled back"},
    {LOAD_SUPERSEDED, LOAD_PUBLISHED, "rolled back to"},
};
const size_t n_state_transitions = ARRAY_SIZE(state_transitions);

struct state_entry {
    const char *name;
    bool ends;
    const char *meaning;
};

static const struct state_entry entries[] = {
#define X(id, name, ends, meaning) [LOAD_##id] = {name, ends, meaning},
    LOAD_STATES(X)
#undef X
};
_Static_assert(ARRAY_SIZE(entries) == N_LOAD_STATES, "N_LOAD_STATES counts the table");

const char *load_state_name(enum load_state state)
{
    return entries[state].name;
}

const char *load_state_meaning(enum load_state state)
{
    return entries[state].meaning;
}

bool load_state_ends(enum load_state state)
{
    return entries[state].ends;
}

bool load_state_parse(const char *name, enum load_state *ret_state)
{
    for (size_t i = 0; i < N_LOAD_STATES; i++) {
        if (strcmp(entries[i].name, name) == 0) {
            *ret_state = (enum load_state)i;
            return true;
        }
    }
    return false;
}

bool load_state_may_change(enum load_state from, enum load_state to)
{
    for (size_t i = 0; i < n_state_transitions; i++)
        if (state_transitions[i].from == from && state_transitions[i].to == to)
            return true;
    return false;
}
