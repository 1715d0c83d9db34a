/* Rules as they stand in files: read, resolved against includes and overrides, not yet compiled. */
#ifndef LG_RULES_RULE_H
#define LG_RULES_RULE_H

#include "rules/ast.h"
#include "rules/judgement.h"
#include "snapshot/schema.h"
#include "yaml/document.h"

#define N_ACTIONS 3

/* A file of rules, or the place of a larger document where rules stand. */
struct rule_frame {
    const char *name;      /* for messages */
    const char *path;      /* resolved, to find cycles; "" for the default rules */
    const char *directory; /* that paths in it are relative to */
    const struct rule_frame *parent;
};

/* One action and its condition. */
struct rule_action {
    enum action action;
    const struct yaml_node *node;
    const struct ast *ast;
};

enum rule_by {
    BY_NONE,
    BY_COLUMNS,
    BY_EACH_CATEGORY, /* once for each text and boolean column */
};

struct rule {
    const char *name;
    const char *because;
    const struct yaml_node *node;
    const struct rule_frame *frame;
    struct rule_action actions[N_ACTIONS]; /* the strongest first */
    size_t n_actions;
    const struct yaml_node *where_node; /* or NULL */
    const struct ast *where;
    const char *sql; /* that gives the measure `value`, or NULL */
    enum rule_by by;
    size_t *by_columns;
    size_t n_by_columns;
    int64_t min_rows; /* 0: not given */
    size_t min_history;
    bool shadow;
    bool has_each;
    bool each_category; /* the columns must turn out to be categories */
    size_t *columns;    /* that each: chooses */
    size_t n_columns;
    bool dropped; /* switched off or replaced */
};

struct rule_list {
    struct rule *rules;
    size_t n;
    size_t capacity;
};

#define RULES_MAX 10000
#define RULES_MAX_INCLUDE_DEPTH 16

/* Whether a column can be a category: text and boolean columns that are not part of the key. */
bool rule_column_is_categorical(const struct schema *schema, size_t column);

/*
 * Reads a list node with everything it includes; the rules and what they point to belong to the
 * arena, except the nodes of the given document. Problems go to diags. default_text is what
 * `include: default` stands for.
 */
void rules_read(const struct yaml_node *list, const struct rule_frame *frame,
                const struct schema *schema, const char *default_text, struct arena *arena,
                struct diagnostics *diags, struct rule_list *list_out);

/* The list of rules in a document: the root itself, or its only key `rules`; NULL with a problem.
 */
const struct yaml_node *rules_find_list(const struct yaml_node *root, struct diagnostics *diags);

/* Directory of a file: "." for a bare name. */
const char *rules_directory(const char *path, struct arena *arena);

#endif
