#include <string.h>
#include <xxhash.h>

#include "rules/compiled.h"

struct hashing {
    XXH3_state_t *state;
    struct arena *arena;
};

/* Each text goes in with its zero byte, so that no two lists of texts look alike. */
static void add_text(struct hashing *h, const char *text)
{
    (void)XXH3_128bits_update(h->state, text, strlen(text) + 1);
}

static void add_number(struct hashing *h, int64_t number)
{
    (void)XXH3_128bits_update(h->state, &number, sizeof(number));
}

static void add_columns(struct hashing *h, const size_t *columns, size_t n)
{
    add_number(h, (int64_t)n);
    for (size_t i = 0; i < n; i++)
        add_number(h, (int64_t)columns[i]);
}

static void add_rule(struct hashing *h, const struct rule *rule)
{
    struct ast_style style = {0};
    add_text(h, rule->name);
    add_text(h, rule->because);
    for (size_t i = 0; i < rule->n_actions; i++) {
        add_text(h, action_name(rule->actions[i].action));
        add_text(h, ast_text(rule->actions[i].ast, &style, h->arena));
    }
    if (rule->sql != NULL) {
        add_text(h, "sql");
        add_text(h, rule->sql);
    }
    add_text(h, rule->where == NULL ? "" : ast_text(rule->where, &style, h->arena));
    add_number(h, rule->by);
    add_columns(h, rule->by_columns, rule->n_by_columns);
    add_number(h, rule->min_rows);
    add_number(h, (int64_t)rule->min_history);
    add_number(h, rule->shadow);
    add_number(h, rule->has_each);
    add_number(h, rule->each_category);
    add_columns(h, rule->columns, rule->n_columns);
}

static void free_state(XXH3_state_t **state)
{
    (void)XXH3_freeState(*state);
}

enum error_code rules_digest(struct rule_set *set, const struct rule_list *list, struct error *err)
{
    XXH3_state_t *state CLEANUP(free_state) = XXH3_createState();
    struct arena scratch CLEANUP(arena_release) = {0};
    struct hashing h = {.state = state, .arena = &scratch};
    if (state == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for a rule set");
    (void)XXH3_128bits_reset(state);
    for (size_t i = 0; i < list->n; i++) {
        if (!list->rules[i].dropped)
            add_rule(&h, &list->rules[i]);
    }
    for (size_t i = 0; i < set->files.n_sets; i++)
        add_text(&h, set->files.sets[i].digest);
    XXH128_hash_t hash = XXH3_128bits_digest(state);
    (void)snprintf(set->digest, sizeof(set->digest), "%016llx%016llx",
                   (unsigned long long)hash.high64, (unsigned long long)hash.low64);
    return OK;
}
