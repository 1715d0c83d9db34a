#include "guard/commands/commands.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "guard/commands/shared.h"
#include "guard/load_run.h"

const struct option_spec run_options[] = {
    {"from", "FILE", "take the rows from this file, or from standard input (-)", false},
    {"rows", "N", "with --from: it is complete if it has N rows", false},
    {"assume-complete", NULL, "with --from: you vouch that it is complete", false},
    {"as-of", "TIME", "the time that the rows stand for (default: now, or the manifest's as_of)",
     false},
    {"scheduled-for", "TIME",
     "the night that this run is for; a night that was done is not done again", false},
    {"deliver-for", "DURATION",
     "how long to try to deliver messages at the end; 'loadguard deliver' sends the rest (default: "
     "30s)",
     false},
    {"dry-run", NULL, "run the scorer and judge, but stage and publish nothing", false},
    {"all", NULL, "show the rules that passed, too", false},
    {"json", NULL, "print one JSON object", false},
};
const size_t n_run_options = ARRAY_SIZE(run_options);

static enum error_code parse_time(const struct arguments *arguments, const char *option,
                                  int64_t *ret_us, struct error *err)
{
    const char *text = arguments_text(arguments, option);
    *ret_us = STORE_NO_TIME;
    if (text == NULL || clock_parse_rfc3339(text, strlen(text), ret_us, err) == OK)
        return OK;
    error_prefix(err, "option '--%s'", option);
    err->code = ERR_USAGE;
    return ERR_USAGE;
}

static enum error_code parse_source(const struct arguments *arguments,
                                    struct run_source *ret_source, struct error *err)
{
    int64_t rows = -1;
    TRY(arguments_integer(arguments, "rows", &rows, err));
    struct run_source source = {
        .from = arguments_text(arguments, "from"),
        .has_rows = rows >= 0,
        .rows = (uint64_t)rows,
        .assume_complete = arguments_flag(arguments, "assume-complete"),
    };
    if (source.from != NULL && !source.has_rows && !source.assume_complete) {
        (void)error_set(err, ERR_USAGE, "--from needs --rows N or --assume-complete");
        error_hint(err, "A file does not say whether it is whole; somebody has to.");
        return ERR_USAGE;
    }
    if (source.has_rows && source.assume_complete)
        return error_set(err, ERR_USAGE, "--rows does not go with --assume-complete");
    if (source.from == NULL && (source.has_rows || source.assume_complete))
        return error_set(err, ERR_USAGE, "--rows and --assume-complete go with --from only");
    *ret_source = source;
    return OK;
}

static int exit_status_of(const struct load_run_result *result)
{
    switch (result->state) {
    case LOAD_BLOCKED:
        return error_exit_status(ERR_BLOCKED);
    case LOAD_HELD:
        return error_exit_status(ERR_HELD);
    case LOAD_PUBLISHED:
    case LOAD_SUPERSEDED:
        return 0;
    default:
        return error_exit_status(ERR_SCORER);
    }
}

static void print_ending(const struct gate *gate, const struct load_run_result *result)
{
    struct arena arena = {0};
    char took[CLOCK_TEXT_BYTES];
    if (result->already_done) {
        (void)printf("%s: this night was done by load %" PRId64 ", which is %s\n", gate->feed->name,
                     result->load_id, result->record.state);
        return;
    }
    clock_format_duration(result->took_us, took);
    if (result->state == LOAD_PUBLISHED)
        (void)printf("\npublished: load %" PRId64 " is live with %" PRIu64 " rows (%s)\n",
                     result->load_id, result->record.rows, took);
    else
        print_what_next(gate, result->load_id, result->state, &arena);
    arena_release(&arena);
}

static enum error_code print_json(const struct gate *gate, struct load_run_result *result,
                                  struct error *err)
{
    json_t *json = NULL;
    if (result->judged) {
        struct report report = load_report(gate, &result->record, &result->verdict, &result->arena);
        TRY(report_json(&report, &json, err));
    } else {
        json = json_object();
    }
    (void)json_object_set_new(json, "load", json_integer(result->load_id));
    (void)json_object_set_new(json, "state", json_string(load_state_name(result->state)));
    (void)json_object_set_new(json, "already_done", json_boolean(result->already_done));
    return app_print_json(json, err);
}

static enum error_code print_result(struct app *app, const struct arguments *arguments,
                                    const struct gate *gate, struct load_run_result *result,
                                    struct error *err)
{
    if (arguments_flag(arguments, "json"))
        return print_json(gate, result, err);
    if (result->judged) {
        const struct report_style style = {.color = app->color,
                                           .width = app_terminal_width(),
                                           .all = arguments_flag(arguments, "all")};
        struct report report = load_report(gate, &result->record, &result->verdict, &result->arena);
        report.stderr_tail = result->stderr_tail;
        TRY(report_print(&report, &style, stdout, err));
    }
    if (!arguments_flag(arguments, "dry-run"))
        print_ending(gate, result);
    return OK;
}

static enum error_code run_dry(struct app *app, const struct arguments *arguments,
                               struct gate *gate, const struct load_run_options *options,
                               int *ret_exit_status, struct error *err)
{
    CLEANUP(load_run_result_release) struct load_run_result result = {0};
    TRY(load_run_dry(gate, options, &result, err));
    *ret_exit_status = verdict_exit_status(result.verdict.judged.judgement.verdict);
    return print_result(app, arguments, gate, &result, err);
}

enum error_code command_run(struct app *app, const struct arguments *arguments,
                            int *ret_exit_status, struct error *err)
{
    struct load_run_options options = {0};
    int64_t deliver_for_us = TELL_FOR_US;
    TRY(arguments_duration(arguments, "deliver-for", &deliver_for_us, err));
    TRY(parse_source(arguments, &options.source, err));
    TRY(parse_time(arguments, "as-of", &options.as_of_us, err));
    TRY(parse_time(arguments, "scheduled-for", &options.scheduled_for_us, err));
    CLEANUP(gate_release) struct gate gate = {0};
    TRY(gate_open(&app->config, app->store, arguments->operands[0], &gate, err));
    if (arguments_flag(arguments, "dry-run"))
        return run_dry(app, arguments, &gate, &options, ret_exit_status, err);

    TRY(gate_enter(&gate, err));
    CLEANUP(load_run_result_release) struct load_run_result result = {0};
    enum error_code code = load_run(&gate, &options, &result, err);
    if (code == OK) {
        *ret_exit_status = exit_status_of(&result);
        code = print_result(app, arguments, &gate, &result, err);
    }
    (void)fflush(stdout);
    /* Whoever is told decides at once, perhaps while a dead route is still being tried. */
    gate_leave(&gate);
    tell_everyone(app, gate.feed->name, deliver_for_us);
    return code;
}
