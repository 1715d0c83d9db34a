#include "guard/commands/commands.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "guard/load_run.h"
#include "guard/scratch.h"
#include "guard/store_access.h"

const struct option_spec replay_options[] = {
    {"keep", NULL, "keep the scratch cluster, to look at reports and data afterwards", false},
    {"json", NULL, "print one JSON object a night", false},
};
const size_t n_replay_options = ARRAY_SIZE(replay_options);

/* The first "YYYY-MM-DD" in a file's name as a time, or a day after the night before. */
static int64_t night_of(const char *path, int64_t before_us)
{
    const char *name = strrchr(path, '/');
    name = name == NULL ? path : name + 1;
    for (; strlen(name) >= 10; name++) {
        char text[32];
        int64_t us = 0;
        (void)snprintf(text, sizeof(text), "%.10sT00:00:00Z", name);
        if (clock_parse_rfc3339(text, strlen(text), &us, NULL) == OK)
            return us;
    }
    return before_us == STORE_NO_TIME ? clock_now_us() : before_us + USEC_PER_DAY;
}

/* How many nights ended in which way. */
struct replay_totals {
    unsigned nights;
    unsigned published;
    unsigned held;
    unsigned blocked;
    unsigned failed;
};

static void count(struct replay_totals *totals, enum load_state state)
{
    totals->nights++;
    totals->published += state == LOAD_PUBLISHED;
    totals->held += state == LOAD_HELD;
    totals->blocked += state == LOAD_BLOCKED;
    totals->failed += state == LOAD_FAILED;
}

static void print_night(const char *path, int64_t night_us, const struct load_run_result *result,
                        const struct error *failure)
{
    const char *name = strrchr(path, '/');
    name = name == NULL ? path : name + 1;
    char took[CLOCK_TEXT_BYTES];
    char night[CLOCK_TEXT_BYTES];
    clock_format_duration(result->took_us, took);
    clock_format_rfc3339(night_us, night);
    if (failure != NULL) {
        (void)printf("%.10s  %-24s failed: %s\n", night, name, failure->message);
        return;
    }
    const struct row_counts *counts = &result->verdict.judged.diff.counts;
    bool quiet = result->verdict.judged.judgement.verdict == VERDICT_PASS;
    (void)printf("%.10s %10" PRIu64 " rows %+8" PRId64 " %8" PRId64 "  %-9s %8s%s%s\n", night,
                 counts->new_rows, (int64_t)counts->added, -(int64_t)counts->removed,
                 load_state_name(result->state), took, quiet ? "" : "  ",
                 quiet ? "" : result->verdict.summary);
    (void)fflush(stdout);
}

static enum error_code print_night_json(const char *path, int64_t night_us,
                                        const struct load_run_result *result,
                                        const struct error *failure, struct error *err)
{
    char night[CLOCK_TEXT_BYTES];
    const struct row_counts *counts = &result->verdict.judged.diff.counts;
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:f, s:s*, s:s*}", "file", path, "as_of",
                  clock_format_rfc3339(night_us, night), "state",
                  load_state_name(failure == NULL ? result->state : LOAD_FAILED), "rows",
                  (json_int_t)counts->new_rows, "added", (json_int_t)counts->added, "removed",
                  (json_int_t)counts->removed, "seconds", (double)result->took_us / 1e6, "summary",
                  failure == NULL ? result->verdict.summary : NULL, "error",
                  failure == NULL ? NULL : failure->message);
    if (json == NULL)
        return error_set(err, ERR_MEMORY, "cannot make a JSON object");
    enum error_code code = report_write_json(json, false, stdout, err);
    json_decref(json);
    return code;
}

static enum error_code replay_night(struct gate *gate, const struct arguments *arguments,
                                    const char *path, int64_t night_us,
                                    struct replay_totals *totals, struct error *err)
{
    const struct load_run_options options = {
        .source = {.from = path, .assume_complete = true},
        .as_of_us = night_us,
        .scheduled_for_us = STORE_NO_TIME,
    };
    CLEANUP(load_run_result_release) struct load_run_result result = {0};
    struct error failure = {0};
    enum error_code code = load_run(gate, &options, &result, &failure);
    TRY(interrupt_check(err));
    if (code == ERR_STORE || code == ERR_SPACE || code == ERR_MEMORY) {
        *err = failure;
        return code;
    }
    count(totals, code == OK ? result.state : LOAD_FAILED);
    const struct error *shown = code == OK ? NULL : &failure;
    if (arguments_flag(arguments, "json"))
        return print_night_json(path, night_us, &result, shown, err);
    print_night(path, night_us, &result, shown);
    return OK;
}

static enum error_code replay(const struct config *config, struct app *app,
                              const struct arguments *arguments, struct replay_totals *totals,
                              struct error *err)
{
    CLEANUP(gate_release) struct gate gate = {0};
    TRY(store_access_open(config, "replay", &app->arena, &app->store, err));
    TRY(gate_open(config, app->store, arguments->operands[0], &gate, err));
    gate.n_endpoints = 0;
    TRY(gate_enter(&gate, err));
    int64_t night_us = STORE_NO_TIME;
    for (size_t i = 1; i < arguments->n_operands; i++) {
        night_us = night_of(arguments->operands[i], night_us);
        TRY(replay_night(&gate, arguments, arguments->operands[i], night_us, totals, err));
    }
    return OK;
}

enum error_code command_replay(struct app *app, const struct arguments *arguments,
                               int *ret_exit_status, struct error *err)
{
    struct replay_totals totals = {0};
    struct config scratch = app->config;
    *ret_exit_status = 0;
    TRY(scratch_make(&app->config, &app->arena, &scratch, err));
    enum error_code code = replay(&scratch, app, arguments, &totals, err);
    store_close(TAKE(app->store));
    if (!arguments_flag(arguments, "keep"))
        scratch_remove(&scratch);
    if (code != OK)
        return code;
    (void)fprintf(arguments_flag(arguments, "json") ? stderr : stdout,
                  "%u nights: %u published, %u held, %u blocked, %u failed\n", totals.nights,
                  totals.published, totals.held, totals.blocked, totals.failed);
    if (arguments_flag(arguments, "keep"))
        (void)fprintf(stderr,
                      "kept in %s: use it as state_dir of a configuration without a store\n",
                      scratch.state_dir);
    if (totals.failed > 0)
        *ret_exit_status = error_exit_status(ERR_DATA);
    return OK;
}
