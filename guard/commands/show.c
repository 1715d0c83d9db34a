#include "guard/commands/commands.h"

#include <inttypes.h>

#include "base/clock.h"
#include "guard/commands/shared.h"
#include "guard/output_file.h"
#include "report/report.h"
#include "store/audit.h"
#include "store/ledger.h"
#include "store/outbox.h"
#include "store/publish.h"

const struct option_spec show_options[] = {
    {"all", NULL, "show the rules that passed, too", false},
    {"json", NULL, "print one JSON object", false},
    {"html", "FILE", "write the report as one HTML file instead (- for standard output)", false},
};
const size_t n_show_options = ARRAY_SIZE(show_options);

/* Everything that is on record about a load. */
struct load_story {
    struct load_record record;
    json_t *report; /* NULL if it was not judged */
    struct audit_record *audit;
    size_t n_audit;
    struct delivery_info *deliveries;
    size_t n_deliveries;
};

static enum error_code read_story(struct app *app, int64_t load, struct load_story *ret_story,
                                  struct error *err)
{
    const char *report = NULL;
    TRY(ledger_read_load(app->store, load, &app->arena, &ret_story->record, err));
    TRY(audit_of_load(app->store, load, &app->arena, &ret_story->audit, &ret_story->n_audit, err));
    TRY(outbox_list(app->store, load, &app->arena, &ret_story->deliveries, &ret_story->n_deliveries,
                    err));
    TRY(ledger_read_report(app->store, load, &app->arena, &report, err));
    if (report == NULL)
        return OK;
    ret_story->report = json_loads(report, 0, NULL);
    return ret_story->report == NULL
               ? error_set(err, ERR_CORRUPT, "the stored report of load %" PRId64 " is damaged",
                           load)
               : OK;
}

static json_t *audit_json(const struct load_story *story)
{
    json_t *list = json_array();
    for (size_t i = 0; i < story->n_audit; i++) {
        const struct audit_record *record = &story->audit[i];
        char at[CLOCK_TEXT_BYTES];
        json_t *details =
            record->details_json == NULL ? NULL : json_loads(record->details_json, 0, NULL);
        (void)json_array_append_new(
            list,
            json_pack("{s:I, s:s, s:s, s:s, s:o}", "sequence", (json_int_t)record->sequence, "at",
                      clock_format_rfc3339(record->at_us, at), "actor", record->actor, "action",
                      record->action, "details", details == NULL ? json_null() : details));
    }
    return list;
}

static json_t *deliveries_json(const struct load_story *story)
{
    json_t *list = json_array();
    for (size_t i = 0; i < story->n_deliveries; i++) {
        const struct delivery_info *info = &story->deliveries[i];
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:s*}", "event", info->event_id, "type",
                            info->type, "route", info->endpoint, "state", info->state, "attempts",
                            (int)info->attempts, "last_status", info->last_status, "last_error",
                            info->last_error));
    }
    return list;
}

static enum error_code print_json(struct load_story *story, struct error *err)
{
    json_t *json = story->report == NULL ? json_object() : json_incref(story->report);
    json_t *load = load_json(&story->record);
    if (json == NULL || load == NULL)
        return error_set(err, ERR_MEMORY, "cannot make a JSON object");
    (void)json_object_update_missing(json, load);
    (void)json_object_set(json, "state", json_object_get(load, "state"));
    (void)json_object_set(json, "load", json_object_get(load, "load"));
    (void)json_object_set_new(json, "record", load);
    (void)json_object_set_new(json, "audit", audit_json(story));
    (void)json_object_set_new(json, "deliveries", deliveries_json(story));
    return app_print_json(json, err);
}

static void print_head(const struct load_record *record)
{
    char as_of[MINUTE_TEXT_BYTES];
    char created[MINUTE_TEXT_BYTES];
    (void)printf("load %" PRId64 " of %s: %s%s\n", record->id, record->feed, record->state,
                 record->marked_bad ? ", marked bad" : "");
    (void)printf("  as of %s, begun %s, from %s\n", format_minute(record->as_of_us, as_of),
                 format_minute(record->created_us, created),
                 record->source == NULL ? "?" : record->source);
    if (record->marked_bad && record->marked_reason != NULL)
        (void)printf("  marked bad: %s\n", record->marked_reason);
    if (record->error != NULL)
        (void)printf("  %s\n", record->error);
}

static void print_audit(const struct load_story *story)
{
    if (story->n_audit > 0)
        (void)printf("\nwhat was decided\n");
    for (size_t i = 0; i < story->n_audit; i++) {
        const struct audit_record *record = &story->audit[i];
        char at[CLOCK_TEXT_BYTES];
        json_t *details =
            record->details_json == NULL ? NULL : json_loads(record->details_json, 0, NULL);
        const char *reason = json_string_value(json_object_get(details, "reason"));
        (void)printf("  %.19sZ  %s by %s%s%s\n", clock_format_rfc3339(record->at_us, at),
                     record->action, record->actor, reason == NULL ? "" : ": ",
                     reason == NULL ? "" : reason);
        json_decref(details);
    }
}

static void print_deliveries(const struct load_story *story)
{
    if (story->n_deliveries > 0)
        (void)printf("\nwho was told\n");
    for (size_t i = 0; i < story->n_deliveries; i++) {
        const struct delivery_info *info = &story->deliveries[i];
        (void)printf("  %-18s %-16s %s", info->type, info->endpoint, info->state);
        if (info->attempts > 0)
            (void)printf(" after %u attempt%s", info->attempts, info->attempts == 1 ? "" : "s");
        if (info->last_error != NULL)
            (void)printf(" (%s)", info->last_error);
        (void)putchar('\n');
    }
}

static enum error_code print_text(struct app *app, const struct arguments *arguments,
                                  const struct load_story *story, struct error *err)
{
    print_head(&story->record);
    if (story->report != NULL) {
        const struct report_style style = {.color = app->color,
                                           .width = app_terminal_width(),
                                           .all = arguments_flag(arguments, "all")};
        (void)putchar('\n');
        TRY(report_print_json(story->report, &style, stdout, err));
    }
    print_audit(story);
    print_deliveries(story);
    return OK;
}

/* What readers of the feed see now; null for nothing yet. */
static enum error_code live_json(struct app *app, const char *feed, json_t **ret_json,
                                 struct error *err)
{
    struct live live = {0};
    struct load_record record;
    char as_of[CLOCK_TEXT_BYTES];
    enum error_code code = publish_live(app->store, feed, &live, err);
    if (code != OK && code != ERR_NOT_FOUND)
        return code;
    *ret_json = json_null();
    if (code == ERR_NOT_FOUND || live.load_id == 0)
        return OK;
    TRY(ledger_read_load(app->store, live.load_id, &app->arena, &record, err));
    bool has_as_of = record.as_of_us != STORE_NO_TIME;
    *ret_json = json_pack("{s:I, s:o}", "load", (json_int_t)live.load_id, "as_of",
                          has_as_of ? json_string(clock_format_rfc3339(record.as_of_us, as_of))
                                    : json_null());
    return OK;
}

static enum error_code write_html(struct app *app, const char *path, struct load_story *story,
                                  struct error *err)
{
    json_t *live = NULL;
    if (story->report == NULL)
        return error_set(err, ERR_REFUSED, "load %" PRId64 " was not judged, it has no report",
                         story->record.id);
    TRY(live_json(app, story->record.feed, &live, err));
    CLEANUP(output_file_release) struct output_file file = {0};
    (void)json_object_set_new(story->report, "live", live);
    (void)json_object_set_new(story->report, "state", json_string(story->record.state));
    TRY(output_file_open(&file, path, err));
    TRY(report_write_html_json(story->report, file.stream, err));
    return output_file_finish(&file, err);
}

enum error_code command_show(struct app *app, const struct arguments *arguments,
                             int *ret_exit_status, struct error *err)
{
    int64_t load = 0;
    struct load_story story = {0};
    *ret_exit_status = 0;
    TRY(arguments_load_id(arguments->operands[0], &load, err));
    enum error_code code = read_story(app, load, &story, err);
    if (code == OK && arguments_flag(arguments, "json"))
        code = print_json(&story, err);
    else if (code == OK && arguments_text(arguments, "html") != NULL)
        code = write_html(app, arguments_text(arguments, "html"), &story, err);
    else if (code == OK)
        code = print_text(app, arguments, &story, err);
    json_decref(story.report);
    return code;
}
