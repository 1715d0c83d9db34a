#include "rules/check.h"

#include <string.h>

#include "rules/functions.h"
#include "rules/parser.h"
#include "rules/typed.h"

const struct ast *check_parse(const struct yaml_node *node, struct arena *arena,
                              struct diagnostics *diags)
{
    const struct ast *ast = NULL;
    struct syntax_error error;
    if (node->kind != YAML_KIND_SCALAR) {
        yaml_problem(diags, node, "an expression is expected here, not a %s",
                     node->kind == YAML_KIND_LIST ? "list" : "map");
        diagnostics_hint(diags, "Write one condition, and put quotes around it if it has a ': ' in "
                                "it or begins with a bracket; several are joined by and, or or.");
        return NULL;
    }
    if (yaml_is_null(node)) {
        yaml_problem(diags, node, "the expression is missing");
        diagnostics_hint(diags, "Write a condition after the colon, as in hold: rows < 1000. A # "
                                "after a space begins a comment.");
        return NULL;
    }
    if (parse_expression(node->text, node->len, node->style == YAML_STYLE_PLAIN, arena, &ast,
                         &error) == OK)
        return ast;
    yaml_problem_in(diags, node, error.offset, "%s", error.err.message);
    if (error.err.hint[0] != '\0')
        diagnostics_hint(diags, "%s", error.err.hint);
    return NULL;
}

static enum expr_op compare_op(enum ast_op op)
{
    switch (op) {
    case AST_OP_EQ:
        return OP_EQ;
    case AST_OP_NE:
        return OP_NE;
    case AST_OP_LT:
        return OP_LT;
    case AST_OP_LE:
        return OP_LE;
    case AST_OP_GT:
        return OP_GT;
    default:
        return OP_GE;
    }
}

static const char *duration_hint(const struct typed *a, const struct typed *b)
{
    if (value_type_is_number(a->type) || value_type_is_number(b->type))
        return "Give the number a unit of time, as in 2h or 3d.";
    if (a->type == VALUE_TEXT || b->type == VALUE_TEXT)
        return "Write a duration without quotes, as in 24h.";
    return "A duration is the difference of two times, as in as_of - max(seen) > 26h.";
}

static void mismatch_hint(struct checker *c, const struct typed *a, const struct typed *b)
{
    const struct typed *text = a->type == VALUE_TEXT ? a : b;
    const struct typed *other = text == a ? b : a;
    if (a->type == VALUE_DURATION || b->type == VALUE_DURATION)
        diagnostics_hint(c->diags, "%s", duration_hint(a, b));
    else if (a->type == VALUE_BOOLEAN || b->type == VALUE_BOOLEAN)
        diagnostics_hint(c->diags, "Compare it with true or false.");
    else if (text->type == VALUE_TEXT && text->ast->kind == AST_STRING)
        diagnostics_hint(c->diags, "Write a number without quotes.");
    else if (text->type == VALUE_TEXT && other->ast->kind == AST_NUMBER)
        diagnostics_hint(c->diags, "Put the value in single quotes: '%s'.", other->ast->text);
    else if (text->type == VALUE_TEXT || a->type == VALUE_UUID || b->type == VALUE_UUID)
        diagnostics_hint(c->diags, "Compare values of one kind with each other.");
    else
        diagnostics_hint(c->diags, "Write a time as text: '2011-05-23T04:00:00Z'.");
}

static bool fit_both(struct checker *c, struct typed *a, struct typed *b)
{
    struct typed was = *a;
    return literal_fit(c, a, b) && literal_fit(c, b, &was);
}

/* Makes two values comparable; false with a problem if they are not. */
static bool make_comparable(struct checker *c, struct typed *a, struct typed *b)
{
    if (a->expr == NULL || b->expr == NULL || !fit_both(c, a, b))
        return false;
    if (types_compare(a->type, b->type))
        return true;
    check_problem(c, a->ast, "%s is %s and %s is %s, so they cannot be compared", shown(c, a->ast),
                  value_type_words(a->type), shown(c, b->ast), value_type_words(b->type));
    mismatch_hint(c, a, b);
    return false;
}

static double literal_number(const struct typed *literal)
{
    const struct value *value = &literal->expr->literal;
    return value->type == VALUE_INTEGER ? (double)value->i64 : value->f64;
}

/* Finds limits that a measure never reaches, or that are of another kind than it. */
static bool check_limit(struct checker *c, const struct typed *measure, const struct typed *limit)
{
    if (limit->ast->kind != AST_NUMBER || limit->expr->kind != EXPR_LITERAL ||
        limit->type == VALUE_NUMERIC)
        return true;
    if (measure->nature == NATURE_COUNT && limit->ast->percent) {
        check_problem(c, limit->ast, "%s is a number, and %s a share of something",
                      shown(c, measure->ast), shown(c, limit->ast));
        diagnostics_hint(c->diags, "Divide by rows or old_rows, or use share().");
        return false;
    }
    double value = literal_number(limit);
    if (measure->nature == NATURE_SHARE && (value < 0 || value > 1)) {
        check_problem(c, limit->ast, "%s lies between 0%% and 100%%, and %s does not",
                      shown(c, measure->ast), shown(c, limit->ast));
        if (!limit->ast->percent && value > 1 && value <= 100)
            diagnostics_hint(c->diags, "Write %s%%.", limit->ast->text);
        else
            diagnostics_hint(c->diags, "Write a part of the whole, as in 5%% or 0.05; divide two "
                                       "measures to see how one has grown.");
        return false;
    }
    return true;
}

/* Whether the expression is known before the load is, the time it stands for aside. */
static bool is_constant(const struct expr *expr)
{
    if (expr->kind == EXPR_MEASURE)
        return expr->measure == 0 || check_is_history(expr);
    if (expr->kind != EXPR_CALL)
        return expr->kind == EXPR_LITERAL;
    for (size_t i = 0; i < expr->n_args; i++) {
        if (!is_constant(expr->args[i]))
            return false;
    }
    return true;
}

static bool has_history(const struct expr *expr)
{
    bool found = check_is_history(expr);
    for (size_t i = 0; expr->kind == EXPR_CALL && i < expr->n_args && !found; i++)
        found = has_history(expr->args[i]);
    return found;
}

static bool has_percentage(const struct ast *ast)
{
    bool found = ast->kind == AST_NUMBER && ast->percent;
    for (size_t i = 0; i < ast->n_args && !found; i++)
        found = has_percentage(ast->args[i]);
    return found;
}

static bool has_examples(const struct measure *measure)
{
    switch (measure->aggregate) {
    case AGG_ADDED:
    case AGG_REMOVED:
    case AGG_DUPLICATES:
    case AGG_SHARE:
    case AGG_MIN:
    case AGG_MAX:
    case AGG_NULLS:
    case AGG_ARRIVALS:
    case AGG_INVALID:
        return true;
    case AGG_COUNT:
        return measure->arg->type == VALUE_BOOLEAN;
    default:
        return false;
    }
}

size_t check_find_example(struct checker *c, const struct expr *expr)
{
    if (check_is_history(expr))
        return CONDITION_NONE;
    if (expr->kind == EXPR_MEASURE && expr->measure > 0) {
        size_t index = c->slots.items[expr->measure - 1];
        return has_examples(&c->plan->measures[index]) ? index : CONDITION_NONE;
    }
    size_t found = CONDITION_NONE;
    for (size_t i = 0; expr->kind == EXPR_CALL && i < expr->n_args && found == CONDITION_NONE; i++)
        found = check_find_example(c, expr->args[i]);
    return found;
}

static void keep_comparison(struct checker *c, const struct expr *test,
                            const struct typed *measured, const struct typed *limit)
{
    const struct expr *side = measured->expr;
    c->comparisons = arena_grow(c->arena, c->comparisons, sizeof(*c->comparisons),
                                &c->comparisons_capacity, c->n_comparisons + 1);
    c->comparisons[c->n_comparisons++] = (struct comparison){
        .test = test,
        .measured = side,
        .limit = limit->expr,
        .text = canonical_text(c, measured->ast),
        .example = check_find_example(c, side),
        .sole_measure =
            side->kind == EXPR_MEASURE ? c->slots.items[side->measure - 1] : CONDITION_NONE,
        .is_percentage = has_percentage(limit->ast),
        .from_history = has_history(limit->expr),
    };
}

static struct typed check_compare(struct checker *c, const struct ast *ast)
{
    bool on_true_path = c->on_true_path;
    c->on_true_path = false;
    struct typed args[2] = {check_expr(c, ast->args[0]), check_expr(c, ast->args[1])};
    c->on_true_path = on_true_path;
    for (size_t i = 0; i < 2; i++) {
        if (args[i].expr != NULL && args[i].is_null) {
            check_problem(c, args[i].ast, "nothing is ever equal to null, or less, or more");
            diagnostics_hint(c->diags, "Write is null, is not null or is distinct from.");
            return no_type(ast);
        }
    }
    if (!make_comparable(c, &args[0], &args[1]) || !check_limit(c, &args[0], &args[1]) ||
        !check_limit(c, &args[1], &args[0]))
        return no_type(ast);
    struct typed test = make_call(c, ast, compare_op(ast->op), VALUE_BOOLEAN, args, 2);
    if (c->level == LEVEL_MEASURE && on_true_path) {
        bool constants[2] = {is_constant(args[0].expr), is_constant(args[1].expr)};
        if (constants[1] && !constants[0])
            keep_comparison(c, test.expr, &args[0], &args[1]);
        else if (constants[0] && !constants[1])
            keep_comparison(c, test.expr, &args[1], &args[0]);
    }
    return test;
}

struct typed check_boolean(struct checker *c, const struct ast *ast, const char *what)
{
    struct typed typed = check_expr(c, ast);
    if (typed.expr == NULL)
        return typed;
    if (typed.is_null)
        return (struct typed){.expr = typed.expr, .ast = ast, .type = VALUE_BOOLEAN};
    if (typed.type == VALUE_BOOLEAN)
        return typed;
    check_problem(c, ast, "%s needs a condition, and %s is %s", what, shown(c, ast),
                  value_type_words(typed.type));
    if (typed.expr->kind == EXPR_LITERAL)
        diagnostics_hint(c->diags, "Compare a measure with it, as in rows > 5.");
    else if (value_type_is_number(typed.type))
        diagnostics_hint(c->diags, "Compare it with something, as in %s > 0.", shown(c, ast));
    else
        diagnostics_hint(c->diags, "Compare it with a value of its kind, or write %s is null.",
                         shown(c, ast));
    return no_type(ast);
}

static struct typed negated(struct checker *c, const struct ast *ast, struct typed typed)
{
    return typed.expr != NULL && ast->negated ? make_call(c, ast, OP_NOT, VALUE_BOOLEAN, &typed, 1)
                                              : typed;
}

static struct typed check_joined(struct checker *c, const struct ast *ast)
{
    const char *word = ast->kind == AST_AND ? "and" : "or";
    struct typed *args = arena_calloc(c->arena, ast->n_args, sizeof(*args));
    bool failed = false;
    for (size_t i = 0; i < ast->n_args; i++) {
        args[i] = check_boolean(c, ast->args[i], word);
        failed |= args[i].expr == NULL;
    }
    if (failed)
        return no_type(ast);
    return make_call(c, ast, ast->kind == AST_AND ? OP_AND : OP_OR, VALUE_BOOLEAN, args,
                     ast->n_args);
}

static struct typed check_not(struct checker *c, const struct ast *ast)
{
    struct typed arg = check_boolean(c, ast->args[0], "not");
    return arg.expr == NULL ? no_type(ast) : make_call(c, ast, OP_NOT, VALUE_BOOLEAN, &arg, 1);
}

static struct typed check_is_null(struct checker *c, const struct ast *ast)
{
    struct typed arg = check_expr(c, ast->args[0]);
    return arg.expr == NULL ? no_type(ast) : make_call(c, ast, OP_IS_NULL, VALUE_BOOLEAN, &arg, 1);
}

static struct typed check_is_distinct(struct checker *c, const struct ast *ast)
{
    struct typed args[2] = {check_expr(c, ast->args[0]), check_expr(c, ast->args[1])};
    if (!make_comparable(c, &args[0], &args[1]))
        return no_type(ast);
    return make_call(c, ast, OP_IS_DISTINCT, VALUE_BOOLEAN, args, 2);
}

static struct typed check_in(struct checker *c, const struct ast *ast)
{
    struct typed *args = arena_calloc(c->arena, ast->n_args, sizeof(*args));
    args[0] = check_expr(c, ast->args[0]);
    bool failed = args[0].expr == NULL;
    for (size_t i = 1; i < ast->n_args; i++) {
        args[i] = check_expr(c, ast->args[i]);
        failed |= args[i].expr == NULL;
        if (failed)
            continue;
        if (args[i].is_null) {
            check_problem(c, args[i].ast, "in (...) never finds null");
            diagnostics_hint(c->diags, "Write or x is null.");
            failed = true;
        } else {
            failed = !make_comparable(c, &args[0], &args[i]);
        }
    }
    return failed ? no_type(ast) : make_call(c, ast, OP_IN, VALUE_BOOLEAN, args, ast->n_args);
}

static void keep_file_test(struct checker *c, const struct ast *ast, const struct expr *expr)
{
    c->file_tests = arena_grow(c->arena, c->file_tests, sizeof(*c->file_tests),
                               &c->file_tests_capacity, c->n_file_tests + 1);
    c->file_test_texts = arena_grow(c->arena, c->file_test_texts, sizeof(*c->file_test_texts),
                                    &c->file_test_texts_capacity, c->n_file_tests + 1);
    c->file_test_texts[c->n_file_tests] =
        arena_printf(c->arena, "count(%s)", canonical_text(c, ast));
    c->file_tests[c->n_file_tests++] = expr;
}

static struct typed check_in_file(struct checker *c, const struct ast *ast)
{
    struct typed arg = check_expr(c, ast->args[0]);
    const struct value_set *set = NULL;
    struct error err;
    if (arg.expr == NULL)
        return no_type(ast);
    if (c->level == LEVEL_MEASURE) {
        check_problem(c, ast, "in file() is about rows, and a condition is about all of them");
        diagnostics_hint(c->diags, "Write share(%s) or where: %s.", shown(c, ast), shown(c, ast));
        return no_type(ast);
    }
    const char *path =
        ast->text[0] == '/' ? ast->text : arena_printf(c->arena, "%s/%s", c->directory, ast->text);
    if (file_sets_get(c->files, path, arg.type, arg.is_real, c->arena, &set, &err) != OK) {
        if (err.line > 0)
            check_problem(c, ast, "%s:%u: %s", err.file, err.line, err.message);
        else
            check_problem(c, ast, "%s%s%s", err.file, err.file[0] != '\0' ? ": " : "", err.message);
        diagnostics_hint(c->diags,
                         "The file has one value a line, of the type of %s; its path is "
                         "relative to the file of the rule.",
                         shown(c, ast->args[0]));
        return no_type(ast);
    }
    struct expr *expr = arena_alloc(c->arena, sizeof(*expr));
    *expr =
        (struct expr){.kind = EXPR_IN_SET, .type = VALUE_BOOLEAN, .in_arg = arg.expr, .set = set};
    if (!ast->negated)
        keep_file_test(c, ast, expr);
    return (struct typed){.expr = expr, .ast = ast, .type = VALUE_BOOLEAN};
}

static struct typed check_between(struct checker *c, const struct ast *ast)
{
    struct typed tested = check_expr(c, ast->args[0]);
    struct typed low[2] = {tested, check_expr(c, ast->args[1])};
    struct typed high[2] = {tested, check_expr(c, ast->args[2])};
    if (!make_comparable(c, &low[0], &low[1]) || !make_comparable(c, &high[0], &high[1]))
        return no_type(ast);
    struct typed both[2] = {make_call(c, ast, OP_GE, VALUE_BOOLEAN, low, 2),
                            make_call(c, ast, OP_LE, VALUE_BOOLEAN, high, 2)};
    return make_call(c, ast, OP_AND, VALUE_BOOLEAN, both, 2);
}

static struct typed check_like(struct checker *c, const struct ast *ast)
{
    struct typed args[2] = {check_expr(c, ast->args[0]), check_expr(c, ast->args[1])};
    if (args[0].expr == NULL || args[1].expr == NULL)
        return no_type(ast);
    if (args[0].type != VALUE_TEXT) {
        check_problem(c, ast, "like takes text, and %s is %s", shown(c, args[0].ast),
                      value_type_words(args[0].type));
        diagnostics_hint(c->diags, "Compare other values with =, <, between or in (...).");
        return no_type(ast);
    }
    if (args[1].ast->kind != AST_STRING) {
        check_problem(c, args[1].ast, "the pattern of like is a text in quotes, not %s",
                      shown(c, args[1].ast));
        diagnostics_hint(c->diags, "Write it as in network like 'twit%%', with %% for any text and "
                                   "_ for one character.");
        return no_type(ast);
    }
    return make_call(c, ast, OP_LIKE, VALUE_BOOLEAN, args, 2);
}

/* The values of a case, at odd places and at the end, as one array; else null if it has no else. */
static struct typed check_case(struct checker *c, const struct ast *ast)
{
    static const struct ast no_else = {.kind = AST_NULL, .text = ""};
    size_t n_when = ast->n_args / 2;
    struct typed *values = arena_calloc(c->arena, n_when + 1, sizeof(*values));
    struct typed *args = arena_calloc(c->arena, 2 * n_when + 1, sizeof(*args));
    enum value_type type = VALUE_TEXT;
    bool failed = false;
    for (size_t i = 0; i < n_when; i++) {
        args[2 * i] = check_boolean(c, ast->args[2 * i], "when");
        values[i] = check_expr(c, ast->args[2 * i + 1]);
        failed |= args[2 * i].expr == NULL;
    }
    values[n_when] = check_expr(c, ast->n_args % 2 == 1 ? ast->args[ast->n_args - 1] : &no_else);
    if (!make_alike(c, values, n_when + 1, &type) || failed)
        return no_type(ast);
    for (size_t i = 0; i < n_when; i++)
        args[2 * i + 1] = values[i];
    args[2 * n_when] = values[n_when];
    return make_call(c, ast, OP_CASE, type, args, 2 * n_when + 1);
}

static struct typed check_test(struct checker *c, const struct ast *ast)
{
    switch (ast->kind) {
    case AST_NOT:
        return check_not(c, ast);
    case AST_IS_NULL:
        return negated(c, ast, check_is_null(c, ast));
    case AST_IS_DISTINCT:
        return negated(c, ast, check_is_distinct(c, ast));
    case AST_IN:
        return negated(c, ast, check_in(c, ast));
    case AST_IN_FILE:
        return negated(c, ast, check_in_file(c, ast));
    case AST_BETWEEN:
        return negated(c, ast, check_between(c, ast));
    case AST_LIKE:
        return negated(c, ast, check_like(c, ast));
    case AST_CASE:
        return check_case(c, ast);
    case AST_NEGATE:
        return check_negate(c, ast);
    case AST_ARITHMETIC:
        return check_arithmetic(c, ast);
    case AST_CALL:
        return check_call(c, ast);
    case AST_NAME:
        return check_name(c, ast);
    default:
        return literal_of(c, ast);
    }
}

struct typed check_expr(struct checker *c, const struct ast *ast)
{
    if (ast->kind == AST_AND || ast->kind == AST_OR)
        return check_joined(c, ast);
    if (ast->kind == AST_COMPARE)
        return check_compare(c, ast);
    if (ast->kind == AST_CALL && find_history_function(ast->text) != NULL)
        return check_history(c, ast);
    bool on_true_path = c->on_true_path;
    c->on_true_path = false;
    struct typed typed = check_test(c, ast);
    c->on_true_path = on_true_path;
    return typed;
}

bool check_where(struct checker *c, const struct yaml_node *node, const struct ast *ast)
{
    c->node = node;
    c->level = LEVEL_WHERE;
    struct typed typed = check_boolean(c, ast, "where:");
    if (typed.expr == NULL)
        return false;
    c->where = typed.expr;
    c->where_text = canonical_text(c, ast);
    c->where_identity = identity_text(c, ast);
    return true;
}

/* Plans the counts that tell whether a file matched anything. */
static bool add_file_counts(struct checker *c, const struct ast *ast, struct index_list *counts)
{
    for (size_t i = 0; i < c->n_file_tests; i++) {
        struct expr_sides sides = expr_sides(c->file_tests[i], c->schema);
        struct measure measure = {
            .aggregate = AGG_COUNT,
            .scope = sides.uses_old ? sides.uses_new ? SCOPE_KEPT : SCOPE_OLD : SCOPE_NEW,
            .arg = c->file_tests[i],
            .text = c->file_test_texts[i],
            .type = VALUE_INTEGER,
        };
        const char *identity = arena_printf(c->arena, "%s/%s", c->directory, c->file_test_texts[i]);
        size_t index = plan_add(c->plan, &measure, identity);
        if (index == PLAN_NO_MEASURE) {
            check_problem(c, ast, "the rules need more than %d measures", PLAN_MAX_MEASURES);
            diagnostics_hint(c->diags, "Apply each: and by: to fewer columns.");
            return false;
        }
        counts->items =
            arena_grow(c->arena, counts->items, sizeof(size_t), &counts->capacity, counts->n + 1);
        counts->items[counts->n++] = index;
    }
    return true;
}

bool measure_spans_loads(const struct measure *measure)
{
    switch (measure->aggregate) {
    case AGG_OLD_ROWS:
    case AGG_KEPT:
    case AGG_ADDED:
    case AGG_REMOVED:
    case AGG_KS:
    case AGG_PSI:
    case AGG_JS:
    case AGG_EMD:
    case AGG_OVERLAP:
        return true;
    default:
        return measure->scope != SCOPE_NEW;
    }
}

bool check_condition(struct checker *c, const struct yaml_node *node, const struct ast *ast,
                     struct condition *ret_condition)
{
    size_t where_tests = c->n_file_tests;
    c->node = node;
    c->level = LEVEL_MEASURE;
    c->on_true_path = true;
    c->uses_as_of = false;
    c->uses_value = false;
    c->slots = (struct index_list){0};
    c->comparisons = NULL;
    c->n_comparisons = c->comparisons_capacity = 0;
    c->calls = NULL;
    c->call_nodes = NULL;
    c->n_calls = c->calls_capacity = c->call_nodes_capacity = 0;
    struct typed typed = check_boolean(c, ast, "a rule");
    if (typed.expr == NULL)
        return false;
    if (c->sql != NULL && !c->uses_value) {
        check_problem(c, ast, "the condition does not look at value, the number that sql: gives");
        diagnostics_hint(c->diags, "Write it as in value > 0.");
        return false;
    }
    if (c->slots.n == 0) {
        check_problem(c, ast,
                      "the condition looks at no measure, so it is the same for every load");
        diagnostics_hint(c->diags, "Compare a measure, as in rows > 0 or max(seen) < as_of - 26h.");
        return false;
    }
    struct index_list counts = {0};
    if (!add_file_counts(c, ast, &counts))
        return false;
    c->n_file_tests = where_tests;
    check_place_history(c);
    *ret_condition = (struct condition){
        .expr = typed.expr,
        .text = canonical_text(c, ast),
        .slots = c->slots.items,
        .n_slots = c->slots.n,
        .calls = c->calls,
        .n_calls = c->n_calls,
        .comparisons = c->comparisons,
        .n_comparisons = c->n_comparisons,
        .file_counts = counts.items,
        .n_file_counts = counts.n,
        .uses_as_of = c->uses_as_of,
    };
    for (size_t i = 0; i < c->slots.n; i++)
        ret_condition->needs_old |= measure_spans_loads(&c->plan->measures[c->slots.items[i]]);
    return true;
}
