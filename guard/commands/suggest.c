#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guard/commands/commands.h"
#include "guard/feed_rules.h"
#include "guard/past_loads.h"
#include "rules/suggest.h"

const struct option_spec suggest_options[] = {
    {"false-alarms-per-year", "N", "of all suggested rules together (default: 1)", false},
    {"nights", "N", "how many loads to look back on (default: 400)", false},
    {"json", NULL, "print one JSON object", false},
};
const size_t n_suggest_options = ARRAY_SIZE(suggest_options);

#define DEFAULT_NIGHTS 400
#define MAX_NIGHTS 10000
#define MAX_YAML_BYTES ((size_t)16 << 20)

static enum error_code read_rate(const struct arguments *arguments, double *ret_rate,
                                 struct error *err)
{
    const char *text = arguments_text(arguments, "false-alarms-per-year");
    char *end = NULL;
    *ret_rate = 1;
    if (text == NULL)
        return OK;
    double rate = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(rate) || rate <= 0)
        return error_set(err, ERR_USAGE, "--false-alarms-per-year takes a number above 0");
    *ret_rate = rate;
    return OK;
}

static const char *kind_name(enum suggestion_kind kind)
{
    static const char *const names[] = {[SUGGESTION_RANGE] = "range",
                                        [SUGGESTION_CONSTANT] = "constant",
                                        [SUGGESTION_TREND] = "trend",
                                        [SUGGESTION_SHORT] = "short history"};
    return names[kind];
}

static json_t *suggestion_json(const struct suggestion *s)
{
    bool has_limits = s->kind == SUGGESTION_RANGE || s->kind == SUGGESTION_CONSTANT;
    json_t *json =
        json_pack("{s:s, s:s, s:I, s:I}", "measure", s->measure->text, "kind", kind_name(s->kind),
                  "loads", (json_int_t)s->n_loads, "judged", (json_int_t)s->n_judged);
    if (s->kind != SUGGESTION_SHORT)
        (void)json_object_set_new(json, "range", json_pack("[f, f]", s->min, s->max));
    if (has_limits) {
        (void)json_object_set_new(json, "limits", json_pack("[f, f]", s->low, s->high));
        (void)json_object_set_new(json, "stopped", json_integer((json_int_t)s->n_stopped));
    }
    return json;
}

static enum error_code print_json(const struct arguments *arguments,
                                  const struct suggestion *suggestions, size_t n, double rate,
                                  double loads_per_year, struct error *err)
{
    json_t *all = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(all, suggestion_json(&suggestions[i]));
    return app_print_json(json_pack("{s:s, s:f, s:f, s:o}", "feed", arguments->operands[0],
                                    "false_alarms_per_year", rate, "loads_per_year", loads_per_year,
                                    "suggestions", all),
                          err);
}

static enum error_code print_yaml(const struct arguments *arguments,
                                  const struct suggestion *suggestions, size_t n, double rate,
                                  double loads_per_year, struct error *err)
{
    struct buffer text CLEANUP(buffer_release);
    buffer_init(&text, MAX_YAML_BYTES);
    TRY(buffer_printf(
        &text, err,
        "# Limits for %s by its own history, for false alarms of all rules together of "
        "about %.4g a year\n# at %.0f loads a year. Fewer than one in as many loads as "
        "there are cannot be seen in them, so\n# limits beyond their range are "
        "extrapolated from its width. Try them: loadguard backtest %s --rules FILE\n",
        arguments->operands[0], rate, loads_per_year, arguments->operands[0]));
    TRY(suggest_write_yaml(suggestions, n, &text, err));
    (void)fputs(buffer_string(&text), stdout);
    return OK;
}

/* What is measured for the default rules and for those of the feed, each once. */
static void gather(struct app *app, struct gate *gate, const struct past_loads *loads,
                   double per_load, struct rule_set *defaults, struct suggestion **ret_suggestions,
                   size_t *ret_n)
{
    const struct measure_plan *own = rule_set_plan(gate->rules);
    const struct measure_plan *more = rule_set_plan(defaults);
    struct measure_plan both = {.schema = own->schema};
    struct measure *measures =
        arena_calloc(&app->arena, own->n_measures + more->n_measures + 1, sizeof(*measures));
    for (size_t i = 0; i < own->n_measures; i++)
        measures[both.n_measures++] = own->measures[i];
    for (size_t i = 0; i < more->n_measures; i++) {
        bool known = false;
        for (size_t j = 0; j < own->n_measures && !known; j++)
            known = own->measures[j].n_by == more->measures[i].n_by &&
                    strcmp(own->measures[j].text, more->measures[i].text) == 0;
        if (!known)
            measures[both.n_measures++] = more->measures[i];
    }
    both.measures = measures;
    suggest_limits(&both, loads->nights, loads->n, per_load, &app->arena, ret_suggestions, ret_n);
}

enum error_code command_suggest(struct app *app, const struct arguments *arguments,
                                int *ret_exit_status, struct error *err)
{
    CLEANUP(gate_release) struct gate gate = {0};
    CLEANUP(rule_set_cleanup) struct rule_set *defaults = NULL;
    struct past_loads loads;
    struct suggestion *suggestions = NULL;
    size_t n = 0;
    double rate = 1;
    int64_t nights = DEFAULT_NIGHTS;
    *ret_exit_status = 0;
    TRY(read_rate(arguments, &rate, err));
    TRY(arguments_integer(arguments, "nights", &nights, err));
    if (nights < 1 || nights > MAX_NIGHTS)
        return error_set(err, ERR_USAGE, "--nights takes 1 to %d", MAX_NIGHTS);
    TRY(gate_open(&app->config, app->store, arguments->operands[0], &gate, err));
    TRY(rule_set_default(gate.feed->schema, &defaults, err));
    TRY(past_loads_read(&gate, (size_t)nights, &app->arena, &loads, err));
    double loads_per_year = suggest_loads_per_year(loads.nights, loads.n);
    gather(app, &gate, &loads, rate / loads_per_year, defaults, &suggestions, &n);
    if (arguments_flag(arguments, "json"))
        return print_json(arguments, suggestions, n, rate, loads_per_year, err);
    return print_yaml(arguments, suggestions, n, rate, loads_per_year, err);
}
