#include "rules/rule_map.h"

#include "diff/diff.h"

#define RULE(member) offsetof(struct rule_map, member)

static const struct key rule_keys[] = {
    {.name = "name",
     .kind = KEY_TEXT,
     .offset = RULE(name),
     .doc = "Name of the rule, once in a set. A rule of a name that an included file has takes its "
            "place."},
    {.name = "warn",
     .kind = KEY_NODE,
     .offset = RULE(actions[ACTION_WARN]),
     .doc = "Condition on which the load is published and people are told."},
    {.name = "hold",
     .kind = KEY_NODE,
     .offset = RULE(actions[ACTION_HOLD]),
     .doc = "Condition on which the load waits for a person."},
    {.name = "block",
     .kind = KEY_NODE,
     .offset = RULE(actions[ACTION_BLOCK]),
     .doc = "Condition on which the load is rejected."},
    {.name = "because",
     .kind = KEY_TEXT,
     .offset = RULE(because),
     .by_default = "",
     .doc = "Why the rule is there; shown with its findings."},
    {.name = "where",
     .kind = KEY_NODE,
     .offset = RULE(where),
     .doc = "Condition on rows that all measures of the rule are limited to."},
    {.name = "by",
     .kind = KEY_TEXTS,
     .offset = RULE(by),
     .min = 1,
     .max = MEASURE_MAX_BY,
     .doc = "Column or columns whose values are judged one by one, or `each category`."},
    {.name = "min_rows",
     .kind = KEY_INTEGER,
     .offset = RULE(min_rows),
     .min = 1,
     .max = INT64_MAX,
     .doc = "Segments with fewer rows on both sides are not judged; one above it that vanished or "
            "appeared is a finding."},
    {.name = "shadow",
     .kind = KEY_BOOL,
     .offset = RULE(shadow),
     .by_default = "false",
     .doc = "Evaluate and record, but never act."},
    {.name = "each",
     .kind = KEY_TEXTS,
     .offset = RULE(each),
     .min = 1,
     .max = SCHEMA_MAX_COLUMNS,
     .doc = "Kinds of column to which the rule is applied one by one, as x."},
    {.name = "except",
     .kind = KEY_TEXTS,
     .offset = RULE(except),
     .min = 1,
     .max = SCHEMA_MAX_COLUMNS,
     .doc = "Columns that each: leaves out."},
    {.name = "rules",
     .kind = KEY_NODE,
     .offset = RULE(rules),
     .doc = "Rules to which the each: beside them applies."},
    {.name = "include",
     .kind = KEY_TEXT,
     .offset = RULE(include),
     .doc = "Another file of rules, or `default`."},
    {.name = "off",
     .kind = KEY_BOOL,
     .offset = RULE(off),
     .by_default = "false",
     .doc = "Switches off an included rule of this name."},
    {.name = "rollback", .kind = KEY_NODE, .offset = RULE(rollback)},
    {.name = "sql", .kind = KEY_NODE, .offset = RULE(sql)},
    {.name = "min_history",
     .kind = KEY_INTEGER,
     .offset = RULE(min_history),
     .min = 1,
     .max = HISTORY_MAX_LOADS,
     .by_default = "8",
     .doc =
         "Earlier loads that a range needs; with fewer the limit for a short history applies, or "
         "the rule is not applicable."},
};

static const struct key_table rule_table = {
    .keys = rule_keys,
    .n_keys = ARRAY_SIZE(rule_keys),
    .struct_bytes = sizeof(struct rule_map),
    .name_offset = KEY_NO_OFFSET,
    .node_offset = RULE(node),
};

bool rule_map_parse(const struct yaml_node *node, struct rule_map *map, struct arena *arena,
                    struct diagnostics *diags)
{
    size_t before = diagnostics_count(diags);
    keys_parse(&rule_table, node, map, arena, diags);
    return map->node != NULL && node->kind == YAML_KIND_MAP && diagnostics_count(diags) == before;
}
