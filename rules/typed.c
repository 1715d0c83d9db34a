#include "rules/typed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rules/functions.h"
#include "snapshot/utf8.h"

#define MAX_SHOWN_BYTES 60

struct typed no_type(const struct ast *ast)
{
    return (struct typed){.ast = ast};
}

void check_problem(struct checker *c, const struct ast *ast, const char *format, ...)
{
    char message[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    yaml_problem_in(c->diags, c->node, ast->offset, "%s", message);
}

static const char *x_name(const struct checker *c)
{
    return c->x_column < 0 ? NULL : c->schema->columns[c->x_column].name;
}

const char *canonical_text(struct checker *c, const struct ast *ast)
{
    struct ast_style style = {.x = x_name(c)};
    return ast_text(ast, &style, c->arena);
}

const char *identity_text(struct checker *c, const struct ast *ast)
{
    struct ast_style style = {.x = x_name(c), .directory = c->directory};
    return ast_text(ast, &style, c->arena);
}

const char *shown(struct checker *c, const struct ast *ast)
{
    const char *text = canonical_text(c, ast);
    size_t len = strlen(text);
    if (len <= MAX_SHOWN_BYTES)
        return text;
    return arena_printf(c->arena, "%.*s…", (int)utf8_cut(text, len, MAX_SHOWN_BYTES), text);
}

static const struct expr *literal_expr(struct checker *c, struct value value)
{
    struct expr *expr = arena_alloc(c->arena, sizeof(*expr));
    expr->kind = EXPR_LITERAL;
    expr->type = value.type;
    expr->literal = value;
    return expr;
}

/* Digits of a number with its percent sign made an exponent. */
static const char *number_digits(struct checker *c, const struct ast *ast)
{
    return ast->percent ? arena_printf(c->arena, "%se-2", ast->text) : ast->text;
}

static struct value number_value(struct checker *c, const struct ast *ast)
{
    struct value value = {.type = VALUE_INTEGER};
    struct error ignored;
    if (!ast->percent && file_set_parse_value(ast->text, strlen(ast->text), VALUE_INTEGER, false,
                                              c->arena, &value, &ignored) == OK)
        return value;
    value.type = VALUE_DOUBLE;
    value.f64 = strtod(number_digits(c, ast), NULL);
    return value;
}

struct typed literal_of(struct checker *c, const struct ast *ast)
{
    struct value value = {.type = VALUE_TEXT};
    struct typed typed = {.ast = ast};
    switch (ast->kind) {
    case AST_NUMBER:
        value = number_value(c, ast);
        break;
    case AST_DURATION:
        value.type = VALUE_DURATION;
        value.i64 = ast->duration_us;
        break;
    case AST_BOOLEAN:
        value.type = VALUE_BOOLEAN;
        value.u8 = ast->truth;
        break;
    case AST_STRING:
        value.text = (struct text_ref){.bytes = ast->text, .len = strlen(ast->text)};
        break;
    default:
        value.is_null = true;
        typed.is_null = true;
        break;
    }
    if (value.type == VALUE_DOUBLE && !isfinite(value.f64)) {
        check_problem(c, ast, "%s is too large a number", shown(c, ast));
        diagnostics_hint(c->diags,
                         "The largest is about 1.8e308; invalid(x) counts infinite ones.");
        return no_type(ast);
    }
    typed.type = value.type;
    typed.expr = literal_expr(c, value);
    return typed;
}

static bool is_literal(const struct typed *typed, enum ast_kind kind)
{
    return typed->ast->kind == kind && typed->expr->kind == EXPR_LITERAL;
}

static bool fit_text(struct checker *c, struct typed *literal, enum value_type type)
{
    struct value value;
    struct error err;
    const char *text = literal->ast->text;
    enum error_code code =
        file_set_parse_value(text, strlen(text), type, false, c->arena, &value, &err);
    /* A date can also be compared with a time. */
    if (code != OK && type == VALUE_DATE && strlen(text) > 10)
        code = file_set_parse_value(text, strlen(text), VALUE_TIME, false, c->arena, &value, &err);
    if (code != OK) {
        check_problem(c, literal->ast, "%s", err.message);
        if (type == VALUE_TIME)
            diagnostics_hint(c->diags, "Write it with a zone: '2011-05-23T04:00:00Z'.");
        else if (type == VALUE_DATE)
            diagnostics_hint(c->diags, "Write it as '2011-05-23'.");
        else
            diagnostics_hint(c->diags, "Write it as 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'.");
        return false;
    }
    literal->type = value.type;
    literal->expr = literal_expr(c, value);
    return true;
}

static void fit_number(struct checker *c, struct typed *literal, const struct typed *beside)
{
    struct value value = {.type = VALUE_DOUBLE};
    struct error ignored;
    const char *digits = number_digits(c, literal->ast);
    if (beside->type == VALUE_NUMERIC) {
        if (file_set_parse_value(digits, strlen(digits), VALUE_NUMERIC, false, c->arena, &value,
                                 &ignored) != OK)
            return;
    } else {
        value.f64 = (double)strtof(digits, NULL);
        if (!isfinite(value.f64))
            return;
    }
    literal->type = value.type;
    literal->expr = literal_expr(c, value);
}

bool literal_fit(struct checker *c, struct typed *literal, const struct typed *beside)
{
    if (literal->is_null) {
        literal->type = beside->type;
        struct value null = {.type = beside->type, .is_null = true};
        literal->expr = literal_expr(c, null);
        return true;
    }
    if (is_literal(literal, AST_STRING) &&
        (beside->type == VALUE_DATE || beside->type == VALUE_TIME || beside->type == VALUE_UUID))
        return fit_text(c, literal, beside->type);
    if (is_literal(literal, AST_NUMBER) && (beside->type == VALUE_NUMERIC || beside->is_real))
        fit_number(c, literal, beside);
    return true;
}

static bool is_calendar(enum value_type type)
{
    return type == VALUE_DATE || type == VALUE_TIME;
}

bool types_compare(enum value_type a, enum value_type b)
{
    return a == b || (value_type_is_number(a) && value_type_is_number(b)) ||
           (is_calendar(a) && is_calendar(b));
}

/* The value whose type the others are to have: the first that is no literal, else the first that
 * is no null. */
static const struct typed *leader(const struct typed *values, size_t n)
{
    const struct typed *first = NULL;
    for (size_t i = 0; i < n; i++) {
        if (values[i].expr->kind != EXPR_LITERAL)
            return &values[i];
        if (first == NULL && !values[i].is_null)
            first = &values[i];
    }
    return first;
}

bool make_alike(struct checker *c, struct typed *values, size_t n, enum value_type *ret_type)
{
    for (size_t i = 0; i < n; i++) {
        if (values[i].expr == NULL)
            return false;
    }
    const struct typed *lead = leader(values, n);
    if (lead == NULL) {
        check_problem(c, values[0].ast, "null alone has no type");
        diagnostics_hint(c->diags, "Give at least one other value.");
        return false;
    }
    struct typed pattern = *lead;
    *ret_type = pattern.type;
    for (size_t i = 0; i < n; i++) {
        if (!literal_fit(c, &values[i], &pattern))
            return false;
        if (values[i].type == pattern.type)
            continue;
        if (!value_type_is_number(values[i].type) || !value_type_is_number(pattern.type)) {
            check_problem(c, values[i].ast, "%s is %s, but %s is %s", shown(c, values[i].ast),
                          value_type_words(values[i].type), shown(c, pattern.ast),
                          value_type_words(pattern.type));
            diagnostics_hint(c->diags, "The values here have to be of one kind.");
            return false;
        }
        *ret_type = VALUE_DOUBLE;
    }
    return true;
}

struct typed make_call(struct checker *c, const struct ast *ast, enum expr_op op,
                       enum value_type type, const struct typed *args, size_t n_args)
{
    struct expr *expr = arena_alloc(c->arena, sizeof(*expr));
    expr->kind = EXPR_CALL;
    expr->type = type;
    expr->op = op;
    expr->n_args = n_args;
    expr->args = arena_calloc(c->arena, n_args + 1, sizeof(*expr->args));
    for (size_t i = 0; i < n_args; i++)
        expr->args[i] = args[i].expr;
    return (struct typed){.expr = expr, .ast = ast, .type = type};
}
