#include "guard/commands/commands.h"

#include <string.h>

#include "guard/feed_rules.h"
#include "guard/routes.h"

const struct option_spec check_options[] = {
    {"rules", NULL, "list every rule with its condition", false},
};
const size_t n_check_options = ARRAY_SIZE(check_options);

static void print_rules(const struct rule_set *rules)
{
    for (size_t i = 0; i < rule_set_n_rules(rules); i++) {
        struct rule_info rule = rule_set_rule(rules, i);
        (void)printf("    %-5s %-24s %s%s\n", action_name(rule.action), rule.name, rule.condition,
                     rule.n_checks == 0 ? "  (no column fits)" : "");
    }
}

/* One line a feed; its problems go to diags. */
static void check_feed(const struct feed_config *feed, bool list_rules, struct diagnostics *diags)
{
    struct error err = {0};
    size_t before = diagnostics_count(diags);
    CLEANUP(rule_set_cleanup) struct rule_set *rules = NULL;
    if (feed_rules_check(feed, &rules, diags, &err) != OK) {
        if (diagnostics_count(diags) == before)
            yaml_problem(diags, feed->node, "%s", err.message);
        return;
    }
    (void)printf("  %s: %zu columns, %zu rules, view %s\n", feed->name, feed->schema->n_columns,
                 rule_set_n_rules(rules), feed->view);
    if (list_rules)
        print_rules(rules);
}

enum error_code command_check(struct app *app, const struct arguments *arguments,
                              int *ret_exit_status, struct error *err)
{
    *ret_exit_status = 0;
    if (arguments->n_operands > 0)
        app->config_path = arguments->operands[0];
    TRY(app_load_config(app, err));
    CLEANUP(diagnostics_release) struct diagnostics diags = {0};
    const struct feed_config *feeds = app->config.feeds.items;
    for (size_t i = 0; i < app->config.feeds.n; i++)
        check_feed(&feeds[i], arguments_flag(arguments, "rules"), &diags);
    routes_check(&app->config, &diags);
    if (diagnostics_count(&diags) > 0)
        return report_problems(&diags, err);
    (void)printf("%s is right\n", app->config.path);
    return OK;
}
