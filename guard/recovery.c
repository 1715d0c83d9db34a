#include "guard/recovery.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/fault.h"
#include "guard/life.h"
#include "guard/release.h"
#include "store/publish.h"
#include "store/recover.h"
#include "store/retention.h"
#include "store/staging.h"

static enum error_code abandon(struct gate *gate, const struct load_record *load,
                               enum load_state state, const char *summary, struct error *err)
{
    CLEANUP(store_rollbackp) struct store *store = gate->store;
    TRY(store_begin(store, err));
    TRY(life_change(store, load->id, state, LOAD_ABANDONED, err));
    TRY(ledger_set_error(store, load->id, summary, NULL, err));
    const struct decision decision = {
        .event = EVENT_FAILED,
        .load = load->id,
        .state = LOAD_ABANDONED,
        .action = "abandoned",
        .summary = summary,
    };
    TRY(life_announce(gate, &decision, err));
    TRY(store_commit(store, err));
    fault_point("recover.abandoned");
    return OK;
}

static enum error_code finish_release(struct gate *gate, const struct load_record *load,
                                      struct error *err)
{
    const struct release_order order = {0};
    enum error_code code = release_load(gate, load, &order, err);
    if (code == OK || (error_retryable(code) && code != ERR_CONFLICT))
        return code;
    struct error why = *err;
    TRY(gate_check_lock(gate, err));
    if (code == ERR_CONFLICT)
        return abandon(gate, load, LOAD_RELEASING,
                       "its process died while publishing, and another load went live since", err);
    struct arena arena = {0};
    code = abandon(
        gate, load, LOAD_RELEASING,
        arena_printf(&arena, "its process died, and it cannot be published: %s", why.message), err);
    arena_release(&arena);
    return code;
}

static enum error_code recover_load(struct gate *gate, const struct load_record *load,
                                    struct error *err)
{
    enum load_state state = LOAD_WAITING;
    if (!load_state_parse(load->state, &state))
        return error_set(err, ERR_CORRUPT, "load %" PRId64 " is in an unknown state '%s'", load->id,
                         load->state);
    (void)fprintf(stderr, "%s: load %" PRId64 " was left %s by a process that died\n",
                  gate->feed->name, load->id, load->state);
    if (state == LOAD_RELEASING)
        return finish_release(gate, load, err);
    struct arena arena = {0};
    const char *summary =
        arena_printf(&arena, "its process died while the load was %s", load->state);
    enum error_code code = abandon(gate, load, state, summary, err);
    arena_release(&arena);
    return code;
}

/* Whether a load in this state is entitled to rows in the store. */
static bool keeps_rows(const char *state_name)
{
    enum load_state state = LOAD_WAITING;
    if (!load_state_parse(state_name, &state))
        return true;
    switch (state) {
    case LOAD_REJECTED:
    case LOAD_EXPIRED:
    case LOAD_FAILED:
    case LOAD_ABANDONED:
        return false;
    default:
        return true;
    }
}

static enum error_code drop_leftover(struct gate *gate, const struct snapshot_info *info,
                                     struct error *err)
{
    bool detached = info->state == SNAPSHOT_STAGING || info->state == SNAPSHOT_STAGED;
    if (!detached)
        TRY(retention_detach(gate->store, gate->feed->name, info->load_id, &detached, err));
    return detached ? staging_drop(gate->store, gate->feed->name, info->load_id, err) : OK;
}

/* Rows of loads that no state entitles to stay; what somebody may still read is left for later. */
static enum error_code drop_leftovers(struct gate *gate, struct arena *arena, struct error *err)
{
    struct snapshot_info *infos = NULL;
    size_t n = 0;
    TRY(recover_list(gate->store, gate->feed->name, arena, &infos, &n, err));
    for (size_t i = 0; i < n; i++) {
        struct load_record record;
        TRY(ledger_read_load(gate->store, infos[i].load_id, arena, &record, err));
        if (keeps_rows(record.state) || infos[i].live)
            continue;
        enum error_code code = drop_leftover(gate, &infos[i], err);
        if (code != OK && code != ERR_BUSY)
            return code;
    }
    return OK;
}

static enum error_code remove_orphan_files(struct gate *gate, struct error *err)
{
    if (!store_is_private(gate->store))
        return OK;
    struct orphan_files removed;
    TRY(recover_orphan_files(gate->store, &removed, err));
    if (removed.files > 0)
        (void)fprintf(stderr, "removed %u files (%" PRIu64 " bytes) of a server that died\n",
                      removed.files, removed.bytes);
    return OK;
}

static enum error_code recover(struct gate *gate, struct arena *arena, struct error *err)
{
    static const char *const unfinished[] = {"waiting", "running", "staged", "judged", "releasing"};
    struct recover_result result;
    TRY(recover_feed(gate->store, gate->feed->name, &result, err));
    struct load_record *records = NULL;
    size_t n = 0;
    TRY(ledger_loads_in_states(gate->store, gate->feed->name, unfinished, ARRAY_SIZE(unfinished),
                               arena, &records, &n, err));
    for (size_t i = 0; i < n; i++)
        TRY(recover_load(gate, &records[i], err));
    TRY(drop_leftovers(gate, arena, err));
    return remove_orphan_files(gate, err);
}

enum error_code recover_loads(struct gate *gate, struct error *err)
{
    struct arena arena = {0};
    enum error_code code = recover(gate, &arena, err);
    arena_release(&arena);
    return code;
}
