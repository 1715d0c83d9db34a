#include <inttypes.h>
#include <string.h>

#include "guard/commands/commands.h"
#include "guard/commands/shared.h"
#include "guard/feed_rules.h"
#include "guard/past_loads.h"
#include "guard/progress.h"

const struct option_spec backtest_options[] = {
    {"rules", "FILE", "rules to try instead of those of the feed", false},
    {"nights", "N", "how many loads to look back on (default: 100)", false},
    {"json", NULL, "print one JSON object", false},
};
const size_t n_backtest_options = ARRAY_SIZE(backtest_options);

#define DEFAULT_NIGHTS 100
#define MAX_NIGHTS 10000
#define DATES_SHOWN 5

/* Compares again what has to be, and judges all nights. */
static enum error_code run(struct gate *gate, const struct rule_set *rules,
                           struct past_loads *loads, struct arena *arena,
                           struct backtest_result *result, struct error *err)
{
    struct progress progress;
    enum error_code code = OK;
    uint64_t rows = 0;
    progress_begin(&progress, "comparing");
    for (size_t i = 0; code == OK && i < loads->n; i++) {
        code = past_loads_compare(gate, rules, loads, i, arena, err);
        rows += loads->records[i].rows;
        progress_update(&progress, rows, (double)(i + 1) / (double)loads->n);
    }
    progress_end(&progress);
    if (code != OK)
        return code;
    return backtest_run(rules, loads->nights, loads->n, arena, result, err);
}

/* "rule a, rule b": the rules behind a verdict. */
static const char *found_by(const struct backtest_result *result, size_t night, struct arena *arena)
{
    const char *all = "";
    const struct backtest_verdict *verdict = &result->nights[night];
    for (size_t i = 0; i < result->n_rules; i++) {
        if (verdict->outcomes[i].found && !result->rules[i].shadow)
            all = arena_printf(arena, "%s%s%s", all, all[0] == '\0' ? "" : ", ",
                               result->rules[i].name);
    }
    return all;
}

static void print_nights(const struct past_loads *loads, const struct backtest_result *result,
                         struct arena *arena)
{
    char as_of[MINUTE_TEXT_BYTES];
    (void)puts("as of                   load  would   was     then");
    for (size_t i = 0; i < loads->n; i++) {
        const struct load_record *record = &loads->records[i];
        const char *found = found_by(result, i, arena);
        (void)printf("%-20s %7" PRId64 "  %-7s %-7s %s%s", format_minute(record->as_of_us, as_of),
                     record->id, verdict_name(result->nights[i].verdict), record->verdict,
                     record->state, record->marked_bad ? " [marked bad]" : "");
        if (found[0] != '\0')
            (void)printf("  by %s", found);
        (void)fputs("\n", stdout);
    }
}

/* The first nights that a rule would have stopped. */
static void print_dates(const struct past_loads *loads, const struct backtest_result *result,
                        size_t rule)
{
    char as_of[MINUTE_TEXT_BYTES];
    size_t shown = 0;
    for (size_t i = 0; i < loads->n && shown < DATES_SHOWN; i++) {
        const struct backtest_outcome *outcome = &result->nights[i].outcomes[rule];
        if (!outcome->found || outcome->action < ACTION_HOLD)
            continue;
        (void)printf("%s%.10s", shown++ == 0 ? "  " : ", ",
                     format_minute(loads->records[i].as_of_us, as_of));
    }
    if (result->rules[rule].stopped > shown)
        (void)printf(" and %zu more", result->rules[rule].stopped - shown);
}

static void print_rules(const struct past_loads *loads, const struct backtest_result *result)
{
    (void)puts("\nrule                          judged  stopped  warned  not judged");
    for (size_t i = 0; i < result->n_rules; i++) {
        const struct backtest_rule *rule = &result->rules[i];
        (void)printf("%-28s %7zu  %7zu %7zu  %10zu", rule->name, rule->judged, rule->stopped,
                     rule->warned, rule->not_judged);
        print_dates(loads, result, i);
        if (rule->not_judged > 0)
            (void)printf("  %s", rule->reason);
        if (rule->in_part > 0)
            (void)printf("  on %zu not for all columns: %s", rule->in_part, rule->unknown);
        (void)printf("%s\n", rule->shadow ? "  [shadow]" : "");
    }
}

static json_t *findings_json(const struct backtest_result *result, size_t night)
{
    json_t *findings = json_array();
    for (size_t i = 0; i < result->n_rules; i++) {
        const struct backtest_outcome *outcome = &result->nights[night].outcomes[i];
        if (outcome->found)
            (void)json_array_append_new(
                findings, json_pack("{s:s, s:s, s:s}", "rule", result->rules[i].name, "action",
                                    action_name(outcome->action), "sentence", outcome->sentence));
    }
    return findings;
}

static json_t *nights_json(const struct past_loads *loads, const struct backtest_result *result)
{
    json_t *nights = json_array();
    for (size_t i = 0; i < loads->n; i++) {
        json_t *night = load_json(&loads->records[i]);
        (void)json_object_set_new(night, "would",
                                  json_string(verdict_name(result->nights[i].verdict)));
        (void)json_object_set_new(night, "compared_again",
                                  json_boolean(loads->nights[i].result != NULL));
        (void)json_object_set_new(night, "findings", findings_json(result, i));
        (void)json_array_append_new(nights, night);
    }
    return nights;
}

static json_t *rules_json(const struct past_loads *loads, const struct backtest_result *result)
{
    json_t *rules = json_array();
    for (size_t i = 0; i < result->n_rules; i++) {
        const struct backtest_rule *rule = &result->rules[i];
        json_t *stopped = json_array();
        for (size_t night = 0; night < loads->n; night++) {
            const struct backtest_outcome *outcome = &result->nights[night].outcomes[i];
            if (outcome->found && outcome->action >= ACTION_HOLD)
                (void)json_array_append_new(stopped, json_integer(loads->records[night].id));
        }
        (void)json_array_append_new(
            rules,
            json_pack("{s:s, s:b, s:I, s:o, s:I, s:I, s:s*, s:I, s:s*}", "rule", rule->name,
                      "shadow", rule->shadow, "judged", (json_int_t)rule->judged, "stopped",
                      stopped, "warned", (json_int_t)rule->warned, "not_judged",
                      (json_int_t)rule->not_judged, "why_not_judged", rule->reason,
                      "judged_in_part", (json_int_t)rule->in_part, "why_in_part", rule->unknown));
    }
    return rules;
}

static enum error_code print_result(struct app *app, const struct arguments *arguments,
                                    const struct past_loads *loads,
                                    const struct backtest_result *result, struct error *err)
{
    if (arguments_flag(arguments, "json"))
        return app_print_json(json_pack("{s:s, s:o, s:o}", "feed", arguments->operands[0], "nights",
                                        nights_json(loads, result), "rules",
                                        rules_json(loads, result)),
                              err);
    if (loads->n == 0) {
        (void)printf("no load of %s was judged yet; there is nothing to look back on\n",
                     arguments->operands[0]);
        return OK;
    }
    print_nights(loads, result, &app->arena);
    print_rules(loads, result);
    return OK;
}

enum error_code command_backtest(struct app *app, const struct arguments *arguments,
                                 int *ret_exit_status, struct error *err)
{
    CLEANUP(gate_release) struct gate gate = {0};
    CLEANUP(rule_set_cleanup) struct rule_set *rules = NULL;
    struct past_loads loads;
    struct backtest_result result;
    int64_t nights = DEFAULT_NIGHTS;
    *ret_exit_status = 0;
    TRY(arguments_integer(arguments, "nights", &nights, err));
    if (nights < 1 || nights > MAX_NIGHTS)
        return error_set(err, ERR_USAGE, "--nights takes 1 to %d", MAX_NIGHTS);
    TRY(gate_open(&app->config, app->store, arguments->operands[0], &gate, err));
    TRY(feed_rules_load(arguments_text(arguments, "rules"), gate.feed, gate.feed->schema, &rules,
                        err));
    TRY(past_loads_read(&gate, (size_t)nights, &app->arena, &loads, err));
    TRY(run(&gate, rules, &loads, &app->arena, &result, err));
    return print_result(app, arguments, &loads, &result, err);
}
