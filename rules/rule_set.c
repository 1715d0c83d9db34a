#include "rules/rule_set.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "embedded/rules_embedded.h"
#include "rules/compiled.h"

const char *rule_set_default_text(void)
{
    return default_yaml;
}

static enum error_code new_set(struct rule_set **ret_set, struct error *err)
{
    struct rule_set *set = calloc(1, sizeof(*set));
    if (set == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for a rule set");
    *ret_set = set;
    return OK;
}

void rule_set_free(struct rule_set *set)
{
    if (set == NULL)
        return;
    file_sets_release(&set->files);
    arena_release(&set->arena);
    free(set);
}

/* Reads and compiles a list; what it points to besides the set must live until it returns. */
static enum error_code fill_set(struct rule_set *set, const struct yaml_node *list,
                                const struct rule_frame *frame, const struct schema *schema,
                                struct diagnostics *diags, struct error *err)
{
    struct rule_list rules = {0};
    size_t problems_before = diagnostics_count(diags);
    rules_read(list, frame, schema, rule_set_default_text(), &set->arena, diags, &rules);
    rules_compile(set, &rules, schema, diags);
    if (diagnostics_count(diags) > problems_before)
        return diagnostics_to_error(diags, err);
    return rules_digest(set, &rules, err);
}

enum error_code rule_set_from_node(const struct yaml_node *rules, const struct schema *schema,
                                   struct rule_set **ret_set, struct diagnostics *diags,
                                   struct error *err)
{
    struct rule_set *set CLEANUP(rule_set_cleanup) = NULL;
    char resolved[PATH_MAX] = "";
    TRY(new_set(&set, err));
    if (rules->kind != YAML_KIND_LIST) {
        yaml_problem(diags, rules, "a list of rules is expected here");
        diagnostics_hint(diags, "Each rule begins with '- name:'.");
        return diagnostics_to_error(diags, err);
    }
    if (realpath(rules->source->name, resolved) == NULL)
        resolved[0] = '\0';
    struct rule_frame frame = {
        .name = rules->source->name,
        .path = resolved,
        .directory = rules_directory(rules->source->name, &set->arena),
    };
    TRY(fill_set(set, rules, &frame, schema, diags, err));
    *ret_set = TAKE(set);
    return OK;
}

enum error_code rule_set_read(const char *path, const struct schema *schema,
                              struct rule_set **ret_set, struct diagnostics *diags,
                              struct error *err)
{
    struct arena arena CLEANUP(arena_release) = {0};
    const struct yaml_node *root = NULL;
    TRY(yaml_parse_file(path, &arena, &root, diags, err));
    const struct yaml_node *list = rules_find_list(root, diags);
    if (list == NULL)
        return diagnostics_to_error(diags, err);
    return rule_set_from_node(list, schema, ret_set, diags, err);
}

enum error_code rule_set_default(const struct schema *schema, struct rule_set **ret_set,
                                 struct error *err)
{
    static const char text[] = "- include: " RULE_SET_DEFAULT_NAME "\n";
    struct arena arena CLEANUP(arena_release) = {0};
    struct diagnostics diags CLEANUP(diagnostics_release) = {0};
    const struct yaml_node *root = NULL;
    TRY(yaml_parse_text("default.yaml", text, strlen(text), &arena, &root, &diags, err));
    return rule_set_from_node(root, schema, ret_set, &diags, err);
}

const struct measure_plan *rule_set_plan(const struct rule_set *set)
{
    return &set->plan;
}

const char *rule_set_digest(const struct rule_set *set)
{
    return set->digest;
}

size_t rule_set_n_rules(const struct rule_set *set)
{
    return set->n_rules;
}

struct rule_info rule_set_rule(const struct rule_set *set, size_t index)
{
    return set->rules[index].info;
}

static bool looks_at(const struct condition *condition, size_t measure)
{
    for (size_t i = 0; i < condition->n_slots; i++)
        if (condition->slots[i] == measure)
            return true;
    for (size_t i = 0; i < condition->n_file_counts; i++)
        if (condition->file_counts[i] == measure)
            return true;
    return false;
}

bool rule_set_rule_of_measure(const struct rule_set *set, size_t measure,
                              struct rule_info *ret_rule)
{
    for (size_t i = 0; i < set->n_checks; i++)
        for (size_t j = 0; j < set->checks[i].n_actions; j++)
            if (looks_at(&set->checks[i].actions[j].condition, measure)) {
                *ret_rule = set->rules[set->checks[i].rule].info;
                return true;
            }
    return false;
}
