#include "rules/rule.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules/check.h"
#include "rules/rule_map.h"
#include "rules/rule_set.h"
#include "yaml/suggest.h"

#define MAX_NAME_BYTES 200

/* What reading needs. */
struct reading {
    const struct schema *schema;
    const char *default_text;
    struct arena *arena;
    struct diagnostics *diags;
    struct rule_list *list;
};

static void read_actions(struct reading *r, const struct rule_map *map, struct rule *rule)
{
    for (int action = N_ACTIONS - 1; action >= 0; action--) {
        const struct yaml_node *node = map->actions[action];
        if (node == NULL)
            continue;
        rule->actions[rule->n_actions++] = (struct rule_action){
            .action = (enum action)action,
            .node = node,
            .ast = check_parse(node, r->arena, r->diags),
        };
    }
}

/* Keys that belong to what this version does not have. */
static bool refuse_unavailable(struct reading *r, const struct rule_map *map)
{
    if (map->rollback != NULL) {
        yaml_problem(r->diags, map->rollback, "rollback: is not available in rules for a load");
        diagnostics_hint(r->diags, "Before publication, block: keeps the last good load live.");
    }
    return map->rollback != NULL;
}

/* What is about rows, and is none of the conditions' business if a query gives the measure. */
static bool check_beside_sql(struct reading *r, const struct rule_map *map)
{
    static const char *const others[] = {"where", "by", "min_rows", "each", "except"};
    bool ok = true;
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        const struct yaml_node *other = yaml_get(map->node, others[i]);
        if (other == NULL)
            continue;
        yaml_problem(r->diags, other, "%s: does not go with sql:", others[i]);
        diagnostics_hint(r->diags, "The query itself chooses the rows that it looks at.");
        ok = false;
    }
    return ok;
}

/* The query of a rule; false with problems. */
static bool read_sql(struct reading *r, const struct rule_map *map, const struct rule_map *group,
                     struct rule *rule)
{
    const struct yaml_node *node = map->sql;
    if (group != NULL) {
        yaml_problem(r->diags, node, "sql: cannot stand below each:");
        diagnostics_hint(r->diags, "Put the rule beside the group: a query is about no column.");
        return false;
    }
    if (node->kind != YAML_KIND_SCALAR || yaml_is_null(node) || node->len == 0) {
        yaml_problem(r->diags, node, "a query is expected here");
        diagnostics_hint(r->diags, "Write sql: select count(*) from {new} where ...");
        return false;
    }
    if (node->len > AST_MAX_TEXT_BYTES || strlen(node->text) != node->len) {
        yaml_problem(r->diags, node, "the query is longer than %zu KiB, or holds a zero byte",
                     AST_MAX_TEXT_BYTES >> 10);
        diagnostics_hint(r->diags, "Make it a view or a function, and select from that.");
        return false;
    }
    rule->sql = node->text;
    return check_beside_sql(r, map);
}

/* Whether only the named keys stand in the map; reports the others. */
static bool only_keys(struct reading *r, const struct yaml_node *node, const char *with,
                      const char *const *allowed, size_t n_allowed)
{
    bool ok = true;
    for (size_t i = 0; i < node->n; i++) {
        bool found = false;
        for (size_t j = 0; j < n_allowed; j++)
            found |= strcmp(node->entries[i].key->text, allowed[j]) == 0;
        if (found)
            continue;
        yaml_problem(r->diags, node->entries[i].value,
                     "%s cannot stand beside %s:", node->entries[i].key->text, with);
        diagnostics_hint(r->diags, "Put it into an item of its own that begins with '- '.");
        ok = false;
    }
    return ok;
}

static struct rule *find_rule(struct rule_list *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++) {
        if (!list->rules[i].dropped && strcmp(list->rules[i].name, name) == 0)
            return &list->rules[i];
    }
    return NULL;
}

/* Whether `inner` is `outer` or was included, directly or not, by it. */
static bool frame_is_within(const struct rule_frame *inner, const struct rule_frame *outer)
{
    for (const struct rule_frame *at = inner; at != NULL; at = at->parent) {
        if (at == outer)
            return true;
    }
    return false;
}

/* Makes room for a rule of that name: false with a problem if the name is taken. */
static bool claim_name(struct reading *r, const struct rule *rule)
{
    struct rule *other = find_rule(r->list, rule->name);
    const struct yaml_node *name = yaml_get(rule->node, "name");
    if (other == NULL)
        return true;
    if (other->frame == rule->frame) {
        yaml_problem(r->diags, name, "there is a rule of this name in line %u already",
                     other->node->line);
        diagnostics_hint(r->diags, "Give one of them another name.");
        return false;
    }
    if (frame_is_within(rule->frame, other->frame)) {
        yaml_problem(r->diags, name, "a rule of this name stands before the include, in %s:%u",
                     other->frame->name, other->node->line);
        diagnostics_hint(r->diags, "Put include: first; what follows it takes precedence.");
        return false;
    }
    other->dropped = true;
    return true;
}

static bool check_name_text(struct reading *r, const struct rule_map *map)
{
    const struct yaml_node *node = yaml_get(map->node, "name");
    if (node == NULL) {
        yaml_problem(r->diags, map->node, "the rule has no name");
        diagnostics_hint(r->diags, "Findings are told apart by it: name: mass reset");
        return false;
    }
    if (map->name == NULL)
        return false;
    if (map->name[0] == '\0' || strlen(map->name) > MAX_NAME_BYTES) {
        yaml_problem(r->diags, node, "a name has 1 to %d bytes", MAX_NAME_BYTES);
        diagnostics_hint(r->diags,
                         "Name it by what it finds, as in 'mass reset'; because: has room "
                         "for a long explanation.");
        return false;
    }
    if (strcmp(map->name, RULE_DUPLICATE_KEYS) == 0) {
        yaml_problem(r->diags, node, "'%s' is built in and cannot be changed", map->name);
        diagnostics_hint(r->diags, "Duplicate keys always block a load; choose another name for "
                                   "other conditions.");
        return false;
    }
    return true;
}

static void switch_off(struct reading *r, const struct rule_map *map,
                       const struct rule_frame *frame)
{
    static const char *const allowed[] = {"name", "off"};
    if (!check_name_text(r, map) || !only_keys(r, map->node, "off", allowed, ARRAY_SIZE(allowed)))
        return;
    struct rule *rule = find_rule(r->list, map->name);
    if (rule != NULL && rule->frame != frame) {
        rule->dropped = true;
        return;
    }
    const struct yaml_node *node = yaml_get(map->node, "name");
    if (rule != NULL) {
        yaml_problem(r->diags, node, "this rule stands in the same file, in line %u",
                     rule->node->line);
        diagnostics_hint(r->diags, "Remove it there; off: is for included rules.");
        return;
    }
    size_t n = 0;
    const char **names = arena_calloc(r->arena, r->list->n + 1, sizeof(*names));
    for (size_t i = 0; i < r->list->n; i++)
        names[n++] = r->list->rules[i].name;
    yaml_problem(r->diags, node, "no rule of this name has been included before");
    const char *near = suggest_closest(map->name, names, n);
    if (near != NULL)
        diagnostics_hint(r->diags, "Did you mean '%s'?", near);
    else
        diagnostics_hint(r->diags, "off: switches off a rule of a file that is included above; the "
                                   "rules that come with the program need include: default.");
}

static void add_rule(struct reading *r, const struct rule *rule)
{
    struct rule_list *list = r->list;
    if (list->n == RULES_MAX) {
        yaml_problem(r->diags, rule->node, "there are more than %d rules", RULES_MAX);
        diagnostics_hint(r->diags, "Use each: and by: for rules that are alike.");
        return;
    }
    list->rules =
        arena_grow(r->arena, list->rules, sizeof(*list->rules), &list->capacity, list->n + 1);
    list->rules[list->n++] = *rule;
}

/* One rule; group is the map with each: that it stands under, or NULL. */
static void read_rule(struct reading *r, const struct rule_map *map, const struct rule_map *group,
                      const struct rule_frame *frame)
{
    struct rule rule = {
        .name = map->name,
        .because = map->because,
        .node = map->node,
        .frame = frame,
        .where_node = map->where,
        .min_rows = map->min_rows,
        .min_history = map->min_history == 0 ? HISTORY_MIN_LOADS : (size_t)map->min_history,
        .shadow = map->shadow,
    };
    bool named = check_name_text(r, map);
    if (refuse_unavailable(r, map) || (map->sql != NULL && !read_sql(r, map, group, &rule)))
        return;
    read_actions(r, map, &rule);
    if (rule.n_actions == 0) {
        yaml_problem(r->diags, map->node, "the rule has no condition");
        diagnostics_hint(r->diags, "Write warn:, hold: or block: with a condition.");
    }
    if (group != NULL && map->each.n > 0) {
        yaml_problem(r->diags, map->each.nodes[0], "each: stands around this rule already");
        diagnostics_hint(r->diags, "Take the rule out of rules: to give it an each: of its own.");
    }
    if (map->except.n > 0 && map->each.n == 0) {
        yaml_problem(r->diags, map->except.nodes[0], "except: goes with each:");
        diagnostics_hint(r->diags, "Put it beside the each: from which it is to take columns.");
    }
    const struct rule_map *each = group != NULL ? group : map;
    rule_map_columns(&each->each, &each->except, r->schema, &rule, r->arena, r->diags);
    rule_map_by(&map->by, r->schema, &rule, r->arena, r->diags);
    if (map->where != NULL)
        rule.where = check_parse(map->where, r->arena, r->diags);
    if (named && claim_name(r, &rule))
        add_rule(r, &rule);
}

static void read_group(struct reading *r, const struct rule_map *group,
                       const struct rule_frame *frame)
{
    static const char *const allowed[] = {"each", "except", "rules"};
    if (!only_keys(r, group->node, "rules", allowed, ARRAY_SIZE(allowed)))
        return;
    if (group->each.n == 0) {
        yaml_problem(r->diags, group->node, "rules: below a rule needs each: beside it");
        diagnostics_hint(r->diags, "Write - each: number above rules:, or put the rules into the "
                                   "list itself.");
        return;
    }
    if (group->rules->kind != YAML_KIND_LIST) {
        yaml_problem(r->diags, group->rules, "a list of rules is expected here");
        diagnostics_hint(r->diags, "Each rule begins with '- name:'.");
        return;
    }
    for (size_t i = 0; i < group->rules->n; i++) {
        struct rule_map map;
        if (!rule_map_parse(group->rules->items[i], &map, r->arena, r->diags))
            continue;
        if (map.include != NULL || map.rules != NULL || map.off) {
            yaml_problem(r->diags, map.node, "only rules can stand below each:");
            diagnostics_hint(r->diags, "Move include:, off: and other groups out of it.");
        } else {
            read_rule(r, &map, group, frame);
        }
    }
}

static void read_list(struct reading *r, const struct yaml_node *list,
                      const struct rule_frame *frame);

const char *rules_directory(const char *path, struct arena *arena)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return ".";
    return slash == path ? "/" : arena_strndup(arena, path, (size_t)(slash - path));
}

static bool is_cycle(const struct rule_frame *frame, const char *path)
{
    for (const struct rule_frame *at = frame; at != NULL; at = at->parent) {
        if (strcmp(at->path, path) == 0)
            return true;
    }
    return false;
}

static const struct rule_frame *new_frame(struct reading *r, const char *name, const char *path,
                                          const struct rule_frame *parent)
{
    struct rule_frame *frame = arena_alloc(r->arena, sizeof(*frame));
    frame->name = name;
    frame->path = path;
    frame->directory = rules_directory(name, r->arena);
    frame->parent = parent;
    return frame;
}

static void include_default(struct reading *r, const struct rule_frame *frame)
{
    struct error err;
    const struct yaml_node *root = NULL;
    const char *name = "default.yaml";
    if (yaml_parse_text(name, r->default_text, strlen(r->default_text), r->arena, &root, r->diags,
                        &err) != OK)
        return;
    const struct yaml_node *list = rules_find_list(root, r->diags);
    if (list != NULL)
        read_list(r, list, new_frame(r, name, "", frame));
}

/* Finds the file that is meant; false with a problem at the include if it cannot be read. */
static bool find_file(struct reading *r, const struct yaml_node *node, const char *path,
                      char resolved[PATH_MAX])
{
    struct stat facts;
    if (realpath(path, resolved) == NULL && errno == ENOENT) {
        yaml_problem(r->diags, node, "the file %s cannot be found", path);
        diagnostics_hint(r->diags, "Paths are relative to the file that includes; the rules that "
                                   "come with the program are called default.");
        return false;
    }
    if (realpath(path, resolved) == NULL || stat(resolved, &facts) != 0 ||
        access(resolved, R_OK) != 0) {
        yaml_problem(r->diags, node, "the file %s cannot be read: %s", path, strerror(errno));
        diagnostics_hint(r->diags, "Correct the path, or let this account read the file.");
        return false;
    }
    if (!S_ISREG(facts.st_mode)) {
        yaml_problem(r->diags, node, "%s is %s", path,
                     S_ISDIR(facts.st_mode) ? "a directory" : "not a file");
        diagnostics_hint(r->diags, "Name each file of rules by an include of its own.");
        return false;
    }
    return true;
}

static void include_file(struct reading *r, const struct yaml_node *node, const char *path,
                         const struct rule_frame *frame)
{
    struct error err;
    const struct yaml_node *root = NULL;
    char resolved[PATH_MAX];
    if (!find_file(r, node, path, resolved))
        return;
    if (is_cycle(frame, resolved)) {
        yaml_problem(r->diags, node, "%s includes itself", path);
        diagnostics_hint(r->diags, "Remove one of the includes that lead from it back to it.");
        return;
    }
    if (yaml_parse_file(path, r->arena, &root, r->diags, &err) != OK)
        return;
    const struct yaml_node *list = rules_find_list(root, r->diags);
    if (list != NULL)
        read_list(r, list, new_frame(r, path, arena_strdup(r->arena, resolved), frame));
}

static void read_include(struct reading *r, const struct rule_map *map,
                         const struct rule_frame *frame)
{
    static const char *const allowed[] = {"include"};
    const struct yaml_node *node = yaml_get(map->node, "include");
    size_t depth = 1;
    if (!only_keys(r, map->node, "include", allowed, ARRAY_SIZE(allowed)))
        return;
    for (const struct rule_frame *at = frame->parent; at != NULL; at = at->parent)
        depth++;
    if (depth > RULES_MAX_INCLUDE_DEPTH) {
        yaml_problem(r->diags, node, "files include each other more than %d deep",
                     RULES_MAX_INCLUDE_DEPTH);
        diagnostics_hint(r->diags, "Include all of them from one file.");
    } else if (strcmp(map->include, RULE_SET_DEFAULT_NAME) == 0)
        include_default(r, frame);
    else if (map->include[0] == '/')
        include_file(r, node, map->include, frame);
    else
        include_file(r, node, arena_printf(r->arena, "%s/%s", frame->directory, map->include),
                     frame);
}

static void read_list(struct reading *r, const struct yaml_node *list,
                      const struct rule_frame *frame)
{
    for (size_t i = 0; i < list->n; i++) {
        struct rule_map map;
        if (!rule_map_parse(list->items[i], &map, r->arena, r->diags))
            continue;
        if (map.include != NULL)
            read_include(r, &map, frame);
        else if (map.rules != NULL)
            read_group(r, &map, frame);
        else if (map.off)
            switch_off(r, &map, frame);
        else
            read_rule(r, &map, NULL, frame);
    }
}

const struct yaml_node *rules_find_list(const struct yaml_node *root, struct diagnostics *diags)
{
    static const char *const keys[] = {"rules"};
    const struct yaml_node *list = root->kind == YAML_KIND_MAP ? yaml_get(root, "rules") : root;
    size_t n_unknown = 0;
    for (size_t i = 0; root->kind == YAML_KIND_MAP && i < root->n; i++) {
        const struct yaml_entry *entry = &root->entries[i];
        if (entry->value == list)
            continue;
        n_unknown++;
        yaml_problem(diags, entry->value, "there is no such key here");
        diagnostics_hint(diags, suggest_closest(entry->key->text, keys, 1) != NULL
                                    ? "Did you mean 'rules'?"
                                    : "A file of rules is a list: each begins with '- name:'.");
    }
    if (list == NULL && n_unknown > 0)
        return NULL;
    if (list == NULL || list->kind != YAML_KIND_LIST) {
        yaml_problem(diags, list == NULL ? root : list, "a list of rules is expected here");
        diagnostics_hint(diags, "Each rule begins with '- name:'.");
        return NULL;
    }
    return list;
}

void rules_read(const struct yaml_node *list, const struct rule_frame *frame,
                const struct schema *schema, const char *default_text, struct arena *arena,
                struct diagnostics *diags, struct rule_list *list_out)
{
    struct reading r = {
        .schema = schema,
        .default_text = default_text,
        .arena = arena,
        .diags = diags,
        .list = list_out,
    };
    read_list(&r, list, frame);
}
