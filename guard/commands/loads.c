#include "guard/commands/commands.h"

#include <inttypes.h>
#include <string.h>

#include "guard/commands/shared.h"
#include "store/ledger.h"
#include "store/publish.h"

const struct option_spec loads_options[] = {
    {"limit", "N", "how many (default: 20)", false},
    {"json", NULL, "print one JSON array", false},
};
const size_t n_loads_options = ARRAY_SIZE(loads_options);

static void print_load(const struct load_record *record, int64_t live)
{
    char as_of[MINUTE_TEXT_BYTES];
    char rows[32] = "-";
    if (record->has_rows)
        (void)snprintf(rows, sizeof(rows), "%" PRIu64, record->rows);
    const char *why = record->error != NULL ? record->error : record->summary;
    (void)printf("%c %6" PRId64 "  %-11s %-20s %12s  %-6s %s%s\n", record->id == live ? '*' : ' ',
                 record->id, record->state, format_minute(record->as_of_us, as_of), rows,
                 record->verdict == NULL ? "-" : record->verdict,
                 record->marked_bad ? "[marked bad] " : "", why == NULL ? "" : why);
}

enum error_code command_loads(struct app *app, const struct arguments *arguments,
                              int *ret_exit_status, struct error *err)
{
    const struct feed_config *feed = NULL;
    int64_t limit = 20;
    *ret_exit_status = 0;
    TRY(config_feed(&app->config, arguments->operands[0], &feed, err));
    TRY(arguments_integer(arguments, "limit", &limit, err));
    struct load_record *records = NULL;
    size_t n = 0;
    TRY(ledger_list_loads(app->store, feed->name, (size_t)limit, &app->arena, &records, &n, err));
    if (arguments_flag(arguments, "json")) {
        json_t *json = json_array();
        for (size_t i = 0; i < n; i++)
            (void)json_array_append_new(json, load_json(&records[i]));
        return app_print_json(json, err);
    }
    struct live live = {0};
    enum error_code code = publish_live(app->store, feed->name, &live, err);
    if (code != OK && code != ERR_NOT_FOUND)
        return code;
    (void)printf("    load  state       as of                        rows  verdict\n");
    for (size_t i = 0; i < n; i++)
        print_load(&records[i], live.load_id);
    if (n == 0)
        (void)printf("  no loads yet; 'loadguard run %s' runs the first\n", feed->name);
    return OK;
}
