/* Types of + - * / and of the minus sign. */
#include "rules/functions.h"
#include "rules/typed.h"

static bool is_calendar(enum value_type type)
{
    return type == VALUE_DATE || type == VALUE_TIME;
}

/* What an operator tells apart. */
enum operand {
    OPERAND_NUMBER,
    OPERAND_DURATION,
    OPERAND_CALENDAR, /* a date or a time */
    OPERAND_OTHER,
};

static enum operand operand_of(enum value_type type)
{
    if (value_type_is_number(type))
        return OPERAND_NUMBER;
    if (type == VALUE_DURATION)
        return OPERAND_DURATION;
    return is_calendar(type) ? OPERAND_CALENDAR : OPERAND_OTHER;
}

struct signature {
    enum ast_op op;
    enum operand left;
    enum operand right;
    enum value_type result;
};

static const struct signature signatures[] = {
    {AST_OP_ADD, OPERAND_NUMBER, OPERAND_NUMBER, VALUE_DOUBLE},
    {AST_OP_ADD, OPERAND_DURATION, OPERAND_DURATION, VALUE_DURATION},
    {AST_OP_ADD, OPERAND_CALENDAR, OPERAND_DURATION, VALUE_TIME},
    {AST_OP_ADD, OPERAND_DURATION, OPERAND_CALENDAR, VALUE_TIME},
    {AST_OP_SUB, OPERAND_NUMBER, OPERAND_NUMBER, VALUE_DOUBLE},
    {AST_OP_SUB, OPERAND_DURATION, OPERAND_DURATION, VALUE_DURATION},
    {AST_OP_SUB, OPERAND_CALENDAR, OPERAND_DURATION, VALUE_TIME},
    {AST_OP_SUB, OPERAND_CALENDAR, OPERAND_CALENDAR, VALUE_DURATION},
    {AST_OP_MUL, OPERAND_NUMBER, OPERAND_NUMBER, VALUE_DOUBLE},
    {AST_OP_MUL, OPERAND_DURATION, OPERAND_NUMBER, VALUE_DURATION},
    {AST_OP_MUL, OPERAND_NUMBER, OPERAND_DURATION, VALUE_DURATION},
    {AST_OP_DIV, OPERAND_NUMBER, OPERAND_NUMBER, VALUE_DOUBLE},
    {AST_OP_DIV, OPERAND_DURATION, OPERAND_NUMBER, VALUE_DURATION},
    {AST_OP_DIV, OPERAND_DURATION, OPERAND_DURATION, VALUE_DOUBLE},
};

/* How the operator takes these, or NULL if it does not. */
static const struct signature *find_signature(enum ast_op op, enum value_type left,
                                              enum value_type right)
{
    for (size_t i = 0; i < ARRAY_SIZE(signatures); i++) {
        const struct signature *signature = &signatures[i];
        if (signature->op == op && signature->left == operand_of(left) &&
            signature->right == operand_of(right))
            return signature;
    }
    return NULL;
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
    else if (is_calendar(a->type) || is_calendar(b->type))
        diagnostics_hint(c->diags,
                         "Subtract times from each other, or add a duration: old.seen + 2h.");
    else if (a->type == VALUE_DURATION || b->type == VALUE_DURATION)
        diagnostics_hint(c->diags, "Divide a duration by another to get a number, as in x / 1h.");
    else
        diagnostics_hint(c->diags, "It takes numbers, times and durations; other values can be "
                                   "compared.");
}

static enum expr_op expr_op_of(enum ast_op op)
{
    switch (op) {
    case AST_OP_ADD:
        return OP_ADD;
    case AST_OP_SUB:
        return OP_SUB;
    case AST_OP_MUL:
        return OP_MUL;
    default:
        return OP_DIV;
    }
}

struct typed check_arithmetic(struct checker *c, const struct ast *ast)
{
    struct typed args[2] = {check_expr(c, ast->args[0]), check_expr(c, ast->args[1])};
    if (args[0].expr == NULL || args[1].expr == NULL)
        return no_type(ast);
    if (ast->op == AST_OP_SUB &&
        (!literal_fit(c, &args[0], &args[1]) || !literal_fit(c, &args[1], &args[0])))
        return no_type(ast);
    const struct signature *signature = find_signature(ast->op, args[0].type, args[1].type);
    if (signature == NULL) {
        refuse(c, ast, &args[0], &args[1]);
        return no_type(ast);
    }
    /* The time stands first, whichever way it was written. */
    if (signature->left == OPERAND_DURATION && signature->right == OPERAND_CALENDAR) {
        struct typed first = args[0];
        args[0] = args[1];
        args[1] = first;
    }
    return make_call(c, ast, expr_op_of(ast->op), signature->result, args, 2);
}

struct typed check_negate(struct checker *c, const struct ast *ast)
{
    struct typed arg = check_expr(c, ast->args[0]);
    if (arg.expr == NULL)
        return no_type(ast);
    if (!value_type_is_number(arg.type) && arg.type != VALUE_DURATION) {
        check_problem(c, ast, "- cannot be applied to %s, which is %s", shown(c, arg.ast),
                      value_type_words(arg.type));
        diagnostics_hint(c->diags, "Remove the minus sign, or write not before a condition.");
        return no_type(ast);
    }
    enum value_type type = arg.type == VALUE_NUMERIC ? VALUE_DOUBLE : arg.type;
    struct typed result = make_call(c, ast, OP_NEG, type, &arg, 1);
    result.is_real = arg.is_real;
    return result;
}
