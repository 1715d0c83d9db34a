/* Types of + - * / and of the minus sign. */
#include "rules/functions.h"
#include "rules/typed.h"

static bool is_calendar(enum value_type type)
{
    return type == VALUE_DATE || type == VALUE_TIME;
}

static bool is_amount(enum value_type type)
{
    return value_type_is_number(type) || type == VALUE_DURATION;
}

/* The type of the result; false if the operator does not take these. */
static bool sum_type(enum ast_op op, enum value_type a, enum value_type b, enum value_type *type)
{
    bool subtract = op == AST_OP_SUB;
    if (value_type_is_number(a) && value_type_is_number(b))
        *type = VALUE_DOUBLE;
    else if (a == VALUE_DURATION && b == VALUE_DURATION)
        *type = VALUE_DURATION;
    else if (is_calendar(a) && b == VALUE_DURATION)
        *type = VALUE_TIME;
    else if (!subtract && a == VALUE_DURATION && is_calendar(b))
        *type = VALUE_TIME;
    else if (subtract && is_calendar(a) && is_calendar(b))
        *type = VALUE_DURATION;
    else
        return false;
    return true;
}

static bool product_type(enum ast_op op, enum value_type a, enum value_type b,
                         enum value_type *type)
{
    bool divide = op == AST_OP_DIV;
    if (value_type_is_number(a) && value_type_is_number(b))
        *type = VALUE_DOUBLE;
    else if (a == VALUE_DURATION && value_type_is_number(b))
        *type = VALUE_DURATION;
    else if (!divide && value_type_is_number(a) && b == VALUE_DURATION)
        *type = VALUE_DURATION;
    else if (divide && a == VALUE_DURATION && b == VALUE_DURATION)
        *type = VALUE_DOUBLE;
    else
        return false;
    return true;
}

static void refuse(struct checker *c, const struct ast *ast, const struct typed *a,
                   const struct typed *b)
{
    check_problem(c, ast, "%s cannot be applied to %s (%s) and %s (%s)", ast_op_text(ast->op),
                  shown(c, a->ast), value_type_words(a->type), shown(c, b->ast),
                  value_type_words(b->type));
    bool number_and_time = (value_type_is_number(a->type) && !value_type_is_number(b->type)) ||
                           (value_type_is_number(b->type) && !value_type_is_number(a->type));
    if (number_and_time && (a->type == VALUE_DURATION || b->type == VALUE_DURATION ||
                            is_calendar(a->type) || is_calendar(b->type)))
        diagnostics_hint(c->diags, "Give the number a unit of time, as in 2h or 3d.");
    else if (a->type == VALUE_BOOLEAN || b->type == VALUE_BOOLEAN)
        diagnostics_hint(c->diags, "Count conditions with case when ... then 1 else 0 end.");
}

/* TIME + DURATION stands with the time first, whichever way it was written. */
static struct typed make_sum(struct checker *c, const struct ast *ast, enum value_type type,
                             struct typed args[2])
{
    if (args[0].type == VALUE_DURATION && is_calendar(args[1].type)) {
        struct typed swapped[2] = {args[1], args[0]};
        return make_call(c, ast, OP_ADD, type, swapped, 2);
    }
    return make_call(c, ast, ast->op == AST_OP_ADD ? OP_ADD : OP_SUB, type, args, 2);
}

struct typed check_arithmetic(struct checker *c, const struct ast *ast)
{
    struct typed args[2] = {check_expr(c, ast->args[0]), check_expr(c, ast->args[1])};
    if (args[0].expr == NULL || args[1].expr == NULL)
        return no_type(ast);
    enum value_type type = VALUE_DOUBLE;
    bool is_sum = ast->op == AST_OP_ADD || ast->op == AST_OP_SUB;
    if (ast->op == AST_OP_SUB &&
        (!literal_fit(c, &args[0], &args[1]) || !literal_fit(c, &args[1], &args[0])))
        return no_type(ast);
    if (is_sum ? !sum_type(ast->op, args[0].type, args[1].type, &type)
               : !product_type(ast->op, args[0].type, args[1].type, &type)) {
        refuse(c, ast, &args[0], &args[1]);
        return no_type(ast);
    }
    if (is_sum)
        return make_sum(c, ast, type, args);
    return make_call(c, ast, ast->op == AST_OP_MUL ? OP_MUL : OP_DIV, type, args, 2);
}

struct typed check_negate(struct checker *c, const struct ast *ast)
{
    struct typed arg = check_expr(c, ast->args[0]);
    if (arg.expr == NULL)
        return no_type(ast);
    if (!is_amount(arg.type)) {
        check_problem(c, ast, "- cannot be applied to %s, which is %s", shown(c, arg.ast),
                      value_type_words(arg.type));
        return no_type(ast);
    }
    enum value_type type = arg.type == VALUE_NUMERIC ? VALUE_DOUBLE : arg.type;
    struct typed result = make_call(c, ast, OP_NEG, type, &arg, 1);
    result.is_real = arg.is_real;
    return result;
}
