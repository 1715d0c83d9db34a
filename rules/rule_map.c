#include "rules/rule_map.h"

#include "diff/diff.h"

#define RULE(member) offsetof(struct rule_map, member)

#define CONDITION "\"type\": [\"string\", \"boolean\"]"
#define REFUSED "\"not\": {}"

static const char *const each_choices[] = {"number", "integer",  "text", "boolean",
                                           "time",   "category", "any",  NULL};
static const char *const by_choices[] = {"each category", NULL};
static const char *const include_choices[] = {"default", NULL};

static const struct key rule_keys[] = {
    {.name = "name",
     .kind = KEY_TEXT,
     .offset = RULE(name),
     .doc = "Name of the rule, once in a set. A rule of a name that an included file has takes its "
            "place."},
    {.name = "warn",
     .kind = KEY_NODE,
     .offset = RULE(actions[ACTION_WARN]),
     .schema = CONDITION,
     .doc = "Condition on which the load is published and people are told."},
    {.name = "hold",
     .kind = KEY_NODE,
     .offset = RULE(actions[ACTION_HOLD]),
     .schema = CONDITION,
     .doc = "Condition on which the load waits for a person."},
    {.name = "block",
     .kind = KEY_NODE,
     .offset = RULE(actions[ACTION_BLOCK]),
     .schema = CONDITION,
     .doc = "Condition on which the load is rejected."},
    {.name = "because",
     .kind = KEY_TEXT,
     .offset = RULE(because),
     .by_default = "",
     .doc = "Why the rule is there; shown with its findings."},
    {.name = "where",
     .kind = KEY_NODE,
     .offset = RULE(where),
     .schema = CONDITION,
     .doc = "Condition on rows that all measures of the rule are limited to."},
    {.name = "by",
     .kind = KEY_TEXTS,
     .offset = RULE(by),
     .choices = by_choices,
     .choices_open = true,
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
     .choices = each_choices,
     .choices_open = true,
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
     .schema = "\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/rule\"}",
     .doc = "Rules to which the each: beside them applies."},
    {.name = "include",
     .kind = KEY_TEXT,
     .offset = RULE(include),
     .choices = include_choices,
     .choices_open = true,
     .doc = "Another file of rules, or `default`."},
    {.name = "off",
     .kind = KEY_BOOL,
     .offset = RULE(off),
     .by_default = "false",
     .doc = "Switches off an included rule of this name."},
    {.name = "rollback",
     .kind = KEY_NODE,
     .offset = RULE(rollback),
     .schema = REFUSED,
     .doc = "Not available in rules for a load."},
    {.name = "sql",
     .kind = KEY_NODE,
     .offset = RULE(sql),
     .schema = "\"type\": \"string\"",
     .doc = "Query in the store that gives one number, which the conditions call value. {new} and "
            "{old} stand for the tables of the load and of the last good one."},
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

const struct key_table rule_map_table = {
    .keys = rule_keys,
    .n_keys = ARRAY_SIZE(rule_keys),
    .struct_bytes = sizeof(struct rule_map),
    .name_offset = KEY_NO_OFFSET,
    .node_offset = RULE(node),
    .schema = "\"anyOf\": [{\"required\": [\"include\"]}, {\"required\": [\"rules\"]}, "
              "{\"required\": [\"name\", \"off\"]}, {\"required\": [\"name\", \"warn\"]}, "
              "{\"required\": [\"name\", \"hold\"]}, {\"required\": [\"name\", \"block\"]}]",
};

bool rule_map_parse(const struct yaml_node *node, struct rule_map *map, struct arena *arena,
                    struct diagnostics *diags)
{
    size_t before = diagnostics_count(diags);
    keys_parse(&rule_map_table, node, map, arena, diags);
    return map->node != NULL && node->kind == YAML_KIND_MAP && diagnostics_count(diags) == before;
}
