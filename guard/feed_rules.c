#include "guard/feed_rules.h"

enum error_code report_problems(struct diagnostics *diags, struct error *err)
{
    size_t n = diagnostics_count(diags);
    diagnostics_print(diags, stderr);
    return error_set(err, ERR_CONFIG, "%zu %s in the configuration", n,
                     n == 1 ? "mistake" : "mistakes");
}

enum error_code feed_rules_check(const struct feed_config *feed, struct rule_set **ret_rules,
                                 struct diagnostics *diags, struct error *err)
{
    if (feed->rules_node == NULL)
        return rule_set_default(feed->schema, ret_rules, err);
    return rule_set_from_node(feed->rules_node, feed->schema, ret_rules, diags, err);
}

enum error_code feed_rules_load(const char *path, const struct feed_config *feed,
                                const struct schema *schema, struct rule_set **ret_rules,
                                struct error *err)
{
    CLEANUP(diagnostics_release) struct diagnostics diags = {0};
    enum error_code code = OK;
    if (path != NULL)
        code = rule_set_read(path, schema, ret_rules, &diags, err);
    else if (feed != NULL)
        code = feed_rules_check(feed, ret_rules, &diags, err);
    else
        return rule_set_default(schema, ret_rules, err);
    if (code != OK && diagnostics_count(&diags) > 0)
        return report_problems(&diags, err);
    return code;
}
