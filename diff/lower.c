#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "diff/compare.h"
#include "diff/program.h"
#include "snapshot/numeric.h"

static enum value_type type_of(const struct program *program, uint32_t node)
{
    return program->nodes[node].type;
}

static bool is_null_literal(const struct program *program, uint32_t node)
{
    return program->nodes[node].kind == NODE_LITERAL && program->nodes[node].literal.is_null;
}

static uint32_t null_literal(struct program *program, enum value_type type)
{
    struct value null = {.type = type, .is_null = true};
    return program_add_literal(program, &null);
}

static uint32_t unary(struct program *program, kernel_fn kernel, enum value_type type, uint32_t a)
{
    return program_add_call(
        program, &(struct node){.type = type, .kernel = kernel, .args = &a, .n_args = 1});
}

static uint32_t binary(struct program *program, kernel_fn kernel, enum value_type type, uint32_t a,
                       uint32_t b)
{
    uint32_t args[] = {a, b};
    return program_add_call(
        program, &(struct node){.type = type, .kernel = kernel, .args = args, .n_args = 2});
}

static uint32_t ternary(struct program *program, kernel_fn kernel, enum value_type type, uint32_t a,
                        uint32_t b, uint32_t c)
{
    uint32_t args[] = {a, b, c};
    return program_add_call(
        program, &(struct node){.type = type, .kernel = kernel, .args = args, .n_args = 3});
}

/* Brings a node to the type that its operator wants. */
static uint32_t convert(struct program *program, uint32_t node, enum value_type type)
{
    enum value_type from = type_of(program, node);
    if (from == type)
        return node;
    if (is_null_literal(program, node))
        return null_literal(program, type);
    if (from == VALUE_DATE) {
        assert(type == VALUE_TIME);
        return unary(program, kernel_date_to_time, VALUE_TIME, node);
    }
    assert(type == VALUE_DOUBLE && value_type_is_number(from));
    return unary(program,
                 from == VALUE_INTEGER ? kernel_integer_to_double : kernel_numeric_to_double,
                 VALUE_DOUBLE, node);
}

static bool numeric_as_integer(struct text_ref numeric, int64_t *ret_value)
{
    struct text_ref text = numeric_canonical(numeric);
    char digits[24];
    if (text.len > 18 || memchr(text.bytes, '.', text.len) != NULL ||
        numeric_is_special(text.bytes, text.len))
        return false;
    memcpy(digits, text.bytes, text.len);
    digits[text.len] = '\0';
    *ret_value = strtoll(digits, NULL, 10);
    return true;
}

/* The same number as an INTEGER, if there is one. */
static bool as_integer(const struct value *value, int64_t *ret_value)
{
    if (value->type == VALUE_NUMERIC)
        return numeric_as_integer(value->text, ret_value);
    if (value->type != VALUE_DOUBLE || !(value->f64 >= -0x1p63 && value->f64 < 0x1p63))
        return false;
    *ret_value = (int64_t)value->f64;
    return compare_integer_double(*ret_value, value->f64) == 0;
}

/* The same number as a DOUBLE, if there is one. */
static bool as_double(const struct value *value, double *ret_value)
{
    if (value->type == VALUE_INTEGER) {
        *ret_value = (double)value->i64;
        return compare_integer_double(value->i64, *ret_value) == 0;
    }
    *ret_value = numeric_to_double(value->text.bytes, value->text.len);
    return compare_numeric_double(value->text, *ret_value) == 0;
}

/* Gives a literal number the type that it is compared with where that changes nothing: the loops
 * over one type are the fast ones. */
static uint32_t adapt_literal(struct program *program, uint32_t node, enum value_type type)
{
    const struct node *literal = &program->nodes[node];
    struct value value = {.type = type};
    if (literal->kind != NODE_LITERAL || literal->type == type)
        return node;
    if (literal->literal.is_null)
        return null_literal(program, type);
    if (!value_type_is_number(literal->type))
        return node;
    bool exact = (type == VALUE_INTEGER && as_integer(&literal->literal, &value.i64)) ||
                 (type == VALUE_DOUBLE && as_double(&literal->literal, &value.f64));
    return exact ? program_add_literal(program, &value) : node;
}

static void make_comparable(struct program *program, uint32_t *a, uint32_t *b)
{
    *a = adapt_literal(program, *a, type_of(program, *b));
    *b = adapt_literal(program, *b, type_of(program, *a));
    if (type_of(program, *a) == VALUE_DATE && type_of(program, *b) == VALUE_TIME)
        *a = convert(program, *a, VALUE_TIME);
    if (type_of(program, *b) == VALUE_DATE && type_of(program, *a) == VALUE_TIME)
        *b = convert(program, *b, VALUE_TIME);
}

struct comparison {
    kernel_fn equal;
    kernel_fn less;
    sign_fn sign;
};

static struct comparison comparison_of_type(enum value_type type)
{
    switch (type) {
    case VALUE_BOOLEAN:
        return (struct comparison){kernel_eq_boolean, kernel_lt_boolean, NULL};
    case VALUE_DOUBLE:
        return (struct comparison){kernel_eq_f64, kernel_lt_f64, NULL};
    case VALUE_NUMERIC:
        return (struct comparison){kernel_eq_sign, kernel_lt_sign, sign_numeric};
    case VALUE_TEXT:
        return (struct comparison){kernel_eq_text, kernel_lt_sign, sign_text};
    case VALUE_UUID:
        return (struct comparison){kernel_eq_uuid, kernel_lt_sign, sign_uuid};
    default:
        return (struct comparison){kernel_eq_i64, kernel_lt_i64, NULL};
    }
}

/* INTEGER, DOUBLE and NUMERIC follow each other in enum value_type. */
static struct comparison comparison_of_types(enum value_type a, enum value_type b)
{
    static const sign_fn signs[3][3] = {
        {NULL, sign_integer_double, sign_integer_numeric},
        {sign_double_integer, NULL, sign_double_numeric},
        {sign_numeric_integer, sign_numeric_double, NULL},
    };
    if (a == b)
        return comparison_of_type(a);
    assert(value_type_is_number(a) && value_type_is_number(b));
    return (struct comparison){kernel_eq_sign, kernel_lt_sign,
                               signs[a - VALUE_INTEGER][b - VALUE_INTEGER]};
}

_Static_assert(VALUE_DOUBLE == VALUE_INTEGER + 1 && VALUE_NUMERIC == VALUE_INTEGER + 2,
               "the table of signs is indexed by type");

static uint32_t equal(struct program *program, uint32_t a, uint32_t b, bool negate)
{
    make_comparable(program, &a, &b);
    struct comparison how = comparison_of_types(type_of(program, a), type_of(program, b));
    uint32_t args[] = {a, b};
    sign_fn sign = how.equal == kernel_eq_sign ? how.sign : NULL;
    return program_add_call(program, &(struct node){.type = VALUE_BOOLEAN,
                                                    .kernel = how.equal,
                                                    .sign = sign,
                                                    .negate = negate,
                                                    .args = args,
                                                    .n_args = 2});
}

static uint32_t less(struct program *program, uint32_t a, uint32_t b, bool negate)
{
    make_comparable(program, &a, &b);
    struct comparison how = comparison_of_types(type_of(program, a), type_of(program, b));
    uint32_t args[] = {a, b};
    return program_add_call(program, &(struct node){.type = VALUE_BOOLEAN,
                                                    .kernel = how.less,
                                                    .sign = how.sign,
                                                    .negate = negate,
                                                    .args = args,
                                                    .n_args = 2});
}

static uint32_t lower_comparison(struct program *program, enum expr_op op, uint32_t a, uint32_t b)
{
    switch (op) {
    case OP_NE:
        return equal(program, a, b, true);
    case OP_LT:
        return less(program, a, b, false);
    case OP_LE:
        return less(program, b, a, true);
    case OP_GT:
        return less(program, b, a, false);
    case OP_GE:
        return less(program, a, b, true);
    default:
        return equal(program, a, b, false);
    }
}

static uint32_t lower_is_distinct(struct program *program, uint32_t a, uint32_t b)
{
    make_comparable(program, &a, &b);
    return ternary(program, kernel_is_distinct, VALUE_BOOLEAN, a, b, equal(program, a, b, false));
}

static uint32_t n_ary(struct program *program, kernel_fn kernel, enum value_type type,
                      const uint32_t *args, size_t n_args)
{
    return program_add_call(
        program, &(struct node){.type = type, .kernel = kernel, .args = args, .n_args = n_args});
}

static uint32_t lower_in(struct program *program, uint32_t *args, size_t n_args)
{
    for (size_t i = 1; i < n_args; i++)
        args[i] = equal(program, args[0], args[i], false);
    return n_ary(program, kernel_or, VALUE_BOOLEAN, args + 1, n_args - 1);
}

static kernel_fn by_width(enum value_type type, kernel_fn one, kernel_fn eight, kernel_fn sixteen)
{
    size_t width = value_type_width(type);
    if (width == 1)
        return one;
    return width == 8 ? eight : sixteen;
}

static uint32_t lower_coalesce(struct program *program, enum value_type type, uint32_t *args,
                               size_t n_args)
{
    for (size_t i = 0; i < n_args; i++)
        args[i] = convert(program, args[i], type);
    return n_ary(program, by_width(type, kernel_coalesce_1, kernel_coalesce_8, kernel_coalesce_16),
                 type, args, n_args);
}

static uint32_t lower_case(struct program *program, enum value_type type, uint32_t *args,
                           size_t n_args)
{
    assert(n_args % 2 == 1);
    for (size_t i = 0; i < n_args; i++) {
        bool is_condition = i % 2 == 0 && i + 1 < n_args;
        args[i] = convert(program, args[i], is_condition ? VALUE_BOOLEAN : type);
    }
    return n_ary(program, by_width(type, kernel_case_1, kernel_case_8, kernel_case_16), type, args,
                 n_args);
}

static uint32_t lower_extreme(struct program *program, const struct expr *expr, uint32_t *args)
{
    kernel_fn pick = by_width(expr->type, kernel_pick_1, kernel_pick_8, kernel_pick_16);
    uint32_t best = convert(program, args[0], expr->type);
    for (size_t i = 1; i < expr->n_args; i++) {
        uint32_t next = convert(program, args[i], expr->type);
        uint32_t better = expr->op == OP_LEAST ? less(program, next, best, false)
                                               : less(program, best, next, false);
        best = ternary(program, pick, expr->type, best, next, better);
    }
    return best;
}

static bool is_time(enum value_type type)
{
    return type == VALUE_TIME || type == VALUE_DATE;
}

static uint32_t doubles(struct program *program, kernel_fn kernel, enum value_type type, uint32_t a,
                        uint32_t b)
{
    return binary(program, kernel, type, convert(program, a, VALUE_DOUBLE),
                  convert(program, b, VALUE_DOUBLE));
}

static uint32_t times(struct program *program, kernel_fn kernel, enum value_type type, uint32_t a,
                      uint32_t b)
{
    if (is_time(type_of(program, a)))
        a = convert(program, a, VALUE_TIME);
    if (is_time(type_of(program, b)))
        b = convert(program, b, VALUE_TIME);
    return binary(program, kernel, type, a, b);
}

static uint32_t lower_add(struct program *program, uint32_t a, uint32_t b)
{
    enum value_type x = type_of(program, a);
    enum value_type y = type_of(program, b);
    if (is_time(x) && y == VALUE_DURATION)
        return times(program, kernel_add_time_duration, VALUE_TIME, a, b);
    if (x == VALUE_DURATION && is_time(y))
        return times(program, kernel_add_time_duration, VALUE_TIME, b, a);
    if (x == VALUE_DURATION)
        return binary(program, kernel_add_durations, VALUE_DURATION, a, b);
    return doubles(program, kernel_add_f64, VALUE_DOUBLE, a, b);
}

static uint32_t lower_sub(struct program *program, uint32_t a, uint32_t b)
{
    enum value_type x = type_of(program, a);
    enum value_type y = type_of(program, b);
    if (x == VALUE_DATE && y == VALUE_DATE)
        return binary(program, kernel_sub_dates, VALUE_DURATION, a, b);
    if (is_time(x) && is_time(y))
        return times(program, kernel_sub_times, VALUE_DURATION, a, b);
    if (is_time(x))
        return times(program, kernel_sub_time_duration, VALUE_TIME, a, b);
    if (x == VALUE_DURATION)
        return binary(program, kernel_sub_durations, VALUE_DURATION, a, b);
    return doubles(program, kernel_sub_f64, VALUE_DOUBLE, a, b);
}

static uint32_t scale_duration(struct program *program, uint32_t duration, uint32_t number)
{
    if (type_of(program, number) == VALUE_INTEGER)
        return binary(program, kernel_mul_duration_integer, VALUE_DURATION, duration, number);
    return binary(program, kernel_mul_duration_double, VALUE_DURATION, duration,
                  convert(program, number, VALUE_DOUBLE));
}

static uint32_t lower_mul(struct program *program, uint32_t a, uint32_t b)
{
    if (type_of(program, a) == VALUE_DURATION)
        return scale_duration(program, a, b);
    if (type_of(program, b) == VALUE_DURATION)
        return scale_duration(program, b, a);
    return doubles(program, kernel_mul_f64, VALUE_DOUBLE, a, b);
}

static uint32_t lower_div(struct program *program, uint32_t a, uint32_t b)
{
    if (type_of(program, b) == VALUE_DURATION)
        return binary(program, kernel_ratio_durations, VALUE_DOUBLE, a, b);
    if (type_of(program, a) == VALUE_DURATION)
        return binary(program, kernel_div_duration_double, VALUE_DURATION, a,
                      convert(program, b, VALUE_DOUBLE));
    return doubles(program, kernel_div_f64, VALUE_DOUBLE, a, b);
}

static uint32_t lower_jumped(struct program *program, uint32_t a, uint32_t b)
{
    bool counts = type_of(program, a) == VALUE_INTEGER && type_of(program, b) == VALUE_INTEGER;
    return doubles(program, counts ? kernel_jumped_count : kernel_jumped, VALUE_BOOLEAN, a, b);
}

static uint32_t lower_sign(struct program *program, const struct expr *expr, uint32_t a)
{
    bool neg = expr->op == OP_NEG;
    if (value_type_is_i64(expr->type))
        return unary(program, neg ? kernel_neg_i64 : kernel_abs_i64, expr->type, a);
    return unary(program, neg ? kernel_neg_f64 : kernel_abs_f64, VALUE_DOUBLE,
                 convert(program, a, VALUE_DOUBLE));
}

static uint32_t lower_function(struct program *program, const struct expr *expr, uint32_t a)
{
    static const kernel_fn kernels[] = {
        [OP_ROUND] = kernel_round, [OP_FLOOR] = kernel_floor, [OP_CEIL] = kernel_ceil,
        [OP_LN] = kernel_ln,       [OP_LOG2] = kernel_log2,   [OP_EXP] = kernel_exp,
        [OP_SQRT] = kernel_sqrt,
    };
    if (expr->type == VALUE_INTEGER)
        return a;
    return unary(program, kernels[expr->op], VALUE_DOUBLE, convert(program, a, VALUE_DOUBLE));
}

static bool any_null_literal(const struct program *program, const uint32_t *args, size_t n_args)
{
    for (size_t i = 0; i < n_args; i++)
        if (is_null_literal(program, args[i]))
            return true;
    return false;
}

static uint32_t lower_logic(struct program *program, kernel_fn kernel, uint32_t *args,
                            size_t n_args)
{
    for (size_t i = 0; i < n_args; i++)
        args[i] = convert(program, args[i], VALUE_BOOLEAN);
    return n_ary(program, kernel, VALUE_BOOLEAN, args, n_args);
}

static uint32_t lower_op(struct program *program, const struct expr *expr, uint32_t *args)
{
    size_t n_args = expr->n_args;
    if (expr_op_is_strict(expr->op) && any_null_literal(program, args, n_args))
        return null_literal(program, expr->type);
    switch (expr->op) {
    case OP_ADD:
        return lower_add(program, args[0], args[1]);
    case OP_SUB:
        return lower_sub(program, args[0], args[1]);
    case OP_MUL:
        return lower_mul(program, args[0], args[1]);
    case OP_DIV:
        return lower_div(program, args[0], args[1]);
    case OP_EQ:
    case OP_NE:
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE:
        return lower_comparison(program, expr->op, args[0], args[1]);
    case OP_AND:
        return lower_logic(program, kernel_and, args, n_args);
    case OP_OR:
        return lower_logic(program, kernel_or, args, n_args);
    case OP_NOT:
        return unary(program, kernel_not, VALUE_BOOLEAN, args[0]);
    case OP_IS_NULL:
        return unary(program, kernel_is_null, VALUE_BOOLEAN, args[0]);
    case OP_IS_DISTINCT:
        return lower_is_distinct(program, args[0], args[1]);
    case OP_IN:
        return lower_in(program, args, n_args);
    case OP_LIKE:
        return binary(program, kernel_like, VALUE_BOOLEAN, args[0], args[1]);
    case OP_COALESCE:
        return lower_coalesce(program, expr->type, args, n_args);
    case OP_CASE:
        return lower_case(program, expr->type, args, n_args);
    case OP_LEAST:
    case OP_GREATEST:
        return lower_extreme(program, expr, args);
    case OP_NEG:
    case OP_ABS:
        return lower_sign(program, expr, args[0]);
    case OP_JUMPED:
        return lower_jumped(program, args[0], args[1]);
    case OP_SHIFT:
        return doubles(program, kernel_shift, VALUE_DOUBLE, args[0], args[1]);
    case OP_CHANGED:
        return program_add_leaf(program,
                                &(struct node){.kind = NODE_CHANGED, .type = VALUE_BOOLEAN});
    case OP_ROUND:
    case OP_FLOOR:
    case OP_CEIL:
    case OP_LN:
    case OP_LOG2:
    case OP_EXP:
    case OP_SQRT:
        break;
    }
    return lower_function(program, expr, args[0]);
}

static uint32_t lower_column(struct program *program, const struct expr *expr, enum binding binding)
{
    struct node node = {.kind = NODE_COLUMN, .type = expr->type, .index = expr->column};
    if (binding == BIND_OLD)
        node.side = SIDE_OLD;
    else
        node.side = schema_is_key(program->schema, expr->column) ? SIDE_NEW : expr->side;
    return program_add_leaf(program, &node);
}

static uint32_t lower_call(struct program *program, const struct expr *expr, enum binding binding)
{
    uint32_t *args = arena_calloc(&program->arena, expr->n_args + 1, sizeof(*args));
    for (size_t i = 0; i < expr->n_args; i++)
        args[i] = program_add(program, expr->args[i], binding);
    return lower_op(program, expr, args);
}

uint32_t program_add(struct program *program, const struct expr *expr, enum binding binding)
{
    struct node node = {.type = expr->type};
    uint32_t arg = 0;
    switch (expr->kind) {
    case EXPR_LITERAL:
        return program_add_literal(program, &expr->literal);
    case EXPR_COLUMN:
        return lower_column(program, expr, binding);
    case EXPR_MEASURE:
        node.kind = NODE_MEASURE;
        node.index = expr->measure;
        return program_add_leaf(program, &node);
    case EXPR_IN_SET:
        arg = program_add(program, expr->in_arg, binding);
        node = (struct node){.type = VALUE_BOOLEAN,
                             .kernel = kernel_in_set,
                             .set = expr->set,
                             .args = &arg,
                             .n_args = 1};
        return program_add_call(program, &node);
    case EXPR_CALL:
        break;
    }
    return lower_call(program, expr, binding);
}

uint32_t program_add_and(struct program *program, uint32_t a, uint32_t b)
{
    if (a == PROGRAM_NONE || a == b)
        return b;
    return b == PROGRAM_NONE ? a : binary(program, kernel_and, VALUE_BOOLEAN, a, b);
}

uint32_t program_add_is_distinct(struct program *program, uint32_t a, uint32_t b)
{
    return lower_is_distinct(program, a, b);
}

uint32_t program_add_double(struct program *program, uint32_t number)
{
    return convert(program, number, VALUE_DOUBLE);
}
