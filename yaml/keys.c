#include "yaml/keys.h"

#include <limits.h>
#include <string.h>

#include "base/clock.h"
#include "yaml/suggest.h"
#include "yaml/units.h"

#define MAX_SUGGESTED 128

/* What the reading of one value needs. */
struct reading {
    struct arena *arena;
    struct diagnostics *diags;
};

static void read_value(struct reading *r, const struct key *key, const struct yaml_node *node,
                       void *member);

static const char *kind_name(enum yaml_kind kind)
{
    switch (kind) {
    case YAML_KIND_LIST:
        return "a list";
    case YAML_KIND_MAP:
        return "a map";
    default:
        return "a single value";
    }
}

static const char *kind_hint(enum yaml_kind kind)
{
    switch (kind) {
    case YAML_KIND_LIST:
        return "Write [a, b], or each item in a line of its own that begins with '- '.";
    case YAML_KIND_MAP:
        return "Write 'key: value' lines, indented below this key.";
    default:
        return "Write one value after the colon, in quotes if it begins with a bracket or a brace.";
    }
}

static bool expect_kind(struct reading *r, const struct yaml_node *node, enum yaml_kind kind)
{
    if (node->kind == kind)
        return true;
    if (yaml_is_null(node))
        yaml_problem(r->diags, node, "%s is expected here, but there is no value", kind_name(kind));
    else
        yaml_problem(r->diags, node, "%s is expected here, not %s", kind_name(kind),
                     kind_name(node->kind));
    diagnostics_hint(r->diags, "%s", kind_hint(kind));
    return false;
}

/* A text as a node of its own, so that defaults go through the same code as what users write. */
static const struct yaml_node *default_node(struct reading *r, const char *text)
{
    static const struct yaml_source no_source = {.name = "(default)", .text = ""};
    struct yaml_node *node = arena_alloc(r->arena, sizeof(*node));
    node->source = &no_source;
    node->text = text;
    node->len = strlen(text);
    node->style = YAML_STYLE_DOUBLE_QUOTED;
    return node;
}

static bool is_default(const struct yaml_node *node)
{
    return node->line == 0;
}

static const char *value_hint(enum key_kind kind)
{
    switch (kind) {
    case KEY_DURATION:
        return "Give a number with its unit: 500ms, 10s, 5m, 26h or 2d.";
    case KEY_SIZE:
        return "Give a number with its unit: 512kB, 64MiB or 1GiB.";
    case KEY_SHARE:
        return "Write a percentage as 0.5%, or the same as 0.005.";
    case KEY_TIME:
        return "Write a time with its zone: 2011-05-23T04:00:00Z.";
    case KEY_TIME_OF_DAY:
        return "Write hours and minutes in quotes: \"04:00\".";
    default:
        return "Write digits without a unit, as in 10_000.";
    }
}

static void report(struct reading *r, const struct key *key, const struct yaml_node *node,
                   const struct error *reason)
{
    yaml_problem(r->diags, node, "%s", reason->message);
    diagnostics_hint(r->diags, "%s",
                     reason->hint[0] != '\0' ? reason->hint : value_hint(key->kind));
}

/* Writes a bound as a user would: "10s", "64MiB", "7". */
static const char *format_bound(const struct key *key, int64_t bound, char out[UNITS_TEXT_BYTES])
{
    if (key->kind == KEY_DURATION)
        return units_format_duration(bound, out);
    if (key->kind == KEY_SIZE)
        return units_format_size(bound, out);
    (void)snprintf(out, UNITS_TEXT_BYTES, "%lld", (long long)bound);
    return out;
}

static bool has_range(const struct key *key)
{
    return key->min != 0 || key->max != 0;
}

static void check_range(struct reading *r, const struct key *key, const struct yaml_node *node,
                        int64_t value)
{
    if (!has_range(key) || (value >= key->min && value <= key->max))
        return;
    char bound[UNITS_TEXT_BYTES];
    char lowest[UNITS_TEXT_BYTES];
    if (value < key->min)
        yaml_problem(r->diags, node, "%s is too small; the least is %s", node->text,
                     format_bound(key, key->min, bound));
    else
        yaml_problem(r->diags, node, "%s is too large; the most is %s", node->text,
                     format_bound(key, key->max, bound));
    if (key->max == INT64_MAX)
        diagnostics_hint(r->diags, "Write %s or more.", format_bound(key, key->min, lowest));
    else
        diagnostics_hint(r->diags, "Write a value between %s and %s.",
                         format_bound(key, key->min, lowest), format_bound(key, key->max, bound));
}

static void check_count(struct reading *r, const struct key *key, const struct yaml_node *node,
                        size_t n)
{
    if (!has_range(key) || ((int64_t)n >= key->min && (int64_t)n <= key->max))
        return;
    if ((int64_t)n < key->min)
        yaml_problem(r->diags, node, "at least %lld of them are needed, here are %zu",
                     (long long)key->min, n);
    else
        yaml_problem(r->diags, node, "at most %lld of them are possible, here are %zu",
                     (long long)key->max, n);
    diagnostics_hint(r->diags, n == 0 ? "Name one, or leave the key away." : "Change the list.");
}

static void read_bool(struct reading *r, const struct yaml_node *node, bool *member)
{
    bool is_true = strcmp(node->text, "true") == 0;
    if (!is_true && strcmp(node->text, "false") != 0) {
        yaml_problem(r->diags, node, "'%s' is neither true nor false", node->text);
        diagnostics_hint(r->diags, "Write true or false, in small letters and without quotes.");
        return;
    }
    *member = is_true;
}

/* "a, b, c" */
static const char *join_words(struct reading *r, const char *const *words, size_t n)
{
    const char *all = n == 0 ? "none" : words[0];
    for (size_t i = 1; i < n; i++)
        all = arena_printf(r->arena, "%s, %s", all, words[i]);
    return all;
}

/* Index of the word among the choices, or -1 with a problem. */
static int find_choice(struct reading *r, const struct key *key, const struct yaml_node *node)
{
    size_t n = 0;
    for (; key->choices[n] != NULL; n++) {
        if (strcmp(key->choices[n], node->text) == 0)
            return (int)n;
    }
    yaml_problem(r->diags, node, "'%s' is not one of %s", node->text,
                 join_words(r, key->choices, n));
    const char *near = suggest_closest(node->text, key->choices, n);
    if (near != NULL)
        diagnostics_hint(r->diags, "Did you mean '%s'?", near);
    else
        diagnostics_hint(r->diags, "Write one of these words.");
    return -1;
}

static enum error_code parse_integer_kind(const struct key *key, const struct yaml_node *node,
                                          int64_t *member, struct error *err)
{
    switch (key->kind) {
    case KEY_DURATION:
        return units_parse_duration(node->text, node->len, member, err);
    case KEY_SIZE:
        return units_parse_size(node->text, node->len, member, err);
    case KEY_TIME:
        return clock_parse_rfc3339(node->text, node->len, member, err);
    case KEY_TIME_OF_DAY:
        return units_parse_time_of_day(node->text, node->len, member, err);
    default:
        return units_parse_integer(node->text, node->len, member, err);
    }
}

static void read_integer_kind(struct reading *r, const struct key *key,
                              const struct yaml_node *node, int64_t *member)
{
    struct error reason;
    int64_t value = 0;
    if (parse_integer_kind(key, node, &value, &reason) != OK) {
        report(r, key, node, &reason);
        return;
    }
    *member = value;
    check_range(r, key, node, value);
}

static void read_scalar(struct reading *r, const struct key *key, const struct yaml_node *node,
                        void *member)
{
    struct error reason;
    int choice = 0;
    if (!expect_kind(r, node, YAML_KIND_SCALAR))
        return;
    if (yaml_is_null(node)) {
        yaml_problem(r->diags, node, "the value is missing");
        diagnostics_hint(r->diags, "Write a value after the colon, or leave the key away.");
        return;
    }
    switch (key->kind) {
    case KEY_TEXT:
        *(const char **)member = node->text;
        break;
    case KEY_BOOL:
        read_bool(r, node, member);
        break;
    case KEY_CHOICE:
        choice = find_choice(r, key, node);
        if (choice >= 0)
            *(int *)member = choice;
        break;
    case KEY_NUMBER:
        if (units_parse_number(node->text, node->len, member, &reason) != OK)
            report(r, key, node, &reason);
        break;
    case KEY_SHARE:
        if (units_parse_share(node->text, node->len, member, &reason) != OK)
            report(r, key, node, &reason);
        break;
    default:
        read_integer_kind(r, key, node, member);
        break;
    }
}

/* The scalars of "a" or "[a, b]"; false with a problem if the node is neither. */
static bool scalars_of(struct reading *r, const struct yaml_node *node,
                       const struct yaml_node *const **ret_scalars, size_t *ret_n)
{
    if (node->kind == YAML_KIND_MAP || yaml_is_null(node)) {
        yaml_problem(r->diags, node, "a value or a list of values is expected here%s",
                     node->kind == YAML_KIND_MAP ? ", not a map" : "");
        diagnostics_hint(r->diags, "Write one value, or a list as in [a, b].");
        return false;
    }
    if (node->kind == YAML_KIND_LIST) {
        for (size_t i = 0; i < node->n; i++) {
            if (!expect_kind(r, node->items[i], YAML_KIND_SCALAR))
                return false;
        }
        *ret_scalars = node->items;
        *ret_n = node->n;
        return true;
    }
    const struct yaml_node **one = arena_alloc(r->arena, sizeof(*one));
    *one = node;
    *ret_scalars = one;
    *ret_n = 1;
    return true;
}

static void read_texts(struct reading *r, const struct key *key, const struct yaml_node *node,
                       struct key_texts *member)
{
    size_t n = 0;
    const struct yaml_node *const *scalars = NULL;
    if (!scalars_of(r, node, &scalars, &n))
        return;
    member->texts = arena_calloc(r->arena, n + 1, sizeof(*member->texts));
    member->nodes = arena_calloc(r->arena, n + 1, sizeof(*member->nodes));
    member->n = n;
    for (size_t i = 0; i < n; i++) {
        member->texts[i] = scalars[i]->text;
        member->nodes[i] = is_default(node) ? NULL : scalars[i];
    }
    check_count(r, key, node, n);
}

static void read_choices(struct reading *r, const struct key *key, const struct yaml_node *node,
                         uint32_t *member)
{
    size_t n = 0;
    const struct yaml_node *const *scalars = NULL;
    if (!scalars_of(r, node, &scalars, &n))
        return;
    for (size_t i = 0; i < n; i++) {
        int choice = find_choice(r, key, scalars[i]);
        if (choice >= 0)
            *member |= UINT32_C(1) << choice;
    }
}

static void read_text_map(struct reading *r, const struct key *key, const struct yaml_node *node,
                          struct key_text_map *member)
{
    if (!expect_kind(r, node, YAML_KIND_MAP))
        return;
    member->names = arena_calloc(r->arena, node->n + 1, sizeof(*member->names));
    member->values = arena_calloc(r->arena, node->n + 1, sizeof(*member->values));
    member->nodes = arena_calloc(r->arena, node->n + 1, sizeof(*member->nodes));
    for (size_t i = 0; i < node->n; i++) {
        const struct yaml_node *value = node->entries[i].value;
        if (!expect_kind(r, value, YAML_KIND_SCALAR))
            continue;
        member->names[member->n] = node->entries[i].key->text;
        member->values[member->n] = value->text;
        member->nodes[member->n++] = value;
    }
    check_count(r, key, node, member->n);
}

static void read_list(struct reading *r, const struct key *key, const struct yaml_node *node,
                      struct key_list *member)
{
    if (!expect_kind(r, node, YAML_KIND_LIST))
        return;
    char *items = arena_calloc(r->arena, node->n + 1, key->table->struct_bytes);
    for (size_t i = 0; i < node->n; i++)
        keys_parse(key->table, node->items[i], items + i * key->table->struct_bytes, r->arena,
                   r->diags);
    *member = (struct key_list){.items = items, .n = node->n};
    check_count(r, key, node, node->n);
}

static void read_named(struct reading *r, const struct key *key, const struct yaml_node *node,
                       struct key_list *member)
{
    if (!expect_kind(r, node, YAML_KIND_MAP))
        return;
    const struct key_table *table = key->table;
    char *items = arena_calloc(r->arena, node->n + 1, table->struct_bytes);
    for (size_t i = 0; i < node->n; i++) {
        char *item = items + i * table->struct_bytes;
        keys_parse(table, node->entries[i].value, item, r->arena, r->diags);
        if (table->name_offset != KEY_NO_OFFSET)
            *(const char **)(void *)(item + table->name_offset) = node->entries[i].key->text;
    }
    *member = (struct key_list){.items = items, .n = node->n};
    check_count(r, key, node, node->n);
}

static void read_value(struct reading *r, const struct key *key, const struct yaml_node *node,
                       void *member)
{
    switch (key->kind) {
    case KEY_TEXTS:
        read_texts(r, key, node, member);
        break;
    case KEY_CHOICES:
        read_choices(r, key, node, member);
        break;
    case KEY_TEXT_MAP:
        read_text_map(r, key, node, member);
        break;
    case KEY_MAP:
        keys_parse(key->table, node, member, r->arena, r->diags);
        break;
    case KEY_LIST:
        read_list(r, key, node, member);
        break;
    case KEY_NAMED:
        read_named(r, key, node, member);
        break;
    case KEY_NODE:
        *(const struct yaml_node **)member = node;
        break;
    case KEY_CUSTOM:
        key->parse(node, member, r->arena, r->diags);
        break;
    default:
        read_scalar(r, key, node, member);
        break;
    }
}

static void fill_absent(struct reading *r, const struct key *key, void *member)
{
    if (key->by_default != NULL)
        read_value(r, key, default_node(r, key->by_default), member);
    else if (key->kind == KEY_MAP)
        keys_parse(key->table, NULL, member, r->arena, r->diags);
    else if (key->kind == KEY_CUSTOM)
        key->parse(NULL, member, r->arena, r->diags);
}

static const struct key *find_key(const struct key_table *table, const char *name)
{
    for (size_t i = 0; i < table->n_keys; i++) {
        if (strcmp(table->keys[i].name, name) == 0)
            return &table->keys[i];
    }
    return NULL;
}

static void unknown_key(struct reading *r, const struct key_table *table,
                        const struct yaml_entry *entry)
{
    const char *names[MAX_SUGGESTED];
    size_t n = table->n_keys < MAX_SUGGESTED ? table->n_keys : MAX_SUGGESTED;
    for (size_t i = 0; i < n; i++)
        names[i] = table->keys[i].name;
    char path[YAML_PATH_BYTES];
    const struct yaml_node *key = entry->key;
    diagnostics_add(r->diags, key->source->name, key->line, key->column,
                    yaml_path(entry->value, path), "there is no such key here");
    const char *near = suggest_closest(key->text, names, n);
    if (near != NULL) {
        diagnostics_hint(r->diags, "Did you mean '%s'?", near);
        return;
    }
    diagnostics_hint(r->diags, "The keys here are %s.", join_words(r, names, n));
}

static void *member_of(void *target, size_t offset)
{
    return (char *)target + offset;
}

static void read_entries(struct reading *r, const struct key_table *table,
                         const struct yaml_node *map, void *target)
{
    for (size_t i = 0; i < map->n; i++) {
        const struct key *key = find_key(table, map->entries[i].key->text);
        if (key == NULL)
            unknown_key(r, table, &map->entries[i]);
        else
            read_value(r, key, map->entries[i].value, member_of(target, key->offset));
    }
}

/* Whether the map, or the scalar that stands for it, has the key. */
static bool is_present(const struct key_table *table, const struct yaml_node *node,
                       const struct key *key)
{
    if (node == NULL || node->kind == YAML_KIND_MAP)
        return yaml_get(node, key->name) != NULL;
    return table->shorthand != NULL && strcmp(table->shorthand, key->name) == 0;
}

static void read_absent(struct reading *r, const struct key_table *table,
                        const struct yaml_node *node, void *target)
{
    for (size_t i = 0; i < table->n_keys; i++) {
        const struct key *key = &table->keys[i];
        if (is_present(table, node, key))
            continue;
        if (key->required && node != NULL) {
            yaml_problem(r->diags, node, "the key '%s' is missing", key->name);
            diagnostics_hint(r->diags, "%s", key->doc != NULL ? key->doc : "Add it.");
        }
        fill_absent(r, key, member_of(target, key->offset));
    }
}

void keys_parse(const struct key_table *table, const struct yaml_node *node, void *target,
                struct arena *arena, struct diagnostics *diags)
{
    struct reading r = {.arena = arena, .diags = diags};
    memset(target, 0, table->struct_bytes);
    bool is_null = yaml_is_null(node);
    if (node != NULL && !is_null && table->node_offset != KEY_NO_OFFSET)
        *(const struct yaml_node **)member_of(target, table->node_offset) = node;
    if (node == NULL || is_null) {
        read_absent(&r, table, node, target);
        return;
    }
    if (node->kind == YAML_KIND_SCALAR && table->shorthand != NULL) {
        const struct key *key = find_key(table, table->shorthand);
        read_value(&r, key, node, member_of(target, key->offset));
    } else if (expect_kind(&r, node, YAML_KIND_MAP)) {
        read_entries(&r, table, node, target);
    } else {
        return;
    }
    read_absent(&r, table, node, target);
}
