#include "store/retention.h"

#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "embedded/publish_sql.h"
#include "store/detach.h"
#include "store/snapshot_row.h"
#include "store/staging.h"
#include "store/waiting.h"

#define MAX_LIST_BYTES ((size_t)1 << 20)

/* A load that plans know or that is on its way out. */
struct attached {
    int64_t load_id;
    enum snapshot_state state;
    bool live;
    bool was_live;
    bool in_plans;
};

struct attached_list {
    struct attached *items; /* the longest unused first */
    size_t n;
    unsigned in_plans;
};

static void attached_list_release(struct attached_list *list)
{
    free(list->items);
    *list = (struct attached_list){0};
}

static enum error_code attached_list_read(struct store *store, const char *feed,
                                          struct attached_list *list, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    TRY(store_exec(store, &(struct store_query){attached_loads_sql, STORE_ANY_ROWS, STORE_QUICK_MS},
                   (struct store_param[]){store_text(feed)}, 1, &result, err));
    attached_list_release(list);
    list->items = calloc(store_rows(&result) + 1, sizeof(*list->items));
    if (list->items == NULL)
        return error_set(err, ERR_MEMORY, "no memory to list loads");
    list->n = store_rows(&result);
    for (size_t i = 0; i < list->n; i++) {
        struct attached *item = &list->items[i];
        item->load_id = store_get_int(&result, i, 0);
        TRY(snapshot_state_parse(store_get_text(&result, i, 1), &item->state, err));
        item->live = store_get_bool(&result, i, 2);
        item->was_live = store_get_bool(&result, i, 3);
        item->in_plans = store_get_bool(&result, i, 4);
        list->in_plans += item->in_plans ? 1 : 0;
    }
    return OK;
}

static unsigned attached_max(const struct retention_options *options)
{
    return options->attached_max == 0 ? RETENTION_ATTACHED_MAX : options->attached_max;
}

static bool is_pinned(const struct retention_options *options, int64_t load_id)
{
    for (size_t i = 0; i < options->n_pinned; i++) {
        if (options->pinned[i] == load_id)
            return true;
    }
    return false;
}

static enum error_code try_one(struct store *store, const char *feed, int64_t load_id,
                               int64_t standby_grace_us, bool *ret_done, struct error *err)
{
    const struct detach_options options = {standby_grace_us, DETACH_PATIENCE_US};
    struct obstacle obstacle CLEANUP(obstacle_release);
    obstacle_init(&obstacle);
    TRY(detach_try(store, feed, load_id, &options, &obstacle, err));
    *ret_done = !obstacle.exists;
    return OK;
}

enum error_code retention_detach(struct store *store, const char *feed, int64_t load_id,
                                 bool *ret_done, struct error *err)
{
    return try_one(store, feed, load_id, 0, ret_done, err);
}

static enum error_code detach_surplus(struct store *store, const char *feed,
                                      const struct retention_options *options,
                                      struct retention_result *total, struct error *err)
{
    struct attached_list list CLEANUP(attached_list_release) = {0};
    TRY(attached_list_read(store, feed, &list, err));
    unsigned attached = list.in_plans;
    for (size_t i = 0; i < list.n; i++) {
        const struct attached *item = &list.items[i];
        bool begun = item->state == SNAPSHOT_DETACHING;
        bool surplus = attached > attached_max(options) && item->was_live && !item->live &&
                       !is_pinned(options, item->load_id);
        if (!begun && !surplus)
            continue;
        bool done;
        TRY(try_one(store, feed, item->load_id, options->standby_grace_us, &done, err));
        total->detached += done ? 1 : 0;
        total->waiting += done ? 0 : 1;
        if (item->in_plans && done)
            attached--;
    }
    return OK;
}

static enum error_code drop_surplus(struct store *store, const char *feed,
                                    const struct retention_options *options,
                                    struct retention_result *total, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    struct buffer pinned CLEANUP(buffer_release);
    buffer_init(&pinned, MAX_LIST_BYTES);
    TRY(store_int_array(options->pinned, options->n_pinned, &pinned, err));
    const struct store_param params[] = {store_text(feed), store_int(options->keep),
                                         store_text(buffer_string(&pinned))};
    TRY(store_exec(store, &(struct store_query){kept_loads_sql, STORE_ANY_ROWS, STORE_QUICK_MS},
                   params, ARRAY_SIZE(params), &result, err));
    for (size_t i = 0; i < store_rows(&result); i++) {
        enum error_code code = staging_drop(store, feed, store_get_int(&result, i, 0), err);
        if (code != OK && code != ERR_BUSY)
            return code;
        total->dropped += code == OK ? 1 : 0;
        total->waiting += code == OK ? 0 : 1;
    }
    return OK;
}

enum error_code retention_step(struct store *store, const char *feed,
                               const struct retention_options *options,
                               struct retention_result *ret_result, struct error *err)
{
    struct retention_result total = {0};
    TRY(detach_surplus(store, feed, options, &total, err));
    TRY(drop_surplus(store, feed, options, &total, err));
    *ret_result = total;
    return OK;
}

/* The load that is missed least, or NULL. */
static const struct attached *least_wanted(const struct attached_list *list,
                                           const struct retention_options *options)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct attached *item = &list->items[i];
        if (item->in_plans && !item->live && !is_pinned(options, item->load_id))
            return item;
    }
    return NULL;
}

enum error_code retention_make_room(struct store *store, const char *feed,
                                    const struct retention_options *options,
                                    const struct wait_options *wait, struct error *err)
{
    struct attached_list list CLEANUP(attached_list_release) = {0};
    for (;;) {
        TRY(attached_list_read(store, feed, &list, err));
        if (list.in_plans < attached_max(options))
            return OK;
        const struct attached *item = least_wanted(&list, options);
        if (item == NULL) {
            (void)error_set(err, ERR_REFUSED,
                            "feed '%s' has %u loads attached and none that may go", feed,
                            list.in_plans);
            error_hint(err, "Wait until the watch over the latest publication has ended.");
            return ERR_REFUSED;
        }
        TRY(detach_load(store, feed, item->load_id, options->standby_grace_us, wait, err));
        fault_point("retention.detached");
    }
}
