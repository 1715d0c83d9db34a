/* Columns, functions of values, and aggregates, which become measures. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "rules/functions.h"
#include "rules/typed.h"
#include "yaml/suggest.h"

#define MAX_LISTED_COLUMNS 12

static struct typed column_of(struct checker *c, const struct ast *ast, size_t column, bool old)
{
    struct expr *expr = arena_alloc(c->arena, sizeof(*expr));
    enum column_type type = c->schema->columns[column].type;
    expr->kind = EXPR_COLUMN;
    expr->type = value_type_of_column(type);
    expr->side = old ? SIDE_OLD : SIDE_NEW;
    expr->column = column;
    return (struct typed){
        .expr = expr, .ast = ast, .type = expr->type, .is_real = type == TYPE_REAL};
}

static long find_column(const struct checker *c, const struct ast *ast)
{
    if (!ast->quoted && c->x_column >= 0 && strcmp(ast->text, "x") == 0)
        return c->x_column;
    return schema_find(c->schema, ast->text);
}

/* The columns as a list for a hint. */
static const char *column_list(struct checker *c)
{
    const char *list = c->schema->columns[0].name;
    for (size_t i = 1; i < c->schema->n_columns && i < MAX_LISTED_COLUMNS; i++)
        list = arena_printf(c->arena, "%s, %s", list, c->schema->columns[i].name);
    if (c->schema->n_columns > MAX_LISTED_COLUMNS)
        list = arena_printf(c->arena, "%s and %zu more", list,
                            c->schema->n_columns - MAX_LISTED_COLUMNS);
    return list;
}

static const char *nearest_column(struct checker *c, const char *name)
{
    const char **names = arena_calloc(c->arena, c->schema->n_columns, sizeof(*names));
    for (size_t i = 0; i < c->schema->n_columns; i++)
        names[i] = c->schema->columns[i].name;
    return suggest_closest(name, names, c->schema->n_columns);
}

static struct typed unknown_column(struct checker *c, const struct ast *ast)
{
    const char *near = nearest_column(c, ast->text);
    const char *old = ast->old ? "old." : "";
    if (!ast->old && (find_bare_measure(ast->text) != NULL || strcmp(ast->text, "as_of") == 0)) {
        check_problem(c, ast, "%s is about a whole load and has no value for a row", ast->text);
        diagnostics_hint(c->diags, "Use it outside share(), mean() and the like.");
        return no_type(ast);
    }
    check_problem(c, ast, "there is no column '%s'", ast->text);
    if (ast->old && find_bare_measure(ast->text) != NULL)
        diagnostics_hint(c->diags, "The rows of the last good load are old_rows.");
    else if (near != NULL)
        diagnostics_hint(c->diags, "Did you mean '%s%s'?", old, near);
    else if (strcasecmp(ast->text, "nan") == 0 || strcasecmp(ast->text, "infinity") == 0)
        diagnostics_hint(c->diags,
                         "Write invalid(x), the number of rows that are NaN or infinite.");
    else if (strcmp(ast->text, "x") == 0)
        diagnostics_hint(c->diags, "x stands for a column in rules with each: only.");
    else
        diagnostics_hint(c->diags,
                         "The columns are %s. A text stands in single quotes, as in '%s'.",
                         column_list(c), ast->text);
    return no_type(ast);
}

static struct typed row_name(struct checker *c, const struct ast *ast)
{
    if (!ast->quoted && !ast->old && strcmp(ast->text, "changed") == 0) {
        struct typed changed = make_call(c, ast, OP_CHANGED, VALUE_BOOLEAN, NULL, 0);
        return changed;
    }
    long column = find_column(c, ast);
    return column < 0 ? unknown_column(c, ast) : column_of(c, ast, (size_t)column, ast->old);
}

static struct typed slot_of(struct checker *c, const struct ast *ast, size_t slot,
                            enum value_type type)
{
    struct expr *expr = arena_alloc(c->arena, sizeof(*expr));
    expr->kind = EXPR_MEASURE;
    expr->type = type;
    expr->measure = slot;
    return (struct typed){.expr = expr, .ast = ast, .type = type};
}

static size_t find_slot(struct checker *c, size_t plan_index)
{
    for (size_t i = 0; i < c->slots.n; i++) {
        if (c->slots.items[i] == plan_index)
            return i + 1;
    }
    c->slots.items =
        arena_grow(c->arena, c->slots.items, sizeof(size_t), &c->slots.capacity, c->slots.n + 1);
    c->slots.items[c->slots.n++] = plan_index;
    return c->slots.n;
}

/* Completes a measure with what the rule says about all its measures, and plans it. */
static struct typed add_measure(struct checker *c, const struct ast *ast, struct measure *measure)
{
    measure->where = c->where;
    measure->n_by = c->n_by;
    if (c->n_by > 0)
        memcpy(measure->by, c->by, c->n_by * sizeof(*c->by));
    measure->text = canonical_text(c, ast);
    const char *identity = identity_text(c, ast);
    if (c->where != NULL) {
        measure->text = arena_printf(c->arena, "%s where %s", measure->text, c->where_text);
        identity = arena_printf(c->arena, "%s where %s", identity, c->where_identity);
    }
    size_t index = plan_add(c->plan, measure, identity);
    if (index == PLAN_NO_MEASURE) {
        check_problem(c, ast, "the rules need more than %d measures", PLAN_MAX_MEASURES);
        diagnostics_hint(c->diags, "Apply each: and by: to fewer columns.");
        return no_type(ast);
    }
    return slot_of(c, ast, find_slot(c, index), measure->type);
}

static enum scope scope_of(struct checker *c, const struct measure *measure)
{
    const struct expr *parts[] = {measure->arg, measure->filter, c->where};
    struct expr_sides sides = {0};
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        if (parts[i] == NULL)
            continue;
        struct expr_sides part = expr_sides(parts[i], c->schema);
        sides.uses_new |= part.uses_new;
        sides.uses_old |= part.uses_old;
    }
    if (measure->aggregate >= AGG_KS && measure->aggregate <= AGG_OVERLAP)
        return SCOPE_NEW;
    if (measure->aggregate == AGG_ARRIVALS || measure->aggregate == AGG_SPEARMAN ||
        (sides.uses_new && sides.uses_old))
        return SCOPE_KEPT;
    return sides.uses_old ? SCOPE_OLD : SCOPE_NEW;
}

static struct typed bare_measure(struct checker *c, const struct ast *ast,
                                 const struct bare_measure *bare)
{
    struct measure measure = {
        .aggregate = bare->aggregate, .scope = SCOPE_NEW, .type = VALUE_INTEGER};
    if (bare->aggregate == AGG_COUNT) {
        measure.arg = make_call(c, ast, OP_CHANGED, VALUE_BOOLEAN, NULL, 0).expr;
        measure.scope = SCOPE_KEPT;
    } else if (c->where != NULL && expr_sides(c->where, c->schema).uses_old) {
        check_problem(c, ast, "%s cannot be limited by a where: that looks at old values",
                      ast->text);
        diagnostics_hint(c->diags, "Count rows with count(condition).");
        return no_type(ast);
    }
    struct typed typed = add_measure(c, ast, &measure);
    typed.nature = NATURE_COUNT;
    return typed;
}

static struct typed unknown_measure(struct checker *c, const struct ast *ast)
{
    static const char *const words[] = {"rows",    "old_rows",   "kept",    "added",
                                        "removed", "duplicates", "changed", "as_of"};
    long column = find_column(c, ast);
    if (column >= 0) {
        const char *name = c->schema->columns[column].name;
        check_problem(c, ast, "%s has a value for each row, and a condition is about all of them",
                      shown(c, ast));
        if (value_type_is_number(value_type_of_column(c->schema->columns[column].type)))
            diagnostics_hint(c->diags, "Write mean(%s), max(%s) or share(%s > 0).", name, name,
                             name);
        else
            diagnostics_hint(c->diags, "Write share(%s = ...) or distinct(%s).", name, name);
        return no_type(ast);
    }
    const char *near = suggest_closest(ast->text, words, ARRAY_SIZE(words));
    if (ast->old)
        return unknown_column(c, ast);
    check_problem(c, ast, "there is no measure '%s'", ast->text);
    if (near != NULL)
        diagnostics_hint(c->diags, "Did you mean '%s'?", near);
    else if (ast->quoted)
        diagnostics_hint(c->diags, "Double quotes stand around names: write a number without "
                                   "quotes, a text in single ones.");
    else if (function_remedy(ast->text).hint != NULL)
        diagnostics_hint(c->diags, "%s", function_remedy(ast->text).hint);
    else if (find_aggregate_function(ast->text) != NULL || find_history_function(ast->text) != NULL)
        diagnostics_hint(c->diags, "%s needs parentheses with what it is to measure.", ast->text);
    else if (nearest_column(c, ast->text) != NULL)
        diagnostics_hint(c->diags, "Did you mean the column '%s', as in mean(%s)?",
                         nearest_column(c, ast->text), nearest_column(c, ast->text));
    else
        diagnostics_hint(c->diags, "Measures are share(), mean() and the like, and rows, old_rows, "
                                   "kept, added, removed, duplicates, changed.");
    return no_type(ast);
}

struct typed check_name(struct checker *c, const struct ast *ast)
{
    if (c->level != LEVEL_MEASURE)
        return row_name(c, ast);
    bool bare = !ast->old && !ast->quoted;
    const struct bare_measure *known = find_bare_measure(ast->text);
    if (bare && known != NULL)
        return bare_measure(c, ast, known);
    if (check_is_sql_value(c, ast)) {
        size_t index = check_plan_sql(c);
        if (index != PLAN_NO_MEASURE)
            return slot_of(c, ast, find_slot(c, index), VALUE_DOUBLE);
        check_problem(c, ast, "the rules need more than %d measures", PLAN_MAX_MEASURES);
        return no_type(ast);
    }
    if (bare && strcmp(ast->text, "as_of") == 0) {
        c->uses_as_of = true;
        return slot_of(c, ast, 0, VALUE_TIME);
    }
    return unknown_measure(c, ast);
}

static struct typed unknown_function(struct checker *c, const struct ast *ast)
{
    struct remedy remedy = function_remedy(ast->text);
    const char *near = suggest_function(ast->text);
    if (remedy.message != NULL)
        check_problem(c, ast, "%s() %s", ast->text, remedy.message);
    else
        check_problem(c, ast, "there is no function '%s'", ast->text);
    if (remedy.hint != NULL)
        diagnostics_hint(c->diags, "%s", remedy.hint);
    else if (near != NULL)
        diagnostics_hint(c->diags, "Did you mean '%s'?", near);
    else
        diagnostics_hint(c->diags, "Measures are count, share, sum, mean, stddev, min, max, "
                                   "quantile, distinct, nulls, invalid, arrivals and top_share, "
                                   "among others.");
    return no_type(ast);
}

static void arg_count_hint(struct checker *c, const struct ast *ast, size_t max)
{
    if (strcmp(ast->text, "round") == 0)
        diagnostics_hint(c->diags, "Write round(x * 100) / 100 for two decimals.");
    else if (strcmp(ast->text, "count") == 0)
        diagnostics_hint(c->diags, "Write rows for the number of rows, count(x > 0) for some.");
    else if (strcmp(ast->text, "quantile") == 0)
        diagnostics_hint(c->diags, "Write quantile(x, 0.95).");
    else if (strcmp(ast->text, "overlap") == 0)
        diagnostics_hint(c->diags, "Write overlap(x, 1000) for the rows with the 1000 largest x.");
    else if (find_aggregate_function(ast->text) != NULL)
        diagnostics_hint(c->diags, "Write what is to be measured; a condition on rows may follow "
                                   "it, as in mean(score, network = 'twitter').");
    else if (max == 1)
        diagnostics_hint(c->diags, "Write %s(x).", ast->text);
    else
        diagnostics_hint(c->diags, "Write %s(a, b).", ast->text);
}

static bool check_arg_count(struct checker *c, const struct ast *ast, size_t min, size_t max)
{
    if (ast->n_args >= min && ast->n_args <= max)
        return true;
    size_t expected = ast->n_args < min ? min : max;
    check_problem(c, ast, "%s() takes %s%zu argument%s, here %s %zu", ast->text,
                  min == max          ? ""
                  : ast->n_args < min ? "at least "
                                      : "at most ",
                  expected, expected == 1 ? "" : "s", ast->n_args == 1 ? "is" : "are", ast->n_args);
    arg_count_hint(c, ast, max);
    return false;
}

static bool check_is_column(struct checker *c, const struct ast *function,
                            enum argument_class takes, const struct typed *arg)
{
    bool is_column = arg->expr->kind == EXPR_COLUMN;
    if (is_column && (takes == TAKES_COLUMN || arg->expr->side == SIDE_NEW))
        return true;
    check_problem(c, arg->ast, "%s() takes the name of a column%s, not %s", function->text,
                  is_column ? " without old., since it compares with the old value itself" : "",
                  shown(c, arg->ast));
    diagnostics_hint(c->diags, "Write it as in %s(score), without anything around the name.",
                     function->text);
    return false;
}

static void arg_class_hint(struct checker *c, enum argument_class takes, const struct typed *arg)
{
    const char *text = shown(c, arg->ast);
    if (takes == TAKES_CONDITION && value_type_is_number(arg->type))
        diagnostics_hint(c->diags, "Write a condition, as in share(%s > 0).", text);
    else if (takes == TAKES_CONDITION)
        diagnostics_hint(c->diags, "Write a condition, as in share(%s is null).", text);
    else if (argument_class_is_new_column(takes))
        diagnostics_hint(c->diags, "Write js(%s), which compares any values.", text);
    else if (arg->type == VALUE_BOOLEAN)
        diagnostics_hint(c->diags, "Write share(%s) or count(%s).", text, text);
    else
        diagnostics_hint(c->diags, "Write count(%s), distinct(%s) or nulls(%s), which take any.",
                         text, text, text);
}

static bool check_arg_class(struct checker *c, const struct ast *function,
                            enum argument_class takes, const struct typed *arg)
{
    if ((takes == TAKES_COLUMN || argument_class_is_new_column(takes)) &&
        !check_is_column(c, function, takes, arg))
        return false;
    if (argument_class_accepts(takes, arg->type))
        return true;
    check_problem(c, arg->ast, "%s() takes %s, and %s is %s", function->text,
                  argument_class_words(takes), shown(c, arg->ast), value_type_words(arg->type));
    arg_class_hint(c, takes, arg);
    return false;
}

/* jumped(x) and shift(x): the operator gets the new and the old value. */
static struct typed paired_call(struct checker *c, const struct ast *ast,
                                const struct scalar_function *function, const struct typed *arg)
{
    if (!value_type_is_number(arg->type)) {
        check_problem(c, arg->ast, "%s() takes a column of numbers, and %s is %s", ast->text,
                      shown(c, arg->ast), value_type_words(arg->type));
        diagnostics_hint(c->diags, "Write %s is distinct from old.%s.", shown(c, arg->ast),
                         shown(c, arg->ast));
        return no_type(ast);
    }
    struct typed pair[2] = {*arg, column_of(c, arg->ast, arg->expr->column, true)};
    enum value_type type = function->op == OP_JUMPED ? VALUE_BOOLEAN : VALUE_DOUBLE;
    return make_call(c, ast, function->op, type, pair, 2);
}

static enum value_type scalar_type(const struct scalar_function *function, enum value_type arg)
{
    switch (function->op) {
    case OP_ABS:
    case OP_ROUND:
    case OP_FLOOR:
    case OP_CEIL:
        return arg == VALUE_NUMERIC ? VALUE_DOUBLE : arg;
    default:
        return VALUE_DOUBLE;
    }
}

static bool keeps_real(enum expr_op op)
{
    return op == OP_ABS || op == OP_LEAST || op == OP_GREATEST || op == OP_COALESCE;
}

static struct typed scalar_call(struct checker *c, const struct ast *ast,
                                const struct scalar_function *function)
{
    if (!check_arg_count(c, ast, function->min_args, function->max_args))
        return no_type(ast);
    struct typed *args = arena_calloc(c->arena, ast->n_args, sizeof(*args));
    bool is_real = keeps_real(function->op);
    bool failed = false;
    for (size_t i = 0; i < ast->n_args; i++) {
        args[i] = check_expr(c, ast->args[i]);
        failed |= args[i].expr == NULL;
        is_real &= args[i].is_real || args[i].ast->kind == AST_NUMBER;
    }
    enum value_type type = VALUE_DOUBLE;
    if (failed)
        return no_type(ast);
    if (function->takes == TAKES_ALIKE) {
        if (!make_alike(c, args, ast->n_args, &type))
            return no_type(ast);
    } else if (!check_arg_class(c, ast, function->takes, &args[0])) {
        return no_type(ast);
    } else if (function->row_only) {
        return paired_call(c, ast, function, &args[0]);
    } else {
        type = scalar_type(function, args[0].type);
    }
    struct typed result = make_call(c, ast, function->op, type, args, ast->n_args);
    result.is_real = is_real;
    return result;
}

/* The parameter of quantile(), a literal between 0 and 1, or of overlap(), a number of rows. */
static bool check_parameter(struct checker *c, const struct ast *ast, enum parameter_class takes,
                            double *ret_parameter)
{
    if (ast->kind == AST_NUMBER) {
        struct typed literal = literal_of(c, ast);
        if (literal.expr == NULL)
            return false;
        bool is_integer = literal.type == VALUE_INTEGER;
        double value = is_integer ? (double)literal.expr->literal.i64 : literal.expr->literal.f64;
        *ret_parameter = value;
        if (takes == PARAMETER_FRACTION && value >= 0 && value <= 1)
            return true;
        if (takes == PARAMETER_ROWS && is_integer && value >= 1 && value <= OVERLAP_MAX_ROWS)
            return true;
    }
    if (takes == PARAMETER_ROWS) {
        check_problem(c, ast,
                      "the second argument of overlap() is a number of rows between 1 and "
                      "1,000,000, not %s",
                      shown(c, ast));
        diagnostics_hint(c->diags, "Write overlap(x, 1000) for the rows with the 1000 largest x.");
        return false;
    }
    check_problem(c, ast, "the second argument of quantile() is a number between 0 and 1, not %s",
                  shown(c, ast));
    diagnostics_hint(c->diags, "Write quantile(x, 0.95).");
    return false;
}

_Static_assert(OVERLAP_MAX_ROWS == 1000000, "said in the message");

/* What compares all rows of either side chooses each by its own values. */
static bool check_no_old(struct checker *c, const struct ast *ast, const struct measure *measure)
{
    const struct expr *parts[] = {measure->filter, c->where};
    if (measure->aggregate < AGG_KS || measure->aggregate > AGG_OVERLAP)
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        if (parts[i] == NULL || !expr_sides(parts[i], c->schema).uses_old)
            continue;
        check_problem(c, ast, "%s() cannot be limited by a condition that looks at old values",
                      ast->text);
        diagnostics_hint(c->diags, "It compares all rows of the new load with all rows of the last "
                                   "good one, each of them chosen by its own values.");
        return false;
    }
    return true;
}

/* A filter: the last argument of an aggregate, a condition on rows. */
static bool check_filter(struct checker *c, const struct ast *function, const struct ast *ast,
                         struct measure *measure)
{
    struct typed filter = check_expr(c, ast);
    if (filter.expr == NULL)
        return false;
    if (filter.type != VALUE_BOOLEAN) {
        bool extreme = measure->aggregate == AGG_MIN || measure->aggregate == AGG_MAX;
        check_problem(c, ast,
                      "the second argument of %s() chooses rows, and %s is %s, no condition",
                      function->text, shown(c, ast), value_type_words(filter.type));
        if (extreme)
            diagnostics_hint(c->diags, "Write %s(a, b) for the %s of several values.",
                             measure->aggregate == AGG_MIN ? "least" : "greatest",
                             measure->aggregate == AGG_MIN ? "least" : "greatest");
        else
            diagnostics_hint(c->diags,
                             "Write a condition, as in mean(score, network = 'twitter').");
        return false;
    }
    measure->filter = filter.expr;
    return true;
}

static enum value_type aggregate_type(const struct measure *measure, enum value_type arg)
{
    switch (measure->aggregate) {
    case AGG_COUNT:
    case AGG_DISTINCT:
    case AGG_NULLS:
    case AGG_INVALID:
        return VALUE_INTEGER;
    case AGG_SUM:
    case AGG_MEAN:
        return arg == VALUE_DURATION ? VALUE_DURATION : VALUE_DOUBLE;
    case AGG_MIN:
    case AGG_MAX:
        return arg;
    default:
        return VALUE_DOUBLE;
    }
}

static enum nature aggregate_nature(enum aggregate aggregate)
{
    switch (aggregate) {
    case AGG_COUNT:
    case AGG_DISTINCT:
    case AGG_NULLS:
    case AGG_INVALID:
        return NATURE_COUNT;
    case AGG_SHARE:
    case AGG_ARRIVALS:
    case AGG_TOP_SHARE:
    case AGG_KS:
    case AGG_JS:
    case AGG_OVERLAP:
        return NATURE_SHARE;
    default:
        return NATURE_PLAIN;
    }
}

/* Argument, parameter and filter of an aggregate; false with problems. */
static bool check_aggregate_args(struct checker *c, const struct ast *ast,
                                 const struct aggregate_function *function, struct measure *measure,
                                 struct typed *ret_arg)
{
    size_t before_filter = function->parameter != PARAMETER_NONE ? 2 : 1;
    *ret_arg = check_expr(c, ast->args[0]);
    bool ok = ret_arg->expr != NULL && check_arg_class(c, ast, function->takes, ret_arg);
    if (ok && ret_arg->is_null) {
        check_problem(c, ret_arg->ast, "null alone cannot be measured");
        diagnostics_hint(c->diags, "Name a column, as in nulls(score).");
        ok = false;
    }
    if (function->parameter != PARAMETER_NONE)
        ok &= check_parameter(c, ast->args[1], function->parameter, &measure->parameter);
    if (ast->n_args > before_filter)
        ok &= check_filter(c, ast, ast->args[before_filter], measure);
    return ok && check_no_old(c, ast, measure);
}

static struct typed aggregate_call(struct checker *c, const struct ast *ast,
                                   const struct aggregate_function *function)
{
    struct measure measure = {.aggregate = function->aggregate};
    struct typed arg = {0};
    if (c->level != LEVEL_MEASURE) {
        check_problem(c, ast, "%s() looks at many rows and cannot stand %s", ast->text,
                      c->level == LEVEL_WHERE ? "in where:" : "inside another such function");
        diagnostics_hint(c->diags,
                         c->level == LEVEL_WHERE
                             ? "where: chooses rows one by one, as in network = 'twitter'."
                             : "Compare measures outside: max(x) > 2 * mean(x).");
        return no_type(ast);
    }
    size_t fixed = function->parameter != PARAMETER_NONE ? 2 : 1;
    if (!check_arg_count(c, ast, fixed, fixed + 1))
        return no_type(ast);
    c->level = LEVEL_ROW;
    bool ok = check_aggregate_args(c, ast, function, &measure, &arg);
    c->level = LEVEL_MEASURE;
    if (!ok)
        return no_type(ast);
    measure.arg = arg.expr;
    measure.scope = scope_of(c, &measure);
    measure.type = aggregate_type(&measure, arg.type);
    struct typed typed = add_measure(c, ast, &measure);
    typed.nature = aggregate_nature(measure.aggregate);
    typed.is_real = arg.is_real && measure.type == arg.type &&
                    (measure.aggregate == AGG_MIN || measure.aggregate == AGG_MAX);
    return typed;
}

struct typed check_call(struct checker *c, const struct ast *ast)
{
    const struct aggregate_function *aggregate = find_aggregate_function(ast->text);
    if (aggregate != NULL)
        return aggregate_call(c, ast, aggregate);
    const struct scalar_function *scalar = find_scalar_function(ast->text);
    if (scalar == NULL)
        return unknown_function(c, ast);
    if (scalar->row_only && c->level == LEVEL_MEASURE) {
        bool is_condition = scalar->op == OP_JUMPED;
        check_problem(c, ast, "%s() is about each row, and a condition is about all of them",
                      ast->text);
        diagnostics_hint(c->diags, "Write %s(%s).", is_condition ? "share" : "mean", shown(c, ast));
        return no_type(ast);
    }
    return scalar_call(c, ast, scalar);
}
