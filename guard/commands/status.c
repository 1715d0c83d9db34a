#include "guard/commands/commands.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "guard/commands/shared.h"
#include "store/ledger.h"
#include "store/outbox.h"
#include "store/publish.h"

const struct option_spec status_options[] = {
    {"json", NULL, "print one JSON object", false},
};
const size_t n_status_options = ARRAY_SIZE(status_options);

/* What is to be said about one feed. id 0 in a record: there is none. */
struct feed_status {
    const struct feed_config *feed;
    struct load_record live;
    struct load_record latest;
    size_t waiting; /* loads that wait for a person */
};

static enum error_code read_feed(struct app *app, const struct feed_config *feed,
                                 struct feed_status *ret_status, struct error *err)
{
    static const char *const waiting[] = {"held", "blocked"};
    *ret_status = (struct feed_status){.feed = feed};
    struct live live = {0};
    enum error_code code = publish_live(app->store, feed->name, &live, err);
    if (code == ERR_NOT_FOUND)
        return OK;
    if (code != OK)
        return code;
    if (live.load_id != 0)
        TRY(ledger_read_load(app->store, live.load_id, &app->arena, &ret_status->live, err));
    struct load_record *records = NULL;
    size_t n = 0;
    TRY(ledger_list_loads(app->store, feed->name, 1, &app->arena, &records, &n, err));
    if (n > 0)
        ret_status->latest = records[0];
    return ledger_loads_in_states(app->store, feed->name, waiting, ARRAY_SIZE(waiting), &app->arena,
                                  &records, &ret_status->waiting, err);
}

static void print_feed(const struct feed_status *status)
{
    const struct load_record *live = &status->live;
    char as_of[MINUTE_TEXT_BYTES];
    char age[CLOCK_TEXT_BYTES];
    if (live->id == 0) {
        (void)printf("%s: nothing published yet\n", status->feed->name);
    } else {
        (void)printf("%s: load %" PRId64 " is live, as of %s (%s ago), %" PRIu64 " rows, in %s\n",
                     status->feed->name, live->id, format_minute(live->as_of_us, as_of),
                     clock_format_duration(clock_now_us() - live->as_of_us, age), live->rows,
                     status->feed->view);
    }
    const struct load_record *latest = &status->latest;
    if (latest->id != 0 && latest->id != live->id) {
        const char *why = latest->error != NULL ? latest->error : latest->summary;
        (void)printf("  latest: load %" PRId64 " is %s%s%s\n", latest->id, latest->state,
                     why == NULL ? "" : ": ", why == NULL ? "" : why);
    }
    if (status->waiting > 0)
        (void)printf("  %zu load%s a person: loadguard loads %s\n", status->waiting,
                     status->waiting == 1 ? " waits for" : "s wait for", status->feed->name);
}

static json_t *feed_json(const struct feed_status *status)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:i}", "feed", status->feed->name, "view",
                     status->feed->view, "live",
                     status->live.id == 0 ? json_null() : load_json(&status->live), "latest",
                     status->latest.id == 0 ? json_null() : load_json(&status->latest), "waiting",
                     (int)status->waiting);
}

static enum error_code print_store(struct app *app, struct error *err)
{
    struct outbox_counts counts;
    struct buffer psql;
    buffer_init(&psql, 4096);
    enum error_code code = store_psql_command(app->store, &psql, err);
    if (code == OK)
        (void)printf("\nstore: %s\n", buffer_string(&psql));
    buffer_release(&psql);
    if (code != OK)
        return code;
    TRY(outbox_count(app->store, 0, &counts, err));
    if (counts.pending > 0 || counts.dead > 0)
        (void)printf("messages: %" PRId64 " to be sent, %" PRId64 " given up\n", counts.pending,
                     counts.dead);
    return OK;
}

static enum error_code print_json(struct app *app, json_t *feeds, struct error *err)
{
    struct outbox_counts counts;
    enum error_code code = outbox_count(app->store, 0, &counts, err);
    if (code != OK) {
        json_decref(feeds);
        return code;
    }
    return app_print_json(json_pack("{s:o, s:{s:I, s:I, s:I, s:I}}", "feeds", feeds, "messages",
                                    "pending", (json_int_t)counts.pending, "delivered",
                                    (json_int_t)counts.delivered, "superseded",
                                    (json_int_t)counts.superseded, "dead", (json_int_t)counts.dead),
                          err);
}

enum error_code command_status(struct app *app, const struct arguments *arguments,
                               int *ret_exit_status, struct error *err)
{
    *ret_exit_status = 0;
    bool as_json = arguments_flag(arguments, "json");
    const struct feed_config *feeds = app->config.feeds.items;
    const struct feed_config *only = NULL;
    if (arguments->n_operands > 0)
        TRY(config_feed(&app->config, arguments->operands[0], &only, err));
    json_t *list = json_array();
    for (size_t i = 0; i < app->config.feeds.n; i++) {
        struct feed_status status;
        if (only != NULL && only != &feeds[i])
            continue;
        enum error_code code = read_feed(app, &feeds[i], &status, err);
        if (code != OK) {
            json_decref(list);
            return code;
        }
        if (as_json)
            (void)json_array_append_new(list, feed_json(&status));
        else
            print_feed(&status);
    }
    if (as_json)
        return print_json(app, list, err);
    json_decref(list);
    return print_store(app, err);
}
