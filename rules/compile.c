#include <string.h>

#include "rules/compiled.h"

struct compilation {
    struct rule_set *set;
    const struct schema *schema;
    struct diagnostics *diags;
    struct plan_builder plan;
    size_t capacity; /* of set->checks */
    size_t rule;     /* index into set->rules */
};

/* distinct(x) over one side of a column, not by segment. */
static size_t plan_distinct(struct compilation *c, size_t column, enum side side)
{
    struct expr *expr = arena_alloc(&c->set->arena, sizeof(*expr));
    expr->kind = EXPR_COLUMN;
    expr->type = value_type_of_column(c->schema->columns[column].type);
    expr->side = side;
    expr->column = column;
    const char *name = c->schema->columns[column].name;
    bool quote = ast_name_needs_quotes(name);
    struct measure measure = {
        .aggregate = AGG_DISTINCT,
        .scope = side == SIDE_NEW ? SCOPE_NEW : SCOPE_OLD,
        .arg = expr,
        .text = arena_printf(&c->set->arena, "distinct(%s%s%s%s)", side == SIDE_NEW ? "" : "old.",
                             quote ? "\"" : "", name, quote ? "\"" : ""),
        .type = VALUE_INTEGER,
    };
    return plan_add(&c->plan, &measure, measure.text);
}

static bool add_category(struct compilation *c, struct check *check, size_t column)
{
    struct category_test *test = &check->categories[check->n_categories++];
    test->column = column;
    test->distinct = plan_distinct(c, column, SIDE_NEW);
    test->old_distinct = plan_distinct(c, column, SIDE_OLD);
    return test->distinct != PLAN_NO_MEASURE && test->old_distinct != PLAN_NO_MEASURE;
}

static bool check_actions(const struct rule *rule, struct checker *checker, struct check *check)
{
    if (rule->where != NULL && !check_where(checker, rule->where_node, rule->where))
        return false;
    for (size_t i = 0; i < rule->n_actions; i++) {
        struct check_action *action = &check->actions[check->n_actions];
        action->action = rule->actions[i].action;
        if (!check_condition(checker, rule->actions[i].node, rule->actions[i].ast,
                             &action->condition))
            return false;
        check->n_actions++;
    }
    return true;
}

static void append_check(struct compilation *c, const struct check *check)
{
    struct rule_set *set = c->set;
    set->checks =
        arena_grow(&set->arena, set->checks, sizeof(*set->checks), &c->capacity, set->n_checks + 1);
    set->checks[set->n_checks++] = *check;
    set->rules[c->rule].info.n_checks++;
}

/* Whether no earlier column of the rule has the same segmentation. */
static bool is_first_column(const struct rule *rule, long column, const size_t *by, size_t n_by)
{
    if (column < 0)
        return true;
    bool own = rule->by == BY_EACH_CATEGORY && n_by > 0 && rule->columns[0] == by[0];
    return (size_t)column == rule->columns[own ? 1 : 0];
}

/* Applies a rule to a column (-1: none) and a segmentation; false with problems. */
static bool compile_check(struct compilation *c, const struct rule *rule, long column,
                          const size_t *by, size_t n_by)
{
    struct check check = {.rule = c->rule, .n_by = n_by};
    check.reports_segments = is_first_column(rule, column, by, n_by);
    if (c->set->n_checks == RULES_MAX_CHECKS) {
        yaml_problem(c->diags, rule->node,
                     "the rules are applied to more than %d columns and segmentations",
                     RULES_MAX_CHECKS);
        diagnostics_hint(c->diags, "Apply each: and by: to fewer columns.");
        return false;
    }
    if (n_by > 0)
        memcpy(check.by, by, n_by * sizeof(*by));
    if (column >= 0)
        check.column = c->schema->columns[column].name;
    if (rule->each_category && column >= 0 &&
        rule_column_is_categorical(c->schema, (size_t)column) &&
        !add_category(c, &check, (size_t)column))
        return false;
    if (rule->by == BY_EACH_CATEGORY && !add_category(c, &check, by[0]))
        return false;
    struct checker checker = {
        .arena = &c->set->arena,
        .diags = c->diags,
        .schema = c->schema,
        .plan = &c->plan,
        .files = &c->set->files,
        .directory = rule->frame->directory,
        .sql = rule->sql == NULL ? NULL : arena_strdup(&c->set->arena, rule->sql),
        .x_column = column,
        .by = check.by,
        .n_by = n_by,
    };
    if (!check_actions(rule, &checker, &check))
        return false;
    append_check(c, &check);
    return true;
}

static bool compile_segmentations(struct compilation *c, const struct rule *rule, long column)
{
    if (rule->by != BY_EACH_CATEGORY)
        return compile_check(c, rule, column, rule->by_columns, rule->n_by_columns);
    for (size_t i = 0; i < c->schema->n_columns; i++) {
        if (rule_column_is_categorical(c->schema, i) && (long)i != column &&
            !compile_check(c, rule, column, &i, 1))
            return false;
    }
    return true;
}

/* A mistake in a rule is reported for the first column that shows it. */
static void compile_rule(struct compilation *c, const struct rule *rule)
{
    if (!rule->has_each) {
        (void)compile_segmentations(c, rule, -1);
        return;
    }
    for (size_t i = 0; i < rule->n_columns; i++) {
        if (!compile_segmentations(c, rule, (long)rule->columns[i]))
            return;
    }
}

static bool is_parsed(const struct rule *rule)
{
    for (size_t i = 0; i < rule->n_actions; i++) {
        if (rule->actions[i].ast == NULL)
            return false;
    }
    return rule->n_actions > 0 && (rule->where_node == NULL || rule->where != NULL);
}

static struct rule_info info_of(const struct rule *rule, struct arena *arena)
{
    struct ast_style style = {0};
    return (struct rule_info){
        .name = arena_strdup(arena, rule->name),
        .action = rule->actions[0].action,
        .condition = ast_text(rule->actions[0].ast, &style, arena),
        .because = arena_strdup(arena, rule->because),
        .file = arena_strdup(arena, rule->node->source->name),
        .line = rule->node->line,
        .shadow = rule->shadow,
    };
}

static size_t plan_duplicates(struct compilation *c)
{
    struct measure measure = {
        .aggregate = AGG_DUPLICATES, .text = "duplicates", .type = VALUE_INTEGER};
    return plan_add(&c->plan, &measure, measure.text);
}

void rules_compile(struct rule_set *set, const struct rule_list *list, const struct schema *schema,
                   struct diagnostics *diags)
{
    struct compilation c = {
        .set = set, .schema = schema, .diags = diags, .plan = {.arena = &set->arena}};
    set->rules = arena_calloc(&set->arena, list->n + 1, sizeof(*set->rules));
    for (size_t i = 0; i < list->n; i++) {
        const struct rule *rule = &list->rules[i];
        if (rule->dropped || !is_parsed(rule))
            continue;
        c.rule = set->n_rules++;
        set->rules[c.rule].info = info_of(rule, &set->arena);
        set->rules[c.rule].min_rows = rule->min_rows;
        set->rules[c.rule].min_history = rule->min_history;
        compile_rule(&c, rule);
    }
    set->duplicates = plan_duplicates(&c);
    set->plan = (struct measure_plan){
        .schema = schema, .measures = c.plan.measures, .n_measures = c.plan.n_measures};
    set->mirrors = c.plan.mirrors;
}
