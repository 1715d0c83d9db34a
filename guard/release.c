#include "guard/release.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/text.h"
#include "guard/cache.h"
#include "guard/life.h"
#include "store/publish.h"
#include "store/recover.h"
#include "store/retention.h"
#include "store/staging.h"

#define STATEMENT_SHOWN_BYTES 120
#define PARENT_STATISTICS_MAX_AGE_US (7 * USEC_PER_DAY)

/* How many loads stay; a load that is being published is pinned until it is live. */
static struct retention_options retention_of(const struct gate *gate, const int64_t *pinned)
{
    const struct feed_config *feed = gate->feed;
    return (struct retention_options){
        .attached_max = (unsigned)(feed->attached_loads < feed->keep_loads ? feed->attached_loads
                                                                           : feed->keep_loads),
        .keep = feed->keep_loads > feed->attached_loads
                    ? (unsigned)(feed->keep_loads - feed->attached_loads)
                    : 0,
        .pinned = pinned,
        .n_pinned = pinned == NULL ? 0 : 1,
    };
}

/* Tells on-call once, and the terminal each time, who is in the way of a publication. */
struct blocked_context {
    struct gate *gate;
    int64_t load;
    bool announced;
};

/* The start of a statement on one line, cut between characters. */
static const char *shortened(const char *statement, struct arena *arena)
{
    char *text = arena_strdup(arena, statement);
    size_t len = 0;
    size_t left = strlen(text);
    for (size_t n = 0; left > 0 && len < STATEMENT_SHOWN_BYTES; len += n, left -= n) {
        n = text_utf8_sequence(text + len, left);
        if (n == 0)
            break;
        if (n == 1 && (unsigned char)text[len] < ' ')
            text[len] = ' ';
    }
    text[len] = '\0';
    return text;
}

const char *release_blocked_summary(const struct blockage *blockage, struct arena *arena)
{
    char waited[CLOCK_TEXT_BYTES];
    clock_format_duration(blockage->waited_us, waited);
    if (blockage->n_blockers == 0)
        return arena_printf(arena, "publication has waited %s for %s", waited, blockage->reason);
    const struct blocker *first = &blockage->blockers[0];
    char age[CLOCK_TEXT_BYTES];
    return arena_printf(arena,
                        "publication has waited %s for %s: %zu in the way, the first is pid %d of "
                        "%s (%s), open for %s: %s",
                        waited, blockage->reason, blockage->n_blockers, first->pid, first->user,
                        first->application, clock_format_duration(first->age_us, age),
                        shortened(first->statement, arena));
}

static enum error_code announce_waiting(const struct blocked_context *blocked, const char *summary,
                                        struct error *err)
{
    const struct decision decision = {
        .event = EVENT_WAITING,
        .load = blocked->load,
        .state = LOAD_RELEASING,
        .action = "waiting",
        .summary = summary,
    };
    CLEANUP(store_rollbackp) struct store *store = blocked->gate->store;
    TRY(store_begin(store, err));
    TRY(life_announce(blocked->gate, &decision, err));
    return store_commit(store, err);
}

static enum error_code tell_blocked(void *context, const struct blockage *blockage,
                                    struct error *err)
{
    struct blocked_context *blocked = context;
    struct arena arena = {0};
    enum error_code code = OK;
    const char *summary = release_blocked_summary(blockage, &arena);
    (void)fprintf(stderr, "%s: %s\n", blocked->gate->feed->name, summary);
    if (!blocked->announced && !store_in_transaction(blocked->gate->store)) {
        code = announce_waiting(blocked, summary, err);
        blocked->announced = code == OK;
    }
    arena_release(&arena);
    return code;
}

static enum error_code attach_and_wait(struct gate *gate, const struct publication *publication,
                                       struct error *err)
{
    struct blocked_context blocked = {.gate = gate, .load = publication->load_id};
    struct wait_options wait = wait_options_default();
    wait.report_after_us = gate->feed->publish_wait_us;
    wait.report_every_us = gate->feed->publish_wait_us;
    wait.terminate_after_us = gate->feed->terminate_blockers_us;
    wait.on_blocked = tell_blocked;
    wait.context = &blocked;
    const struct retention_options retention = retention_of(gate, &publication->load_id);
    TRY(staging_index(gate->store, &gate->table, publication->load_id, err));
    fault_point("release.indexed");
    TRY(retention_make_room(gate->store, gate->feed->name, &retention, &wait, err));
    fault_point("release.room");
    TRY(publish_attach(gate->store, publication, 1, &wait, err));
    fault_point("release.attached");
    TRY(publish_wait(gate->store, publication, 1, &wait, err));
    fault_point("release.waited");
    return OK;
}

static const char *published_summary(const struct load_record *load, struct arena *arena)
{
    return arena_printf(arena, "load %" PRId64 " is live with %" PRIu64 " rows: %s", load->id,
                        load->rows, load->summary == NULL ? "" : load->summary);
}

static enum error_code flip(struct gate *gate, const struct load_record *load,
                            const struct publication *publication,
                            const struct release_order *order, struct error *err)
{
    struct arena arena = {0};
    CLEANUP(store_rollbackp) struct store *store = gate->store;
    enum error_code code = store_begin(store, err);
    if (code == OK)
        code = life_change(store, load->id, LOAD_RELEASING, LOAD_PUBLISHED, err);
    if (code == OK && publication->judged_against != 0)
        code =
            life_change(store, publication->judged_against, LOAD_PUBLISHED, LOAD_SUPERSEDED, err);
    if (code == OK)
        code = publish_flip(store, publication, 1, err);
    fault_point("release.flipped");
    const struct decision decision = {
        .event = EVENT_PUBLISHED,
        .load = load->id,
        .state = LOAD_PUBLISHED,
        .verdict = load->verdict,
        .action = "published",
        .actor = order->actor,
        .reason = order->reason,
        .summary = published_summary(load, &arena),
    };
    if (code == OK)
        code = life_announce(gate, &decision, err);
    fault_point("release.announced");
    if (code == OK)
        code = gate_check_lock(gate, err);
    if (code == OK)
        code = store_commit(store, err);
    fault_point("release.committed");
    arena_release(&arena);
    return code;
}

/* After a commit whose outcome is unknown: reads it, and says OK if it took place. */
static enum error_code settle_unknown_commit(struct gate *gate, int64_t load, struct error *err)
{
    struct error before = *err;
    TRY(store_reconnect(gate->store, err));
    struct live live;
    TRY(publish_live(gate->store, gate->feed->name, &live, err));
    if (live.load_id == load)
        return OK;
    *err = before;
    return before.code;
}

enum error_code release_load(struct gate *gate, const struct load_record *load,
                             const struct release_order *order, struct error *err)
{
    const struct publication publication = {
        .feed = &gate->table,
        .load_id = load->id,
        .judged_against = load->live_load,
        .epoch = load->epoch,
    };
    TRY(gate_check_lock(gate, err));
    TRY(attach_and_wait(gate, &publication, err));
    bool before = store_set_uninterruptible(gate->store, true);
    enum error_code code = flip(gate, load, &publication, order, err);
    if (code != OK && store_commit_unknown(err))
        code = settle_unknown_commit(gate, load->id, err);
    (void)store_set_uninterruptible(gate->store, before);
    return code;
}

/* Ends loads that wait for a person although a newer one is live. */
static enum error_code expire_overtaken(struct gate *gate, struct arena *arena, struct error *err)
{
    static const char *const waiting[] = {"held", "blocked"};
    struct live_facts live;
    TRY(life_read_live(gate, arena, &live, err));
    struct load_record *records = NULL;
    size_t n = 0;
    TRY(ledger_loads_in_states(gate->store, gate->feed->name, waiting, ARRAY_SIZE(waiting), arena,
                               &records, &n, err));
    for (size_t i = 0; i < n; i++) {
        enum load_state state = LOAD_HELD;
        if (records[i].id > live.load_id || records[i].as_of_us > live.as_of_us ||
            !load_state_parse(records[i].state, &state))
            continue;
        TRY(life_change(gate->store, records[i].id, state, LOAD_EXPIRED, err));
        TRY(staging_drop(gate->store, gate->feed->name, records[i].id, err));
    }
    return OK;
}

static enum error_code drop_packed_files(struct gate *gate, struct arena *arena, struct error *err)
{
    struct snapshot_info *infos = NULL;
    size_t n = 0;
    TRY(recover_list(gate->store, gate->feed->name, arena, &infos, &n, err));
    int64_t *kept = arena_calloc(arena, n + 1, sizeof(*kept));
    size_t n_kept = 0;
    for (size_t i = 0; i < n; i++)
        if (infos[i].live || infos[i].state == SNAPSHOT_STAGED)
            kept[n_kept++] = infos[i].load_id;
    cache_keep_only(gate->config, gate->feed->name, kept, n_kept);
    return OK;
}

static enum error_code tidy(struct gate *gate, struct arena *arena, struct error *err)
{
    const struct retention_options retention = retention_of(gate, NULL);
    struct retention_result result;
    TRY(expire_overtaken(gate, arena, err));
    TRY(retention_step(gate->store, gate->feed->name, &retention, &result, err));
    TRY(drop_packed_files(gate, arena, err));
    TRY(ledger_prune_measures(gate->store, gate->feed->name, err));
    return staging_analyze_parent(gate->store, &gate->table, PARENT_STATISTICS_MAX_AGE_US, err);
}

void release_tidy(struct gate *gate)
{
    struct arena arena = {0};
    struct error err = {0};
    if (tidy(gate, &arena, &err) != OK) {
        store_rollback(gate->store);
        (void)fprintf(stderr, "%s: tidying up is left for the next run: %s\n", gate->feed->name,
                      err.message);
    }
    arena_release(&arena);
}
