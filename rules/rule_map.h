/* One map of a list of rules, as it is written: a rule, a group, an include or a switch. */
#ifndef LG_RULES_RULE_MAP_H
#define LG_RULES_RULE_MAP_H

#include "rules/rule.h"
#include "yaml/keys.h"

/* The keys of one rule, as written. */
struct rule_map {
    const char *name;
    const struct yaml_node *actions[N_ACTIONS];
    const char *because;
    const struct yaml_node *where;
    struct key_texts by;
    struct key_texts each;
    struct key_texts except;
    const struct yaml_node *rules;
    int64_t min_rows;
    bool shadow;
    bool off;
    const char *include;
    const struct yaml_node *rollback;
    const struct yaml_node *sql;
    int64_t min_history;
    const struct yaml_node *node;
};

/* The description of one map of a list of rules. */
extern const struct key_table rule_map_table;

/* Reads a node into the map; false with problems. Texts belong to the node or the arena. */
bool rule_map_parse(const struct yaml_node *node, struct rule_map *map, struct arena *arena,
                    struct diagnostics *diags);

/* Resolves each: and except: to value columns, and by: to columns. Problems go to diags. */
void rule_map_columns(const struct key_texts *each, const struct key_texts *except,
                      const struct schema *schema, struct rule *rule, struct arena *arena,
                      struct diagnostics *diags);
void rule_map_by(const struct key_texts *by, const struct schema *schema, struct rule *rule,
                 struct arena *arena, struct diagnostics *diags);

#endif
