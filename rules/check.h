/*
 * Gives expressions their types: resolves columns and functions, adds measures to the plan and
 * reports what does not fit together.
 */
#ifndef LG_RULES_CHECK_H
#define LG_RULES_CHECK_H

#include "rules/ast.h"
#include "rules/condition.h"
#include "rules/file_set.h"
#include "rules/history.h"
#include "rules/plan_builder.h"
#include "yaml/document.h"

/* Where an expression is being looked at. */
enum check_level {
    LEVEL_MEASURE, /* conditions: values of measures */
    LEVEL_ROW,     /* inside an aggregate: values of a row */
    LEVEL_WHERE,   /* where: values of a row */
};

/* A growing list of indices. */
struct index_list {
    size_t *items;
    size_t n;
    size_t capacity;
};

/* Set the first group of members and zero the rest. One checker serves one rule and column. */
struct checker {
    struct arena *arena;
    struct diagnostics *diags;
    const struct schema *schema;
    struct plan_builder *plan;
    struct file_sets *files;
    const char *directory; /* that paths of file() are relative to */
    long x_column;         /* that x stands for, or -1 */
    const size_t *by;
    size_t n_by;

    const struct expr *where; /* set by check_where */
    const char *where_text;
    const char *where_identity;

    const char *sql; /* of the rule, or NULL; the measure `value` is its number */
    bool uses_value; /* the condition looks at it */

    const struct yaml_node *node; /* whose text is being checked */
    enum check_level level;
    bool on_true_path; /* nothing but and/or lies between here and the whole condition */
    bool uses_as_of;
    struct index_list slots;
    struct history_call *calls;
    size_t n_calls;
    size_t calls_capacity;
    struct expr **call_nodes; /* n_calls; their slots are known once all measures are */
    size_t call_nodes_capacity;
    const char *history_function; /* whose argument is being checked, or NULL */
    struct comparison *comparisons;
    size_t n_comparisons;
    size_t comparisons_capacity;
    const struct expr **file_tests; /* of where and condition */
    const char **file_test_texts;
    size_t n_file_tests;
    size_t file_tests_capacity;
    size_t file_test_texts_capacity;
};

/* Parses the text of a scalar node; NULL with a problem at its place if it is no expression. */
const struct ast *check_parse(const struct yaml_node *node, struct arena *arena,
                              struct diagnostics *diags);

/* Checks a where: and keeps it in the checker; false with problems. */
bool check_where(struct checker *c, const struct yaml_node *node, const struct ast *ast);

/* Checks a condition and adds its measures to the plan; false with problems. */
bool check_condition(struct checker *c, const struct yaml_node *node, const struct ast *ast,
                     struct condition *ret_condition);

#endif
