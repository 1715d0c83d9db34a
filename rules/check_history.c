/* Functions of history: beyond(), usual() and the like. */
#include <string.h>

#include "rules/functions.h"
#include "rules/typed.h"

/* Nodes of calls count from here until all measures are known. */
#define CALL_SLOTS (SIZE_MAX / 2)

bool check_is_history(const struct expr *expr)
{
    return expr->kind == EXPR_MEASURE && expr->measure >= CALL_SLOTS;
}

void check_place_history(struct checker *c)
{
    for (size_t i = 0; i < c->n_calls; i++)
        c->call_nodes[i]->measure = c->slots.n + 1 + i;
}

static bool is_none(const struct ast *ast)
{
    return ast->kind == AST_NAME && !ast->quoted && !ast->old && strcmp(ast->text, "none") == 0;
}

/* A limit of beyond(): a literal that is not negative. */
static bool check_room(struct checker *c, const struct ast *ast, const char *which,
                       double *ret_room, bool *ret_percentage)
{
    struct typed literal = {0};
    if (ast->kind != AST_NUMBER) {
        check_problem(c, ast, "the %s limit of beyond() is a number, not %s", which, shown(c, ast));
        diagnostics_hint(c->diags, "Write it as in beyond(mean(x), 5%%, 0.5%%).");
        return false;
    }
    literal = literal_of(c, ast);
    if (literal.expr == NULL)
        return false;
    const struct value *value = &literal.expr->literal;
    *ret_room = value->type == VALUE_INTEGER ? (double)value->i64 : value->f64;
    *ret_percentage |= ast->percent;
    if (*ret_room >= 0)
        return true;
    check_problem(c, ast, "the %s limit of beyond() is %s, and a distance is never negative", which,
                  shown(c, ast));
    diagnostics_hint(c->diags, "Both sides are watched: write the distance without a sign.");
    return false;
}

static bool check_limits(struct checker *c, const struct ast *ast, struct history_call *call)
{
    const struct ast *cold = ast->args[1];
    call->has_cold = !is_none(cold);
    if (call->has_cold && !check_room(c, cold, "second", &call->cold, &call->is_percentage))
        return false;
    return check_room(c, ast->args[2], "third", &call->warm, &call->is_percentage);
}

/* The number of loads of recent(). */
static bool check_window(struct checker *c, const struct ast *ast, unsigned *ret_window)
{
    struct typed literal = {0};
    if (ast->kind == AST_NUMBER && !ast->percent)
        literal = literal_of(c, ast);
    if (literal.expr != NULL && literal.type == VALUE_INTEGER && literal.expr->literal.i64 >= 2 &&
        literal.expr->literal.i64 <= HISTORY_MAX_WINDOW) {
        *ret_window = (unsigned)literal.expr->literal.i64;
        return true;
    }
    check_problem(c, ast, "recent() takes a number of loads between 2 and %d, not %s",
                  HISTORY_MAX_WINDOW, shown(c, ast));
    diagnostics_hint(c->diags, "Write a week of nights as in recent(mean(score), 7).");
    return false;
}

static enum nature nature_of_slot(const struct checker *c, const struct expr *expr)
{
    if (expr->kind != EXPR_MEASURE || expr->measure == 0 || check_is_history(expr))
        return NATURE_PLAIN;
    switch (c->plan->measures[c->slots.items[expr->measure - 1]].aggregate) {
    case AGG_SHARE:
    case AGG_ARRIVALS:
    case AGG_TOP_SHARE:
    case AGG_KS:
    case AGG_JS:
    case AGG_OVERLAP:
        return NATURE_SHARE;
    case AGG_SUM:
    case AGG_MEAN:
    case AGG_STDDEV:
    case AGG_MIN:
    case AGG_MAX:
    case AGG_QUANTILE:
    case AGG_SQL:
    case AGG_PSI:
    case AGG_EMD:
    case AGG_SPEARMAN:
        return NATURE_PLAIN;
    default:
        return NATURE_COUNT;
    }
}

static void add_share(struct checker *c, struct history_call *call, const struct share_term *term)
{
    struct share_term *shares = arena_calloc(c->arena, call->n_shares + 1, sizeof(*shares));
    if (call->n_shares > 0)
        memcpy(shares, call->shares, call->n_shares * sizeof(*shares));
    shares[call->n_shares++] = *term;
    call->shares = shares;
}

/* Collects the shares that an expression adds up. */
static void find_shares(struct checker *c, const struct expr *expr, struct history_call *call)
{
    if (nature_of_slot(c, expr) == NATURE_SHARE) {
        struct share_term term = {.share = expr, .measure = expr->measure};
        add_share(c, call, &term);
        return;
    }
    if (expr->kind != EXPR_CALL)
        return;
    if (expr->op == OP_DIV && nature_of_slot(c, expr->args[0]) == NATURE_COUNT &&
        nature_of_slot(c, expr->args[1]) == NATURE_COUNT) {
        struct share_term term = {.share = expr, .rows = expr->args[1]};
        add_share(c, call, &term);
        return;
    }
    for (size_t i = 0; i < expr->n_args; i++)
        find_shares(c, expr->args[i], call);
}

/* What the expression of a call looks at. */
static void look_into(struct checker *c, const struct expr *expr, struct history_call *call)
{
    if (check_is_history(expr)) {
        const struct history_call *inner = &c->calls[expr->measure - CALL_SLOTS];
        call->spans |= inner->spans;
        if (inner->window > call->window)
            call->window = inner->window;
        if (call->example == CONDITION_NONE)
            call->example = inner->example;
    } else if (expr->kind == EXPR_MEASURE && expr->measure > 0) {
        call->spans |= measure_spans_loads(&c->plan->measures[c->slots.items[expr->measure - 1]]);
    }
    for (size_t i = 0; expr->kind == EXPR_CALL && i < expr->n_args; i++)
        look_into(c, expr->args[i], call);
}

static struct typed add_call(struct checker *c, const struct ast *ast,
                             const struct history_call *call)
{
    struct expr *node = arena_alloc(c->arena, sizeof(*node));
    *node = (struct expr){
        .kind = EXPR_MEASURE,
        .type = call->function == HISTORY_BEYOND ? VALUE_BOOLEAN : VALUE_DOUBLE,
        .measure = CALL_SLOTS + c->n_calls,
    };
    c->calls =
        arena_grow(c->arena, c->calls, sizeof(*c->calls), &c->calls_capacity, c->n_calls + 1);
    c->call_nodes = arena_grow(c->arena, c->call_nodes, sizeof(*c->call_nodes),
                               &c->call_nodes_capacity, c->n_calls + 1);
    c->calls[c->n_calls] = *call;
    c->call_nodes[c->n_calls++] = node;
    return (struct typed){.expr = node, .ast = ast, .type = node->type};
}

static bool check_place(struct checker *c, const struct ast *ast,
                        const struct history_function_info *info)
{
    if (c->level != LEVEL_MEASURE) {
        check_problem(c, ast, "%s() looks at measures of earlier loads and cannot stand %s",
                      ast->text, c->level == LEVEL_WHERE ? "in where:" : "inside a measure");
        diagnostics_hint(c->diags, "Put the measure inside: %s.", info->usage);
        return false;
    }
    if (c->history_function != NULL &&
        (info->function != HISTORY_RECENT || strcmp(c->history_function, ast->text) == 0)) {
        check_problem(c, ast, "%s() cannot stand inside %s()", ast->text, c->history_function);
        diagnostics_hint(c->diags,
                         "Only recent() can, as in beyond(recent(mean(x), 7), none, 1%%).");
        return false;
    }
    if (ast->n_args >= info->min_args && ast->n_args <= info->max_args)
        return true;
    check_problem(c, ast, "%s() takes %zu argument%s, here %s %zu", ast->text, info->min_args,
                  info->min_args == 1 ? "" : "s", ast->n_args == 1 ? "is" : "are", ast->n_args);
    diagnostics_hint(c->diags, "Write %s.", info->usage);
    return false;
}

/* The measure that a function looks at: a number that some measure goes into. */
static struct typed check_measured(struct checker *c, const struct ast *ast)
{
    const char *outer = c->history_function;
    size_t n_slots = c->slots.n;
    c->history_function = ast->text;
    struct typed of = check_expr(c, ast->args[0]);
    c->history_function = outer;
    if (of.expr == NULL)
        return of;
    if (!value_type_is_number(of.type)) {
        check_problem(c, of.ast, "%s() takes a measure that is a number, and %s is %s", ast->text,
                      shown(c, of.ast), value_type_words(of.type));
        diagnostics_hint(c->diags, "%s",
                         of.type == VALUE_BOOLEAN
                             ? "Leave the comparison away, or put it outside."
                             : "Make it a number, as in (as_of - max(seen)) / 1h.");
        return no_type(ast);
    }
    if (of.expr->kind == EXPR_LITERAL || (n_slots == 0 && c->slots.n == 0)) {
        check_problem(c, of.ast, "%s is the same for every load", shown(c, of.ast));
        diagnostics_hint(c->diags, "Look at a measure: %s.",
                         find_history_function(ast->text)->usage);
        return no_type(ast);
    }
    return of;
}

struct typed check_history(struct checker *c, const struct ast *ast)
{
    const struct history_function_info *info = find_history_function(ast->text);
    struct history_call call = {.function = info->function,
                                .window = 1,
                                .decides = c->on_true_path && info->function == HISTORY_BEYOND};
    c->on_true_path = false;
    if (!check_place(c, ast, info))
        return no_type(ast);
    struct typed of = check_measured(c, ast);
    bool ok = of.expr != NULL;
    if (info->function == HISTORY_BEYOND)
        ok &= check_limits(c, ast, &call);
    if (!ok)
        return no_type(ast);
    call.of = of.expr;
    call.text = canonical_text(c, of.ast);
    call.example = check_find_example(c, of.expr);
    call.sole_measure = of.expr->kind == EXPR_MEASURE && !check_is_history(of.expr)
                            ? c->slots.items[of.expr->measure - 1]
                            : CONDITION_NONE;
    look_into(c, of.expr, &call);
    if (info->function == HISTORY_RECENT && !check_window(c, ast->args[1], &call.window))
        return no_type(ast);
    if (info->function == HISTORY_BEYOND)
        find_shares(c, of.expr, &call);
    return add_call(c, ast, &call);
}
