#include "guard/commands/commands.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "guard/app.h"
#include "guard/feed_rules.h"
#include "guard/judge.h"
#include "guard/output_file.h"
#include "guard/pack_file.h"
#include "yaml/units.h"

const struct option_spec diff_options[] = {
    {"key", "COLUMNS", "column or columns of the key, with commas (default: found by looking)",
     false},
    {"rules", "FILE", "rules to apply instead of the default ones", false},
    {"feed", "NAME", "take columns, key and rules of this feed of the configuration", false},
    {"memory", "SIZE", "for sorting files that are not in the order of their key (default: 1GiB)",
     false},
    {"all", NULL, "show the rules that passed, too", false},
    {"json", NULL, "print one JSON object", false},
    {"html", "FILE", "write the report as one HTML file instead (- for standard output)", false},
};
const size_t n_diff_options = ARRAY_SIZE(diff_options);

static enum error_code find_schema(struct app *app, const struct arguments *arguments,
                                   const struct feed_config **ret_feed,
                                   const struct schema **ret_schema, struct error *err)
{
    const char *feed_name = arguments_text(arguments, "feed");
    const char *key = arguments_text(arguments, "key");
    if (feed_name != NULL) {
        if (key != NULL)
            return error_set(err, ERR_USAGE, "--key does not go with --feed");
        TRY(app_load_config(app, err));
        TRY(config_feed(&app->config, feed_name, ret_feed, err));
        *ret_schema = (*ret_feed)->schema;
        return OK;
    }
    const char **names = NULL;
    size_t n_names = key == NULL ? 0 : arguments_split(key, &app->arena, &names);
    const char *const paths[] = {arguments->operands[0], arguments->operands[1]};
    struct schema *schema = NULL;
    TRY(reader_infer_schema(paths, 2, names, n_names, &app->arena, &schema, err));
    *ret_schema = schema;
    return OK;
}

static enum error_code write_html(const char *path, const struct report *report, struct error *err)
{
    CLEANUP(output_file_release) struct output_file file = {0};
    TRY(output_file_open(&file, path, err));
    TRY(report_write_html(report, file.stream, err));
    return output_file_finish(&file, err);
}

static enum error_code print_report(struct app *app, const struct arguments *arguments,
                                    const struct report *report, struct error *err)
{
    if (arguments_flag(arguments, "json")) {
        json_t *json = NULL;
        TRY(report_json(report, &json, err));
        return app_print_json(json, err);
    }
    if (arguments_text(arguments, "html") != NULL)
        return write_html(arguments_text(arguments, "html"), report, err);
    const struct report_style style = {.color = app->color,
                                       .width = app_terminal_width(),
                                       .all = arguments_flag(arguments, "all")};
    return report_print(report, &style, stdout, err);
}

static enum error_code pack_both(const struct arguments *arguments, const struct schema *schema,
                                 int64_t memory_bytes, struct packed **ret_old,
                                 struct packed **ret_new, struct error *err)
{
    CLEANUP(packed_cleanup) struct packed *old_snapshot = NULL;
    TRY(pack_file(arguments->operands[0], schema, FORMAT_CSV, memory_bytes, &old_snapshot, err));
    TRY(pack_file(arguments->operands[1], schema, FORMAT_CSV, memory_bytes, ret_new, err));
    *ret_old = TAKE(old_snapshot);
    return OK;
}

enum error_code command_diff(struct app *app, const struct arguments *arguments,
                             int *ret_exit_status, struct error *err)
{
    int64_t memory_bytes = 0;
    const char *memory = arguments_text(arguments, "memory");
    if (memory != NULL)
        TRY(units_parse_size(memory, strlen(memory), &memory_bytes, err));
    const struct feed_config *feed = NULL;
    const struct schema *schema = NULL;
    TRY(find_schema(app, arguments, &feed, &schema, err));
    CLEANUP(rule_set_cleanup) struct rule_set *rules = NULL;
    TRY(feed_rules_load(arguments_text(arguments, "rules"), feed, schema, &rules, err));

    CLEANUP(packed_cleanup) struct packed *old_snapshot = NULL;
    CLEANUP(packed_cleanup) struct packed *new_snapshot = NULL;
    TRY(pack_both(arguments, schema, memory_bytes, &old_snapshot, &new_snapshot, err));
    CLEANUP(judged_release) struct judged judged = {0};
    const struct judge_context context = {.has_old = true};
    TRY(judge_run(old_snapshot, new_snapshot, rules, &context, &judged, err));
    const struct report report = {
        .title =
            arena_printf(&app->arena, "%s → %s", arguments->operands[0], arguments->operands[1]),
        .judged_in_us = judged.took_us,
        .schema = schema,
        .counts = &judged.diff.counts,
        .judgement = &judged.judgement,
        .examples = judged.examples,
        .drawings = judged.drawings,
    };
    TRY(print_report(app, arguments, &report, err));
    *ret_exit_status = verdict_exit_status(judged.judgement.verdict);
    return OK;
}
