#include "rules/sql_text_expr.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "diff/compare.h"
#include "diff/value_set.h"
#include "rules/sql_text_formulas.h"

const char *sql_type_name(enum value_type type)
{
    switch (type) {
    case VALUE_BOOLEAN:
        return "boolean";
    case VALUE_DOUBLE:
        return "float8";
    case VALUE_NUMERIC:
        return "numeric";
    case VALUE_TEXT:
        return "text";
    case VALUE_UUID:
        return "uuid";
    default:
        return "bigint";
    }
}

const char *sql_quote(struct arena *arena, const char *text, size_t len)
{
    bool escapes = memchr(text, '\\', len) != NULL;
    char *out = arena_alloc(arena, len * 2 + 4);
    char *at = out;
    if (escapes)
        *at++ = 'E';
    *at++ = '\'';
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\'' || text[i] == '\\')
            *at++ = text[i];
        *at++ = text[i];
    }
    *at = '\'';
    return out;
}

const char *sql_quote_name(struct arena *arena, const char *name)
{
    size_t len = strlen(name);
    char *out = arena_alloc(arena, len * 2 + 3);
    char *at = out;
    *at++ = '"';
    for (size_t i = 0; i < len; i++) {
        if (name[i] == '"')
            *at++ = '"';
        *at++ = name[i];
    }
    *at = '"';
    return out;
}

const char *sql_column(struct arena *arena, enum column_type type, const char *name)
{
    switch (type) {
    case TYPE_BIGINT:
    case TYPE_DOUBLE:
    case TYPE_NUMERIC:
    case TYPE_BOOLEAN:
    case TYPE_UUID:
        return name;
    case TYPE_INTEGER:
        return arena_printf(arena, "%s::bigint", name);
    case TYPE_REAL:
        return arena_printf(arena, "%s::float8", name);
    case TYPE_TEXT:
        return arena_printf(arena, "%s collate \"C\"", name);
    case TYPE_DATE:
        return arena_printf(arena,
                            "case when isfinite(%s) then (%s - date '2000-01-01')::bigint "
                            "when %s > date '2000-01-01' then " SQL_MAX_TIME
                            " when %s is not null then " SQL_MIN_TIME " end",
                            name, name, name, name);
    case TYPE_TIMESTAMPTZ:
        break;
    }
    /* The binary form is exact at every distance, and the infinities are what they are here. */
    return arena_printf(arena, "('x' || encode(timestamptz_send(%s), 'hex'))::bit(64)::bigint",
                        name);
}

static const char *double_text(struct arena *arena, double number)
{
    if (isnan(number))
        return SQL_NAN;
    if (isinf(number))
        return number > 0 ? SQL_INFINITY : "'-Infinity'::float8";
    return arena_printf(arena, "'%.17g'::float8", number);
}

static const char *uuid_text(struct arena *arena, const struct uuid *uuid)
{
    char text[33];
    for (size_t i = 0; i < sizeof(uuid->bytes); i++)
        (void)snprintf(text + 2 * i, 3, "%02x", uuid->bytes[i]);
    return arena_printf(arena, "'%s'::uuid", text);
}

static const char *literal_text(struct arena *arena, const struct value *value)
{
    if (value->is_null)
        return arena_printf(arena, "null::%s", sql_type_name(value->type));
    switch (value->type) {
    case VALUE_BOOLEAN:
        return value->u8 != 0 ? "true" : "false";
    case VALUE_DOUBLE:
        return double_text(arena, value->f64);
    case VALUE_NUMERIC:
        return arena_printf(arena, "%s::numeric",
                            sql_quote(arena, value->text.bytes, value->text.len));
    case VALUE_TEXT:
        return arena_printf(arena, "%s::text collate \"C\"",
                            sql_quote(arena, value->text.bytes, value->text.len));
    case VALUE_UUID:
        return uuid_text(arena, &value->uuid);
    default:
        return arena_printf(arena, "'%" PRId64 "'::bigint", value->i64);
    }
}

static bool is_moderate(double number)
{
    return number == 0 || (fabs(number) >= 1e-100 && fabs(number) <= 1e100);
}

static struct sql_value literal(struct arena *arena, const struct value *value)
{
    struct value *copy = arena_alloc(arena, sizeof(*copy));
    *copy = *value;
    return (struct sql_value){
        .text = literal_text(arena, value),
        .type = value->type,
        .literal = copy,
        .is_moderate = value->type == VALUE_DOUBLE && !value->is_null && is_moderate(value->f64),
    };
}

static struct sql_value null_of(struct arena *arena, enum value_type type)
{
    struct value null = {.type = type, .is_null = true};
    return literal(arena, &null);
}

static bool is_null(struct sql_value value)
{
    return value.literal != NULL && value.literal->is_null;
}

static struct sql_value call(const char *text, enum value_type type)
{
    return (struct sql_value){.text = text, .type = type};
}

/* Whether a value can stand in a formula several times: it costs nothing, and is no constant that
 * the planner would compute with before the formula has excluded it. */
static bool can_repeat(struct sql_value value)
{
    if (value.text == NULL || value.is_name)
        return true;
    if (value.literal == NULL)
        return false;
    return value.type != VALUE_DOUBLE || is_null(value) || value.is_moderate;
}

static const char *substitute(struct arena *arena, const char *formula, const char *u,
                              const char *v)
{
    size_t len = 0;
    for (const char *at = formula; *at != '\0'; at++)
        len += *at == '$' ? strlen(at[1] == 'u' ? u : v) : 1;
    char *out = arena_alloc(arena, len + 1);
    char *end = out;
    for (const char *at = formula; *at != '\0'; at++) {
        if (*at != '$') {
            *end++ = *at;
            continue;
        }
        end = stpcpy(end, *++at == 'u' ? u : v);
    }
    *end = '\0';
    return out;
}

const char *sql_formula(struct arena *arena, const char *formula, struct sql_value u,
                        struct sql_value v)
{
    const char *v_text = v.text == NULL ? "" : v.text;
    if (can_repeat(u) && can_repeat(v))
        return arena_printf(arena, "(%s)", substitute(arena, formula, u.text, v_text));
    /* offset 0 keeps the planner from putting the expressions back into the formula. */
    if (v.text == NULL)
        return arena_printf(arena, "(select %s from (select %s as u offset 0) t)",
                            substitute(arena, formula, "t.u", ""), u.text);
    return arena_printf(arena, "(select %s from (select %s as u, %s as v offset 0) t)",
                        substitute(arena, formula, "t.u", "t.v"), u.text, v_text);
}

static const struct sql_value none = {0};

static struct sql_value formula1(const struct sql_writer *w, const char *formula,
                                 enum value_type type, struct sql_value u)
{
    return call(sql_formula(w->arena, formula, u, none), type);
}

static struct sql_value formula2(const struct sql_writer *w, const char *formula,
                                 enum value_type type, struct sql_value u, struct sql_value v)
{
    return call(sql_formula(w->arena, formula, u, v), type);
}

const char *sql_exact(struct arena *arena, const char *name)
{
    return substitute(arena, FORMULA_EXACT, name, "");
}

static bool is_number(enum value_type type)
{
    return type == VALUE_INTEGER || type == VALUE_DOUBLE || type == VALUE_NUMERIC;
}

struct sql_value sql_double(struct arena *arena, struct sql_value value)
{
    struct value converted = {.type = VALUE_DOUBLE};
    if (value.type == VALUE_DOUBLE)
        return value;
    if (is_null(value))
        return null_of(arena, VALUE_DOUBLE);
    if (value.literal != NULL) {
        converted.f64 = value.type == VALUE_INTEGER
                            ? (double)value.literal->i64
                            : numeric_to_double(value.literal->text.bytes, value.literal->text.len);
        return literal(arena, &converted);
    }
    struct sql_value result = {.type = VALUE_DOUBLE};
    if (value.type == VALUE_INTEGER) {
        result.text = arena_printf(arena, "(%s)::float8", value.text);
        result.is_name = value.is_name;
        result.is_moderate = true;
    } else {
        result.text = sql_formula(arena, FORMULA_NUMERIC_TO_DOUBLE, value, none);
    }
    return result;
}

static struct sql_value convert(const struct sql_writer *w, struct sql_value value,
                                enum value_type type)
{
    if (value.type == type)
        return value;
    if (is_null(value))
        return null_of(w->arena, type);
    if (value.type == VALUE_DATE)
        return formula1(w, FORMULA_DATE_TO_TIME, VALUE_TIME, value);
    return sql_double(w->arena, value);
}

/* The exact decimal digits of a double, without end zeros. */
static const char *exact_digits(struct arena *arena, double number)
{
    char text[1400];
    int len = snprintf(text, sizeof(text), "%.1074f", number);
    while (text[len - 1] == '0')
        len--;
    if (text[len - 1] == '.')
        len--;
    return arena_printf(arena, "'%.*s'::numeric", len, text);
}

/* A number as numeric, exactly. */
static struct sql_value as_numeric(const struct sql_writer *w, struct sql_value value)
{
    if (value.type == VALUE_NUMERIC)
        return value;
    if (is_null(value))
        return null_of(w->arena, VALUE_NUMERIC);
    if (value.type == VALUE_INTEGER)
        return call(arena_printf(w->arena, "(%s)::numeric", value.text), VALUE_NUMERIC);
    if (value.literal != NULL && isfinite(value.literal->f64))
        return call(exact_digits(w->arena, value.literal->f64), VALUE_NUMERIC);
    return formula1(w, FORMULA_DOUBLE_TO_NUMERIC, VALUE_NUMERIC, value);
}

/* Gives a whole literal the type of what it is compared with, if it is small enough for both. */
static struct sql_value adapt(const struct sql_writer *w, struct sql_value value,
                              enum value_type type)
{
    struct value adapted = {.type = type};
    if (value.literal == NULL || value.type == type)
        return value;
    if (is_null(value))
        return null_of(w->arena, type);
    if (type == VALUE_DOUBLE && value.type == VALUE_INTEGER &&
        value.literal->i64 < INT64_C(1) << 53 && value.literal->i64 > -(INT64_C(1) << 53))
        adapted.f64 = (double)value.literal->i64;
    else if (type == VALUE_INTEGER && value.type == VALUE_DOUBLE &&
             fabs(value.literal->f64) < 0x1p53 && floor(value.literal->f64) == value.literal->f64)
        adapted.i64 = (int64_t)value.literal->f64;
    else
        return value;
    return literal(w->arena, &adapted);
}

static void make_comparable(const struct sql_writer *w, struct sql_value *a, struct sql_value *b)
{
    *a = adapt(w, *a, b->type);
    *b = adapt(w, *b, a->type);
    if (a->type == b->type)
        return;
    if (is_number(a->type)) {
        *a = as_numeric(w, *a);
        *b = as_numeric(w, *b);
        return;
    }
    *a = convert(w, *a, VALUE_TIME);
    *b = convert(w, *b, VALUE_TIME);
}

static struct sql_value infix(const struct sql_writer *w, struct sql_value a, const char *op,
                              struct sql_value b)
{
    make_comparable(w, &a, &b);
    return call(arena_printf(w->arena, "(%s %s %s)", a.text, op, b.text), VALUE_BOOLEAN);
}

const char *sql_is_distinct(struct arena *arena, struct sql_value a, struct sql_value b)
{
    return arena_printf(arena, "(%s is distinct from %s)", a.text, b.text);
}

static struct sql_value arithmetic(const struct sql_writer *w, const char *op, struct sql_value a,
                                   struct sql_value b)
{
    return call(arena_printf(w->arena, "(%s %s %s)", a.text, op, b.text), VALUE_DOUBLE);
}

/* + and -: no overflow if one of the values is far from it. */
static struct sql_value plus_or_minus(const struct sql_writer *w, const char *op,
                                      const char *formula, struct sql_value a, struct sql_value b)
{
    a = sql_double(w->arena, a);
    b = sql_double(w->arena, b);
    return a.is_moderate || b.is_moderate ? arithmetic(w, op, a, b)
                                          : formula2(w, formula, VALUE_DOUBLE, a, b);
}

static struct sql_value product(const struct sql_writer *w, struct sql_value a, struct sql_value b)
{
    a = sql_double(w->arena, a);
    b = sql_double(w->arena, b);
    return a.is_moderate && b.is_moderate ? arithmetic(w, "*", a, b)
                                          : formula2(w, FORMULA_MUL, VALUE_DOUBLE, a, b);
}

static struct sql_value ratio(const struct sql_writer *w, struct sql_value a, struct sql_value b)
{
    a = sql_double(w->arena, a);
    b = sql_double(w->arena, b);
    if (!a.is_moderate || !b.is_moderate)
        return formula2(w, FORMULA_DIV, VALUE_DOUBLE, a, b);
    return call(arena_printf(w->arena, "(%s / nullif(%s, 0))", a.text, b.text), VALUE_DOUBLE);
}

static bool is_time(enum value_type type)
{
    return type == VALUE_TIME || type == VALUE_DATE;
}

static struct sql_value move_time(const struct sql_writer *w, const char *formula,
                                  struct sql_value time, struct sql_value duration)
{
    return formula2(w, formula, VALUE_TIME, convert(w, time, VALUE_TIME), duration);
}

static struct sql_value add(const struct sql_writer *w, struct sql_value a, struct sql_value b)
{
    if (is_time(a.type))
        return move_time(w, FORMULA_ADD_TIME, a, b);
    if (is_time(b.type))
        return move_time(w, FORMULA_ADD_TIME, b, a);
    if (a.type == VALUE_DURATION)
        return formula2(w, FORMULA_ADD_DURATIONS, VALUE_DURATION, a, b);
    return plus_or_minus(w, "+", FORMULA_ADD, a, b);
}

static struct sql_value subtract(const struct sql_writer *w, struct sql_value a, struct sql_value b)
{
    if (a.type == VALUE_DATE && b.type == VALUE_DATE)
        return formula2(w, FORMULA_SUB_DATES, VALUE_DURATION, a, b);
    if (is_time(a.type) && is_time(b.type))
        return formula2(w, FORMULA_SUB_TIMES, VALUE_DURATION, convert(w, a, VALUE_TIME),
                        convert(w, b, VALUE_TIME));
    if (is_time(a.type))
        return move_time(w, FORMULA_SUB_TIME, a, b);
    if (a.type == VALUE_DURATION)
        return formula2(w, FORMULA_SUB_DURATIONS, VALUE_DURATION, a, b);
    return plus_or_minus(w, "-", FORMULA_SUB, a, b);
}

/* A duration times or over a number: an exact numeric first, then its nearest whole number. */
static struct sql_value scale(const struct sql_writer *w, const char *formula,
                              struct sql_value duration, struct sql_value number)
{
    struct sql_value exact = as_numeric(w, sql_double(w->arena, number));
    struct sql_value nearest = formula1(w, FORMULA_NEAREST, VALUE_NUMERIC,
                                        formula2(w, formula, VALUE_NUMERIC, duration, exact));
    return formula1(w, FORMULA_WHOLE_TO_DURATION, VALUE_DURATION, nearest);
}

static struct sql_value multiply(const struct sql_writer *w, struct sql_value a, struct sql_value b)
{
    if (a.type != VALUE_DURATION && b.type != VALUE_DURATION)
        return product(w, a, b);
    struct sql_value duration = a.type == VALUE_DURATION ? a : b;
    struct sql_value number = a.type == VALUE_DURATION ? b : a;
    if (number.type == VALUE_INTEGER)
        return formula2(w, FORMULA_MUL_DURATION_INTEGER, VALUE_DURATION, duration, number);
    return scale(w, FORMULA_MUL_DURATION, duration, number);
}

static struct sql_value divide(const struct sql_writer *w, struct sql_value a, struct sql_value b)
{
    if (b.type == VALUE_DURATION)
        return call(
            arena_printf(w->arena, "((%s)::float8 / nullif(%s, 0)::float8)", a.text, b.text),
            VALUE_DOUBLE);
    if (a.type == VALUE_DURATION)
        return scale(w, FORMULA_DIV_DURATION, a, b);
    return ratio(w, a, b);
}

/* All arguments between a beginning and an end. */
static const char *join(struct arena *arena, const char *begin, const struct sql_value *args,
                        size_t n, const char *separator, const char *end)
{
    size_t len = strlen(begin) + strlen(end) + 1;
    for (size_t i = 0; i < n; i++)
        len += strlen(args[i].text) + strlen(separator);
    char *out = arena_alloc(arena, len);
    char *at = stpcpy(out, begin);
    for (size_t i = 0; i < n; i++) {
        at = stpcpy(at, i > 0 ? separator : "");
        at = stpcpy(at, args[i].text);
    }
    (void)stpcpy(at, end);
    return out;
}

static struct sql_value function(const struct sql_writer *w, const char *name,
                                 struct sql_value *args, size_t n, enum value_type type)
{
    for (size_t i = 0; i < n; i++)
        args[i] = convert(w, args[i], type);
    return call(join(w->arena, arena_printf(w->arena, "%s(", name), args, n, ", ", ")"), type);
}

static struct sql_value choose(const struct sql_writer *w, struct sql_value *args, size_t n,
                               enum value_type type)
{
    const char *text = "case";
    for (size_t i = 0; i + 1 < n; i += 2)
        text = arena_printf(w->arena, "%s when %s then %s", text,
                            convert(w, args[i], VALUE_BOOLEAN).text,
                            convert(w, args[i + 1], type).text);
    return call(
        arena_printf(w->arena, "(%s else %s end)", text, convert(w, args[n - 1], type).text), type);
}

static struct sql_value in_list(const struct sql_writer *w, struct sql_value *args, size_t n)
{
    bool plain = true;
    for (size_t i = 1; i < n; i++) {
        args[i] = adapt(w, args[i], args[0].type);
        plain &= args[i].type == args[0].type;
    }
    if (plain)
        return call(join(w->arena, arena_printf(w->arena, "(%s in (", args[0].text), args + 1,
                         n - 1, ", ", "))"),
                    VALUE_BOOLEAN);
    struct sql_value tested = args[0];
    if (!can_repeat(tested))
        tested.text = "t.u";
    for (size_t i = 1; i < n; i++)
        args[i] = infix(w, tested, "=", args[i]);
    const char *any = join(w->arena, "(", args + 1, n - 1, " or ", ")");
    if (can_repeat(args[0]))
        return call(any, VALUE_BOOLEAN);
    return call(
        arena_printf(w->arena, "(select %s from (select %s as u offset 0) t)", any, args[0].text),
        VALUE_BOOLEAN);
}

/* A backslash at the end of a pattern stands for itself; PostgreSQL wants two. */
static const char *pattern_text(struct arena *arena, struct text_ref pattern)
{
    size_t slashes = 0;
    while (slashes < pattern.len && pattern.bytes[pattern.len - 1 - slashes] == '\\')
        slashes++;
    const char *text = arena_strndup(arena, pattern.bytes, pattern.len);
    if (slashes % 2 == 1)
        text = arena_printf(arena, "%s\\", text);
    return sql_quote(arena, text, strlen(text));
}

static struct sql_value like(const struct sql_writer *w, struct sql_value a, struct sql_value b)
{
    return call(
        arena_printf(w->arena, "(%s like %s)", a.text, pattern_text(w->arena, b.literal->text)),
        VALUE_BOOLEAN);
}

static const char *side_column(const struct sql_writer *w, enum side side, size_t column)
{
    w->columns->used[side][column] = true;
    return arena_printf(w->arena, "%c.c%zu", side == SIDE_NEW ? 'n' : 'o', column);
}

/* Both rows are there only if they are a pair. */
static struct sql_value changed(const struct sql_writer *w)
{
    const char *text = "false";
    for (size_t i = 0; i < w->schema->n_columns; i++) {
        if (schema_is_key(w->schema, i))
            continue;
        text = arena_printf(w->arena, "%s or %s is distinct from %s", text,
                            side_column(w, SIDE_NEW, i), side_column(w, SIDE_OLD, i));
    }
    return call(arena_printf(w->arena, "(case when n.p and o.p then %s end)", text), VALUE_BOOLEAN);
}

static struct sql_value sign(const struct sql_writer *w, enum expr_op op, enum value_type type,
                             struct sql_value a)
{
    bool neg = op == OP_NEG;
    if (type == VALUE_INTEGER || type == VALUE_DURATION)
        return formula1(w, neg ? FORMULA_NEG_WHOLE : FORMULA_ABS_WHOLE, type, a);
    a = sql_double(w->arena, a);
    struct sql_value result =
        call(arena_printf(w->arena, neg ? "(-(%s))" : "abs(%s)", a.text), VALUE_DOUBLE);
    result.is_moderate = a.is_moderate;
    return result;
}

static struct sql_value jumped(const struct sql_writer *w, struct sql_value a, struct sql_value b)
{
    bool counts = a.type == VALUE_INTEGER && b.type == VALUE_INTEGER;
    return formula2(w, counts ? FORMULA_JUMPED_COUNT : FORMULA_JUMPED, VALUE_BOOLEAN,
                    sql_double(w->arena, a), sql_double(w->arena, b));
}

static struct sql_value round_or_root(const struct sql_writer *w, const struct expr *expr,
                                      struct sql_value a)
{
    static const char *const formulas[] = {
        [OP_ROUND] = FORMULA_ROUND, [OP_FLOOR] = "floor($u)", [OP_CEIL] = "ceil($u)",
        [OP_LN] = FORMULA_LN,       [OP_LOG2] = FORMULA_LOG2, [OP_EXP] = FORMULA_EXP,
        [OP_SQRT] = FORMULA_SQRT,
    };
    if (expr->type == VALUE_INTEGER)
        return a;
    a = sql_double(w->arena, a);
    if (expr->op == OP_FLOOR || expr->op == OP_CEIL)
        return call(substitute(w->arena, formulas[expr->op], a.text, ""), VALUE_DOUBLE);
    return formula1(w, formulas[expr->op], VALUE_DOUBLE, a);
}

static struct sql_value logic(const struct sql_writer *w, const char *word, struct sql_value *args,
                              size_t n)
{
    for (size_t i = 0; i < n; i++)
        args[i] = convert(w, args[i], VALUE_BOOLEAN);
    return call(join(w->arena, "(", args, n, word, ")"), VALUE_BOOLEAN);
}

static struct sql_value test(const struct sql_writer *w, const struct expr *expr,
                             struct sql_value *args)
{
    switch (expr->op) {
    case OP_EQ:
        return infix(w, args[0], "=", args[1]);
    case OP_NE:
        return infix(w, args[0], "<>", args[1]);
    case OP_LT:
        return infix(w, args[0], "<", args[1]);
    case OP_LE:
        return infix(w, args[0], "<=", args[1]);
    case OP_GT:
        return infix(w, args[0], ">", args[1]);
    case OP_GE:
        return infix(w, args[0], ">=", args[1]);
    case OP_IS_DISTINCT:
        return infix(w, args[0], "is distinct from", args[1]);
    case OP_AND:
        return logic(w, " and ", args, expr->n_args);
    case OP_OR:
        return logic(w, " or ", args, expr->n_args);
    case OP_NOT:
        return call(arena_printf(w->arena, "(not %s)", args[0].text), VALUE_BOOLEAN);
    case OP_IS_NULL:
        return call(arena_printf(w->arena, "(%s is null)", args[0].text), VALUE_BOOLEAN);
    case OP_IN:
        return in_list(w, args, expr->n_args);
    case OP_LIKE:
        return like(w, args[0], args[1]);
    case OP_JUMPED:
        return jumped(w, args[0], args[1]);
    default:
        return changed(w);
    }
}

static struct sql_value operate(const struct sql_writer *w, const struct expr *expr,
                                struct sql_value *args)
{
    size_t n = expr->n_args;
    for (size_t i = 0; expr_op_is_strict(expr->op) && i < n; i++)
        if (is_null(args[i]))
            return null_of(w->arena, expr->type);
    switch (expr->op) {
    case OP_ADD:
        return add(w, args[0], args[1]);
    case OP_SUB:
        return subtract(w, args[0], args[1]);
    case OP_MUL:
        return multiply(w, args[0], args[1]);
    case OP_DIV:
        return divide(w, args[0], args[1]);
    case OP_NEG:
    case OP_ABS:
        return sign(w, expr->op, expr->type, args[0]);
    case OP_COALESCE:
        return function(w, "coalesce", args, n, expr->type);
    case OP_LEAST:
        return function(w, "least", args, n, expr->type);
    case OP_GREATEST:
        return function(w, "greatest", args, n, expr->type);
    case OP_CASE:
        return choose(w, args, n, expr->type);
    case OP_SHIFT:
        return formula2(w, FORMULA_SHIFT, VALUE_DOUBLE, sql_double(w->arena, args[0]),
                        sql_double(w->arena, args[1]));
    case OP_ROUND:
    case OP_FLOOR:
    case OP_CEIL:
    case OP_LN:
    case OP_LOG2:
    case OP_EXP:
    case OP_SQRT:
        return round_or_root(w, expr, args[0]);
    default:
        return test(w, expr, args);
    }
}

/* The members as an array literal. */
static const char *set_text(struct arena *arena, const struct value_set *set)
{
    size_t n = value_set_size(set);
    struct sql_value *members = arena_calloc(arena, n + 1, sizeof(*members));
    for (size_t i = 0; i < n; i++) {
        struct value value = value_set_member(set, i);
        members[i].text = literal_text(arena, &value);
    }
    return join(arena, "array[", members, n, ", ", "]");
}

static struct sql_value in_set(const struct sql_writer *w, const struct expr *expr)
{
    struct sql_value arg = sql_expr(w, expr->in_arg);
    if (is_null(arg))
        return null_of(w->arena, VALUE_BOOLEAN);
    return call(arena_printf(w->arena, "(%s = any(%s::%s[]))", arg.text,
                             set_text(w->arena, expr->set), sql_type_name(arg.type)),
                VALUE_BOOLEAN);
}

static struct sql_value column(const struct sql_writer *w, const struct expr *expr)
{
    enum side side = expr->side;
    if (w->old_only)
        side = SIDE_OLD;
    else if (schema_is_key(w->schema, expr->column))
        side = SIDE_NEW;
    return (struct sql_value){
        .text = side_column(w, side, expr->column), .type = expr->type, .is_name = true};
}

struct sql_value sql_expr(const struct sql_writer *w, const struct expr *expr)
{
    if (expr->kind == EXPR_LITERAL)
        return literal(w->arena, &expr->literal);
    if (expr->kind == EXPR_COLUMN)
        return column(w, expr);
    if (expr->kind == EXPR_IN_SET)
        return in_set(w, expr);
    struct sql_value *args = arena_calloc(w->arena, expr->n_args + 1, sizeof(*args));
    for (size_t i = 0; i < expr->n_args; i++)
        args[i] = sql_expr(w, expr->args[i]);
    return operate(w, expr, args);
}
