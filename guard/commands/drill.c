#include "guard/commands/drill.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "guard/commands/commands.h"
#include "guard/feed_rules.h"
#include "guard/kept_load.h"
#include "guard/life.h"
#include "guard/load_history.h"
#include "guard/pack_file.h"
#include "guard/progress.h"
#include "guard/store_access.h"

const struct option_spec drill_options[] = {
    {"file", "OLD", "damage copies of this CSV file instead of a feed's live load", false},
    {"before", "OLDER", "with --file: the file of the night before", false},
    {"key", "COLUMNS", "with --file: column or columns of the key, with commas", false},
    {"rules", "FILE", "rules to apply instead of those of the feed, or of the default ones", false},
    {"column", "COLUMNS",
     "columns to damage, with commas, or 'all' (default: the most telling one of each type)",
     false},
    {"seed", "N", "which rows are hit (default: 1)", false},
    {"still", NULL, "judge copies against the live load itself, not against the load before it",
     false},
    {"json", NULL, "print one JSON object", false},
};
const size_t n_drill_options = ARRAY_SIZE(drill_options);

/* A drill being made ready. Zero-initialise, and release. */
struct drill_work {
    struct gate gate;
    struct rule_set *rules;
    struct packed *rows;
    struct packed *before;
    struct drill_options options;
    struct drill_subject subject;
};

static void work_release(struct drill_work *work)
{
    packed_free(work->rows);
    packed_free(work->before);
    rule_set_free(work->rules);
    gate_release(&work->gate);
}

/* How the load after the live one would be judged: a usual interval later, by the same history. */
static enum error_code foresee_next(struct drill_work *work, const struct load_record *live,
                                    struct arena *arena, struct error *err)
{
    const struct load_record next = {.as_of_us = STORE_NO_TIME};
    struct judge_context *context = &work->options.next;
    TRY(load_history_read(&work->gate, work->rules, &next, live, arena, context, err));
    context->has_old = true;
    context->has_as_of = live->as_of_us != STORE_NO_TIME;
    context->as_of_unix_us = live->as_of_us + (context->has_as_of ? USEC_PER_DAY : 0);
    work->subject.n_loads = context->history->n_loads;
    return OK;
}

/* How the live load was judged, if the rows that it was compared with are still kept. */
static enum error_code look_back(struct drill_work *work, const struct load_record *live,
                                 struct arena *arena, struct error *err)
{
    struct load_record before;
    struct judge_context *context = &work->options.last;
    if (live->baseline_load == 0)
        return OK;
    TRY(ledger_read_load(work->gate.store, live->baseline_load, arena, &before, err));
    TRY(kept_load_open(&work->gate, &before, &work->before, err));
    TRY(load_history_read(&work->gate, work->rules, live, &before, arena, context, err));
    context->has_old = true;
    context->has_as_of = live->as_of_us != STORE_NO_TIME;
    context->as_of_unix_us = live->as_of_us;
    if (work->before != NULL)
        work->subject.against = arena_printf(arena, "load %" PRId64, before.id);
    return OK;
}

static enum error_code open_feed(struct app *app, const struct arguments *arguments,
                                 struct drill_work *work, struct error *err)
{
    struct live pointer;
    struct load_record live;
    TRY(app_load_config(app, err));
    TRY(store_access_open(&app->config, "drill", &app->arena, &app->store, err));
    TRY(gate_open(&app->config, app->store, arguments->operands[0], &work->gate, err));
    TRY(life_pointer(&work->gate, &pointer, err));
    if (pointer.load_id == 0) {
        (void)error_set(err, ERR_NOT_FOUND, "feed '%s' has no live load to damage a copy of",
                        work->gate.feed->name);
        error_hint(err,
                   "'loadguard run %s' publishes the first; 'loadguard drill --file' needs "
                   "no load.",
                   work->gate.feed->name);
        return ERR_NOT_FOUND;
    }
    TRY(ledger_read_load(app->store, pointer.load_id, &app->arena, &live, err));
    TRY(kept_load_open(&work->gate, &live, &work->rows, err));
    if (work->rows == NULL)
        return error_set(err, ERR_CORRUPT, "the store keeps no rows of the live load %" PRId64,
                         live.id);
    TRY(feed_rules_load(arguments_text(arguments, "rules"), work->gate.feed,
                        work->gate.feed->schema, &work->rules, err));
    TRY(foresee_next(work, &live, &app->arena, err));
    if (!arguments_flag(arguments, "still"))
        TRY(look_back(work, &live, &app->arena, err));
    work->options.directory = app->config.state_dir;
    work->options.memory_bytes = (size_t)app->config.memory_bytes;
    work->subject.name =
        arena_printf(&app->arena, "%s load %" PRId64, work->gate.feed->name, live.id);
    return OK;
}

static enum error_code open_file(struct app *app, const struct arguments *arguments,
                                 const char *path, struct drill_work *work, struct error *err)
{
    const char *before = arguments_text(arguments, "before");
    const char *const paths[] = {path, before};
    const char *key = arguments_text(arguments, "key");
    const char **names = NULL;
    size_t n_names = key == NULL ? 0 : arguments_split(key, &app->arena, &names);
    struct schema *schema = NULL;
    TRY(reader_infer_schema(paths, before == NULL ? 1 : 2, names, n_names, &app->arena, &schema,
                            err));
    TRY(pack_file(path, schema, FORMAT_CSV, 0, &work->rows, err));
    TRY(feed_rules_load(arguments_text(arguments, "rules"), NULL, schema, &work->rules, err));
    work->options.next = work->options.last = (struct judge_context){.has_old = true};
    if (before != NULL) {
        TRY(pack_file(before, schema, FORMAT_CSV, 0, &work->before, err));
        work->subject.against = before;
    }
    work->subject.name = path;
    return OK;
}

static enum error_code open_rows(struct app *app, const struct arguments *arguments,
                                 struct drill_work *work, struct error *err)
{
    const char *file = arguments_text(arguments, "file");
    if ((file != NULL) == (arguments->n_operands > 0)) {
        (void)error_set(err, ERR_USAGE, "drill needs either a feed or --file");
        error_hint(err, "'loadguard drill FEED' or 'loadguard drill --file OLD.csv'.");
        return ERR_USAGE;
    }
    if (file != NULL)
        return open_file(app, arguments, file, work, err);
    if (arguments_text(arguments, "key") != NULL || arguments_text(arguments, "before") != NULL)
        return error_set(err, ERR_USAGE, "--key and --before go with --file only");
    return open_feed(app, arguments, work, err);
}

static enum error_code choose_columns(struct app *app, const struct arguments *arguments,
                                      struct drill_work *work, struct error *err)
{
    const struct schema *schema = packed_schema(work->rows);
    const char *text = arguments_text(arguments, "column");
    const char **names = NULL;
    if (text == NULL)
        return OK;
    bool *columns = arena_calloc(&app->arena, schema->n_columns, sizeof(*columns));
    size_t n = arguments_split(text, &app->arena, &names);
    for (size_t i = 0; i < n; i++) {
        long column = schema_find(schema, names[i]);
        if (column < 0 && strcmp(names[i], "all") == 0)
            memset(columns, true, schema->n_columns * sizeof(*columns));
        else if (column < 0)
            return error_set(err, ERR_USAGE, "there is no column '%s'", names[i]);
        else if (schema_is_key(schema, (size_t)column))
            return error_set(err, ERR_USAGE, "'%s' is part of the key", names[i]);
        else
            columns[column] = true;
    }
    work->options.columns = columns;
    return OK;
}

static void show_progress(const struct damage *damage, size_t n_done, size_t n,
                          uint64_t judged_rows, void *arg)
{
    struct progress *progress = arg;
    progress->what = damage->name;
    progress_update(progress, judged_rows, n == 0 ? -1 : (double)n_done / (double)n);
}

static enum error_code run(struct app *app, struct drill_work *work, struct drill_result *result,
                           struct error *err)
{
    struct progress progress;
    work->options.source = (struct damage_source){.rows = work->rows, .before = work->before};
    work->options.rules = work->rules;
    work->subject.rows = packed_rows(work->rows);
    work->subject.seed = work->options.seed;
    if (work->subject.rows == 0)
        return error_set(err, ERR_DATA, "%s has no rows to damage", work->subject.name);
    progress_begin(&progress, "drilling");
    struct drill_options options = work->options;
    options.progress = show_progress;
    options.progress_arg = &progress;
    enum error_code code = drill_run(&options, &app->arena, result, err);
    progress_end(&progress);
    return code;
}

enum error_code command_drill(struct app *app, const struct arguments *arguments,
                              int *ret_exit_status, struct error *err)
{
    struct drill_work work CLEANUP(work_release) = {.subject.against = "the load itself"};
    struct drill_result result;
    int64_t seed = 1;
    *ret_exit_status = 0;
    TRY(arguments_integer(arguments, "seed", &seed, err));
    TRY(open_rows(app, arguments, &work, err));
    TRY(choose_columns(app, arguments, &work, err));
    work.options.seed = (uint64_t)seed;
    TRY(run(app, &work, &result, err));
    if (arguments_flag(arguments, "json"))
        return app_print_json(drill_json(&work.subject, &result), err);
    drill_print(&work.subject, &result, app_terminal_width());
    return OK;
}
