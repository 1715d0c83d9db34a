#include "diff/expr.h"

enum value_type value_type_of_column(enum column_type type)
{
    switch (type) {
    case TYPE_BIGINT:
    case TYPE_INTEGER:
        return VALUE_INTEGER;
    case TYPE_REAL:
    case TYPE_DOUBLE:
        return VALUE_DOUBLE;
    case TYPE_NUMERIC:
        return VALUE_NUMERIC;
    case TYPE_BOOLEAN:
        return VALUE_BOOLEAN;
    case TYPE_DATE:
        return VALUE_DATE;
    case TYPE_TIMESTAMPTZ:
        return VALUE_TIME;
    case TYPE_UUID:
        return VALUE_UUID;
    case TYPE_TEXT:
        break;
    }
    return VALUE_TEXT;
}

static void add_sides(struct expr_sides *sides, const struct expr *expr,
                      const struct schema *schema)
{
    if (expr->kind == EXPR_COLUMN && !schema_is_key(schema, expr->column)) {
        sides->uses_new |= expr->side == SIDE_NEW;
        sides->uses_old |= expr->side == SIDE_OLD;
    } else if (expr->kind == EXPR_IN_SET) {
        add_sides(sides, expr->in_arg, schema);
    } else if (expr->kind == EXPR_CALL) {
        sides->uses_new |= expr->op == OP_CHANGED;
        sides->uses_old |= expr->op == OP_CHANGED;
        for (size_t i = 0; i < expr->n_args; i++)
            add_sides(sides, expr->args[i], schema);
    }
}

struct expr_sides expr_sides(const struct expr *expr, const struct schema *schema)
{
    struct expr_sides sides = {0};
    add_sides(&sides, expr, schema);
    return sides;
}

bool expr_op_is_strict(enum expr_op op)
{
    switch (op) {
    case OP_AND:
    case OP_OR:
    case OP_IS_NULL:
    case OP_IS_DISTINCT:
    case OP_IN:
    case OP_COALESCE:
    case OP_CASE:
    case OP_LEAST:
    case OP_GREATEST:
    case OP_CHANGED:
        return false;
    default:
        return true;
    }
}
