/* A rule set's inside: rules applied to columns and segmentations; for rules/ only. */
#ifndef LG_RULES_COMPILED_H
#define LG_RULES_COMPILED_H

#include "rules/check.h"
#include "rules/rule.h"
#include "rules/rule_set.h"

#define RULES_MAX_CHECKS 100000

/* One action of a check. */
struct check_action {
    enum action action;
    struct condition condition;
};

/* How many different values a column has; it is a category between CATEGORY_MIN and _MAX. */
struct category_test {
    size_t column;
    size_t distinct;     /* plan index of distinct(x) */
    size_t old_distinct; /* plan index of distinct(old.x) */
};

#define CATEGORY_MIN 2
#define CATEGORY_MAX 100

/* One rule applied to one column and one segmentation. */
struct check {
    size_t rule;
    const char *column;                     /* that each: chose, or NULL */
    struct check_action actions[N_ACTIONS]; /* the strongest first */
    size_t n_actions;
    size_t by[MEASURE_MAX_BY];
    size_t n_by;
    struct category_test categories[2];
    size_t n_categories;
    bool reports_segments; /* the one check of its rule and segmentation that tells of segments
                              that vanished or appeared */
};

/* What is kept of a rule for outcomes. */
struct compiled_rule {
    struct rule_info info;
    int64_t min_rows;
    size_t min_history;
};

struct rule_set {
    struct arena arena;
    struct file_sets files;
    struct measure_plan plan;
    const size_t *mirrors; /* plan->n_measures; see plan_mirror */
    struct compiled_rule *rules;
    size_t n_rules;
    struct check *checks;
    size_t n_checks;
    size_t duplicates; /* plan index of the measure behind the built-in rule */
    char digest[RULE_SET_DIGEST_BYTES];
};

/* Compiles the rules of the list into the set, whose arena they live in. Problems go to diags. */
void rules_compile(struct rule_set *set, const struct rule_list *list, const struct schema *schema,
                   struct diagnostics *diags);

/* Digest of the rules as they are written, and of the files that they read. ERR_MEMORY. */
enum error_code rules_digest(struct rule_set *set, const struct rule_list *list,
                             struct error *err) MUST_CHECK;

#endif
